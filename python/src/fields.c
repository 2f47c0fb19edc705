/*
 * fields.c: a struct of the library as a dict, by a table of its fields
 * (tables.c). What a dict does not say stays as it is; a key that is no field
 * is refused with the names there are.
 */
#include "core.h"

#include <math.h>
#include <string.h>

/* "a, b, c" of the names in a table, or of words. */
static PyObject *names_text(const field *table, const char *const *words)
{
    PyObject *names = PyList_New(0);
    for (size_t i = 0; names; i++) {
        const char *text = table ? table[i].name : words[i];
        if (!text) break;
        if (!*text) continue; // a number without a word
        PyObject *name = PyUnicode_FromString(text);
        if (!name || PyList_Append(names, name)) Py_CLEAR(names);
        Py_XDECREF(name);
    }
    PyObject *comma = PyUnicode_FromString(", ");
    PyObject *text = names && comma ? PyUnicode_Join(comma, names) : NULL;
    Py_XDECREF(comma);
    Py_XDECREF(names);
    return text;
}

/* Refuses a value: what is wrong with which field of what. */
static bool refuse(const core *core, const char *what, const char *name,
                   PyObject *value, PyObject *expected)
{
    if (expected && !PyErr_Occurred())
        errors_bad_value(core, "%s: %s is %.200R, expected %U", what, name,
                         value, expected);
    Py_XDECREF(expected);
    return false;
}

static bool refuse_type(const core *core, const char *what, const char *name,
                        PyObject *value, const char *expected)
{
    if (!errors_forgive()) return false;
    return refuse(core, what, name, value, PyUnicode_FromString(expected));
}

/* True or False, of Python or NumPy, or 0 or 1. Any other object has a truth as
 * well, but "no" would be true. */
static bool read_truth(PyObject *value, bool *to)
{
    bool plain = PyBool_Check(value);
    if (!plain && PyLong_Check(value)) {
        long number = PyLong_AsLong(value);
        plain = !PyErr_Occurred() && (number == 0 || number == 1);
    } else if (!plain) {
        PyObject *name = PyType_GetName(Py_TYPE(value)); // without imports
        plain = name && (!PyUnicode_CompareWithASCIIString(name, "bool") ||
                         !PyUnicode_CompareWithASCIIString(name, "bool_"));
        Py_XDECREF(name);
    }
    int truth = plain ? PyObject_IsTrue(value) : -1;
    *to = truth > 0;
    return truth >= 0;
}

/* A whole number, 0 or more, of Python's or NumPy's, and no bool. */
static bool read_whole(PyObject *value, uint64_t most, uint64_t *to)
{
    PyObject *index = PyBool_Check(value) ? NULL : PyNumber_Index(value);
    if (!index) return false;
    *to = PyLong_AsUnsignedLongLong(index);
    Py_DECREF(index);
    return !PyErr_Occurred() && *to <= most;
}

/* The same with a sign, in 32 bits. */
static bool read_signed(PyObject *value, int32_t *to)
{
    PyObject *index = PyBool_Check(value) ? NULL : PyNumber_Index(value);
    if (!index) return false;
    long long number = PyLong_AsLongLong(index);
    Py_DECREF(index);
    *to = (int32_t)number;
    return !PyErr_Occurred() && number == *to;
}

int whole_argument(PyObject *object, void *to)
{
    uint64_t found = 0;
    if (PyBool_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%R is a bool, expected a whole number",
                     object);
        return 0;
    }
    if (read_whole(object, UINT64_MAX, &found)) {
        *(uint64_t *)to = found;
        return 1;
    }
    if (PyErr_ExceptionMatches(PyExc_TypeError))
        PyErr_Format(PyExc_TypeError,
                     "a whole number is expected, found %.200R", object);
    else if (PyErr_ExceptionMatches(PyExc_OverflowError))
        PyErr_Format(PyExc_OverflowError,
                     "%R is no whole number from 0 to 2**64 - 1", object);
    return 0;
}

int size_argument(PyObject *object, void *to)
{
    uint64_t found = 0;
    if (!whole_argument(object, &found)) return 0;
    if (found <= SIZE_MAX) {
        *(size_t *)to = (size_t)found;
        return 1;
    }
    PyErr_Format(PyExc_OverflowError, "%R is more than any size", object);
    return 0;
}

