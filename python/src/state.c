/*
 * state.c: the type State: everything a run changes. One thread at a time works
 * with it: others wait. Passes of more than a few microseconds run without the
 * GIL.
 */
#include "core.h"
#include "docs.h"

#include <string.h>

typedef struct state_object {
    PyObject_HEAD state_data data;
} state_object;

state_data *state_of(PyObject *object)
{
    return &((state_object *)object)->data;
}

state_data *state_argument(const core *core, PyObject *object)
{
    if (core_is(object, core->state)) return state_of(object);
    PyErr_Format(PyExc_TypeError, "expected an elman.State, found %R",
                 (PyObject *)Py_TYPE(object));
    return NULL;
}

void lock_acquire(PyThread_type_lock lock)
{
    if (PyThread_acquire_lock(lock, NOWAIT_LOCK)) return;
    Py_BEGIN_ALLOW_THREADS
    PyThread_acquire_lock(lock, WAIT_LOCK);
    Py_END_ALLOW_THREADS
}

/* ---- making one ---------------------------------------------------------- */

static PyObject *state_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    core *core = core_of_type(cls);
    PyObject *owner = NULL;
    if (!core || !PyArg_ParseTuple(args, "O", &owner)) return NULL;
    model_data *m = model_argument(core, owner);
    elman_state_config config = {0};
    if (!m || !fields_read(core, state_fields, kwargs, "a state", &config))
        return NULL;

    // what steps look up is kept beside the state
    PyObject *self = core_alloc(cls);
    if (!self) return NULL;
    state_data *s = state_of(self);
    s->core = core;
    s->config = config;
    Py_INCREF(owner);
    s->owner = owner;
    s->info = elman_model_read_info(m->model);
    s->turned = elman_model_config(m->model)->batch_first;
    s->flops = elman_model_flops(m->model, config.B ? config.B : 1, false);
    const size_t shape[] = {config.B ? config.B : 1, s->info.output_size};
    s->plans[0] = array_plan(core, 2, shape);
    s->plans[1] = array_plan(core, 1, shape + 1);
    if (!s->plans[0] || !s->plans[1]) {
        Py_DECREF(self);
        return NULL;
    }

    // the memory itself, without the GIL
    s->lock = PyThread_allocate_lock();
    elman_status status = ELMAN_NO_MEMORY;
    if (s->lock && model_begin_reading(m)) {
        Py_BEGIN_ALLOW_THREADS
        status = elman_state_create(m->model, &config, &s->state);
        Py_END_ALLOW_THREADS
        model_end_reading(m);
        if (status) errors_raise(core, status);
    } else if (!PyErr_Occurred()) {
        PyErr_NoMemory();
    }
    s->taken = s->state ? PyMem_Malloc(shape[0]) : NULL;
    if (s->taken) memset(s->taken, !config.empty, shape[0]);
    else if (!PyErr_Occurred()) PyErr_NoMemory();
    if (!s->taken) Py_CLEAR(self);
    return core_ready(self);
}

static int state_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(state_of(self)->owner);
    Py_VISIT(state_of(self)->plans[0]);
    Py_VISIT(state_of(self)->plans[1]);
    return 0;
}

static void state_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    state_data *s = state_of(self);
    elman_state_destroy(s->state);
    if (s->lock) PyThread_free_lock(s->lock);
    PyMem_Free(s->taken);
    batch_release(&s->kept);
    Py_CLEAR(s->owner);
    Py_CLEAR(s->plans[0]);
    Py_CLEAR(s->plans[1]);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* ---- memory -------------------------------------------------------------- */

static PyObject *state_view(PyObject *self, PyObject *args)
{
    const char *name = NULL;
    if (!PyArg_ParseTuple(args, "s:view", &name)) return NULL;
    state_data *s = state_of(self);
    elman_tensor view = {0};
    state_call c;
    if (!state_call_begin(&c, self, 0)) return NULL;
    elman_status status = elman_state_view(c.m->model, s->state, name, &view);
    state_call_end(&c);
    if (status) return errors_raise(s->core, status);
    return view_array(s->core, self, view.data, view.rank, view.shape, false);
}

/* For O&: the number of a stream as Py_ssize_t. */
static int stream_argument(PyObject *object, void *to)
{
    PyObject *index = PyBool_Check(object) ? NULL : PyNumber_Index(object);
    Py_ssize_t b = index ? PyNumber_AsSsize_t(index, PyExc_OverflowError) : -1;
    Py_XDECREF(index);
    if (index && !PyErr_Occurred()) {
        *(Py_ssize_t *)to = b;
        return 1;
    }
    if (errors_forgive())
        PyErr_Format(PyExc_TypeError, "b is %.200R, expected a stream's number",
                     object);
    return 0;
}

