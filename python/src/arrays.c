/*
 * arrays.c: numbers of arguments, and arrays for results. What already is an
 * array of the wanted type, row-major, is borrowed through the buffer protocol;
 * everything else (other types, strides, lists, tensors of torch or JAX, data
 * frames) takes one way round, through elman._convert, which copies once.
 */
#include "core.h"

#include <string.h>

/* What an array_type is called, and how wide it is. */
static const struct {
    const char *numpy;   /* the name of NumPy's type */
    const char *formats; /* letters of struct that mean it */
    size_t size;
} types[] = {
    [ARRAY_FLOAT32] = {"float32", "f", 4},
    [ARRAY_FLOAT64] = {"float64", "d", 8},
    [ARRAY_INT32] = {"int32", "il", 4},
    [ARRAY_UINT64] = {"uint64", "LQ", 8},
    [ARRAY_SIZE] = {"uintp", "LQIN", sizeof(size_t)},
    [ARRAY_BYTE] = {"uint8", "Bbc", 1},
    [ARRAY_BOOL] = {"bool", "?", 1},
};

/* The letter of struct for this machine's order of bytes, which arrays of
 * ctypes name. */
static char own_order(void)
{
    const uint16_t one = 1;
    return *(const unsigned char *)&one ? '<' : '>';
}

/* Whether a buffer holds numbers of the type as the library reads them. */
static bool is_plain(const Py_buffer *buffer, array_type type)
{
    const char *format = buffer->format ? buffer->format : "B";
    if (*format == '@' || *format == '=' || *format == own_order()) format++;
    if (!*format || format[1] || !strchr(types[type].formats, *format))
        return false;
    return (size_t)buffer->itemsize == types[type].size &&
           (uintptr_t)buffer->buf % types[type].size == 0;
}

/* Takes shape and address of a buffer that is held; false if it has too many
 * dimensions. */
static bool take(core *core, const char *name, array *to)
{
    if (to->buffer.ndim > CORE_MAX_RANK) {
        errors_bad_value(core, "%s has %d dimensions, expected at most %d",
                         name, to->buffer.ndim, CORE_MAX_RANK);
        return false;
    }
    to->data = to->buffer.buf;
    to->rank = (size_t)to->buffer.ndim;
    to->count = 1;
    for (size_t i = 0; i < to->rank; i++) {
        to->shape[i] = (size_t)to->buffer.shape[i];
        to->count *= to->shape[i];
    }
    return true;
}

/* Whether an array has a mask, as numpy.ma's have: its numbers alone are not
 * what it says. */
static bool is_masked(const core *core, PyObject *object)
{
    return Py_TYPE(object) != core->ndarray &&
           PyObject_TypeCheck(object, core->ndarray) &&
           PyObject_HasAttrString(object, "mask");
}

/* Borrows an object's numbers if it shows them as they are wanted. */
static bool borrow(const core *core, PyObject *object, array_type type,
                   int flags, array *to)
{
    if (!PyObject_CheckBuffer(object) || is_masked(core, object)) return false;
    if (PyObject_GetBuffer(object, &to->buffer,
                           flags | PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)) {
        errors_forgive();
        return false;
    }
    to->held = true;
    if (is_plain(&to->buffer, type)) return true;
    array_release(to);
    return false;
}

/* elman._convert.convert, which is fetched when it is first needed. */
static PyObject *converter(core *core)
{
    if (!core->convert) {
        PyObject *module = PyImport_ImportModule("elman._convert");
        if (!module) return NULL;
        core->convert = PyObject_GetAttrString(module, "convert");
        Py_DECREF(module);
    }
    return core->convert;
}

bool array_argument(core *core, PyObject *object, array_type type,
                    const char *name, array *to)
{
    memset(to, 0, sizeof *to);
    if (borrow(core, object, type, PyBUF_SIMPLE, to)) {
        if (take(core, name, to)) return true;
        array_release(to);
        return false;
    }

    if (PyErr_Occurred()) return false;

    // one copy, in the wanted type and order
    PyObject *convert = converter(core);
    if (!convert) return false;
    PyObject *made =
        PyObject_CallFunction(convert, "Oss", object, types[type].numpy, name);
    if (!made) return false;
    bool read = borrow(core, made, type, PyBUF_SIMPLE, to);
    Py_DECREF(made); // the buffer holds it
    if (!read) {
        if (PyErr_Occurred()) return false;
        errors_bad_value(core, "%s cannot be read as an array of %s", name,
                         types[type].numpy);
        return false;
    }
    if (take(core, name, to)) return true;
    array_release(to);
    return false;
}

bool array_optional(core *core, PyObject *object, array_type type,
                    const char *name, array *to)
{
    memset(to, 0, sizeof *to);
    if (!object || object == Py_None) return true;
    return array_argument(core, object, type, name, to);
}

