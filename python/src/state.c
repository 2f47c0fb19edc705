/*
 * state.c: the type State: everything a run changes. One thread at a time works
 * with it: others wait. Passes of more than a few microseconds run without the
 * GIL.
 */
#include "core.h"

#include <string.h>

/* Work below which giving the GIL away costs more than it gains: about 2 us. */
static const double small_flops = 4e4;

typedef struct state_object {
    PyObject_HEAD state_data data;
} state_object;

state_data *state_of(PyObject *object)
{
    return &((state_object *)object)->data;
}

state_data *state_argument(const core *core, PyObject *object)
{
    int is = PyObject_IsInstance(object, (PyObject *)core->state);
    if (is > 0) return state_of(object);
    if (is == 0)
        PyErr_Format(PyExc_TypeError, "expected an elman.State, found %R",
                     (PyObject *)Py_TYPE(object));
    return NULL;
}

void lock_acquire(PyThread_type_lock lock)
{
    if (PyThread_acquire_lock(lock, NOWAIT_LOCK)) return;
    Py_BEGIN_ALLOW_THREADS PyThread_acquire_lock(lock, WAIT_LOCK);
    Py_END_ALLOW_THREADS
}

/* A call on a state and its model: locked, and without the GIL if it is much
 * work. */
typedef struct call {
    state_data *s;
    model_data *m;
    PyThreadState *thread; /* of a call without the GIL */
} call;

static bool call_begin(call *c, PyObject *self, double flops)
{
    c->s = state_of(self);
    c->m = model_of(c->s->owner);
    lock_acquire(c->s->lock);
    if (!model_begin_reading(c->m)) {
        PyThread_release_lock(c->s->lock);
        return false;
    }
    c->thread = flops > small_flops ? PyEval_SaveThread() : NULL;
    return true;
}

static void call_end(call *c)
{
    if (c->thread) PyEval_RestoreThread(c->thread);
    model_end_reading(c->m);
    PyThread_release_lock(c->s->lock);
}

/* ---- making one
 * ------------------------------------------------------------------ */

static PyObject *state_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    core *core = core_of_type(cls);
    PyObject *owner = NULL;
    if (!core || !PyArg_ParseTuple(args, "O", &owner)) return NULL;
    model_data *m = model_argument(core, owner);
    elman_state_config config = {0};
    if (!m || !fields_read(core, state_fields, kwargs, "a state", &config))
        return NULL;

    allocfunc alloc = (allocfunc)PyType_GetSlot(cls, Py_tp_alloc);
    PyObject *self = alloc(cls, 0);
    if (!self) return NULL;
    state_data *s = state_of(self);
    s->core = core;
    s->config = config;
    Py_INCREF(owner);
    s->owner = owner;
    s->info = elman_model_read_info(m->model);
    s->turned = elman_model_config(m->model)->batch_first;
    s->flops = elman_model_flops(m->model, config.B ? config.B : 1, false);
    s->lock = PyThread_allocate_lock();
    elman_status status = ELMAN_NO_MEMORY;
    if (s->lock && model_begin_reading(m)) {
        Py_BEGIN_ALLOW_THREADS status =
            elman_state_create(m->model, &config, &s->state);
        Py_END_ALLOW_THREADS model_end_reading(m);
        if (status) errors_raise(core, status);
    } else if (!PyErr_Occurred()) {
        PyErr_NoMemory();
    }
    if (!s->state) Py_CLEAR(self);
    return self;
}

static int state_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(state_of(self)->owner);
    return 0;
}

static void state_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    state_data *s = state_of(self);
    elman_state_destroy(s->state);
    if (s->lock) PyThread_free_lock(s->lock);
    Py_CLEAR(s->owner);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* ---- passes
 * ------------------------------------------------------------------------ */

static PyObject *state_forward(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"x",    "y",         "lengths", "ids",
                            "draw", "continues", NULL};
    PyObject *x = NULL, *y = NULL, *lengths = NULL, *ids = NULL;
    unsigned long long draw = 0;
    int continues = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OOOKp", names, &x, &y,
                                     &lengths, &ids, &draw, &continues))
        return NULL;

    state_data *s = state_of(self);
    core *core = s->core;
    const elman_model *model = model_of(s->owner)->model;
    elman_batch batch = {.draw = draw, .continues = continues != 0};
    batch_arrays in;
    array out = {0};
    PyObject *made = NULL;
    size_t shape[CORE_MAX_RANK];
    if (batch_read(core, model, x, lengths, ids, &in, &batch))
        made = array_fill(core, y, ARRAY_FLOAT32, "y",
                          batch_output(model, batch.T, batch.B, shape), shape,
                          &out);

    if (made) {
        elman_status status = ELMAN_OK;
        call c;
        bool begun = call_begin(
            &c, self,
            elman_model_flops(model, (uint64_t)batch.T * batch.B, false));
        if (begun) {
            status = elman_model_forward(model, s->state, &batch, out.data);
            if (!status) s->last_T = batch.T, s->last_B = batch.B;
            call_end(&c);
            if (status) errors_raise(core, status);
        }
        if (!begun || status) Py_CLEAR(made);
    }
    batch_release(&in);
    array_release(&out);
    return made;
}

