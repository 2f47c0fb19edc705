/*
 * optimizer.c: the type Optimizer. A step changes the weights, which nothing
 * else may use meanwhile.
 */
#include "extras.h"

typedef struct optimizer_object {
    PyObject_HEAD core *core;
    PyObject *owner; /* the Model whose weights it was made for */
    elman_optimizer *optimizer;
} optimizer_object;

static optimizer_object *optimizer_of(PyObject *object)
{
    return (optimizer_object *)object;
}

static PyObject *optimizer_new(PyTypeObject *cls, PyObject *args,
                               PyObject *kwargs)
{
    core *core = core_of_type(cls);
    PyObject *owner = NULL;
    if (!core || !PyArg_ParseTuple(args, "O", &owner)) return NULL;
    model_data *m = model_argument(core, owner);
    elman_optimizer_config config = {0};

    // groups are held beside the dict of the other fields
    extras x;
    if (!m || !extras_read(core, kwargs, 0, &x)) return NULL;
    PyObject *self =
        fields_read(core, optimizer_fields, x.rest, "an optimizer", &config)
            ? core_alloc(cls)
            : NULL;
    if (!self) {
        extras_release(&x);
        return NULL;
    }

    // what is freed by optimizer_free from here on
    config.groups = x.group;
    config.group_count = x.count;
    optimizer_object *o = optimizer_of(self);
    o->core = core;
    Py_INCREF(owner);
    o->owner = owner;
    elman_status status = ELMAN_OK;
    if (model_begin_reading(m)) {
        status = elman_optimizer_create(m->model, &config, &o->optimizer);
        model_end_reading(m);
        if (status) errors_raise(core, status);
    }
    extras_release(&x);
    if (!o->optimizer) Py_CLEAR(self);
    return core_ready(self);
}

static int optimizer_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(optimizer_of(self)->owner);
    return 0;
}

static void optimizer_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    elman_optimizer_destroy(optimizer_of(self)->optimizer);
    Py_CLEAR(optimizer_of(self)->owner);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* The norm before clipping, of the update of the weights from a state. The GIL
 * is kept: the optimizer has no lock of its own. */
static PyObject *optimizer_step(PyObject *self, PyObject *args)
{
    optimizer_object *o = optimizer_of(self);
    PyObject *object = NULL;
    double rate = -1;
    if (!PyArg_ParseTuple(args, "O|d", &object, &rate)) return NULL;
    state_data *s = state_argument(o->core, object);
    if (!s) return NULL;
    if (s->owner != o->owner)
        return errors_bad_value(o->core, "the state is of another model than "
                                         "the optimizer");

    // the state is this call's, and so are the weights
    model_data *m = model_of(o->owner);
    lock_acquire(s->lock);
    double norm = 0;
    bool begun = model_begin_writing(m);
    elman_status status = ELMAN_OK;
    if (begun) {
        status =
            elman_optimizer_step(o->optimizer, m->model, s->state, rate, &norm);
        model_end_writing(m);
    }
    PyThread_release_lock(s->lock);
    if (!begun) return NULL;
    return status ? errors_raise(o->core, status) : PyFloat_FromDouble(norm);
}

/* Writes a file of what it remembers, or reads one. */
static PyObject *optimizer_file(PyObject *self, PyObject *path, bool load)
{
    optimizer_object *o = optimizer_of(self);
    const char *text = NULL;
    PyObject *bytes = path_read(path, &text);
    if (!bytes) return NULL;

    // what is read may be weights as well
    model_data *m = model_of(o->owner);
    elman_status status = ELMAN_OK;
    bool begun = load ? model_begin_writing(m) : model_begin_reading(m);
    if (begun && load) {
        status = elman_optimizer_load(o->optimizer, m->model, text);
        model_end_writing(m);
    } else if (begun) {
        status = elman_optimizer_save(o->optimizer, m->model, text);
        model_end_reading(m);
    }
    Py_DECREF(bytes);
    return begun ? errors_none(o->core, status) : NULL;
}

static PyObject *optimizer_save(PyObject *self, PyObject *path)
{
    return optimizer_file(self, path, false);
}

static PyObject *optimizer_load(PyObject *self, PyObject *path)
{
    return optimizer_file(self, path, true);
}

static PyMethodDef optimizer_methods[] = {
    {"step", optimizer_step, METH_VARARGS,
     "step($self, state, learning_rate=-1.0, /)\n--\n\nUpdates the weights "
     "from "
     "the gradients of a state; the norm before clipping."},
    {"save", optimizer_save, METH_O,
     "save($self, path, /)\n--\n\nWrites what it remembers."},
    {"load", optimizer_load, METH_O,
     "load($self, path, /)\n--\n\nReads what save wrote."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot optimizer_slots[] = {
    {Py_tp_doc, "An update rule at work."}, {Py_tp_new, optimizer_new},
    {Py_tp_traverse, optimizer_traverse},   {Py_tp_dealloc, optimizer_free},
    {Py_tp_methods, optimizer_methods},     {0, NULL},
};
static PyType_Spec optimizer_spec = {
    .name = "elman._core.Optimizer",
    .basicsize = sizeof(optimizer_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = optimizer_slots,
};

bool optimizer_create_type(core *core)
{
    return core_add_type(core, &optimizer_spec, &core->optimizer);
}
