/*
 * torch_tensor.c: torch's tensors as pointers and sizes, and new ones. The
 * structs are those of DLPack 1.x, as far as they are read here.
 */
#include "torch.h"

typedef struct dl_tensor {
    void *data;
    int32_t device, device_index;
    int32_t rank;
    uint8_t type, bits;
    uint16_t lanes;
    int64_t *shape, *strides;
    uint64_t offset;
} dl_tensor;

struct dl_exchange {
    uint32_t major, minor;
    void *previous;
    void *unused[3]; /* that make tensors which own other tensors' memory */
    int (*read)(void *object, dl_tensor *to);
};

enum { DL_CPU = 1, DL_FLOAT = 2 };

bool torch_find_exchange(torch_data *g)
{
    PyObject *capsule =
        PyObject_GetAttrString(g->tensor, "__dlpack_c_exchange_api__");
    if (!capsule) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return false;
        PyErr_Clear();
        return true;
    }
    const struct dl_exchange *found =
        PyCapsule_GetPointer(capsule, "dlpack_exchange_api");
    Py_DECREF(capsule); // the table is static
    if (!found) PyErr_Clear();
    else if (found->major == 1 && found->read) g->exchange = found;
    return true;
}

/* Whether sizes and strides mean numbers in a row. */
static bool in_a_row(const dl_tensor *d)
{
    int64_t step = 1;
    for (int32_t i = d->rank; i-- > 0;) {
        if (d->strides && d->shape[i] != 1 && d->strides[i] != step)
            return false;
        step *= d->shape[i];
    }
    return true;
}

/* By DLPack's table. */
static bool read_fast(const torch_data *g, PyObject *object, tensor *to,
                      bool *contiguous)
{
    dl_tensor d;
    if (g->exchange->read(object, &d)) {
        PyErr_Clear();
        return false;
    }

    // float32 on the processor, and nothing else
    if (d.device != DL_CPU || d.type != DL_FLOAT || d.bits != 32 ||
        d.lanes != 1 || d.rank < 1 || d.rank > ELMAN_MAX_RANK || !d.data)
        return false;

    // where it lies, and its sizes
    to->data = (float *)(void *)((char *)d.data + d.offset);
    to->rank = (size_t)d.rank;
    to->count = 1;
    for (size_t i = 0; i < to->rank; i++) {
        to->shape[i] = (size_t)d.shape[i];
        to->count *= to->shape[i];
    }
    *contiguous = in_a_row(&d);
    return to->count;
}

/* Whether an attribute is this object. */
static bool attribute_is(PyObject *object, PyObject *name, PyObject *wanted)
{
    PyObject *found = PyObject_GetAttr(object, name);
    Py_XDECREF(found);
    return found && found == wanted;
}

/* What a method without arguments gives, as a truth: 1, 0, -1. */
static int asks(PyObject *object, PyObject *name)
{
    PyObject *found = PyObject_CallMethodObjArgs(object, name, NULL);
    int is = found ? PyObject_IsTrue(found) : -1;
    Py_XDECREF(found);
    return is;
}

/* By attributes, of a torch without that table. */
static bool read_slowly(const torch_data *g, PyObject *object, tensor *to,
                        bool *contiguous)
{
    if (!attribute_is(object, g->name_dtype, g->float32) ||
        !attribute_is(object, g->name_layout, g->strided) ||
        !attribute_is(object, g->name_is_cpu, Py_True))
        return false;

    // its sizes, of which none may be 0
    PyObject *shape = PyObject_GetAttr(object, g->name_shape);
    Py_ssize_t rank = shape ? PyTuple_Size(shape) : -1;
    to->rank = (size_t)rank;
    to->count = rank > 0 && rank <= ELMAN_MAX_RANK;
    for (size_t i = 0; to->count && i < to->rank; i++) {
        to->shape[i] = PyLong_AsSize_t(PyTuple_GetItem(shape, (Py_ssize_t)i));
        if (PyErr_Occurred()) to->count = 0;
        else to->count *= to->shape[i];
    }
    Py_XDECREF(shape);
    if (!to->count) return false;

    // where it lies, and whether in a row
    PyObject *place =
        PyObject_CallMethodObjArgs(object, g->name_data_ptr, NULL);
    to->data = place ? PyLong_AsVoidPtr(place) : NULL;
    Py_XDECREF(place);
    int row = to->data ? asks(object, g->name_is_contiguous) : -1;
    *contiguous = row > 0;
    return row >= 0;
}

static bool read_any(const torch_data *g, PyObject *object, tensor *to,
                     bool *contiguous)
{
    if (g->exchange) return read_fast(g, object, to, contiguous);
    bool read = read_slowly(g, object, to, contiguous);
    if (!read) PyErr_Clear();
    return read;
}

bool tensor_read(const torch_data *g, PyObject *object, tensor *to)
{
    *to = (tensor){0};
    PyObject *type = (PyObject *)Py_TYPE(object);
    if (type != g->tensor && type != g->parameter) return false;
    bool contiguous = false;
    if (!read_any(g, object, to, &contiguous)) return false;

    // memory that means its negative is torch's to read; a view, so that no
    // module's parameter is one
    if (type == g->tensor && asks(object, g->name_is_neg)) return false;
    if (contiguous) return true;

    to->held = PyObject_CallMethodObjArgs(object, g->name_contiguous, NULL);
    if (!to->held) return false;
    if (read_any(g, to->held, to, &contiguous) && contiguous) return true;
    tensor_release(to);
    return false;
}

void tensor_release(tensor *t) { Py_CLEAR(t->held); }

int tensor_requires_grad(const torch_data *g, PyObject *object)
{
    PyObject *found = PyObject_GetAttr(object, g->name_requires_grad);
    int is = found ? found == Py_True : -1;
    Py_XDECREF(found);
    return is;
}

/* Where the numbers of a tensor that was just made are. */
static PyObject *made(const torch_data *g, PyObject *object, float **data)
{
    tensor t = {0};
    bool contiguous = false;
    if (!object) return NULL;
    if (read_any(g, object, &t, &contiguous) && contiguous) {
        *data = t.data;
        return object;
    }
    Py_DECREF(object);
    PyErr_SetString(PyExc_RuntimeError, "torch made no tensor of float32");
    return NULL;
}

PyObject *tensor_like(const torch_data *g, PyObject *like, float **data)
{
    return made(g, PyObject_CallFunctionObjArgs(g->empty_like, like, NULL),
                data);
}

PyObject *tensor_new(const torch_data *g, PyObject *like, size_t rank,
                     const size_t *shape, float **data)
{
    PyObject *sizes = PyTuple_New((Py_ssize_t)rank);
    for (size_t i = 0; sizes && i < rank; i++) {
        PyObject *size = PyLong_FromSize_t(shape[i]);
        if (!size || PyTuple_SetItem(sizes, (Py_ssize_t)i, size))
            Py_CLEAR(sizes);
    }
    if (!sizes) return NULL;
    PyObject *object =
        PyObject_CallMethodObjArgs(like, g->name_new_empty, sizes, NULL);
    Py_DECREF(sizes);
    return made(g, object, data);
}
