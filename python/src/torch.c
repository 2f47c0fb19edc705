/*
 * torch.c: the type Torch, through which elman.torch calls the library with
 * torch's tensors. Each call either gives what torch's operator would give, or
 * NotImplemented: then torch computes it. What decides is looked at here, in
 * one call, from the cheapest on.
 */
#include "torch.h"

#include <string.h>

typedef struct torch_object {
    PyObject_HEAD torch_data data;
} torch_object;

torch_data *torch_of(PyObject *object)
{
    return &((torch_object *)object)->data;
}

static PyObject *not_ours(void)
{
    if (PyErr_Occurred()) return NULL;
    Py_INCREF(Py_NotImplemented);
    return Py_NotImplemented;
}

/* ---- what is special now
 * ----------------------------------------------------- */

/* What a function without arguments gives, as a truth: 1, 0, -1. */
static int says(PyObject *function)
{
    PyObject *found = PyObject_CallNoArgs(function);
    int is = found ? PyObject_IsTrue(found) : -1;
    Py_XDECREF(found);
    return is;
}

/* Whether torch runs as it mostly does: no autocast, no transform, no mode. */
static bool plain_mode(const torch_data *g)
{
    Py_ssize_t count = PyTuple_Size(g->guards);
    for (Py_ssize_t i = 0; i < count; i++)
        if (says(PyTuple_GetItem(g->guards, i))) return false;
    PyObject *level = PyDict_GetItemWithError(g->forward_ad, g->name_level);
    return level && PyLong_AsLong(level) < 0;
}

/* ---- a call
 * ---------------------------------------------------------------------- */

/* The arguments of a layer or cell, in one form. h and c are NULL for zeros. */
typedef struct call {
    torch_shape shape;
    PyObject *x, *h, *c;
    PyObject *params[TORCH_MAX_PARAMS]; /* all borrowed */
    size_t count;
    PyObject *lengths; /* a tuple that begins with an array, or None */
    bool train, cell;
    double dropout;
} call;

/* Its tensors, as they were read. */
typedef struct operands {
    torch_pass pass;
    tensor params[TORCH_MAX_PARAMS];
    size_t read; /* of params */
} operands;

static void operands_release(operands *o)
{
    tensor_release(&o->pass.in);
    tensor_release(&o->pass.h);
    tensor_release(&o->pass.c);
    for (size_t i = 0; i < o->read; i++)
        tensor_release(&o->params[i]);
}

/* Puts the axis of time or levels before a cell's tensor. */
static void add_axis(tensor *t)
{
    memmove(t->shape + 1, t->shape, t->rank * sizeof *t->shape);
    t->shape[0] = 1;
    t->rank++;
}

static bool is_memory(const tensor *t, size_t LD, size_t B, size_t width)
{
    return t->rank == 3 && t->shape[0] == LD && t->shape[1] == B &&
           t->shape[2] == width;
}

/* Reads all tensors; whether they fit each other, and complete the shape. */
static bool read_operands(const torch_data *g, call *c, operands *o)
{
    torch_pass *p = &o->pass;
    torch_shape *s = &c->shape;
    size_t rank = c->cell ? 2 : 3;
    p->x = c->x;
    p->cell = c->cell;
    if (!tensor_read(g, c->x, &p->in) || p->in.rank != rank) return false;
    if (c->cell) add_axis(&p->in);
    p->T = p->in.shape[s->batch_first ? 1 : 0];
    p->B = p->in.shape[s->batch_first ? 0 : 1];
    s->inputs = p->in.shape[2];
    for (size_t i = 0; i < c->count; i++) {
        if (!tensor_read(g, c->params[i], &o->params[i])) return false;
        o->read++;
    }

    // the hidden size is that of the weights, a projection's that of the memory
    if (!c->count || !s->levels || s->levels > ELMAN_MAX_LEVELS) return false;
    s->place = o->params[0].data;
    s->hidden = o->params[0].shape[0] / torch_gates[s->kind];
    if (c->h) {
        if (!tensor_read(g, c->h, &p->h) || p->h.rank != rank) return false;
        if (c->cell) add_axis(&p->h);
        size_t R = p->h.shape[2];
        s->proj = s->kind == 0 && R != s->hidden ? R : 0;
    }
    size_t LD = s->levels * (s->bidirectional ? 2 : 1);
    size_t R = s->proj ? s->proj : s->hidden;
    if (c->h && !is_memory(&p->h, LD, p->B, R)) return false;
    if (c->c) {
        if (!tensor_read(g, c->c, &p->c) || p->c.rank != rank) return false;
        if (c->cell) add_axis(&p->c);
        if (!is_memory(&p->c, LD, p->B, s->hidden)) return false;
    }
    return shape_fits(s, o->params, c->count) &&
           (uint64_t)p->T * p->B < (uint64_t)1 << 31;
}