/* One step of all streams, for call and step. */
static PyObject *step(PyObject *self, PyObject *x, PyObject *y)
{
    state_data *s = state_of(self);
    core *core = s->core;
    const elman_model *model = model_of(s->owner)->model;
    size_t B = s->config.B ? s->config.B : 1;
    bool tokens = s->info.vocabulary != 0;

    // one stream takes (I) as well, and then gives (O)
    array in, out;
    if (!array_read(core, x, tokens ? ARRAY_INT32 : ARRAY_FLOAT32, "x", &in))
        return NULL;
    size_t rank = tokens ? 1 : 2;
    bool bare = B == 1 && in.rank + 1 == rank;
    const Py_ssize_t sizes[] = {(Py_ssize_t)B, (Py_ssize_t)s->info.input_size};
    const size_t shape[] = {B, s->info.output_size};
    PyObject *made = NULL;
    if (array_fits(core, &in, "x", bare ? rank - 1 : rank,
                   bare ? sizes + 1 : sizes))
        made = array_fill(core, y, ARRAY_FLOAT32, "y", bare ? 1 : 2,
                          bare ? shape + 1 : shape, &out);
    if (!made) {
        array_release(&in);
        return NULL;
    }

    call c;
    elman_status status = ELMAN_OK;
    bool begun = call_begin(&c, self, s->flops);
    if (begun) {
        status =
            tokens ? elman_model_step_tokens(model, s->state, in.data, out.data)
                   : elman_model_step(model, s->state, in.data, out.data);
        if (!status) s->last_T = 1, s->last_B = B;
        call_end(&c);
        if (status) errors_raise(core, status);
    }
    array_release(&in);
    array_release(&out);
    if (!begun || status) Py_CLEAR(made);
    return made;
}

static PyObject *state_step(PyObject *self, PyObject *const *args,
                            Py_ssize_t count)
{
    if (count < 1 || count > 2) {
        PyErr_SetString(PyExc_TypeError, "step takes x, and y to write to");
        return NULL;
    }
    return step(self, args[0], count == 2 ? args[1] : NULL);
}

static PyObject *state_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"x", "y", NULL};
    PyObject *x = NULL, *y = NULL;
    if (kwargs || PyTuple_Size(args) != 1) {
        if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O", names, &x, &y))
            return NULL;
    } else {
        x = PyTuple_GetItem(args, 0);
    }
    return step(self, x, y);
}

/* Goes back through the last pass. dy None: the view "dy"; dx True: a new array
 * for the gradient of x. The last pass gives the shapes. */
static PyObject *state_backward(PyObject *self, PyObject *args,
                                PyObject *kwargs)
{
    static char *names[] = {"dy", "dx", NULL};
    PyObject *dy = NULL, *dx = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO", names, &dy, &dx))
        return NULL;
    state_data *s = state_of(self);
    core *core = s->core;
    const elman_model *model = model_of(s->owner)->model;
    if (!s->config.training)
        return errors_bad_value(core, "backward needs a state with "
                                      "training=True, which this is not");

    // what the last pass gave; another thread may run one in between, so that
    // the shapes count once more when the state is ours
    size_t T = s->last_T, B = s->last_B;
    size_t shape[CORE_MAX_RANK];
    size_t rank = batch_output(model, T, B, shape);
    Py_ssize_t sizes[CORE_MAX_RANK];
    for (size_t i = 0; i < rank; i++)
        sizes[i] = (Py_ssize_t)shape[i];

    array in = {0}, out = {0};
    PyObject *made = NULL;
    bool ready = array_read_optional(core, dy, ARRAY_FLOAT32, "dy", &in) &&
                 (!in.data || array_fits(core, &in, "dy", rank, sizes));
    if (ready && dx && dx != Py_None && dx != Py_False) {
        const size_t input[] = {s->turned ? B : T, s->turned ? T : B,
                                s->info.input_size};
        if (s->info.vocabulary) {
            errors_bad_value(core, "tokens have no gradient dx");
            ready = false;
        } else {
            made = array_fill(core, dx == Py_True ? NULL : dx, ARRAY_FLOAT32,
                              "dx", 3, input, &out);
            ready = made;
        }
    }

    PyObject *result = NULL;
    call c;
    if (ready &&
        call_begin(&c, self, elman_model_flops(model, (uint64_t)T * B, true))) {
        bool same = s->last_T == T && s->last_B == B;
        elman_status status =
            same ? elman_model_backward(model, s->state, in.data, out.data)
                 : ELMAN_OK;
        call_end(&c);
        if (!same)
            errors_bad_value(core, "another thread ran a pass of other shape "
                                   "on this state");
        else if (status) errors_raise(core, status);
        else if (made) result = made, made = NULL;
        else result = errors_none(core, ELMAN_OK);
    }
    array_release(&in);
    array_release(&out);
    Py_XDECREF(made);
    return result;
}

