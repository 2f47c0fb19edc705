/*
 * torch_call.c: a call of torch's, from its tensors to what it gives. What
 * decides whether it is ours is looked at from the cheapest on.
 */
#include "torch.h"

#include <string.h>

PyObject *torch_not_ours(void)
{
    if (PyErr_Occurred()) return NULL;
    Py_INCREF(Py_NotImplemented);
    return Py_NotImplemented;
}

/* ---- what is special now ------------------------------------------------- */

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

/* ---- a call -------------------------------------------------------------- */

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
static bool read_operands(const torch_data *g, torch_call *c, operands *o)
{
    torch_pass *p = &o->pass;
    torch_shape *s = &c->shape;
    size_t rank = c->cell ? 2 : 3;
    p->x = c->x;
    p->cell = c->cell;
    if (c->cell && (s->levels != 1 || s->bidirectional || s->batch_first))
        return false;
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
static int asks_gradient(const torch_data *g, const torch_call *c)
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
static PyObject *find_engine(torch_data *g, const torch_call *c,
                             const operands *o)
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

        // one that is busy with other weights is passed over
        if (!core_is(engine, g->core->torch_engine)) {
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
    if (!array_argument(g->core, lengths, ARRAY_SIZE, "lengths", of_lengths) ||
        !array_fits(g->core, of_lengths, "lengths", 1, shape))
        return false;
    p->lengths = of_lengths->data;
    return true;
}

/* (h), (h, c) or (): what of the memory was given. */
static PyObject *given_memory(const torch_call *c)
{
    if (!c->h) return PyTuple_New(0);
    return c->c ? PyTuple_Pack(2, c->h, c->c) : PyTuple_Pack(1, c->h);
}

/* Runs a call with a way back, through torch's autograd. */
static PyObject *run_graph(torch_data *g, const torch_call *c, PyObject *engine,
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

PyObject *torch_attempt(torch_data *g, torch_call *c)
{
    torch_shape *s = &c->shape;
    operands o = {0};
    torch_pass *p = &o.pass;
    p->masked = c->train && s->levels > 1 && c->dropout > 0;
    s->dropout = p->masked ? (float)c->dropout : 0;
    if (!(c->dropout >= 0) || (p->masked && c->dropout >= 1))
        return torch_not_ours();

    // what is special now, and what does not fit, is torch's
    if (!plain_mode(g) || !read_operands(g, c, &o)) {
        operands_release(&o);
        return torch_not_ours();
    }

    // with a way back through autograd, or at once
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

/* record(engine, cell, lengths, draw, memories, tensors): a pass with a way
 * back, for autograd: (run, outputs). tensors is (x, *memory, *weights). */
PyObject *torch_record(PyObject *self, PyObject *args)
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
    torch_call c;
    memset(&c, 0, sizeof c);
    c.shape = *engine_shape(engine);
    c.cell = cell != 0;
    if (memories < 0 || memories > (c.shape.kind ? 1 : 2) || n < 2 + memories ||
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