/* Whether any of a call's tensors asks for a gradient: 1, 0, -1. */
static int asks_gradient(const torch_data *g, const call *c)
{
    int is = says(g->grad_enabled);
    if (is <= 0) return is;
    is = tensor_requires_grad(g, c->x);
    if (!is && c->h) is = tensor_requires_grad(g, c->h);
    if (!is && c->c) is = tensor_requires_grad(g, c->c);
    for (size_t i = 0; i < c->count && !is; i++)
        is = tensor_requires_grad(g, c->params[i]);
    return is;
}

/* An engine of this shape with these weights: that of the place where the first
 * of them lies, another for the same place where that has other work, or one
 * for this call alone. A new reference. */
static PyObject *find_engine(torch_data *g, const call *c, const operands *o)
{
    enum { EACH = 4 };
    torch_shape s = c->shape;
    for (s.ordinal = 0; s.ordinal <= EACH; s.ordinal++) {
        PyObject *key = PyBytes_FromStringAndSize((const char *)&s, sizeof s);
        if (!key) return NULL;
        PyObject *engine = PyDict_GetItemWithError(g->engines, key);
        Py_XINCREF(engine);
        if (!engine && !PyErr_Occurred())
            engine = PyObject_CallFunction(
                g->make, "OOOnnnniiid", key, c->params[0],
                s.ordinal < EACH ? Py_True : Py_False, (Py_ssize_t)s.inputs,
                (Py_ssize_t)s.hidden, (Py_ssize_t)s.proj, (Py_ssize_t)s.levels,
                s.kind | s.bias << 2, s.bidirectional, s.batch_first,
                (double)s.dropout);
        Py_DECREF(key);
        if (!engine) return NULL;

        if (!PyObject_IsInstance(engine, (PyObject *)g->core->torch_engine)) {
            Py_DECREF(engine);
            break;
        }
        int wrote = engine_write(engine, o->params, c->count);
        if (wrote > 0) return engine;
        Py_DECREF(engine);
        if (wrote < 0) return NULL;
    }
    return PyErr_Format(PyExc_RuntimeError, "there is no engine");
}

/* The part of a pass that is read from Python objects: threads, lengths. */
static bool read_rest(torch_data *g, PyObject *lengths, torch_pass *p,
                      array *of_lengths)
{
    PyObject *threads = PyObject_CallNoArgs(g->thread_count);
    p->threads = threads ? (int)PyLong_AsLong(threads) : 0;
    Py_XDECREF(threads);
    if (PyErr_Occurred()) return false;
    if (p->threads < 1) p->threads = 1;
    if (p->threads > 64) p->threads = 64;
    if (lengths == Py_None) return true;
    if (PyTuple_Check(lengths)) lengths = PyTuple_GetItem(lengths, 0);
    if (!lengths) return false;
    const Py_ssize_t shape[] = {(Py_ssize_t)p->B};
    if (!array_read(g->core, lengths, ARRAY_SIZE, "lengths", of_lengths) ||
        !array_fits(g->core, of_lengths, "lengths", 1, shape))
        return false;
    p->lengths = of_lengths->data;
    return true;
}

/* (h), (h, c) or (): what of the memory was given. */
static PyObject *given_memory(const call *c)
{
    if (!c->h) return PyTuple_New(0);
    return c->c ? PyTuple_Pack(2, c->h, c->c) : PyTuple_Pack(1, c->h);
}

