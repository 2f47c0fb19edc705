/*
 * view.c: memory of the library as an array. A View keeps what the memory
 * belongs to and shows it by the buffer protocol; callers get a NumPy array on
 * top of it, so that the owner lives as long as any slice of the array.
 */
#include "core.h"

#include <string.h>

typedef struct view_data {
    PyObject_HEAD PyObject *owner;
    float *data;
    int rank;
    bool readonly;
    Py_ssize_t shape[ELMAN_MAX_RANK], strides[ELMAN_MAX_RANK], bytes;
} view_data;

static view_data *view_of(PyObject *object) { return (view_data *)object; }

static int view_get(PyObject *self, Py_buffer *buffer, int flags)
{
    view_data *view = view_of(self);
    if (view->readonly && (flags & PyBUF_WRITABLE)) {
        PyErr_SetString(PyExc_BufferError, "this memory can only be read");
        buffer->obj = NULL;
        return -1;
    }

    // as much of it as is asked for
    Py_INCREF(self);
    *buffer = (Py_buffer){
        .obj = self,
        .buf = view->data,
        .len = view->bytes,
        .itemsize = sizeof(float),
        .readonly = view->readonly,
        .ndim = view->rank,
        .format = (flags & PyBUF_FORMAT) ? "f" : NULL,
        .shape = (flags & PyBUF_ND) ? view->shape : NULL,
        .strides =
            (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? view->strides : NULL,
    };
    return 0;
}

static int view_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(view_of(self)->owner);
    return 0;
}

static void view_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_CLEAR(view_of(self)->owner);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyType_Slot slots[] = {
    {Py_tp_doc, "Memory of the library, shown by the buffer protocol."},
    {Py_tp_traverse, view_traverse},
    {Py_tp_dealloc, view_free},
    {Py_bf_getbuffer, view_get},
    {0, NULL},
};
static PyType_Spec spec = {
    .name = "elman._core.View",
    .basicsize = sizeof(view_data),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

bool view_create_type(core *core)
{
    return core_add_type(core, &spec, &core->view);
}

PyObject *view_array(core *core, PyObject *owner, float *data, size_t rank,
                     const size_t *shape, bool readonly)
{
    allocfunc alloc = (allocfunc)PyType_GetSlot(core->view, Py_tp_alloc);
    PyObject *self = alloc(core->view, 0);
    if (!self) return NULL;

    // strides of an array in C order, from the last axis on
    view_data *view = view_of(self);
    Py_INCREF(owner);
    view->owner = owner;
    view->data = data;
    view->rank = (int)rank;
    view->readonly = readonly;
    view->bytes = sizeof(float);
    for (size_t i = rank; i-- > 0;) {
        view->shape[i] = (Py_ssize_t)shape[i];
        view->strides[i] = view->bytes;
        view->bytes *= view->shape[i];
    }

    // NumPy asks the view for its buffer, and keeps it
    PyObject *made = PyObject_CallFunctionObjArgs(core->asarray, self, NULL);
    Py_DECREF(self);
    return made;
}
