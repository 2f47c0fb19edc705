/*
 * exchange.c: files of others: models that are imported, and the type Graph, an
 * ONNX graph run as it is.
 */
#include "core.h"

#include <string.h>

/* ---- import -------------------------------------------------------------- */

/* Paths of a list as the library takes them; the bytes are kept in `kept`. */
static const char **read_paths(PyObject *list, PyObject *kept, size_t *count)
{
    Py_ssize_t n = PySequence_Size(list);
    if (n < 0) return NULL;
    const char **paths = PyMem_Calloc((size_t)n + 1, sizeof *paths);
    if (!paths) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PySequence_GetItem(list, i);
        PyObject *bytes = item ? path_read(item, &paths[i]) : NULL;
        bool added = bytes && !PyList_Append(kept, bytes);
        Py_XDECREF(item);
        Py_XDECREF(bytes);
        if (!added) {
            PyMem_Free(paths);
            return NULL;
        }
    }
    *count = (size_t)n;
    return paths;
}

/* The rows of an import: (name, type, shape, parameter, how). */
static PyObject *rows_list(const elman_import *import)
{
    size_t count = 0;
    const elman_import_row *rows = elman_import_rows(import, &count);
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *shape = PyTuple_New((Py_ssize_t)rows[i].rank);
        for (size_t d = 0; shape && d < rows[i].rank; d++) {
            PyObject *size = PyLong_FromSize_t(rows[i].shape[d]);
            if (!size || PyTuple_SetItem(shape, (Py_ssize_t)d, size))
                Py_CLEAR(shape);
        }
        PyObject *row =
            shape
                ? Py_BuildValue("(NNONN)", text_write(rows[i].from),
                                text_write(rows[i].type), shape,
                                text_write(rows[i].to), text_write(rows[i].how))
                : NULL;
        Py_XDECREF(shape);
        if (!row || PyList_Append(list, row)) Py_CLEAR(list);
        Py_XDECREF(row);
    }
    return list;
}

static PyObject *remarks_list(const elman_import *import)
{
    PyObject *list = PyList_New(0);
    const char *remark = NULL;
    for (size_t i = 0; list && (remark = elman_import_remark(import, i)); i++) {
        PyObject *text = text_write(remark);
        if (!text || PyList_Append(list, text)) Py_CLEAR(list);
        Py_XDECREF(text);
    }
    return list;
}

/* Files of weights as a Model of cls, with what is to be told of them: (model,
 * rows, remarks, proof). */
static PyObject *import_model(PyObject *module, PyObject *args,
                              PyObject *kwargs)
{
    core *core = core_of_module(module);
    PyObject *cls = NULL, *list = NULL;
    if (!PyArg_ParseTuple(args, "OO", &cls, &list)) return NULL;
    if (!PyType_Check(cls) ||
        !PyType_IsSubtype((PyTypeObject *)cls, core->model)) {
        PyErr_SetString(PyExc_TypeError, "expected a class of elman.Model");
        return NULL;
    }
    elman_import_config config = {0};
    if (!fields_read(core, import_fields, kwargs, "an import", &config))
        return NULL;
    PyObject *kept = PyList_New(0);
    size_t count = 0;
    const char **paths = kept ? read_paths(list, kept, &count) : NULL;

    PyObject *result = NULL;
    if (paths) {
        elman_import *import = NULL;
        elman_model *model = NULL;
        elman_status status;
        Py_BEGIN_ALLOW_THREADS
        status = elman_import_open(paths, count, &config, &import);
        if (!status) status = elman_import_create(import, &model);
        Py_END_ALLOW_THREADS
        if (status) errors_raise(core, status);
        else {
            PyObject *made = model_wrap(core, (PyTypeObject *)cls, model);
            PyObject *rows = made ? rows_list(import) : NULL;
            PyObject *remarks = rows ? remarks_list(import) : NULL;
            if (remarks)
                result = Py_BuildValue("(OOON)", made, rows, remarks,
                                       text_write(elman_import_proof(import)));
            Py_XDECREF(made);
            Py_XDECREF(rows);
            Py_XDECREF(remarks);
        }
        elman_import_close(import);
    }
    PyMem_Free(paths);
    Py_XDECREF(kept);
    return result;
}

/* Files that are only looked at: (facts, rows). */
static PyObject *look(PyObject *module, PyObject *list)
{
    core *core = core_of_module(module);
    PyObject *kept = PyList_New(0);
    size_t count = 0;
    const char **paths = kept ? read_paths(list, kept, &count) : NULL;
    PyObject *result = NULL;
    if (paths) {
        elman_import *import = NULL;
        elman_status status;
        Py_BEGIN_ALLOW_THREADS
        status = elman_import_look(paths, count, &import);
        Py_END_ALLOW_THREADS
        if (status) errors_raise(core, status);
        else {
            size_t n = 0;
            const elman_fact *facts = elman_import_facts(import, &n);
            PyObject *told = PyList_New(0);
            for (size_t i = 0; told && i < n; i++) {
                PyObject *row = Py_BuildValue("(NN)", text_write(facts[i].name),
                                              text_write(facts[i].text));
                if (!row || PyList_Append(told, row)) Py_CLEAR(told);
                Py_XDECREF(row);
            }
            PyObject *rows = told ? rows_list(import) : NULL;
            if (rows) result = PyTuple_Pack(2, told, rows);
            Py_XDECREF(told);
            Py_XDECREF(rows);
        }
        elman_import_close(import);
    }
    PyMem_Free(paths);
    Py_XDECREF(kept);
    return result;
}

/* Holds a model against .npy files of inputs and outputs. */
static PyObject *check(PyObject *module, PyObject *args)
{
    core *core = core_of_module(module);
    PyObject *object = NULL, *x = NULL, *y = NULL;
    if (!PyArg_ParseTuple(args, "OOO", &object, &x, &y)) return NULL;
    model_data *m = model_argument(core, object);
    const char *x_path = NULL, *y_path = NULL;
    PyObject *x_bytes = m ? path_read(x, &x_path) : NULL;
    PyObject *y_bytes = x_bytes ? path_read(y, &y_path) : NULL;
    PyObject *result = NULL;
    if (y_bytes && model_begin_reading(m)) {
        elman_check found = {0};
        elman_status status;
        Py_BEGIN_ALLOW_THREADS
        status = elman_model_check(m->model, x_path, y_path, &found);
        Py_END_ALLOW_THREADS
        model_end_reading(m);
        result = status ? errors_raise(core, status)
                        : fields_write(check_fields, &found);
    }
    Py_XDECREF(x_bytes);
    Py_XDECREF(y_bytes);
    return result;
}

PyMethodDef exchange_functions[] = {
    {"import_model", (PyCFunction)(void (*)(void))import_model,
     METH_VARARGS | METH_KEYWORDS,
     "import_model(cls, paths, /, **config)\n--\n\nA model of files of "
     "weights: "
     "(model, rows, remarks, proof)."},
    {"look", look, METH_O,
     "look(paths, /)\n--\n\nWhat files hold: (facts, rows)."},
    {"check", check, METH_VARARGS,
     "check(model, x, y, /)\n--\n\nHolds a model against reference files."},
    {NULL, NULL, 0, NULL},
};

/* ---- Graph --------------------------------------------------------------- */

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
