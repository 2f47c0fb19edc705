/*
 * torch_engine.c: the types Engine and Run. An Engine is one recurrent layer of
 * the library for a set of weights of torch's, and idle states of it. Before
 * each pass the weights are compared with what it holds, bit by bit, so nothing
 * that torch does to them is missed. A Run is a pass that may go back: as long
 * as there is one, its engine keeps the weights, and other weights get another
 * engine.
 */
#include "torch.h"

#include <string.h>

enum {
    IDLE = 4,                /* idle states of an engine */
    SMALL_WEIGHTS = 1 << 18, /* of which the engine keeps a plain copy too */
    SMALL_OUTPUT = 1 << 14   /* numbers of an output that is made from another
                                one of its shape, which is faster */
};
static const size_t pool_limit = (size_t)256 << 20; /* bytes of idle states */
static const double small_flops = 4e4; /* with the GIL: about 2 us */

const size_t torch_gates[4] = {4, 3, 1, 1};

/* A state and what was looked up in it. */
typedef struct pooled {
    struct pooled *next;
    elman_state *state;
    elman_state_config config;
    size_t bytes;
    float *memory[2], *last[2], *first[2]; /* h c, dh_n dc_n, dh_0 dc_0 */
    PyObject *like[3]; /* tensors of the shape of y, h_n and c_n */
    size_t like_T;
    bool like_cell;
} pooled;

typedef struct engine_object {
    PyObject_HEAD core *core;
    PyObject *owner; /* the Torch */
    torch_shape shape;
    elman_model *model;
    size_t LD, R, O, memories, parameter_count, weight_count;
    float *copy; /* the weights as torch has them, of a small one */
    size_t readers, pending;
    bool writing, written;
    pooled *idle;
    size_t idle_count;
} engine;

typedef struct run_object {
    PyObject_HEAD engine *of;
    pooled *state; /* NULL once it is over */
    size_t T, B;
    bool cell, counted; /* as one that is pending */
    PyThread_type_lock lock;
} run;

static engine *engine_of(PyObject *object) { return (engine *)object; }
static run *run_of(PyObject *object) { return (run *)object; }

const torch_shape *engine_shape(PyObject *self)
{
    return &engine_of(self)->shape;
}

bool engine_fits(PyObject *self, const torch_shape *s)
{
    const torch_shape *own = engine_shape(self);
    return s->inputs == own->inputs && s->hidden == own->hidden &&
           s->proj == own->proj;
}

/* ---- weights
 * ----------------------------------------------------------------- */

/* The sizes of weight i of a level's direction, by torch's order. */
static size_t weight_sizes(const torch_shape *s, size_t level, size_t i,
                           size_t *sizes)
{
    size_t G = torch_gates[s->kind] * s->hidden;
    size_t R = s->proj ? s->proj : s->hidden;
    size_t I = level ? R * (s->bidirectional ? 2 : 1) : s->inputs;
    size_t hr = s->bias ? 4 : 2;
    sizes[0] = i == hr ? R : G;
    sizes[1] = i == 0 ? I : i == hr ? s->hidden : R;
    return i < 2 || i == hr ? 2 : 1;
}

bool shape_fits(const torch_shape *s, const tensor *params, size_t n)
{
    size_t each = (s->bias ? 4u : 2u) + (s->proj ? 1u : 0u);
    size_t D = s->bidirectional ? 2 : 1;
    if (n != each * D * s->levels) return false;
    for (size_t i = 0; i < n; i++) {
        size_t sizes[2];
        size_t rank = weight_sizes(s, i / (each * D), i % each, sizes);
        if (params[i].rank != rank || params[i].shape[0] != sizes[0] ||
            (rank == 2 && params[i].shape[1] != sizes[1]))
            return false;
    }
    return true;
}

/* Whether a small engine's copy, or a large one's flat array, is params. */
static bool engine_holds(const engine *e, const tensor *params, size_t count)
{
    const float *at = e->copy;
    for (size_t i = 0; i < count; i++) {
        elman_const_tensor view = {.data = at};
        if (!e->copy) elman_model_parameter(e->model, i, &view);
        if (!view.data ||
            memcmp(view.data, params[i].data, params[i].count * sizeof *at))
            return false;
        if (e->copy) at += params[i].count;
    }
    return true;
}

