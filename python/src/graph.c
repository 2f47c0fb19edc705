/*
 * graph.c: the type Graph: an ONNX graph run as it is.
 */
#include "core.h"

#include <string.h>

/* The arrays that are the graph's inputs stay here until they are given again,
 * since the graph reads them where they are. */
typedef struct graph_data {
    core *core;
    elman_graph *graph;
    PyObject *inputs; /* {name: array} */
    PyThread_type_lock lock;
} graph_data;

typedef struct graph_object {
    PyObject_HEAD graph_data data;
} graph_object;

static graph_data *graph_of(PyObject *object)
{
    return &((graph_object *)object)->data;
}

static PyObject *graph_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"source", NULL};
    core *core = core_of_type(cls);
    PyObject *source = NULL;
    if (!core ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "O", names, &source))
        return NULL;
    PyObject *self = core_alloc(cls);
    if (!self) return NULL;
    graph_data *g = graph_of(self);
    g->core = core;
    g->inputs = PyDict_New();
    g->lock = PyThread_allocate_lock();

    // bytes are a file's content, all else is a path
    elman_status status = ELMAN_NO_MEMORY;
    if (!g->inputs || !g->lock) {
        PyErr_NoMemory();
    } else if (PyBytes_Check(source)) {
        status = elman_graph_open_memory(
            PyBytes_AsString(source), (size_t)PyBytes_Size(source), &g->graph);
        if (status) errors_raise(core, status);
    } else {
        const char *text = NULL;
        PyObject *bytes = path_read(source, &text);
        if (bytes) {
            status = elman_graph_open(text, &g->graph);
            if (status) errors_raise(core, status);
        }
        Py_XDECREF(bytes);
    }
    if (!g->graph) Py_CLEAR(self);
    return core_ready(self);
}

static int graph_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(graph_of(self)->inputs);
    return 0;
}

static void graph_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    graph_data *g = graph_of(self);
    elman_graph_close(g->graph);
    if (g->lock) PyThread_free_lock(g->lock);
    Py_CLEAR(g->inputs);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* An input or output: {"name", "input", "optional", "type", "shape"}; shape is
 * None if it is not known, and -1 any size. */
static PyObject *port_dict(const elman_port *port)
{
    PyObject *shape = Py_NewRef(Py_None);
    if (port->shaped) {
        Py_DECREF(shape);
        shape = PyTuple_New((Py_ssize_t)port->rank);
        for (size_t i = 0; shape && i < port->rank; i++) {
            PyObject *size = PyLong_FromLongLong(port->shape[i]);
            if (!size || PyTuple_SetItem(shape, (Py_ssize_t)i, size))
                Py_CLEAR(shape);
        }
    }
    if (!shape) return NULL;
    return Py_BuildValue("{s:s,s:O,s:O,s:s,s:N}", "name", port->name, "input",
                         port->input ? Py_True : Py_False, "optional",
                         port->optional ? Py_True : Py_False, "type",
                         port->type ? port->type : "", "shape", shape);
}

/* A copy of the ports, since a new object may let the garbage collector run
 * Python, which must find the graph free; NULL and an exception. */
static elman_port *copy_ports(graph_data *g, size_t *count)
{
    lock_acquire(g->lock);
    const elman_port *ports = elman_graph_ports(g->graph, count);
    elman_port *copy = PyMem_Calloc(*count + 1, sizeof *copy);
    if (copy && *count) memcpy(copy, ports, *count * sizeof *copy);
    PyThread_release_lock(g->lock);
    if (!copy) PyErr_NoMemory();
    return copy;
}

static PyObject *graph_ports(PyObject *self, void *unused)
{
    (void)unused;
    size_t count = 0;
    elman_port *ports = copy_ports(graph_of(self), &count);
    PyObject *list = ports ? PyList_New(0) : NULL;
    for (size_t i = 0; list && i < count; i++) {
        PyObject *port = port_dict(&ports[i]);
        if (!port || PyList_Append(list, port)) Py_CLEAR(list);
        Py_XDECREF(port);
    }
    PyMem_Free(ports);
    return list;
}

/* Whether a buffer holds the numbers of a port's type, where the graph may read
 * them. */
static bool buffer_fits(const Py_buffer *buffer, const char *type)
{
    static const struct {
        const char *type, *formats;
        size_t size;
    } known[] = {
        {"float32", "f", 4}, {"float64", "d", 8}, {"float16", "e", 2},
        {"bool", "?", 1},    {"int32", "il", 4},  {"int64", "lq", 8},
    };
    const char *format = buffer->format ? buffer->format : "B";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (type && !strcmp(type, known[i].type))
            return *format && !format[1] && strchr(known[i].formats, *format) &&
                   (size_t)buffer->itemsize == known[i].size &&
                   (uintptr_t)buffer->buf % known[i].size == 0;
    return false;
}

/* Gives the graph an input and keeps what holds it: both or neither. key is a
 * plain str, so that no Python runs here. */