/* Runs a call with a way back, through torch's autograd. */
static PyObject *run_graph(torch_data *g, const call *c, PyObject *engine,
                           PyObject *draw)
{
    PyObject *memory = given_memory(c);
    PyObject *params = PyTuple_New((Py_ssize_t)c->count);
    for (size_t i = 0; params && i < c->count; i++) {
        Py_INCREF(c->params[i]);
        PyTuple_SetItem(params, (Py_ssize_t)i, c->params[i]);
    }
    PyObject *result = NULL;
    if (memory && params)
        result = PyObject_CallFunctionObjArgs(
            g->graph, engine, c->cell ? Py_True : Py_False, c->lengths, draw,
            c->x, memory, params, NULL);
    Py_XDECREF(memory);
    Py_XDECREF(params);
    return result;
}

/* Computes a call, or NotImplemented. */
static PyObject *attempt(torch_data *g, call *c)
{
    torch_shape *s = &c->shape;
    operands o = {0};
    torch_pass *p = &o.pass;
    p->masked = c->train && s->levels > 1 && c->dropout > 0;
    s->dropout = p->masked ? (float)c->dropout : 0;
    if (!(c->dropout >= 0) || (p->masked && c->dropout >= 1)) return not_ours();
    if (!plain_mode(g) || !read_operands(g, c, &o)) {
        operands_release(&o);
        return not_ours();
    }

    array lengths = {0};
    PyObject *result = NULL, *draw = NULL;
    int gradient = asks_gradient(g, c);
    PyObject *engine = gradient < 0 ? NULL : find_engine(g, c, &o);
    if (engine) {
        draw = p->masked ? PyObject_CallNoArgs(g->draw) : PyLong_FromLong(0);
        if (draw) p->draw = PyLong_AsUnsignedLongLong(draw);
        if (draw && !PyErr_Occurred()) {
            g->passes[s->kind]++;
            if (gradient) result = run_graph(g, c, engine, draw);
            else if (read_rest(g, c->lengths, p, &lengths))
                result = engine_infer(engine, p);
        }
    }
    Py_XDECREF(draw);
    Py_XDECREF(engine);
    array_release(&lengths);
    operands_release(&o);
    return result;
}

/* ---- what Python calls
 * --------------------------------------------------------- */

/* The two parts of a hidden state, or the one; false if it is something else.
 */
static bool split_memory(const call *to, PyObject *hx, PyObject **h,
                         PyObject **c)
{
    if (to->shape.kind) {
        *h = hx;
        return true;
    }
    if (PyTuple_Check(hx) && PyTuple_Size(hx) == 2) {
        *h = PyTuple_GetItem(hx, 0);
        *c = PyTuple_GetItem(hx, 1);
        return true;
    }
    if (PyList_Check(hx) && PyList_Size(hx) == 2) {
        *h = PyList_GetItem(hx, 0);
        *c = PyList_GetItem(hx, 1);
        return true;
    }
    return false;
}

/* Weights of a list or tuple. */
static bool take_params(call *to, PyObject *params)
{
    bool list = PyList_Check(params);
    if (!list && !PyTuple_Check(params)) return false;
    Py_ssize_t n = list ? PyList_Size(params) : PyTuple_Size(params);
    if (n > TORCH_MAX_PARAMS) return false;
    to->count = (size_t)n;
    for (Py_ssize_t i = 0; i < n; i++)
        to->params[i] =
            list ? PyList_GetItem(params, i) : PyTuple_GetItem(params, i);
    return true;
}

/* layer(kind, x, hx, params, bias, levels, dropout, train, bidirectional,
 * batch_first, lengths): torch's operators of layers. */
static PyObject *torch_layer(PyObject *self, PyObject *const *args,
                             Py_ssize_t count)
{
    torch_data *g = torch_of(self);
    if (count != 11) {
        PyErr_SetString(PyExc_TypeError, "layer takes 11 arguments");
        return NULL;
    }
    call c;
    memset(&c, 0, sizeof c); // padding too: the shape is a key
    long kind = PyLong_AsLong(args[0]);
    c.x = args[1];
    c.shape.bias = args[4] == Py_True;
    long levels = PyLong_AsLong(args[5]);
    c.dropout = PyFloat_AsDouble(args[6]);
    c.train = args[7] == Py_True;
    c.shape.bidirectional = args[8] == Py_True;
    c.shape.batch_first = args[9] == Py_True;
    c.lengths = args[10];
    if (PyErr_Occurred()) return NULL;
    if (kind < 0 || kind > 3 || levels < 1) return not_ours();
    c.shape.kind = (unsigned char)kind;
    c.shape.levels = (size_t)levels;
    if (!split_memory(&c, args[2], &c.h, &c.c) || !take_params(&c, args[3]))
        return not_ours();
    return attempt(g, &c);
}

