/*
 * exchange.c: files of others: models that are imported, what files hold, and
 * references.
 */
#include "core.h"

#include <string.h>

/* ---- import -------------------------------------------------------------- */

/* What an import is of: files, or the bytes of one. */
typedef struct source {
    PyObject *kept; /* the bytes of paths */
    const char **paths;
    size_t count;
    array bytes; /* held: instead of paths */
} source;

static void source_end(source *from)
{
    array_release(&from->bytes);
    PyMem_Free(from->paths);
    Py_XDECREF(from->kept);
}

/* Reads a list of paths, or an object of bytes; source_end follows in any
 * case. */
static bool source_read(core *core, PyObject *object, source *from)
{
    memset(from, 0, sizeof *from);
    if (!PyList_Check(object))
        return array_argument(core, object, ARRAY_BYTE, "source", &from->bytes);
    size_t room = (size_t)PyList_Size(object);
    from->kept = PyList_New(0);
    from->paths = PyMem_Calloc(room + 1, sizeof *from->paths);
    if (from->kept && !from->paths) PyErr_NoMemory();
    if (!from->kept || !from->paths) return false;

    // a path's own code may change the list
    for (; from->count < room; from->count++) {
        PyObject *item = PyList_GetItem(object, (Py_ssize_t)from->count);
        Py_XINCREF(item);
        PyObject *bytes =
            item ? path_read(item, &from->paths[from->count]) : NULL;
        bool added = bytes && !PyList_Append(from->kept, bytes);
        Py_XDECREF(item);
        Py_XDECREF(bytes);
        if (!added) return false;
    }
    return true;
}

/* Opens a source to make a model of it. */
static elman_status source_open(const source *from,
                                const elman_import_config *config,
                                elman_import **import)
{
    if (from->bytes.held)
        return elman_import_open_memory(from->bytes.data, from->bytes.count,
                                        config, import);
    return elman_import_open(from->paths, from->count, config, import);
}

/* The rows of an import: (name, type, shape, parameter, how). */
static PyObject *rows_list(core *core, const elman_import *import)
{
    size_t count = 0;
    const elman_import_row *rows = elman_import_rows(import, &count);
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        // the sizes of a tensor
        PyObject *shape = PyTuple_New((Py_ssize_t)rows[i].rank);
        for (size_t d = 0; shape && d < rows[i].rank; d++) {
            PyObject *size = PyLong_FromSize_t(rows[i].shape[d]);
            if (!size || PyTuple_SetItem(shape, (Py_ssize_t)d, size))
                Py_CLEAR(shape);
        }

        // what became of it
        PyObject *row = shape
                            ? Py_BuildValue("(NNONN)", text_write(rows[i].from),
                                            text_write(rows[i].type), shape,
                                            text_write(rows[i].to),
                                            sentence_write(core, rows[i].how))
                            : NULL;
        Py_XDECREF(shape);
        if (!row || PyList_Append(list, row)) Py_CLEAR(list);
        Py_XDECREF(row);
    }
    return list;
}

static PyObject *remarks_list(core *core, const elman_import *import)
{
    PyObject *list = PyList_New(0);
    const char *remark = NULL;
    for (size_t i = 0; list && (remark = elman_import_remark(import, i)); i++) {
        PyObject *text = sentence_write(core, remark);
        if (!text || PyList_Append(list, text)) Py_CLEAR(list);
        Py_XDECREF(text);
    }
    return list;
}

/* (model, rows, remarks, proof) of an import that has made a model, which
 * becomes the result's. */
static PyObject *imported(core *core, PyTypeObject *cls,
                          const elman_import *import, elman_model *model)
{
    PyObject *result = NULL;
    PyObject *made = model_wrap(core, cls, model);
    PyObject *rows = made ? rows_list(core, import) : NULL;
    PyObject *remarks = rows ? remarks_list(core, import) : NULL;
    if (remarks)
        result =
            Py_BuildValue("(OOON)", made, rows, remarks,
                          sentence_write(core, elman_import_proof(import)));
    Py_XDECREF(made);
    Py_XDECREF(rows);
    Py_XDECREF(remarks);
    return result;
}