/* Compares and writes with nothing else at work. */
static elman_status write_all(engine *e, const tensor *params, size_t count)
{
    if (!e->copy) {
        elman_status status = ELMAN_OK;
        for (size_t i = 0; i < count && !status; i++)
            status = elman_model_write(e->model,
                                       elman_model_parameter(e->model, i, NULL),
                                       params[i].count, params[i].data);
        return status;
    }
    float *at = e->copy;
    for (size_t i = 0; i < count; at += params[i++].count)
        memcpy(at, params[i].data, params[i].count * sizeof *at);
    return elman_model_write_all(e->model, e->weight_count, e->copy);
}

int engine_write(PyObject *self, const tensor *params, size_t count)
{
    engine *e = engine_of(self);
    if (e->writing) return 0;
    bool small = e->weight_count <= 1 << 14;
    bool shared = e->readers || e->pending;

    // what holds already is the common case
    if (e->written && (e->copy || shared)) {
        e->readers++;
        PyThreadState *thread = small ? NULL : PyEval_SaveThread();
        bool same = engine_holds(e, params, count);
        if (thread) PyEval_RestoreThread(thread);
        e->readers--;
        if (same) return 1;
    }
    if (e->writing || e->readers || e->pending) return 0;

    e->writing = true;
    PyThreadState *thread = small ? NULL : PyEval_SaveThread();
    elman_status status = write_all(e, params, count);
    if (thread) PyEval_RestoreThread(thread);
    e->writing = false;
    e->written = !status;
    if (!status) return 1;
    errors_raise(e->core, status);
    return -1;
}

/* ---- states
 * ------------------------------------------------------------------- */

static void state_drop(pooled *s)
{
    for (int i = 0; i < 3; i++)
        Py_CLEAR(s->like[i]);
    elman_state_destroy(s->state);
    PyMem_Free(s);
}

static void drop_idle(engine *e)
{
    torch_data *g = torch_of(e->owner);
    while (e->idle) {
        pooled *s = e->idle;
        e->idle = s->next;
        e->idle_count--;
        g->pooled -= s->bytes;
        state_drop(s);
    }
}

/* Where a state has its memory and gradients of it. */
static elman_status find_memory(const engine *e, pooled *s)
{
    static const char *names[2][3] = {{"h", "dh_n", "dh_0"},
                                      {"c", "dc_n", "dc_0"}};
    for (size_t i = 0; i < e->memories; i++) {
        float **to[] = {&s->memory[i], &s->last[i], &s->first[i]};
        for (size_t j = 0; j < (s->config.training ? 3u : 1u); j++) {
            elman_tensor view;
            elman_status status =
                elman_state_view(e->model, s->state, names[i][j], &view);
            if (status) return status;
            *to[j] = view.data;
        }
    }
    return ELMAN_OK;
}

/* A state for a pass, idle or new; NULL and an exception. */
static pooled *state_take(engine *e, size_t T, size_t B, bool training,
                          int threads)
{
    torch_data *g = torch_of(e->owner);
    for (pooled **at = &e->idle; *at; at = &(*at)->next) {
        pooled *s = *at;
        const elman_state_config *c = &s->config;
        if (c->B != B || c->training != training || c->threads != threads ||
            c->T < T || c->T / 4 > T)
            continue;
        *at = s->next;
        e->idle_count--;
        g->pooled -= s->bytes;
        return s;
    }

    pooled *s = PyMem_Calloc(1, sizeof *s);
    if (!s) {
        PyErr_NoMemory();
        return NULL;
    }
    s->config = (elman_state_config){
        .T = T, .B = B, .training = training, .threads = threads};
    if (training) s->config.passes = 1;
    s->bytes = elman_state_size(e->model, &s->config);
    elman_status status = elman_state_create(e->model, &s->config, &s->state);
    if (!status) status = find_memory(e, s);
    if (!status) return s;
    errors_raise(e->core, status);
    state_drop(s);
    return NULL;
}

