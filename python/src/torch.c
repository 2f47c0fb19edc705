/*
 * torch.c: the type Torch, through which elman.torch calls the library with
 * torch's tensors. Each call either gives what torch's operator would give, or
 * NotImplemented: then torch computes it.
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

/* ---- what Python calls --------------------------------------------------- */

/* The two parts of a hidden state, or the one; false if it is something else.
 */
static bool split_memory(const torch_call *to, PyObject *hx, PyObject **h,
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
static bool take_params(torch_call *to, PyObject *params)
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
    torch_call c;
    memset(&c, 0, sizeof c); // padding too: the shape is a key

    // read in the order of torch's operator
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

    // what is no layer of ours is torch's
    if (kind < 0 || kind > 3 || levels < 1) return torch_not_ours();
    c.shape.kind = (unsigned char)kind;
    c.shape.levels = (size_t)levels;
    if (!split_memory(&c, args[2], &c.h, &c.c) || !take_params(&c, args[3]))
        return torch_not_ours();
    return torch_attempt(g, &c);
}

/* cell(kind, x, hx, w_ih, w_hh, b_ih, b_hh): torch's operators of cells. */
static PyObject *torch_cell(PyObject *self, PyObject *const *args,
                            Py_ssize_t count)
{
    if (count != 7) {
        PyErr_SetString(PyExc_TypeError, "cell takes 7 arguments");
        return NULL;
    }
    torch_call c;
    memset(&c, 0, sizeof c);

    // one level, whose weights stand one by one
    long kind = PyLong_AsLong(args[0]);
    if (PyErr_Occurred()) return NULL;
    if (kind < 0 || kind > 3) return torch_not_ours();
    c.shape.kind = (unsigned char)kind;
    c.shape.levels = 1;
    c.shape.bias = args[5] != Py_None;
    c.cell = true;
    c.x = args[1];
    c.lengths = Py_None;

    // both biases or none
    if (c.shape.bias != (args[6] != Py_None) ||
        !split_memory(&c, args[2], &c.h, &c.c))
        return torch_not_ours();
    c.count = c.shape.bias ? 4 : 2;
    for (size_t i = 0; i < c.count; i++)
        c.params[i] = args[3 + i];
    return torch_attempt(torch_of(self), &c);
}

/* ---- a module ------------------------------------------------------------ */

static PyObject *item(PyObject *dict, const char *name)
{
    return PyDict_GetItemString(dict, name);
}

/* Reads what a module of torch's says of itself into a call. */
static bool read_module(torch_call *c, PyObject *dict)
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
    if ((PyObject *)Py_TYPE(args[1]) != g->tensor) return torch_not_ours();
    PyObject *dict = PyObject_GetAttr(args[0], g->name_dict);
    if (!dict) return NULL;
    torch_call c;
    memset(&c, 0, sizeof c);
    c.x = args[1];
    c.lengths = Py_None;
    if (!PyDict_Check(dict) || !read_module(&c, dict) ||
        (args[2] != Py_None && !split_memory(&c, args[2], &c.h, &c.c))) {
        Py_DECREF(dict);
        return torch_not_ours();
    }

    // the dict keeps the weights alive until then
    PyObject *made = torch_attempt(g, &c);
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

/* The passes done so far, by kind, and from now on none if reset. */
static PyObject *torch_passes(PyObject *self, PyObject *reset)
{
    torch_data *g = torch_of(self);
    PyObject *counts = Py_BuildValue("KKKK", g->passes[0], g->passes[1],
                                     g->passes[2], g->passes[3]);
    if (counts && reset == Py_True) memset(g->passes, 0, sizeof g->passes);
    return counts;
}

/* ---- the type ------------------------------------------------------------ */

/* Every object that it keeps. */
enum { TORCH_OBJECTS = 25 };
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
        &g->name_level,
    };

    // the caller's to clear, visit or set
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

    // lookups by these are compared by pointer
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

    // it owns what it is given, in the order of names
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