/* ---- loss
 * -------------------------------------------------------------------------- */

/* The loss of the last pass against a target, and its gradient in the view
 * "dy". */
static PyObject *state_loss(PyObject *self, PyObject *args)
{
    PyObject *target = NULL, *dict = NULL, *weights = NULL;
    if (!PyArg_ParseTuple(args, "O|OO", &target, &dict, &weights)) return NULL;
    state_data *s = state_of(self);
    core *core = s->core;
    const elman_model *model = model_of(s->owner)->model;
    elman_loss_config config = {0};
    if (!fields_read(core, loss_fields, dict, "a loss", &config)) return NULL;

    size_t T = s->last_T, B = s->last_B, shape[CORE_MAX_RANK];
    size_t rank = batch_output(model, T, B, shape);
    const Py_ssize_t outputs[] = {(Py_ssize_t)shape[rank - 1]};
    elman_target given;
    array a = {0}, w = {0};
    PyObject *result = NULL;
    call c;
    if (target_read(core, model, T, B, config.kind, target, &a, &given) &&
        array_read_optional(core, weights, ARRAY_FLOAT32, "class_weights",
                            &w) &&
        (!w.data || array_fits(core, &w, "class_weights", 1, outputs)) &&
        call_begin(&c, self, 0)) {
        config.class_weights = w.data;
        double loss = 0;
        bool same = s->last_T == T && s->last_B == B;
        elman_status status = same ? elman_model_loss(model, s->state, &config,
                                                      &given, &loss, NULL)
                                   : ELMAN_OK;
        call_end(&c);
        if (!same)
            errors_bad_value(core, "another thread ran a pass of other shape "
                                   "on this state");
        else
            result =
                status ? errors_raise(core, status) : PyFloat_FromDouble(loss);
    }
    array_release(&a);
    array_release(&w);
    return result;
}

/* ---- memory
 * ------------------------------------------------------------------------ */

static PyObject *state_view(PyObject *self, PyObject *args)
{
    const char *name = NULL;
    if (!PyArg_ParseTuple(args, "s", &name)) return NULL;
    state_data *s = state_of(self);
    elman_tensor view = {0};
    call c;
    if (!call_begin(&c, self, 0)) return NULL;
    elman_status status = elman_state_view(c.m->model, s->state, name, &view);
    call_end(&c);
    if (status) return errors_raise(s->core, status);
    return view_array(s->core, self, view.data, view.rank, view.shape, false);
}

static PyObject *state_reset(PyObject *self, PyObject *args)
{
    Py_ssize_t b = -1;
    if (!PyArg_ParseTuple(args, "|n", &b)) return NULL;
    call c;
    if (!call_begin(&c, self, 0)) return NULL;
    elman_status status = ELMAN_OK;
    if (b < 0) elman_state_reset(c.m->model, c.s->state);
    else status = elman_state_reset_one(c.m->model, c.s->state, (size_t)b);
    call_end(&c);
    return errors_none(c.s->core, status);
}

static PyObject *state_join(PyObject *self, PyObject *unused)
{
    (void)unused;
    size_t b = 0;
    call c;
    if (!call_begin(&c, self, 0)) return NULL;
    elman_status status = elman_state_join(c.m->model, c.s->state, &b);
    call_end(&c);
    return status ? errors_raise(c.s->core, status) : PyLong_FromSize_t(b);
}

static PyObject *state_leave(PyObject *self, PyObject *args)
{
    Py_ssize_t b = 0;
    if (!PyArg_ParseTuple(args, "n", &b)) return NULL;
    call c;
    if (!call_begin(&c, self, 0)) return NULL;
    elman_status status =
        elman_state_leave(c.m->model, c.s->state, b < 0 ? SIZE_MAX : (size_t)b);
    call_end(&c);
    return errors_none(c.s->core, status);
}

