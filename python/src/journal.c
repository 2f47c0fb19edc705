/*
 * journal.c: the journal that a model keeps of its training, as text in and
 * out.
 */
#include "core.h"

#include <math.h>
#include <string.h>

static const field journal_fields[] = {
    FIELD(elman_journal_row, step, FIELD_UINT64),
    FIELD(elman_journal_row, epoch, FIELD_MEASURED),
    FIELD(elman_journal_row, seconds, FIELD_MEASURED),
    FIELD(elman_journal_row, train_loss, FIELD_MEASURED),
    FIELD(elman_journal_row, loss, FIELD_MEASURED),
    FIELD(elman_journal_row, score, FIELD_MEASURED),
    FIELD(elman_journal_row, learning_rate, FIELD_MEASURED),
    FIELD(elman_journal_row, norm, FIELD_MEASURED),
    FIELD(elman_journal_row, clipped, FIELD_MEASURED),
    FIELD(elman_journal_row, horizon, FIELD_MEASURED),
    FIELD(elman_journal_row, rate, FIELD_MEASURED),
    FIELD(elman_journal_row, saturation, FIELD_MEASURED),
    FIELD(elman_journal_row, update, FIELD_MEASURED),
    FIELD(elman_journal_row, best, FIELD_BOOL),
    FIELDS_END,
};

/* Adds settings of a dict of texts, and a row; what a row does not say was not
 * measured. */
static bool journal_add(core *core, elman_journal *journal, PyObject *settings,
                        PyObject *row)
{
    elman_journal_row r = {.epoch = NAN,
                           .seconds = NAN,
                           .train_loss = NAN,
                           .loss = NAN,
                           .score = NAN,
                           .learning_rate = NAN,
                           .norm = NAN,
                           .clipped = NAN,
                           .horizon = NAN,
                           .rate = NAN,
                           .saturation = NAN,
                           .update = NAN};

    // settings come before rows
    elman_status status = ELMAN_OK;
    Py_ssize_t at = 0;
    PyObject *key = NULL, *value = NULL;
    while (settings && !status && PyDict_Next(settings, &at, &key, &value)) {
        const char *name = PyUnicode_AsUTF8AndSize(key, NULL);
        const char *text = name ? PyUnicode_AsUTF8AndSize(value, NULL) : NULL;
        if (!text) return false;
        status = elman_journal_write_setting(journal, name, text);
    }

    // what the row says replaces that it was not measured
    if (!status && row) {
        if (!fields_read(core, journal_fields, row, "a row", &r)) return false;
        status = elman_journal_write(journal, &r);
    }
    if (status) errors_raise(core, status);
    return !status;
}

static elman_journal *read_journal(core *core, const char *text)
{
    elman_journal *journal = NULL;
    elman_status status = elman_journal_create(text, &journal);
    if (status) errors_raise(core, status);
    return status ? NULL : journal;
}

/* The text of a journal with more in it. */
static PyObject *journal_write(PyObject *module, PyObject *args)
{
    core *core = core_of_module(module);
    const char *text = NULL;
    PyObject *settings = NULL, *row = NULL;
    if (!PyArg_ParseTuple(args, "z|O!O!", &text, &PyDict_Type, &settings,
                          &PyDict_Type, &row))
        return NULL;
    elman_journal *journal = read_journal(core, text);
    if (!journal) return NULL;
    PyObject *result = NULL;
    if (journal_add(core, journal, settings, row)) {
        const char *note = elman_journal_note(journal);
        result = note ? PyUnicode_FromString(note) : PyErr_NoMemory();
    }
    elman_journal_destroy(journal);
    return result;
}

/* (settings, rows) of the text of a journal. */
static PyObject *journal_read(PyObject *module, PyObject *args)
{
    core *core = core_of_module(module);
    const char *text = NULL;
    if (!PyArg_ParseTuple(args, "s", &text)) return NULL;
    elman_journal *journal = read_journal(core, text);
    if (!journal) return NULL;

    // settings by name
    size_t count = 0;
    const elman_setting *settings = elman_journal_settings(journal, &count);
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict && i < count; i++) {
        PyObject *value = PyUnicode_FromString(settings[i].value);
        if (!value || PyDict_SetItemString(dict, settings[i].name, value))
            Py_CLEAR(dict);
        Py_XDECREF(value);
    }

    // rows in their order
    const elman_journal_row *rows = elman_journal_rows(journal, &count);
    PyObject *list = dict ? PyList_New(0) : NULL;
    for (size_t i = 0; list && i < count; i++) {
        PyObject *row = fields_write(journal_fields, &rows[i]);
        if (!row || PyList_Append(list, row)) Py_CLEAR(list);
        Py_XDECREF(row);
    }
    PyObject *result = list ? PyTuple_Pack(2, dict, list) : NULL;
    Py_XDECREF(dict);
    Py_XDECREF(list);
    elman_journal_destroy(journal);
    return result;
}

PyMethodDef journal_functions[] = {
    {"journal_write", journal_write, METH_VARARGS,
     "journal_write(text, settings={}, row={}, /)\n--\n\nThe text of a journal "
     "with more in it."},
    {"journal_read", journal_read, METH_VARARGS,
     "journal_read(text, /)\n--\n\nSettings and rows of a journal."},
    {NULL, NULL, 0, NULL},
};