/* Keeps a state for later, as far as there is room for such. */
static void state_give(engine *e, pooled *s)
{
    torch_data *g = torch_of(e->owner);
    if (s->bytes > pool_limit) {
        state_drop(s);
        return;
    }
    if (g->pooled + s->bytes > pool_limit) {
        PyObject *key, *other;
        Py_ssize_t at = 0;
        drop_idle(e);
        while (g->engines && PyDict_Next(g->engines, &at, &key, &other))
            drop_idle(engine_of(other));
    }

    s->next = e->idle;
    e->idle = s;
    e->idle_count++;
    g->pooled += s->bytes;
    if (e->idle_count <= IDLE) return;
    pooled **last = &e->idle;
    while ((*last)->next)
        last = &(*last)->next;
    g->pooled -= (*last)->bytes;
    e->idle_count--;
    state_drop(*last);
    *last = NULL;
}

/* ---- passes
 * ---------------------------------------------------------------------- */

/* The tensor of output i, y, h_n or c_n. */
static PyObject *make_output(const engine *e, pooled *s, const torch_pass *p,
                             int i, float **data)
{
    const torch_data *g = torch_of(e->owner);
    if (s->like[i]) return tensor_like(g, s->like[i], data);
    size_t width = i == 0 ? e->O : i == 1 ? e->R : e->shape.hidden;
    size_t shape[] = {i ? e->LD : p->T, p->B, width};
    if (i == 0 && e->shape.batch_first) shape[0] = p->B, shape[1] = p->T;
    size_t skip = p->cell ? 1 : 0;
    PyObject *made = tensor_new(g, p->x, 3 - skip, shape + skip, data);
    if (made && shape[0] * shape[1] * shape[2] <= SMALL_OUTPUT) {
        float *unused;
        s->like[i] = tensor_new(g, p->x, 3 - skip, shape + skip, &unused);
        if (!s->like[i]) Py_CLEAR(made);
    }
    return made;
}

/* The tuple of a pass's outputs, and where each begins. */
static PyObject *make_outputs(const engine *e, pooled *s, const torch_pass *p,
                              float **to)
{
    if (s->like_T != p->T || s->like_cell != p->cell)
        for (int i = 0; i < 3; i++)
            Py_CLEAR(s->like[i]);
    s->like_T = p->T;
    s->like_cell = p->cell;

    int first = p->cell ? 1 : 0, count = 1 + (int)e->memories;
    PyObject *outputs = PyTuple_New(count - first);
    for (int i = first; outputs && i < count; i++) {
        PyObject *made = make_output(e, s, p, i, &to[i]);
        if (!made || PyTuple_SetItem(outputs, i - first, made))
            Py_CLEAR(outputs);
    }
    return outputs;
}

/* Runs a pass on a state: its outputs, or NULL and an exception. */
static PyObject *pass_on(engine *e, pooled *s, const torch_pass *p)
{
    float *to[3] = {0};
    PyObject *outputs = make_outputs(e, s, p, to);
    if (!outputs) return NULL;
    double flops = elman_model_flops(e->model, (uint64_t)p->T * p->B, false);
    size_t counts[] = {e->LD * p->B * e->R, e->LD * p->B * e->shape.hidden};
    const float *from[] = {p->h.data, p->c.data};
    elman_batch batch = {.T = p->T,
                         .B = p->B,
                         .x = p->in.data,
                         .lengths = p->lengths,
                         .draw = p->draw};

    e->readers++;
    PyThreadState *thread = flops > small_flops ? PyEval_SaveThread() : NULL;
    elman_state_reset(e->model, s->state);
    for (size_t i = 0; i < e->memories; i++)
        if (from[i]) memcpy(s->memory[i], from[i], counts[i] * sizeof **from);
    elman_status status =
        elman_model_forward(e->model, s->state, &batch, to[0]);
    for (size_t i = 0; i < e->memories; i++)
        memcpy(to[1 + i], s->memory[i], counts[i] * sizeof **from);
    if (thread) PyEval_RestoreThread(thread);
    e->readers--;

    if (!status) return outputs;
    Py_DECREF(outputs);
    return errors_raise(e->core, status);
}

