/*
 * errors.c: a status of the library as an exception. Each is an elman.Error and
 * what Python's users catch for the same fault; its text is the library's one
 * sentence.
 */
#include "core.h"

#include <stdarg.h>
#include <string.h>

/* By elman_status; the first is the base of the others. */
static const struct {
    const char *name, *doc;
} kinds[CORE_STATUSES] = {
    [ELMAN_OK] = {"elman.Error", "Any failure of elman."},
    [ELMAN_NO_MEMORY] = {"elman.OutOfMemoryError",
                         "An allocation failed; also a MemoryError."},
    [ELMAN_BAD_VALUE] = {"elman.BadValueError",
                         "An argument is out of range or does not fit; also a "
                         "ValueError."},
    [ELMAN_BAD_FILE] = {"elman.BadFileError",
                        "A file could not be opened, read or written; also an "
                        "OSError."},
    [ELMAN_BAD_FORMAT] = {"elman.BadFormatError",
                          "A file's content is not what its format promises; "
                          "also a ValueError."},
    [ELMAN_NOT_FINITE] = {"elman.NotFiniteError",
                          "A loss or gradient became NaN or infinite; also an "
                          "ArithmeticError."},
};

bool errors_create(core *core)
{
    PyObject *also[CORE_STATUSES] = {
        [ELMAN_OK] = PyExc_Exception,
        [ELMAN_NO_MEMORY] = PyExc_MemoryError,
        [ELMAN_BAD_VALUE] = PyExc_ValueError,
        [ELMAN_BAD_FILE] = PyExc_OSError,
        [ELMAN_BAD_FORMAT] = PyExc_ValueError,
        [ELMAN_NOT_FINITE] = PyExc_ArithmeticError,
    };

    for (int i = 0; i < CORE_STATUSES; i++) {
        PyObject *bases = i == 0 ? PyTuple_Pack(1, also[0])
                                 : PyTuple_Pack(2, core->errors[0], also[i]);
        if (!bases) return false;
        core->errors[i] =
            PyErr_NewExceptionWithDoc(kinds[i].name, kinds[i].doc, bases, NULL);
        Py_DECREF(bases);
        if (!core->errors[i]) return false;

        // "elman.Error" is added as "Error"
        const char *name = kinds[i].name + sizeof "elman." - 1;
        if (PyModule_AddObjectRef(core->module, name, core->errors[i]))
            return false;
    }
    return true;
}

/* elman._sentences.spoken, which is fetched when it is first needed. */
static PyObject *speaker(core *core)
{
    if (!core->spoken) {
        PyObject *module = PyImport_ImportModule("elman._sentences");
        if (!module) return NULL;
        core->spoken = PyObject_GetAttrString(module, "spoken");
        Py_DECREF(module);
    }
    return core->spoken;
}

PyObject *sentence_write(core *core, const char *text)
{
    PyObject *plain = text_write(text);
    bool other = text && (strstr(text, "--") || strstr(text, "elman") ||
                          strstr(text, "ELMAN"));
    if (!plain || !other) return plain;

    // a sentence that cannot be put better is still one
    PyObject *speak = speaker(core);
    PyObject *spoken =
        speak ? PyObject_CallFunctionObjArgs(speak, plain, NULL) : NULL;
    if (!spoken && errors_forgive()) return plain;
    Py_DECREF(plain);
    return spoken;
}

PyObject *errors_raise(core *core, elman_status status)
{
    size_t kind = (size_t)status < CORE_STATUSES ? (size_t)status : 0;
    PyObject *text = sentence_write(core, elman_message());
    if (text) PyErr_SetObject(core->errors[kind], text);
    Py_XDECREF(text);
    return NULL;
}

/* ---- Calls that take long ------------------------------------------------ */

/* The one that this thread is in. */
static _Thread_local long_call *current;

/* Whether it is to end: handlers of signals run here, where they are due. */
static int ask_signals(void *context)
{
    long_call *call = context;
    PyEval_RestoreThread(call->thread);
    call->ends = call->ends || PyErr_CheckSignals() != 0;
    call->thread = PyEval_SaveThread();
    return call->ends;
}

void long_call_begin(long_call *call)
{
    *call = (long_call){.outer = current};
    current = call;
    elman_stop_when(ask_signals, call);
    call->thread = PyEval_SaveThread();
}

bool long_call_end(long_call *call)
{
    PyEval_RestoreThread(call->thread);
    current = call->outer;
    elman_stop_when(current ? ask_signals : NULL, current);
    return !call->ends;
}

bool errors_forgive(void)
{
    if (!PyErr_Occurred()) return true;
    if (!PyErr_ExceptionMatches(PyExc_Exception) ||
        PyErr_ExceptionMatches(PyExc_MemoryError))
        return false;
    PyErr_Clear();
    return true;
}

PyObject *errors_bad_value(const core *core, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    PyErr_FormatV(core->errors[ELMAN_BAD_VALUE], format, arguments);
    va_end(arguments);
    return NULL;
}

PyObject *errors_none(core *core, elman_status status)
{
    if (status != ELMAN_OK) return errors_raise(core, status);
    Py_RETURN_NONE;
}