static PyObject *state_reset(PyObject *self, PyObject *args)
{
    Py_ssize_t b = -1; // all
    if (!PyArg_ParseTuple(args, "|O&:reset", stream_argument, &b)) return NULL;
    if (b < -1)
        return errors_bad_value(state_of(self)->core,
                                "b is %zd, expected a stream's number, or -1 "
                                "for all",
                                b);
    state_call c;
    if (!state_call_begin(&c, self, 0)) return NULL;
    elman_status status = ELMAN_OK;
    if (b < 0) elman_state_reset(c.m->model, c.s->state);
    else status = elman_state_reset_one(c.m->model, c.s->state, (size_t)b);
    if (!status && b >= 0) c.s->taken[b] = true;
    state_call_end(&c);
    return errors_none(c.s->core, status);
}

static PyObject *state_join(PyObject *self, PyObject *unused)
{
    (void)unused;
    size_t b = 0;
    state_call c;
    if (!state_call_begin(&c, self, 0)) return NULL;
    elman_status status = elman_state_join(c.m->model, c.s->state, &b);
    if (!status) c.s->taken[b] = true;
    state_call_end(&c);
    return status ? errors_raise(c.s->core, status) : PyLong_FromSize_t(b);
}

static PyObject *state_leave(PyObject *self, PyObject *args)
{
    Py_ssize_t b = 0;
    if (!PyArg_ParseTuple(args, "O&:leave", stream_argument, &b)) return NULL;
    state_call c;
    if (!state_call_begin(&c, self, 0)) return NULL;

    // only a stream that is there can leave
    state_data *s = c.s;
    size_t B = s->config.B ? s->config.B : 1;
    bool inside = b >= 0 && (size_t)b < B, there = inside && s->taken[b];
    elman_status status = ELMAN_OK;
    if (there) {
        status = elman_state_leave(c.m->model, s->state, (size_t)b);
        if (!status) s->taken[b] = false;
    }
    state_call_end(&c);

    // refusals come without the lock
    if (!inside)
        return errors_bad_value(s->core, "b is %zd, expected 0 to %zu", b,
                                B - 1);
    if (!there)
        return errors_bad_value(s->core,
                                "b is %zd, where no stream is: it has left "
                                "already, or none has joined",
                                b);
    return errors_none(c.s->core, status);
}

static PyObject *state_zero_gradients(PyObject *self, PyObject *unused)
{
    (void)unused;
    state_call c;
    if (!state_call_begin(&c, self, 0)) return NULL;
    elman_state_zero_gradients(c.s->state);
    state_call_end(&c);
    Py_RETURN_NONE;
}

/* Both states are locked, always in the same order, so that two such calls
 * cannot wait for each other. */
static PyObject *state_copy_from(PyObject *self, PyObject *other)
{
    state_data *to = state_of(self);
    state_data *from = state_argument(to->core, other);
    if (!from) return NULL;
    if (from == to) Py_RETURN_NONE;
    if (from->owner != to->owner)
        return errors_bad_value(to->core, "the states belong to two models");

    // the lower address first
    state_data *first = from < to ? from : to;
    state_data *second = from < to ? to : from;
    lock_acquire(first->lock);
    lock_acquire(second->lock);
    elman_status status = elman_state_copy(to->state, from->state);
    if (!status) {
        to->last_T = from->last_T, to->last_B = from->last_B;
        memcpy(to->taken, from->taken, to->config.B ? to->config.B : 1);
    }
    PyThread_release_lock(second->lock);
    PyThread_release_lock(first->lock);
    return errors_none(to->core, status);
}

static PyObject *state_save(PyObject *self, PyObject *path)
{
    const char *text = NULL;
    PyObject *bytes = path_read(path, &text);
    if (!bytes) return NULL;
    state_call c;
    PyObject *result = NULL;
    if (state_call_begin(&c, self, 0)) {
        elman_status status = elman_state_save(c.m->model, c.s->state, text);
        state_call_end(&c);
        result = errors_none(c.s->core, status);
    }
    Py_DECREF(bytes);
    return result;
}