PyObject *engine_infer(PyObject *self, const torch_pass *p)
{
    engine *e = engine_of(self);
    pooled *s = state_take(e, p->T, p->B, p->masked, p->threads);
    PyObject *outputs = s ? pass_on(e, s, p) : NULL;
    if (s) state_give(e, s);
    if (!outputs || !p->cell || e->memories == 2) return outputs;

    // a cell of one memory gives it as it is
    PyObject *only = PyTuple_GetItem(outputs, 0);
    Py_INCREF(only);
    Py_DECREF(outputs);
    return only;
}

PyObject *engine_record(PyObject *self, const torch_pass *p)
{
    engine *e = engine_of(self);
    allocfunc alloc =
        (allocfunc)PyType_GetSlot(e->core->torch_run, Py_tp_alloc);
    PyObject *made = alloc(e->core->torch_run, 0);
    if (!made) return NULL;
    run *r = run_of(made);
    Py_INCREF(self);
    r->of = e;
    r->T = p->T, r->B = p->B, r->cell = p->cell;
    e->pending++;
    r->counted = true;
    r->lock = PyThread_allocate_lock();
    if (!r->lock) PyErr_NoMemory();
    else r->state = state_take(e, p->T, p->B, true, p->threads);
    PyObject *outputs = r->state ? pass_on(e, r->state, p) : NULL;
    PyObject *both = outputs ? PyTuple_Pack(2, made, outputs) : NULL;
    Py_XDECREF(outputs);
    Py_DECREF(made);
    return both;
}

/* ---- going back
 * -------------------------------------------------------------------- */

static void run_end(run *r)
{
    pooled *s = r->state;
    r->state = NULL;
    if (r->counted) r->of->pending--;
    r->counted = false;
    if (s) state_give(r->of, s);
}

/* The gradients that start a way back: given is (dy, dh_n, dc_n), of a cell
 * (dh_n, dc_n), each a tensor or None. */
static bool read_given(run *r, PyObject *given, tensor *read)
{
    const engine *e = r->of;
    const torch_data *g = torch_of(e->owner);
    size_t first = r->cell ? 1 : 0;
    size_t counts[] = {r->T * r->B * e->O, e->LD * r->B * e->R,
                       e->LD * r->B * e->shape.hidden};
    for (size_t i = first; i < 1 + e->memories; i++) {
        PyObject *object = PyTuple_GetItem(given, (Py_ssize_t)(i - first));
        if (!object) return false;
        if (object == Py_None) continue;
        if (!tensor_read(g, object, &read[i]) || read[i].count != counts[i]) {
            if (!PyErr_Occurred())
                errors_bad_value(e->core, "a gradient is no tensor of float32 "
                                          "of the output's shape");
            return false;
        }
    }
    return true;
}

/* A new tensor for the gradient of like, or None if none is needed. */
static PyObject *gradient_of(const torch_data *g, PyObject *like,
                             PyObject *need, float **data)
{
    *data = NULL;
    if (need != Py_True || like == Py_None) Py_RETURN_NONE;
    tensor t = {0};
    if (!tensor_read(g, like, &t)) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_RuntimeError, "a saved tensor has changed");
        return NULL;
    }
    PyObject *made = t.held ? tensor_new(g, like, t.rank, t.shape, data)
                            : tensor_like(g, like, data);
    tensor_release(&t);
    return made;
}

/* Back through the pass, and all gradients to where they belong: to has those
 * of x, of the memory, and of the weights. */
static elman_status go_back(run *r, const tensor *given, float **to)
{
    engine *e = r->of;
    pooled *s = r->state;
    const float *dy = given[0].data;
    size_t counts[] = {e->LD * r->B * e->R, e->LD * r->B * e->shape.hidden};
    elman_tensor view;
    elman_status status = ELMAN_OK;
    if (!dy) {
        status = elman_state_view(e->model, s->state, "dy", &view);
        if (!status)
            memset(view.data, 0, r->T * r->B * e->O * sizeof *view.data);
    }
    for (size_t i = 0; i < e->memories; i++) {
        if (given[1 + i].data)
            memcpy(s->last[i], given[1 + i].data, counts[i] * sizeof *dy);
        else memset(s->last[i], 0, counts[i] * sizeof *dy);
    }
    elman_state_zero_gradients(s->state);
    if (!status) status = elman_model_backward(e->model, s->state, dy, to[0]);

    // all else than dx lies in the state
    for (size_t i = 0; i < e->memories; i++)
        if (to[1 + i]) memcpy(to[1 + i], s->first[i], counts[i] * sizeof *dy);
    for (size_t i = 0; i < e->parameter_count && !status; i++) {
        if (!to[3 + i]) continue;
        char name[128];
        PyOS_snprintf(name, sizeof name, "%s.grad",
                      elman_model_parameter(e->model, i, NULL));
        status = elman_state_view(e->model, s->state, name, &view);
        size_t count =
            view.rank == 1 ? view.shape[0] : view.shape[0] * view.shape[1];
        if (!status) memcpy(to[3 + i], view.data, count * sizeof *dy);
    }
    return status;
}