static bool give_input(graph_data *g, PyObject *key, const char *name,
                       PyObject *kept, const Py_buffer *buffer)
{
    size_t shape[ELMAN_MAX_AXES];
    for (int i = 0; i < buffer->ndim; i++)
        shape[i] = (size_t)buffer->shape[i];
    lock_acquire(g->lock);
    PyObject *before = PyDict_GetItem(g->inputs, key);
    Py_XINCREF(before);
    bool held = !PyDict_SetItem(g->inputs, key, kept);
    elman_status status = ELMAN_OK;
    if (held)
        status = elman_graph_write(g->graph, name, buffer->buf,
                                   (size_t)buffer->ndim, shape);

    // the graph still reads what it had
    if (held && status && before) PyDict_SetItem(g->inputs, key, before);
    else if (held && status) PyDict_DelItem(g->inputs, key);
    PyThread_release_lock(g->lock);
    Py_XDECREF(before);
    if (held && status) errors_raise(g->core, status);
    return held && !status;
}

/* Gives an input, a C-contiguous array in the graph's own type, which elman.run
 * sees to; the graph keeps it. */
static PyObject *graph_write(PyObject *self, PyObject *args)
{
    graph_data *g = graph_of(self);
    const char *name = NULL;
    PyObject *object = NULL;
    if (!PyArg_ParseTuple(args, "sO", &name, &object)) return NULL;

    // the graph takes the type that it declares, and so no other
    size_t count = 0;
    elman_port *ports = copy_ports(g, &count);
    if (!ports) return NULL;
    const char *type = NULL;
    for (size_t i = 0; i < count; i++)
        if (ports[i].input && !strcmp(ports[i].name, name))
            type = ports[i].type;
    PyMem_Free(ports); // the names of types stay

    // a memoryview holds the numbers where they are, even if nobody else does
    PyObject *key = PyUnicode_FromString(name);
    PyObject *kept = key ? PyMemoryView_FromObject(object) : NULL;
    Py_buffer buffer;
    bool given = kept && !PyObject_GetBuffer(kept, &buffer,
                                             PyBUF_C_CONTIGUOUS | PyBUF_FORMAT);
    if (given) {
        given = false;
        if (buffer.ndim > ELMAN_MAX_AXES)
            errors_bad_value(g->core, "%s has too many dimensions", name);
        else if (type && !buffer_fits(&buffer, type))
            errors_bad_value(g->core,
                             "input '%s' is %s, which this array is not", name,
                             type);
        else given = give_input(g, key, name, kept, &buffer);
        PyBuffer_Release(&buffer);
    }
    Py_XDECREF(kept);
    Py_XDECREF(key);
    if (!given) return NULL;
    Py_RETURN_NONE;
}

static PyObject *graph_forward(PyObject *self, PyObject *args)
{
    graph_data *g = graph_of(self);
    size_t steps = 0;
    int threads = 0;
    if (!PyArg_ParseTuple(args, "|O&i", size_argument, &steps, &threads))
        return NULL;
    lock_acquire(g->lock);
    elman_status status;
    Py_BEGIN_ALLOW_THREADS
    status = elman_graph_forward(g->graph, steps, threads);
    Py_END_ALLOW_THREADS
    PyThread_release_lock(g->lock);
    return errors_none(g->core, status);
}

/* Fills a writable C-contiguous array with an output. */
static PyObject *graph_read(PyObject *self, PyObject *args)
{
    graph_data *g = graph_of(self);
    const char *name = NULL;
    PyObject *object = NULL;
    if (!PyArg_ParseTuple(args, "sO", &name, &object)) return NULL;
    Py_buffer buffer;
    if (PyObject_GetBuffer(object, &buffer,
                           PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE))
        return NULL;
    lock_acquire(g->lock);
    elman_status status =
        elman_graph_read(g->graph, name, (size_t)buffer.len, buffer.buf);
    PyThread_release_lock(g->lock);
    PyBuffer_Release(&buffer);
    return errors_none(g->core, status);
}

static PyMethodDef graph_methods[] = {
    {"write", graph_write, METH_VARARGS,
     "write($self, name, array, /)\n--\n\nGives an input."},
    {"forward", graph_forward, METH_VARARGS,
     "forward($self, steps=0, threads=0, /)\n--\n\nRuns the graph."},
    {"read", graph_read, METH_VARARGS,
     "read($self, name, array, /)\n--\n\nCopies an output."},
    {NULL, NULL, 0, NULL},
};
static PyGetSetDef graph_properties[] = {
    {"ports", graph_ports, NULL, "Inputs, then outputs.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot graph_slots[] = {
    {Py_tp_doc, "An ONNX graph, run as it is."},
    {Py_tp_new, graph_new},
    {Py_tp_traverse, graph_traverse},
    {Py_tp_dealloc, graph_free},
    {Py_tp_methods, graph_methods},
    {Py_tp_getset, graph_properties},
    {0, NULL},
};
static PyType_Spec graph_spec = {
    .name = "elman._core.Graph",
    .basicsize = sizeof(graph_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = graph_slots,
};

bool graph_create_type(core *core)
{
    return core_add_type(core, &graph_spec, &core->graph);
}