/* cell(kind, x, hx, w_ih, w_hh, b_ih, b_hh): torch's operators of cells. */
static PyObject *torch_cell(PyObject *self, PyObject *const *args,
                            Py_ssize_t count)
{
    if (count != 7) {
        PyErr_SetString(PyExc_TypeError, "cell takes 7 arguments");
        return NULL;
    }
    call c;
    memset(&c, 0, sizeof c);
    long kind = PyLong_AsLong(args[0]);
    if (PyErr_Occurred()) return NULL;
    if (kind < 0 || kind > 3) return not_ours();
    c.shape.kind = (unsigned char)kind;
    c.shape.levels = 1;
    c.shape.bias = args[5] != Py_None;
    c.cell = true;
    c.x = args[1];
    c.lengths = Py_None;
    if (c.shape.bias != (args[6] != Py_None) ||
        !split_memory(&c, args[2], &c.h, &c.c))
        return not_ours();
    c.count = c.shape.bias ? 4 : 2;
    for (size_t i = 0; i < c.count; i++)
        c.params[i] = args[3 + i];
    return attempt(torch_of(self), &c);
}

/* ---- a module
 * ------------------------------------------------------------------ */

static PyObject *item(PyObject *dict, const char *name)
{
    return PyDict_GetItemString(dict, name);
}

/* Reads what a module of torch's says of itself into a call. */
static bool read_module(call *c, PyObject *dict)
{
    PyObject *levels = item(dict, "num_layers"), *mode = item(dict, "mode");
    PyObject *dropout = item(dict, "dropout"), *proj = item(dict, "proj_size");
    PyObject *params = item(dict, "_parameters");
    PyObject *names = item(dict, "_flat_weights_names");
    if (!levels || !mode || !dropout || !proj || !params || !names ||
        !PyDict_Check(params) || !PyList_Check(names) || !PyUnicode_Check(mode))
        return false;

    c->shape.levels = PyLong_AsSize_t(levels);
    c->shape.proj = PyLong_AsSize_t(proj);
    c->dropout = PyFloat_AsDouble(dropout);
    c->shape.bias = item(dict, "bias") == Py_True;
    c->shape.batch_first = item(dict, "batch_first") == Py_True;
    c->shape.bidirectional = item(dict, "bidirectional") == Py_True;
    c->train = item(dict, "training") == Py_True;
    if (PyErr_Occurred()) {
        PyErr_Clear();
        return false;
    }
    static const char *const modes[] = {"LSTM", "GRU", "RNN_TANH", "RNN_RELU"};
    size_t kind = 0;
    while (kind < 4 && PyUnicode_CompareWithASCIIString(mode, modes[kind]))
        kind++;
    if (kind == 4) return false;
    c->shape.kind = (unsigned char)kind;

    // only weights that are plain parameters: others have code behind them
    Py_ssize_t n = PyList_Size(names);
    if (n > TORCH_MAX_PARAMS) return false;
    for (Py_ssize_t i = 0; i < n; i++) {
        c->params[i] = PyDict_GetItem(params, PyList_GetItem(names, i));
        if (!c->params[i]) return false;
    }
    c->count = (size_t)n;
    return true;
}

/* module(module, x, hx): the forward of one of torch's layers for x (T,B,I), or
 * (B,T,I), with or without hx. */
static PyObject *torch_module(PyObject *self, PyObject *const *args,
                              Py_ssize_t count)
{
    torch_data *g = torch_of(self);
    if (count != 3) {
        PyErr_SetString(PyExc_TypeError, "module takes 3 arguments");
        return NULL;
    }
    if ((PyObject *)Py_TYPE(args[1]) != g->tensor) return not_ours();
    PyObject *dict = PyObject_GetAttr(args[0], g->name_dict);
    if (!dict) return NULL;
    call c;
    memset(&c, 0, sizeof c);
    c.x = args[1];
    c.lengths = Py_None;
    if (!PyDict_Check(dict) || !read_module(&c, dict) ||
        (args[2] != Py_None && !split_memory(&c, args[2], &c.h, &c.c))) {
        Py_DECREF(dict);
        return not_ours();
    }

    // the dict keeps the weights alive until then
    PyObject *made = attempt(g, &c);
    Py_DECREF(dict);
    if (!made || made == Py_NotImplemented || PyTuple_Size(made) != 3)
        return made;

    // torch gives an LSTM's memory as a pair
    PyObject *pair = PyTuple_GetSlice(made, 1, 3);
    PyObject *both =
        pair ? PyTuple_Pack(2, PyTuple_GetItem(made, 0), pair) : NULL;
    Py_XDECREF(pair);
    Py_DECREF(made);
    return both;
}