/* backward(given, saved, needs, memories): the gradients of saved, which is
 * (x, *memory, *weights) with as many of the memory as memories says. */
static PyObject *run_backward(PyObject *self, PyObject *args)
{
    run *r = run_of(self);
    engine *e = r->of;
    const torch_data *g = torch_of(e->owner);
    PyObject *given, *saved, *needs;
    Py_ssize_t memories;
    if (!PyArg_ParseTuple(args, "O!O!O!n", &PyTuple_Type, &given, &PyTuple_Type,
                          &saved, &PyTuple_Type, &needs, &memories))
        return NULL;
    Py_ssize_t count = PyTuple_Size(saved);
    if (memories < 0 || memories > 2 || PyTuple_Size(needs) != count ||
        count != 1 + memories + (Py_ssize_t)e->parameter_count)
        return errors_bad_value(e->core, "backward needs what forward had");

    // one way back at a time; another thread may have ended it
    lock_acquire(r->lock);
    if (!r->state) {
        PyThread_release_lock(r->lock);
        return errors_bad_value(e->core, "this pass has gone back already");
    }
    tensor read[3] = {0};
    float *to[3 + TORCH_MAX_PARAMS] = {0};
    PyObject *made = read_given(r, given, read) ? PyTuple_New(count) : NULL;
    for (Py_ssize_t i = 0; made && i < count; i++) {
        size_t place = (size_t)(i <= memories ? i : i - memories + 2);
        PyObject *one = gradient_of(g, PyTuple_GetItem(saved, i),
                                    PyTuple_GetItem(needs, i), &to[place]);
        if (!one || PyTuple_SetItem(made, i, one)) Py_CLEAR(made);
    }
    if (made) {
        double flops = elman_model_flops(e->model, (uint64_t)r->T * r->B, true);
        e->readers++;
        PyThreadState *thread =
            flops > small_flops ? PyEval_SaveThread() : NULL;
        elman_status status = go_back(r, read, to);
        if (thread) PyEval_RestoreThread(thread);
        e->readers--;
        if (status) {
            Py_CLEAR(made);
            errors_raise(e->core, status);
        }
    }
    PyThread_release_lock(r->lock);
    for (int i = 0; i < 3; i++)
        tensor_release(&read[i]);
    return made;
}

static PyObject *run_end_now(PyObject *self, PyObject *unused)
{
    (void)unused;
    run *r = run_of(self);
    lock_acquire(r->lock);
    run_end(r);
    PyThread_release_lock(r->lock);
    Py_RETURN_NONE;
}

static int run_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT((PyObject *)run_of(self)->of);
    return 0;
}

static void run_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    run *r = run_of(self);
    if (r->of) {
        run_end(r);
        Py_DECREF((PyObject *)r->of);
    }
    if (r->lock) PyThread_free_lock(r->lock);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* ---- the types
 * ---------------------------------------------------------------------- */