/* Weights as a Model of cls, with what is to be told of them. */
static PyObject *import_model(PyObject *module, PyObject *args,
                              PyObject *kwargs)
{
    core *core = core_of_module(module);
    PyObject *cls = NULL, *object = NULL, *result = NULL;
    if (!PyArg_ParseTuple(args, "OO", &cls, &object)) return NULL;
    if (!PyType_Check(cls) ||
        !PyType_IsSubtype((PyTypeObject *)cls, core->model)) {
        PyErr_SetString(PyExc_TypeError, "expected a class of elman.Model");
        return NULL;
    }

    // what the files may leave open
    elman_import_config config = {0};
    if (!fields_read(core, import_fields, kwargs, "an import", &config))
        return NULL;

    // a file is read without the GIL
    source from;
    if (source_read(core, object, &from)) {
        elman_import *import = NULL;
        elman_model *model = NULL;
        elman_status status;
        Py_BEGIN_ALLOW_THREADS
        status = source_open(&from, &config, &import);
        if (!status) status = elman_import_create(import, &model);
        Py_END_ALLOW_THREADS
        result = status ? errors_raise(core, status)
                        : imported(core, (PyTypeObject *)cls, import, model);
        elman_import_close(import);
    }
    source_end(&from);
    return result;
}

/* ---- files that are only looked at --------------------------------------- */

/* (facts, rows) of an import that is only looked at. */
static PyObject *looked(core *core, const elman_import *import)
{
    size_t count = 0;
    const elman_fact *facts = elman_import_facts(import, &count);
    PyObject *result = NULL, *told = PyList_New(0);
    for (size_t i = 0; told && i < count; i++) {
        PyObject *row = Py_BuildValue("(NN)", text_write(facts[i].name),
                                      sentence_write(core, facts[i].text));
        if (!row || PyList_Append(told, row)) Py_CLEAR(told);
        Py_XDECREF(row);
    }
    PyObject *rows = told ? rows_list(core, import) : NULL;
    if (rows) result = PyTuple_Pack(2, told, rows);
    Py_XDECREF(told);
    Py_XDECREF(rows);
    return result;
}

/* What files hold; with a second path, a draft of a mapping file goes there. */
static PyObject *look(PyObject *module, PyObject *args)
{
    core *core = core_of_module(module);
    PyObject *object = NULL, *draft = Py_None, *result = NULL;
    if (!PyArg_ParseTuple(args, "O!|O", &PyList_Type, &object, &draft))
        return NULL;

    // a mapping to begin with is written where one is wanted
    const char *to = NULL;
    PyObject *bytes = draft != Py_None ? path_read(draft, &to) : NULL;
    if (draft != Py_None && !bytes) return NULL;

    source from;
    if (source_read(core, object, &from)) {
        elman_import *import = NULL;
        elman_status status;
        Py_BEGIN_ALLOW_THREADS
        status = elman_import_look(from.paths, from.count, &import);
        if (!status && to) status = elman_import_draft(import, to);
        Py_END_ALLOW_THREADS
        result = status ? errors_raise(core, status) : looked(core, import);
        elman_import_close(import);
    }
    source_end(&from);
    Py_XDECREF(bytes);
    return result;
}

/* (question, [(of, layers, ignore, key), ...]) */
static PyObject *proposed(core *core, const elman_import *import)
{
    const char *question = NULL;
    size_t count = 0;
    const elman_proposal *of =
        elman_import_proposals(import, &question, &count);
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *row =
            Py_BuildValue("(NNNN)", text_write(of[i].of ? of[i].of : ""),
                          text_write(of[i].layers), text_write(of[i].ignore),
                          text_write(of[i].key));
        if (!row || PyList_Append(list, row)) Py_CLEAR(list);
        Py_XDECREF(row);
    }
    if (!list) return NULL;
    return Py_BuildValue("(NN)", sentence_write(core, question), list);
}