PyObject *text_write(const char *text)
{
    if (!text) Py_RETURN_NONE;
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text),
                                "surrogateescape");
}

/* A word's number among words. */
static bool read_word(PyObject *value, const char *const *words, int *to)
{
    if (!PyUnicode_Check(value)) return false;
    for (int i = 0; words[i]; i++)
        if (*words[i] && !PyUnicode_CompareWithASCIIString(value, words[i])) {
            *to = i;
            return true;
        }
    return false;
}

/* A number, and no bool. */
static bool read_real(PyObject *value, double *to)
{
    if (PyBool_Check(value)) return false;
    *to = PyFloat_AsDouble(value);
    return !PyErr_Occurred();
}

/* "tanh", or a word with its numbers: ("affine", 2.0, 1.0). */
static bool read_function(PyObject *value, elman_activation *to)
{
    int kind = 0;
    double numbers[2] = {0, 0};

    // a word with its numbers, or a word
    if (PyTuple_Check(value) || PyList_Check(value)) {
        Py_ssize_t size = PySequence_Size(value);
        if (size < 1 || size > 3) return false;
        for (Py_ssize_t i = 0; i < size; i++) {
            PyObject *item = PySequence_GetItem(value, i);
            if (!item) return false;
            bool read = i == 0 ? read_word(item, activation_words, &kind)
                               : read_real(item, &numbers[i - 1]);
            Py_DECREF(item);
            if (!read) return false;
        }
    } else if (!read_word(value, activation_words, &kind)) {
        return false;
    }

    // what is not given is 0, the function's own default
    *to = (elman_activation){(elman_activation_kind)kind, (float)numbers[0],
                             (float)numbers[1]};
    return true;
}

static PyObject *write_function(const elman_activation *from)
{
    const char *word = activation_words[from->kind];
    if (from->kind == ELMAN_ACTIVATION_DEFAULT) Py_RETURN_NONE;
    if (from->beta != 0) // NOLINT: a number that was given
        return Py_BuildValue("(sdd)", word, (double)from->alpha,
                             (double)from->beta);
    if (from->alpha != 0)
        return Py_BuildValue("(sd)", word, (double)from->alpha);
    return PyUnicode_FromString(word);
}

/* "orthogonal", or with its number: ("constant", 1.0). */
static bool read_init(PyObject *value, elman_init *to)
{
    int kind = 0;
    double number = 0;
    if (PyTuple_Check(value) || PyList_Check(value)) {
        if (PySequence_Size(value) != 2) return false;
        PyObject *word = PySequence_GetItem(value, 0);
        PyObject *second = PySequence_GetItem(value, 1);
        bool read = word && second && read_word(word, init_words, &kind) &&
                    read_real(second, &number);
        Py_XDECREF(word);
        Py_XDECREF(second);
        if (!read) return false;
    } else if (!read_word(value, init_words, &kind)) {
        return false;
    }
    *to = (elman_init){(elman_init_kind)kind, number};
    return true;
}

/* Up to count whole numbers of a sequence. */
static bool read_sizes(PyObject *value, size_t count, size_t *to)
{
    if (!PySequence_Check(value) || PyUnicode_Check(value)) return false;
    Py_ssize_t size = PySequence_Size(value);
    if (size < 0 || (size_t)size > count) return false;
    memset(to, 0, count * sizeof *to);
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *item = PySequence_GetItem(value, i);
        uint64_t number = 0;
        bool read = item && read_whole(item, SIZE_MAX, &number);
        Py_XDECREF(item);
        if (!read) return false;
        to[i] = (size_t)number;
    }
    return true;
}

static bool read_functions(PyObject *value, size_t count, elman_activation *to)
{
    if (!PySequence_Check(value) || PyUnicode_Check(value)) return false;
    Py_ssize_t size = PySequence_Size(value);
    if (size < 0 || (size_t)size > count) return false;
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *item = PySequence_GetItem(value, i);
        bool read = item && (item == Py_None || read_function(item, &to[i]));
        Py_XDECREF(item);
        if (!read) return false;
    }
    return true;
}