static PyObject *engine_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    (void)kwargs;
    core *core = core_of_type(cls);
    PyObject *owner = NULL, *dict = NULL;
    const char *key = NULL;
    Py_ssize_t size = 0;
    if (!core || !PyArg_ParseTuple(args, "O!Oy#", core->torch, &owner, &dict,
                                   &key, &size))
        return NULL;
    torch_shape shape;
    if (size != sizeof shape)
        return errors_bad_value(core, "an Engine is made by elman.torch");
    memcpy(&shape, key, sizeof shape);
    elman_config config;
    if (!config_read(core, dict, &config)) return NULL;
    elman_model *model = NULL;
    elman_status status = elman_model_create(&config, &model);
    if (status) return errors_raise(core, status);

    allocfunc alloc = (allocfunc)PyType_GetSlot(cls, Py_tp_alloc);
    PyObject *self = alloc(cls, 0);
    if (!self) {
        elman_model_destroy(model);
        return NULL;
    }
    engine *e = engine_of(self);
    elman_model_info info = elman_model_read_info(model);
    Py_INCREF(owner);
    e->core = core, e->owner = owner, e->shape = shape, e->model = model;
    e->R = shape.proj ? shape.proj : shape.hidden;
    e->LD = shape.levels * (shape.bidirectional ? 2 : 1);
    e->O = info.output_size;
    e->memories = shape.kind == 0 ? 2 : 1;
    e->parameter_count = info.parameter_count;
    e->weight_count = info.weight_count;
    if (info.weight_count > SMALL_WEIGHTS) return self;
    e->copy = PyMem_Malloc(info.weight_count * sizeof *e->copy);
    if (e->copy) return self;
    Py_DECREF(self);
    return PyErr_NoMemory();
}

static int engine_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(engine_of(self)->owner);
    return 0;
}

static void engine_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    engine *e = engine_of(self);
    if (e->owner) drop_idle(e);
    elman_model_destroy(e->model);
    PyMem_Free(e->copy);
    Py_CLEAR(e->owner);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyObject *engine_bytes(PyObject *self, void *unused)
{
    (void)unused;
    const engine *e = engine_of(self);
    size_t bytes = elman_model_size(e->model);
    if (e->copy) bytes += e->weight_count * sizeof *e->copy;
    for (const pooled *s = e->idle; s; s = s->next)
        bytes += s->bytes;
    return PyLong_FromSize_t(bytes);
}

static PyObject *engine_pending(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromSize_t(engine_of(self)->pending);
}

/* As make in elman.torch takes it. */
static PyObject *engine_shape_tuple(PyObject *self, void *unused)
{
    (void)unused;
    const torch_shape *s = engine_shape(self);
    return Py_BuildValue("nnnniiid", (Py_ssize_t)s->inputs,
                         (Py_ssize_t)s->hidden, (Py_ssize_t)s->proj,
                         (Py_ssize_t)s->levels, s->kind | s->bias << 2,
                         s->bidirectional, s->batch_first, (double)s->dropout);
}

static PyObject *engine_key(PyObject *self, void *unused)
{
    (void)unused;
    return PyBytes_FromStringAndSize((const char *)engine_shape(self),
                                     sizeof(torch_shape));
}

static PyGetSetDef engine_properties[] = {
    {"shape", engine_shape_tuple, NULL, "What it is built for.", NULL},
    {"key", engine_key, NULL, "The same, as the bytes of its key.", NULL},
    {"bytes", engine_bytes, NULL, "What it and its idle states hold.", NULL},
    {"pending", engine_pending, NULL, "Passes that may go back.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot engine_slots[] = {
    {Py_tp_doc, "A recurrent layer for a set of torch's weights."},
    {Py_tp_new, engine_new},
    {Py_tp_traverse, engine_traverse},
    {Py_tp_dealloc, engine_free},
    {Py_tp_getset, engine_properties},
    {0, NULL},
};
static PyType_Spec engine_spec = {
    .name = "elman._core.TorchEngine",
    .basicsize = sizeof(engine),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = engine_slots,
};

static PyMethodDef run_methods[] = {
    {"backward", run_backward, METH_VARARGS,
     "backward($self, given, saved, needs, memories, /)\n--\n\nThe gradients "
     "of what forward had."},
    {"end", run_end_now, METH_NOARGS,
     "end($self, /)\n--\n\nGives back what going back would need."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot run_slots[] = {
    {Py_tp_doc, "A pass that may go back."},
    {Py_tp_traverse, run_traverse},
    {Py_tp_dealloc, run_free},
    {Py_tp_methods, run_methods},
    {0, NULL},
};
static PyType_Spec run_spec = {
    .name = "elman._core.TorchRun",
    .basicsize = sizeof(run),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = run_slots,
};

bool torch_engine_create_types(core *core)
{
    return core_add_type(core, &engine_spec, &core->torch_engine) &&
           core_add_type(core, &run_spec, &core->torch_run);
}
