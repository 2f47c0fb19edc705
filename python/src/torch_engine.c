/*
 * torch_engine.c: the type Engine: one recurrent layer of the library for a set
 * of weights of torch's. Before each pass the weights are compared with what it
 * holds, bit by bit, so nothing that torch does to them is missed.
 */
#include "torch_engine.h"

#include <string.h>

enum { SMALL_WEIGHTS = 1 << 14 }; /* compared without giving the GIL away */

const size_t torch_gates[4] = {4, 3, 1, 1};

engine *engine_of(PyObject *object) { return (engine *)object; }

const torch_shape *engine_shape(PyObject *self)
{
    return &engine_of(self)->shape;
}

bool engine_fits(PyObject *self, const torch_shape *s)
{
    const torch_shape *own = engine_shape(self);
    return s->inputs == own->inputs && s->hidden == own->hidden &&
           s->proj == own->proj && s->levels == own->levels &&
           s->kind == own->kind && s->bias == own->bias &&
           s->bidirectional == own->bidirectional &&
           s->batch_first == own->batch_first;
}

/* ---- weights ------------------------------------------------------------- */

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

size_t engine_weights(const engine *e, size_t i)
{
    const torch_shape *s = &e->shape;
    size_t each = (s->bias ? 4u : 2u) + (s->proj ? 1u : 0u), sizes[2];
    size_t D = s->bidirectional ? 2 : 1;
    size_t rank = weight_sizes(s, i / (each * D), i % each, sizes);
    return rank == 1 ? sizes[0] : sizes[0] * sizes[1];
}

/* Whether the weights are params, to the bit. */
static bool engine_holds(const engine *e, const tensor *params, size_t count)
{
    const float *at = e->copy;
    for (size_t i = 0; i < count; at += params[i++].count)
        if (memcmp(at, params[i].data, params[i].count * sizeof *at))
            return false;
    return true;
}

/* Makes the weights params, with nothing else at work. */
static elman_status write_all(engine *e, const tensor *params, size_t count)
{
    float *at = e->copy;
    for (size_t i = 0; i < count; at += params[i++].count)
        memcpy(at, params[i].data, params[i].count * sizeof *at);
    return elman_model_write_all(e->model, e->weight_count, e->copy);
}

int engine_write(PyObject *self, const tensor *params, size_t count)
{
    engine *e = engine_of(self);
    if (e->writing) return 0;
    bool small = e->weight_count <= SMALL_WEIGHTS;

    // what holds already is the common case
    if (e->written) {
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

/* ---- the type ------------------------------------------------------------ */

/* The layer of a shape, with weights of zero. */
static bool make_model(core *core, const torch_shape *s, elman_model **model)
{
    static const elman_kind kinds[4] = {ELMAN_LSTM, ELMAN_GRU, ELMAN_RNN,
                                        ELMAN_RNN};
    const elman_init zero = {.kind = ELMAN_INIT_CONSTANT};
    if (s->kind > 3 || !s->levels || (s->proj && s->kind)) {
        errors_bad_value(core, "an engine's key says no layer");
        return false;
    }

    // weights come later, with each call
    elman_config config = {.input_size = s->inputs,
                           .batch_first = s->batch_first != 0,
                           .layers = {{.kind = kinds[s->kind],
                                       .hidden_size = s->hidden,
                                       .num_layers = s->levels,
                                       .proj_size = s->proj,
                                       .no_bias = !s->bias,
                                       .bidirectional = s->bidirectional != 0,
                                       .dropout = s->dropout,
                                       .init_ih = zero,
                                       .init_hh = zero,
                                       .init_bias = zero}}};

    // the fourth kind is the third with another function
    if (s->kind == 3) config.layers[0].nonlinearity = ELMAN_ACTIVATION_RELU;
    elman_status status = elman_model_create(&config, model);
    if (status) errors_raise(core, status);
    return status == ELMAN_OK;
}

static PyObject *engine_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    (void)kwargs;
    core *core = core_of_type(cls);
    PyObject *owner = NULL;
    const char *key = NULL;
    Py_ssize_t size = 0;
    if (!core ||
        !PyArg_ParseTuple(args, "O!y#", core->torch, &owner, &key, &size))
        return NULL;

    // the key is the shape, byte by byte
    torch_shape shape;
    if (size != sizeof shape)
        return errors_bad_value(core, "an engine's key has %zu bytes, not %zd",
                                sizeof shape, size);
    memcpy(&shape, key, sizeof shape);
    elman_model *model = NULL;
    if (!make_model(core, &shape, &model)) return NULL;

    allocfunc alloc = (allocfunc)PyType_GetSlot(cls, Py_tp_alloc);
    PyObject *self = alloc(cls, 0);
    if (!self) {
        elman_model_destroy(model);
        return NULL;
    }

    // sizes that every pass needs
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
    if (e->owner) state_drop_idle(e);
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
    size_t bytes =
        elman_model_size(e->model) + e->weight_count * sizeof *e->copy;
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

bool torch_engine_create_type(core *core)
{
    return core_add_type(core, &engine_spec, &core->torch_engine);
}