/* The settings by which files would be taken. */
static PyObject *propose(PyObject *module, PyObject *args, PyObject *kwargs)
{
    core *core = core_of_module(module);
    PyObject *object = NULL, *result = NULL;
    elman_import_config config = {0};
    if (!PyArg_ParseTuple(args, "O!", &PyList_Type, &object) ||
        !fields_read(core, import_fields, kwargs, "an import", &config))
        return NULL;

    // the files are read without the GIL
    source from;
    if (source_read(core, object, &from)) {
        elman_import *import = NULL;
        elman_status status;
        Py_BEGIN_ALLOW_THREADS
        status = elman_import_propose(from.paths, from.count, &config, &import);
        Py_END_ALLOW_THREADS
        result = status ? errors_raise(core, status) : proposed(core, import);
        elman_import_close(import);
    }
    source_end(&from);
    return result;
}

/* ---- references ---------------------------------------------------------- */

/* A state of B sequences with the memory of an object of bytes; of None it is
 * NULL. */
static bool memory_read(core *core, const elman_model *model, size_t B,
                        PyObject *object, elman_state **memory)
{
    array bytes;
    if (!array_optional(core, object, ARRAY_BYTE, "memory", &bytes))
        return false;
    elman_status status = ELMAN_OK;
    if (bytes.held) {
        const elman_state_config room = {.T = 1, .B = B};
        status = elman_state_create(model, &room, memory);
        if (!status)
            status = elman_state_load_memory(model, *memory, bytes.data,
                                             bytes.count);
    }
    array_release(&bytes);
    if (status) errors_raise(core, status);
    return !status;
}

/* Holds a model against .npy files of inputs and outputs, from a memory and to
 * another, both of B sequences. */
static PyObject *check(PyObject *module, PyObject *args)
{
    core *core = core_of_module(module);
    PyObject *object = NULL, *paths[3] = {NULL, NULL, Py_None};
    PyObject *begin = Py_None, *end = Py_None;
    size_t B = 0;
    if (!PyArg_ParseTuple(args, "OOO|OO&OO", &object, paths, paths + 1,
                          paths + 2, size_argument, &B, &begin, &end))
        return NULL;
    model_data *m = model_argument(core, object);
    if (!m) return NULL;

    // files of x, of y and of lengths
    const char *texts[3] = {0};
    PyObject *bytes[3] = {0}, *result = NULL;
    elman_state *states[2] = {0};
    bool read = true;
    for (size_t i = 0; read && i < 3 && paths[i] != Py_None; i++) {
        bytes[i] = path_read(paths[i], &texts[i]);
        read = bytes[i] != NULL;
    }
    if (read && !texts[1]) {
        errors_bad_value(core, "x and y of a reference are files, not None");
        read = false;
    }

    // the memory at both ends is held against the model's
    if (read && memory_read(core, m->model, B, begin, states) &&
        memory_read(core, m->model, B, end, states + 1) &&
        model_begin_reading(m)) {
        elman_check found = {0};
        elman_status status;
        Py_BEGIN_ALLOW_THREADS
        status =
            elman_model_check_states(m->model, texts[0], texts[1], texts[2],
                                     states[0], states[1], &found);
        Py_END_ALLOW_THREADS
        model_end_reading(m);
        result = status ? errors_raise(core, status)
                        : fields_write(check_fields, &found);
    }
    for (size_t i = 0; i < 3; i++)
        Py_XDECREF(bytes[i]);
    elman_state_destroy(states[0]);
    elman_state_destroy(states[1]);
    return result;
}

PyMethodDef exchange_functions[] = {
    {"import_model", (PyCFunction)(void (*)(void))import_model,
     METH_VARARGS | METH_KEYWORDS,
     "import_model(cls, source, /, **config)\n--\n\nA model of weights, of a "
     "list of paths or bytes: (model, rows, remarks, proof)."},
    {"look", look, METH_VARARGS,
     "look(paths, draft=None, /)\n--\n\nWhat files hold: (facts, rows)."},
    {"propose", (PyCFunction)(void (*)(void))propose,
     METH_VARARGS | METH_KEYWORDS,
     "propose(paths, /, **config)\n--\n\nSettings that files would be taken "
     "by: (question, [(of, layers, ignore, key)])."},
    {"check", check, METH_VARARGS,
     "check(model, x, y, lengths=None, B=0, begin=None, end=None, /)\n--\n\n"
     "Holds a model against reference files."},
    {NULL, NULL, 0, NULL},
};