/* A number, by the C type of its field. */
static bool read_number(const core *core, const field *f, PyObject *value,
                        const char *what, char *at)
{
    // reals
    if (f->type == FIELD_FLOAT || f->type == FIELD_DOUBLE ||
        f->type == FIELD_MEASURED) {
        double number = 0;
        if (!read_real(value, &number) ||
            (isnan(number) && f->type != FIELD_MEASURED))
            return refuse_type(core, what, f->name, value, "a number");
        if (f->type == FIELD_FLOAT) *(float *)at = (float)number;
        else *(double *)at = number;
        return true;
    }

    // whole ones, some of which may be less than 0
    if (f->type == FIELD_INT32)
        return read_signed(value, (int32_t *)at) ||
               refuse_type(core, what, f->name, value, "a whole number");
    uint64_t whole = 0;
    uint64_t most = UINT64_MAX;
    if (f->type == FIELD_INT) most = INT32_MAX;
    if (f->type == FIELD_SIZE) most = SIZE_MAX;
    if (!read_whole(value, most, &whole))
        return refuse_type(core, what, f->name, value,
                           "a whole number of 0 or more");
    if (f->type == FIELD_INT) *(int *)at = (int)whole;
    else if (f->type == FIELD_SIZE) *(size_t *)at = (size_t)whole;
    else *(uint64_t *)at = whole;
    return true;
}

/* A text, by the room that its field has for it. */
static bool read_text(const core *core, const field *f, PyObject *value,
                      const char *what, char *at)
{
    Py_ssize_t size = 0;
    const char *text =
        PyUnicode_Check(value) ? PyUnicode_AsUTF8AndSize(value, &size) : NULL;
    bool whole = text && strlen(text) == (size_t)size;

    // one letter, or none
    if (f->type == FIELD_LETTER) {
        if (!text || size > 1)
            return refuse_type(core, what, f->name, value, "one ASCII letter");
        *at = size ? *text : 0;
        return true;
    }

    // where it lies
    if (f->type == FIELD_TEXT) {
        if (!whole)
            return refuse_type(core, what, f->name, value, "a str without NUL");
        *(const char **)at = text;
        return true;
    }

    // a copy
    if (!whole || (size_t)size >= f->count)
        return refuse_type(core, what, f->name, value,
                           "a str of fewer bytes than it has room for");
    memcpy(at, text, (size_t)size + 1);
    return true;
}

/* One value into its field. */
static bool read_field(const core *core, const field *f, PyObject *value,
                       const char *what, char *to)
{
    void *at = to + f->offset;
    const char *const *words = activation_words;
    switch (f->type) {
    case FIELD_BOOL:
        return read_truth(value, at) ||
               refuse_type(core, what, f->name, value, "True or False");
    case FIELD_INT:
    case FIELD_INT32:
    case FIELD_SIZE:
    case FIELD_UINT64:
    case FIELD_FLOAT:
    case FIELD_DOUBLE:
    case FIELD_MEASURED:
        return read_number(core, f, value, what, at);
    case FIELD_NAME:
    case FIELD_TEXT:
    case FIELD_LETTER:
        return read_text(core, f, value, what, at);
    case FIELD_STRUCT:
        return fields_read(core, f->fields, value, f->name, at);
    case FIELD_SIZES:
        return read_sizes(value, f->count, at) ||
               refuse_type(core, what, f->name, value,
                           "a list of whole numbers");

    // words, some with numbers; enums of the library are ints: tables.c
    // asserts it
    case FIELD_WORD:
        words = f->words;
        if (read_word(value, words, at)) return true;
        break;
    case FIELD_FUNCTION:
        if (read_function(value, at)) return true;
        break;
    case FIELD_FUNCTIONS:
        if (read_functions(value, f->count, at)) return true;
        break;
    case FIELD_INIT:
        words = init_words;
        if (read_init(value, at)) return true;
        break;
    }
    return errors_forgive() &&
           refuse(core, what, f->name, value, names_text(NULL, words));
}