/* A shape as a tuple. */
static PyObject *shape_tuple(size_t rank, const size_t *shape)
{
    PyObject *sizes = PyTuple_New((Py_ssize_t)rank);
    for (size_t i = 0; sizes && i < rank; i++) {
        PyObject *size = PyLong_FromSize_t(shape[i]);
        if (!size || PyTuple_SetItem(sizes, (Py_ssize_t)i, size))
            Py_CLEAR(sizes);
    }
    return sizes;
}

PyObject *array_plan(const core *core, size_t rank, const size_t *shape)
{
    PyObject *sizes = shape_tuple(rank, shape);
    PyObject *plan = sizes ? PyTuple_Pack(2, sizes, core->float32) : NULL;
    Py_XDECREF(sizes);
    return plan;
}

PyObject *array_new(const core *core, PyObject *plan, array *to)
{
    PyObject *made = PyObject_Call(core->empty, plan, NULL);
    if (!made) return NULL;

    // its type is known: to ask for it takes as long as to make the array
    if (PyObject_GetBuffer(made, &to->buffer, PyBUF_WRITABLE)) {
        Py_DECREF(made);
        return NULL;
    }
    to->held = true;
    to->data = to->buffer.buf;
    return made;
}

/* A new array of NumPy's, its elements as memory has them. */
static PyObject *make(core *core, array_type type, size_t rank,
                      const size_t *shape)
{
    PyObject *sizes = shape_tuple(rank, shape);
    if (!sizes) return NULL;
    PyObject *const kinds[] = {
        [ARRAY_FLOAT32] = core->float32, [ARRAY_FLOAT64] = core->float64,
        [ARRAY_INT32] = core->int32,     [ARRAY_UINT64] = core->uint64,
        [ARRAY_BOOL] = core->bool8,
    };
    PyObject *numbers = kinds[type];
    PyObject *made =
        PyObject_CallFunctionObjArgs(core->empty, sizes, numbers, NULL);
    Py_DECREF(sizes);
    return made;
}

PyObject *array_fill(core *core, PyObject *object, array_type type,
                     const char *name, size_t rank, const size_t *shape,
                     array *to)
{
    memset(to, 0, sizeof *to);
    PyObject *made = NULL;
    if (!object || object == Py_None) {
        made = make(core, type, rank, shape);
        if (!made) return NULL;
    } else {
        Py_INCREF(object);
        made = object;
    }

    // what a caller gives must take the numbers where it is
    if (!borrow(core, made, type, PyBUF_WRITABLE, to)) {
        if (!PyErr_Occurred())
            errors_bad_value(
                core,
                "%s must be a writable C-contiguous array of %s, which "
                "this is not: make it with numpy.empty(shape, '%s')",
                name, types[type].numpy, types[type].numpy);
        Py_DECREF(made);
        return NULL;
    }
    Py_ssize_t sizes[CORE_MAX_RANK];
    for (size_t i = 0; i < rank; i++)
        sizes[i] = (Py_ssize_t)shape[i];
    if (!take(core, name, to) || !array_fits(core, to, name, rank, sizes)) {
        array_release(to);
        Py_DECREF(made);
        return NULL;
    }
    return made;
}

void array_release(array *array)
{
    if (!array->held) return;
    PyBuffer_Release(&array->buffer);
    array->held = false;
    array->data = NULL;
}

/* "(3, *, 8)" of sizes, of which -1 is any. */
static PyObject *shape_text(size_t rank, const Py_ssize_t *shape)
{
    PyObject *parts = PyList_New(0);
    for (size_t i = 0; parts && i < rank; i++) {
        PyObject *part = shape[i] < 0 ? PyUnicode_FromString("any")
                                      : PyUnicode_FromFormat("%zd", shape[i]);
        if (!part || PyList_Append(parts, part)) Py_CLEAR(parts);
        Py_XDECREF(part);
    }
    PyObject *comma = PyUnicode_FromString(", ");
    PyObject *inside = parts && comma ? PyUnicode_Join(comma, parts) : NULL;
    Py_XDECREF(comma);
    Py_XDECREF(parts);
    if (!inside) return NULL;
    PyObject *text = PyUnicode_FromFormat("(%U)", inside);
    Py_DECREF(inside);
    return text;
}

bool array_fits(const core *core, const array *a, const char *name, size_t rank,
                const Py_ssize_t *shape)
{
    bool fits = a->rank == rank;
    for (size_t i = 0; fits && i < rank; i++)
        fits = shape[i] < 0 || a->shape[i] == (size_t)shape[i];
    if (fits) return true;

    Py_ssize_t found[CORE_MAX_RANK];
    for (size_t i = 0; i < a->rank; i++)
        found[i] = (Py_ssize_t)a->shape[i];
    PyObject *have = shape_text(a->rank, found);
    PyObject *want = shape_text(rank, shape);
    if (have && want)
        errors_bad_value(core, "%s has the shape %U, expected %U", name, have,
                         want);
    Py_XDECREF(have);
    Py_XDECREF(want);
    return false;
}