/* Which slots a file leaves free, only the library knows. */
static void take_all(state_data *s)
{
    memset(s->taken, true, s->config.B ? s->config.B : 1);
}

static PyObject *state_load(PyObject *self, PyObject *path)
{
    const char *text = NULL;
    PyObject *bytes = path_read(path, &text);
    if (!bytes) return NULL;
    state_call c;
    PyObject *result = NULL;
    if (state_call_begin(&c, self, 0)) {
        elman_status status = elman_state_load(c.m->model, c.s->state, text);
        if (!status) take_all(c.s);
        state_call_end(&c);
        result = errors_none(c.s->core, status);
    }
    Py_DECREF(bytes);
    return result;
}

static PyObject *state_dumps(PyObject *self, PyObject *unused)
{
    (void)unused;
    state_call c;
    if (!state_call_begin(&c, self, 0)) return NULL;
    size_t size = 0;
    elman_status status =
        elman_state_save_memory(c.m->model, c.s->state, 0, NULL, &size);
    char *room = status ? NULL : PyMem_Malloc(size + 1);
    if (room)
        status =
            elman_state_save_memory(c.m->model, c.s->state, size, room, &size);
    state_call_end(&c);
    PyObject *bytes = status ? errors_raise(c.s->core, status)
                      : !room
                          ? PyErr_NoMemory()
                          : PyBytes_FromStringAndSize(room, (Py_ssize_t)size);
    PyMem_Free(room);
    return bytes;
}

static PyObject *state_loads(PyObject *self, PyObject *data)
{
    state_data *s = state_of(self);
    array a;
    if (!array_argument(s->core, data, ARRAY_BYTE, "data", &a)) return NULL;
    state_call c;
    PyObject *result = NULL;
    if (state_call_begin(&c, self, 0)) {
        elman_status status =
            elman_state_load_memory(c.m->model, s->state, a.data, a.count);
        if (!status) take_all(s);
        state_call_end(&c);
        result = errors_none(s->core, status);
    }
    array_release(&a);
    return result;
}

/* ---- the type ------------------------------------------------------------ */

static PyObject *state_config(PyObject *self, void *unused)
{
    (void)unused;
    return fields_write(state_fields, &state_of(self)->config);
}

static PyObject *state_model(PyObject *self, void *unused)
{
    (void)unused;
    PyObject *owner = state_of(self)->owner;
    Py_INCREF(owner);
    return owner;
}

static PyMethodDef methods[] = {
    {"forward", (PyCFunction)(void (*)(void))state_forward,
     METH_VARARGS | METH_KEYWORDS, DOC_STATE_FORWARD},
    {"step", (PyCFunction)(void (*)(void))state_step, METH_FASTCALL,
     DOC_STATE_STEP},
    {"backward", (PyCFunction)(void (*)(void))state_backward,
     METH_VARARGS | METH_KEYWORDS, DOC_STATE_BACKWARD},
    {"loss", state_loss, METH_VARARGS, DOC_STATE_LOSS},
    {"loss_backward", state_loss_backward, METH_VARARGS,
     DOC_STATE_LOSS_BACKWARD},
    {"view", state_view, METH_VARARGS, DOC_STATE_VIEW},
    {"reset", state_reset, METH_VARARGS, DOC_STATE_RESET},
    {"join", state_join, METH_NOARGS, DOC_STATE_JOIN},
    {"leave", state_leave, METH_VARARGS, DOC_STATE_LEAVE},
    {"zero_gradients", state_zero_gradients, METH_NOARGS,
     DOC_STATE_ZERO_GRADIENTS},
    {"copy_from", state_copy_from, METH_O, DOC_STATE_COPY_FROM},
    {"save", state_save, METH_O, DOC_STATE_SAVE},
    {"load", state_load, METH_O, DOC_STATE_LOAD},
    {"dumps", state_dumps, METH_NOARGS, DOC_STATE_DUMPS},
    {"loads", state_loads, METH_O, DOC_STATE_LOADS},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"config", state_config, NULL, "What the state has room for.", NULL},
    {"model", state_model, NULL, "The model that it runs.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Everything a run changes."},
    {Py_tp_new, state_new},
    {Py_tp_call, state_call_step},
    {Py_tp_traverse, state_traverse},
    {Py_tp_dealloc, state_free},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, NULL},
};
static PyType_Spec spec = {
    .name = "elman._core.State",
    .basicsize = sizeof(state_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

bool state_create_type(core *core)
{
    return core_add_type(core, &spec, &core->state);
}