/* record(engine, cell, lengths, draw, memories, tensors): a pass with a way
 * back, for autograd: (run, outputs). tensors is (x, *memory, *weights). */
static PyObject *torch_record(PyObject *self, PyObject *args)
{
    torch_data *g = torch_of(self);
    PyObject *engine, *lengths, *tensors;
    int cell;
    unsigned long long draw;
    Py_ssize_t memories;
    if (!PyArg_ParseTuple(args, "O!pOKnO!", g->core->torch_engine, &engine,
                          &cell, &lengths, &draw, &memories, &PyTuple_Type,
                          &tensors))
        return NULL;
    Py_ssize_t n = PyTuple_Size(tensors);
    call c;
    memset(&c, 0, sizeof c);
    c.shape = *engine_shape(engine);
    c.cell = cell != 0;
    if (memories < 0 || memories > 2 || n < 2 + memories ||
        n - 1 - memories > TORCH_MAX_PARAMS)
        return errors_bad_value(g->core, "record needs x, memory and weights");
    c.x = PyTuple_GetItem(tensors, 0);
    if (memories > 0) c.h = PyTuple_GetItem(tensors, 1);
    if (memories > 1) c.c = PyTuple_GetItem(tensors, 2);
    c.count = (size_t)(n - 1 - memories);
    for (size_t i = 0; i < c.count; i++)
        c.params[i] = PyTuple_GetItem(tensors, (Py_ssize_t)i + 1 + memories);

    operands o = {0};
    o.pass.draw = draw;
    array of_lengths = {0};
    PyObject *result = NULL;
    if (!read_operands(g, &c, &o) || !engine_fits(engine, &c.shape)) {
        if (!PyErr_Occurred())
            errors_bad_value(g->core, "the tensors of a pass have changed");
    } else if (read_rest(g, lengths, &o.pass, &of_lengths)) {
        // the engine has had these weights; another thread may have come
        int wrote = engine_write(engine, o.params, c.count);
        if (wrote > 0) result = engine_record(engine, &o.pass);
        else if (!wrote) Py_INCREF(Py_None), result = Py_None;
    }
    array_release(&of_lengths);
    operands_release(&o);
    return result;
}

/* The passes done so far, by kind, and from now on none if reset. */
static PyObject *torch_passes(PyObject *self, PyObject *reset)
{
    torch_data *g = torch_of(self);
    PyObject *counts = Py_BuildValue("KKKK", g->passes[0], g->passes[1],
                                     g->passes[2], g->passes[3]);
    if (counts && reset == Py_True) memset(g->passes, 0, sizeof g->passes);
    return counts;
}

/* ---- the type
 * --------------------------------------------------------------------- */

/* Every object that it keeps. */
enum { TORCH_OBJECTS = 24 };
static void objects_of(torch_data *g, PyObject **objects[TORCH_OBJECTS])
{
    PyObject **all[TORCH_OBJECTS] = {
        &g->tensor,
        &g->parameter,
        &g->float32,
        &g->strided,
        &g->empty_like,
        &g->grad_enabled,
        &g->thread_count,
        &g->guards,
        &g->forward_ad,
        &g->draw,
        &g->graph,
        &g->make,
        &g->engines,
        &g->name_new_empty,
        &g->name_contiguous,
        &g->name_is_neg,
        &g->name_requires_grad,
        &g->name_data_ptr,
        &g->name_is_contiguous,
        &g->name_shape,
        &g->name_dtype,
        &g->name_layout,
        &g->name_is_cpu,
        &g->name_dict,
    };
    memcpy(objects, all, sizeof all);
}