bool fields_read(const core *core, const field *table, PyObject *dict,
                 const char *what, void *to)
{
    if (!dict || dict == Py_None) return true;
    if (!PyDict_Check(dict)) {
        errors_bad_value(core, "%s is %.200R, expected a dict", what, dict);
        return false;
    }

    PyObject *key = NULL, *value = NULL;
    Py_ssize_t position = 0;
    while (PyDict_Next(dict, &position, &key, &value)) {
        const field *f = table;
        while (f->name && (!PyUnicode_Check(key) ||
                           PyUnicode_CompareWithASCIIString(key, f->name)))
            f++;
        if (!f->name) {
            Py_INCREF(key);
            PyObject *names = names_text(table, NULL);
            if (names)
                errors_bad_value(core, "%s has no field %.200R: there are %U",
                                 what, key, names);
            Py_XDECREF(names);
            Py_DECREF(key);
            return false;
        }
        if (value == Py_None) continue;

        // a value's own methods may change the dict
        Py_INCREF(value);
        bool read = read_field(core, f, value, what, to);
        Py_DECREF(value);
        if (!read) return false;
    }
    return true;
}

static PyObject *write_sizes(const size_t *sizes, size_t count)
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count && sizes[i]; i++) {
        PyObject *size = PyLong_FromSize_t(sizes[i]);
        if (!size || PyList_Append(list, size)) Py_CLEAR(list);
        Py_XDECREF(size);
    }
    return list;
}

static PyObject *write_functions(const elman_activation *from, size_t count)
{
    while (count && from[count - 1].kind == ELMAN_ACTIVATION_DEFAULT)
        count--;
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *item = write_function(&from[i]);
        if (!item || PyList_Append(list, item)) Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

/* A field's value. */
static PyObject *write_field(const field *f, const char *from)
{
    const char *at = from + f->offset;

    // by the type that read_field gave it
    switch (f->type) {
    case FIELD_BOOL:
        return PyBool_FromLong(*(const bool *)at);
    case FIELD_INT:
        return PyLong_FromLong(*(const int *)at);
    case FIELD_INT32:
        return PyLong_FromLong(*(const int32_t *)at);
    case FIELD_SIZE:
        return PyLong_FromSize_t(*(const size_t *)at);
    case FIELD_UINT64:
        return PyLong_FromUnsignedLongLong(*(const uint64_t *)at);
    case FIELD_FLOAT:
        return PyFloat_FromDouble((double)*(const float *)at);
    case FIELD_DOUBLE:
    case FIELD_MEASURED:
        return PyFloat_FromDouble(*(const double *)at);
    case FIELD_WORD: {
        const char *word = f->words[*(const int *)at];
        return text_write(*word ? word : NULL); // none: the default
    }
    case FIELD_NAME:
        return text_write(at);
    case FIELD_TEXT:
        return text_write(*(const char *const *)at);
    case FIELD_LETTER:
        return PyUnicode_FromStringAndSize(at, *at != 0);
    case FIELD_STRUCT:
        return fields_write(f->fields, at);
    case FIELD_SIZES:
        return write_sizes((const size_t *)(const void *)at, f->count);
    case FIELD_FUNCTION:
        return write_function((const elman_activation *)(const void *)at);
    case FIELD_FUNCTIONS:
        return write_functions((const elman_activation *)(const void *)at,
                               f->count);
    case FIELD_INIT: {
        const elman_init *init = (const elman_init *)(const void *)at;
        return Py_BuildValue("(sd)", init_words[init->kind], init->value);
    }
    }
    Py_RETURN_NONE;
}

PyObject *fields_write(const field *table, const void *from)
{
    PyObject *dict = PyDict_New();
    for (const field *f = table; dict && f->name; f++) {
        PyObject *value = write_field(f, from);
        if (!value || PyDict_SetItemString(dict, f->name, value))
            Py_CLEAR(dict);
        Py_XDECREF(value);
    }
    return dict;
}

PyObject *path_read(PyObject *object, const char **text)
{
    PyObject *bytes = NULL;
    if (!PyUnicode_FSConverter(object, &bytes)) return NULL;
    *text = PyBytes_AsString(bytes);
    if (!*text) Py_CLEAR(bytes);
    return bytes;
}
