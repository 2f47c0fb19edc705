/*
 * results.c: a struct of measurements as a dict, by a table of its fields
 * (measurements.c). Arrays become NumPy's own, so that the measurement can end.
 */
#include "core.h"

#include <stdlib.h>
#include <string.h>

/* The size that a dim names: a field of this struct or of one around it. */
static size_t size_of(const frame *from, const char *dim)
{
    if (dim[0] >= '0' && dim[0] <= '9') return strtoul(dim, NULL, 10);
    for (const frame *f = from; f; f = f->around)
        for (const result *r = f->table; r->name; r++)
            if (r->type == RESULT_SIZE && !strcmp(r->name, dim))
                return *(const size_t *)(const void *)((const char *)f->data +
                                                       r->offset);
    return 0;
}

/* An array of a kind of numbers, copied from data. */
static PyObject *write_array(core *core, const frame *from, const result *r,
                             array_type type, size_t width, const void *data)
{
    if (!data) Py_RETURN_NONE;
    size_t shape[2], rank = 0;
    for (; rank < 2 && r->dims[rank]; rank++)
        shape[rank] = size_of(from, r->dims[rank]);
    array a;
    PyObject *made = array_fill(core, NULL, type, r->name, rank, shape, &a);
    if (!made) return NULL;
    if (a.count) memcpy(a.data, data, a.count * width);
    array_release(&a);
    return made;
}

/* size_t on its way to uint64. */
static PyObject *write_sizes(core *core, const frame *from, const result *r,
                             const size_t *data)
{
    if (!data) Py_RETURN_NONE;
    size_t count = size_of(from, r->dims[0]);
    array a;
    PyObject *made =
        array_fill(core, NULL, ARRAY_UINT64, r->name, 1, &count, &a);
    if (!made) return NULL;
    for (size_t i = 0; i < count; i++)
        ((uint64_t *)a.data)[i] = data[i];
    array_release(&a);
    return made;
}

/* A list of structs, or of what pointers point to. */
static PyObject *write_rows(core *core, const frame *from, const result *r,
                            const char *data)
{
    PyObject *list = PyList_New(0);
    size_t count = data ? size_of(from, r->dims[0]) : 0;
    for (size_t i = 0; list && i < count; i++) {
        const void *row = r->type == RESULT_POINTERS
                              ? ((const void *const *)(const void *)data)[i]
                              : data + i * r->size;
        frame inner = {r->table, row, from};
        PyObject *item = result_write(core, &inner);
        if (!item || PyList_Append(list, item)) Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *write_one(core *core, const frame *from, const result *r)
{
    const char *at = (const char *)from->data + r->offset;
    const void *const *pointer = (const void *const *)(const void *)at;

    // numbers are made, arrays copied, structs written in turn
    switch (r->type) {
    case RESULT_BOOL:
        return PyBool_FromLong(*(const bool *)at);
    case RESULT_SIZE:
        return PyLong_FromSize_t(*(const size_t *)(const void *)at);
    case RESULT_UINT64:
        return PyLong_FromUnsignedLongLong(*(const uint64_t *)(const void *)at);
    case RESULT_INT32:
        return PyLong_FromLong(*(const int32_t *)(const void *)at);
    case RESULT_DOUBLE:
        return PyFloat_FromDouble(*(const double *)(const void *)at);
    case RESULT_WORD:
        return text_write(r->words[*(const int *)(const void *)at]);
    case RESULT_CHARS:
        return text_write(at);
    case RESULT_TEXT:
        return text_write(*pointer);
    case RESULT_FLOATS:
        return write_array(core, from, r, ARRAY_FLOAT32, 4, *pointer);
    case RESULT_DOUBLES:
        return write_array(core, from, r, ARRAY_FLOAT64, 8, *pointer);
    case RESULT_COUNTS:
        return write_array(core, from, r, ARRAY_UINT64, 8, *pointer);
    case RESULT_SIZES:
        return write_sizes(core, from, r, *pointer);
    case RESULT_BOOLS:
        return write_array(core, from, r, ARRAY_BOOL, 1, *pointer);
    case RESULT_TOKENS:
        return write_array(core, from, r, ARRAY_INT32, 4, *pointer);
    case RESULT_PLAIN_DOUBLES:
        return write_array(core, from, r, ARRAY_FLOAT64, 8, at);
    case RESULT_PLAIN_COUNTS:
        return write_array(core, from, r, ARRAY_UINT64, 8, at);
    case RESULT_STRUCT: {
        frame inner = {r->table, at, from};
        return result_write(core, &inner);
    }
    case RESULT_POINTER: {
        if (!*pointer) Py_RETURN_NONE;
        frame inner = {r->table, *pointer, from};
        return result_write(core, &inner);
    }
    case RESULT_ROWS:
    case RESULT_POINTERS:
        return write_rows(core, from, r, *pointer);
    }
    Py_RETURN_NONE;
}

PyObject *result_write(core *core, const frame *from)
{
    PyObject *dict = PyDict_New();
    for (const result *r = from->table; dict && r->name; r++) {
        PyObject *value = write_one(core, from, r);
        if (!value || PyDict_SetItemString(dict, r->name, value))
            Py_CLEAR(dict);
        Py_XDECREF(value);
    }
    return dict;
}