static bool intern_names(torch_data *g)
{
    const struct {
        PyObject **to;
        const char *name;
    } names[] = {
        {&g->name_new_empty, "new_empty"},
        {&g->name_contiguous, "contiguous"},
        {&g->name_is_neg, "is_neg"},
        {&g->name_requires_grad, "requires_grad"},
        {&g->name_data_ptr, "data_ptr"},
        {&g->name_is_contiguous, "is_contiguous"},
        {&g->name_shape, "shape"},
        {&g->name_dtype, "dtype"},
        {&g->name_layout, "layout"},
        {&g->name_is_cpu, "is_cpu"},
        {&g->name_dict, "__dict__"},
        {&g->name_level, "_current_level"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        *names[i].to = PyUnicode_InternFromString(names[i].name);
        if (!*names[i].to) return false;
    }
    return true;
}

static PyObject *torch_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {
        "tensor",       "parameter",    "float32", "strided",    "empty_like",
        "grad_enabled", "thread_count", "guards",  "forward_ad", "draw",
        "graph",        "make",         "engines", NULL};
    core *core = core_of_type(cls);
    PyObject *given[13];
    if (!core ||
        !PyArg_ParseTupleAndKeywords(
            args, kwargs, "OOOOOOOO!O!OOOO!", names, &given[0], &given[1],
            &given[2], &given[3], &given[4], &given[5], &given[6],
            &PyTuple_Type, &given[7], &PyDict_Type, &given[8], &given[9],
            &given[10], &given[11], &PyDict_Type, &given[12]))
        return NULL;

    allocfunc alloc = (allocfunc)PyType_GetSlot(cls, Py_tp_alloc);
    PyObject *self = alloc(cls, 0);
    if (!self) return NULL;
    torch_data *g = torch_of(self);
    g->core = core;
    PyObject **objects[TORCH_OBJECTS];
    objects_of(g, objects);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        Py_INCREF(given[i]);
        *objects[i] = given[i];
    }
    if (intern_names(g) && torch_find_exchange(g)) return self;
    Py_DECREF(self);
    return NULL;
}

static int torch_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    PyObject **objects[TORCH_OBJECTS];
    objects_of(torch_of(self), objects);
    for (int i = 0; i < TORCH_OBJECTS; i++)
        Py_VISIT(*objects[i]);
    return 0;
}

static int torch_clear(PyObject *self)
{
    PyObject **objects[TORCH_OBJECTS];
    objects_of(torch_of(self), objects);
    for (int i = 0; i < TORCH_OBJECTS; i++)
        Py_CLEAR(*objects[i]);
    Py_CLEAR(torch_of(self)->name_level);
    return 0;
}

static void torch_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    torch_clear(self);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"layer", (PyCFunction)(void (*)(void))torch_layer, METH_FASTCALL,
     "layer($self, kind, x, hx, params, bias, levels, dropout, train, "
     "bidirectional, batch_first, lengths, /)\n--\n\nA layer's outputs, or "
     "NotImplemented."},
    {"cell", (PyCFunction)(void (*)(void))torch_cell, METH_FASTCALL,
     "cell($self, kind, x, hx, w_ih, w_hh, b_ih, b_hh, /)\n--\n\nA cell's "
     "outputs, or NotImplemented."},
    {"module", (PyCFunction)(void (*)(void))torch_module, METH_FASTCALL,
     "module($self, module, x, hx, /)\n--\n\nA module's outputs, or "
     "NotImplemented."},
    {"record", torch_record, METH_VARARGS,
     "record($self, engine, cell, lengths, draw, memories, tensors, /)\n--\n\n"
     "A pass that may go back, and its outputs; None if the engine is taken."},
    {"passes", torch_passes, METH_O,
     "passes($self, reset, /)\n--\n\nThe passes done so far, by kind."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot slots[] = {
    {Py_tp_doc, "Torch's tensors to the library, for elman.torch."},
    {Py_tp_new, torch_new},
    {Py_tp_traverse, torch_traverse},
    {Py_tp_clear, torch_clear},
    {Py_tp_dealloc, torch_free},
    {Py_tp_methods, methods},
    {0, NULL},
};
static PyType_Spec spec = {
    .name = "elman._core.Torch",
    .basicsize = sizeof(torch_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

bool torch_create_type(core *core)
{
    return core_add_type(core, &spec, &core->torch);
}