static PyObject *state_zero_gradients(PyObject *self, PyObject *unused)
{
    (void)unused;
    call c;
    if (!call_begin(&c, self, 0)) return NULL;
    elman_state_zero_gradients(c.s->state);
    call_end(&c);
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
    state_data *first = from < to ? from : to;
    state_data *second = from < to ? to : from;
    lock_acquire(first->lock);
    lock_acquire(second->lock);
    elman_status status = elman_state_copy(to->state, from->state);
    if (!status) to->last_T = from->last_T, to->last_B = from->last_B;
    PyThread_release_lock(second->lock);
    PyThread_release_lock(first->lock);
    return errors_none(to->core, status);
}

static PyObject *state_save(PyObject *self, PyObject *path)
{
    const char *text = NULL;
    PyObject *bytes = path_read(path, &text);
    if (!bytes) return NULL;
    call c;
    PyObject *result = NULL;
    if (call_begin(&c, self, 0)) {
        elman_status status = elman_state_save(c.m->model, c.s->state, text);
        call_end(&c);
        result = errors_none(c.s->core, status);
    }
    Py_DECREF(bytes);
    return result;
}

static PyObject *state_load(PyObject *self, PyObject *path)
{
    const char *text = NULL;
    PyObject *bytes = path_read(path, &text);
    if (!bytes) return NULL;
    call c;
    PyObject *result = NULL;
    if (call_begin(&c, self, 0)) {
        elman_status status = elman_state_load(c.m->model, c.s->state, text);
        call_end(&c);
        result = errors_none(c.s->core, status);
    }
    Py_DECREF(bytes);
    return result;
}

static PyObject *state_dumps(PyObject *self, PyObject *unused)
{
    (void)unused;
    call c;
    if (!call_begin(&c, self, 0)) return NULL;
    size_t size = 0;
    elman_status status =
        elman_state_save_memory(c.m->model, c.s->state, 0, NULL, &size);
    char *room = status ? NULL : PyMem_Malloc(size + 1);
    if (room)
        status =
            elman_state_save_memory(c.m->model, c.s->state, size, room, &size);
    call_end(&c);
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
    if (!array_read(s->core, data, ARRAY_BYTE, "data", &a)) return NULL;
    call c;
    PyObject *result = NULL;
    if (call_begin(&c, self, 0)) {
        elman_status status =
            elman_state_load_memory(c.m->model, s->state, a.data, a.count);
        call_end(&c);
        result = errors_none(s->core, status);
    }
    array_release(&a);
    return result;
}

/* ---- the type
 * ---------------------------------------------------------------------- */

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
     METH_VARARGS | METH_KEYWORDS,
     "forward($self, x, y=None, lengths=None, ids=None, draw=0, "
     "continues=False)\n--\n\nRuns a batch from the memory in the state."},
    {"step", (PyCFunction)(void (*)(void))state_step, METH_FASTCALL,
     "step($self, x, y=None, /)\n--\n\nOne step of each stream."},
    {"backward", (PyCFunction)(void (*)(void))state_backward,
     METH_VARARGS | METH_KEYWORDS,
     "backward($self, dy=None, dx=None)\n--\n\nGoes back through the last "
     "forward; dx=True gives the gradient of x."},
    {"loss", state_loss, METH_VARARGS,
     "loss($self, target, config=None, class_weights=None, /)\n--\n\nThe loss "
     "of the last pass; its gradient is where backward looks for it."},
    {"view", state_view, METH_VARARGS,
     "view($self, name, /)\n--\n\nThe state's memory of that name."},
    {"reset", state_reset, METH_VARARGS,
     "reset($self, b=-1, /)\n--\n\nForgets the memory, of all or of one."},
    {"join", state_join, METH_NOARGS,
     "join($self, /)\n--\n\nThe slot of a stream that begins."},
    {"leave", state_leave, METH_VARARGS,
     "leave($self, b, /)\n--\n\nFrees a slot."},
    {"zero_gradients", state_zero_gradients, METH_NOARGS,
     "zero_gradients($self, /)\n--\n\nClears the parameters' gradients."},
    {"copy_from", state_copy_from, METH_O,
     "copy_from($self, other, /)\n--\n\nBecomes a copy of another state."},
    {"save", state_save, METH_O,
     "save($self, path, /)\n--\n\nWrites the memory to a file."},
    {"load", state_load, METH_O,
     "load($self, path, /)\n--\n\nReads what save wrote."},
    {"dumps", state_dumps, METH_NOARGS,
     "dumps($self, /)\n--\n\nThe bytes that save writes."},
    {"loads", state_loads, METH_O,
     "loads($self, data, /)\n--\n\nReads what dumps gave."},
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
    {Py_tp_call, state_call},
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
