/*
 * model.c: the type Model: layers and weights. Passes of any number of threads
 * share one; while one of them runs without the GIL the weights cannot be
 * written, and while a step of training does, nothing else can use the model.
 */
#include "core.h"
#include "docs.h"

#include <string.h>

typedef struct model_object {
    PyObject_HEAD model_data data;
} model_object;

model_data *model_of(PyObject *object)
{
    return &((model_object *)object)->data;
}

model_data *model_argument(const core *core, PyObject *object)
{
    if (core_is(object, core->model)) return model_of(object);
    PyErr_Format(PyExc_TypeError, "expected an elman.Model, found %R",
                 (PyObject *)Py_TYPE(object));
    return NULL;
}

PyObject *model_wrap(core *core, PyTypeObject *cls, elman_model *model)
{
    if (!cls) cls = core->model;
    PyObject *self = core_alloc(cls);
    if (!self) {
        elman_model_destroy(model);
        return NULL;
    }
    *model_of(self) = (model_data){.core = core, .model = model};
    return core_ready(self);
}

/* ---- who uses it now --------------------------------------------------------
 */

bool model_begin_reading(model_data *model)
{
    if (model->writing) {
        errors_bad_value(model->core,
                         "the model is being trained in another thread: wait "
                         "for that step, or use a copy of the model");
        return false;
    }
    model->readers++;
    return true;
}

void model_end_reading(model_data *model) { model->readers--; }

bool model_begin_writing(model_data *model)
{
    if (model->writing || model->readers) {
        errors_bad_value(model->core,
                         "the model is in use in another thread, and its "
                         "weights cannot change: wait for that call, or use a "
                         "copy of the model");
        return false;
    }
    model->writing = true;
    return true;
}

void model_end_writing(model_data *model) { model->writing = false; }

/* ---- making one ---------------------------------------------------------- */

/* What stands for a model until it is made: the least. */
static const elman_config unmade = {
    .input_size = 1, .layers = {{.kind = ELMAN_RNN, .hidden_size = 1}}};

static PyObject *model_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"config", NULL};
    PyObject *dict = NULL;
    core *core = core_of_type(cls);
    if (!core || !PyArg_ParseTupleAndKeywords(args, kwargs, "O", names, &dict))
        return NULL;

    elman_config config = unmade;
    if (dict != Py_None && !config_read(core, dict, &config)) return NULL;
    elman_model *model = NULL;
    elman_status status = elman_model_create(&config, &model);
    if (status) return errors_raise(core, status);
    PyObject *self = model_wrap(core, cls, model);
    if (self && dict == Py_None) model_of(self)->unmade = true;
    return self;
}

/* Makes what None has left unmade, once. What stood for it stays, for whoever
 * has it. */
static PyObject *model_make(PyObject *self, PyObject *dict)
{
    model_data *m = model_of(self);
    elman_config config;
    if (!config_read(m->core, dict, &config)) return NULL;
    if (!m->unmade)
        return errors_bad_value(m->core, "the model is made already");
    if (!model_begin_writing(m)) return NULL;
    elman_model *model = NULL;
    elman_status status = elman_model_create(&config, &model);
    if (!status) {
        m->former = m->model;
        m->model = model;
        m->unmade = false;
    }
    model_end_writing(m);
    return errors_none(m->core, status);
}

static PyObject *model_is_made(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(!model_of(self)->unmade);
}

static PyObject *model_load(PyObject *cls, PyObject *path)
{
    core *core = core_of_type((PyTypeObject *)cls);
    const char *text = NULL;
    PyObject *bytes = core ? path_read(path, &text) : NULL;
    if (!bytes) return NULL;

    elman_model *model = NULL;
    elman_status status;
    Py_BEGIN_ALLOW_THREADS
    status = elman_model_load(text, &model);
    Py_END_ALLOW_THREADS
    Py_DECREF(bytes);

    // the message is this thread's
    if (status) return errors_raise(core, status);
    return model_wrap(core, (PyTypeObject *)cls, model);
}

static PyObject *model_loads(PyObject *cls, PyObject *data)
{
    core *core = core_of_type((PyTypeObject *)cls);
    array bytes;
    if (!core || !array_argument(core, data, ARRAY_BYTE, "data", &bytes))
        return NULL;
    elman_model *model = NULL;
    elman_status status;
    Py_BEGIN_ALLOW_THREADS
    status = elman_model_load_memory(bytes.data, bytes.count, &model);
    Py_END_ALLOW_THREADS
    array_release(&bytes);
    if (status) return errors_raise(core, status);
    return model_wrap(core, (PyTypeObject *)cls, model);
}

static PyObject *model_copy(PyObject *self, PyObject *unused)
{
    (void)unused;
    model_data *m = model_of(self);
    if (!model_begin_reading(m)) return NULL;
    elman_model *copy = NULL;
    elman_status status = elman_model_copy(m->model, &copy);
    model_end_reading(m);
    if (status) return errors_raise(m->core, status);
    return model_wrap(m->core, Py_TYPE(self), copy);
}

/* ---- files --------------------------------------------------------------- */

static PyObject *model_save(PyObject *self, PyObject *path)
{
    model_data *m = model_of(self);
    const char *text = NULL;
    PyObject *bytes = path_read(path, &text);
    if (!bytes) return NULL;
    if (!model_begin_reading(m)) {
        Py_DECREF(bytes);
        return NULL;
    }
    elman_status status;
    Py_BEGIN_ALLOW_THREADS
    status = elman_model_save(m->model, text);
    Py_END_ALLOW_THREADS
    model_end_reading(m);
    Py_DECREF(bytes);
    return errors_none(m->core, status);
}

static PyObject *model_dumps(PyObject *self, PyObject *unused)
{
    (void)unused;
    model_data *m = model_of(self);
    if (!model_begin_reading(m)) return NULL;
    size_t size = 0;
    elman_status status = elman_model_save_memory(m->model, 0, NULL, &size);
    PyObject *bytes =
        status ? NULL : PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (bytes)
        status = elman_model_save_memory(m->model, size,
                                         PyBytes_AsString(bytes), &size);
    model_end_reading(m);
    if (!status) return bytes;
    Py_XDECREF(bytes);
    return errors_raise(m->core, status);
}

/* Words for the two formats of elman_model_export. */
static PyObject *model_export(PyObject *self, PyObject *args)
{
    model_data *m = model_of(self);
    const char *format = NULL;
    PyObject *path = NULL;
    if (!PyArg_ParseTuple(args, "sO:export", &format, &path)) return NULL;

    // the format by its word
    elman_export_format kind = ELMAN_EXPORT_TORCH;
    if (!strcmp(format, "onnx")) kind = ELMAN_EXPORT_ONNX;
    else if (strcmp(format, "torch"))
        return errors_bad_value(
            m->core, "format is '%s', expected 'torch' or 'onnx'", format);
    const char *text = NULL;
    PyObject *bytes = path_read(path, &text);
    if (!bytes) return NULL;

    // the file, and lines that read it back
    char lines[2048];
    elman_status status = ELMAN_OK;
    bool begun = model_begin_reading(m);
    if (begun) {
        status = elman_model_export(m->model, kind, text);
        if (!status)
            status =
                elman_export_lines(m->model, kind, text, sizeof lines, lines);
        model_end_reading(m);
    }
    Py_DECREF(bytes);
    if (!begun) return NULL;
    return status ? errors_raise(m->core, status) : text_write(lines);
}

/* ---- what it is ---------------------------------------------------------- */

static PyObject *model_config(PyObject *self, void *unused)
{
    (void)unused;
    return config_write(elman_model_config(model_of(self)->model));
}

static PyObject *model_info(PyObject *self, void *unused)
{
    (void)unused;
    elman_model_info info = elman_model_read_info(model_of(self)->model);
    return fields_write(model_info_fields, &info);
}

static PyObject *model_size(PyObject *self, void *unused)
{
    (void)unused;
    model_data *m = model_of(self);
    if (!model_begin_reading(m)) return NULL;
    size_t size = elman_model_size(m->model);
    model_end_reading(m);
    return PyLong_FromSize_t(size);
}

static PyObject *model_hash(PyObject *self, void *unused)
{
    (void)unused;
    model_data *m = model_of(self);
    if (!model_begin_reading(m)) return NULL;
    uint64_t hash = elman_model_read_hash(m->model);
    model_end_reading(m);
    return PyLong_FromUnsignedLongLong(hash);
}

static PyObject *model_flops(PyObject *self, PyObject *args)
{
    uint64_t steps = 1;
    int backward = 0;
    if (!PyArg_ParseTuple(args, "O&|p:flops", whole_argument, &steps,
                          &backward))
        return NULL;
    return PyFloat_FromDouble(
        elman_model_flops(model_of(self)->model, steps, backward != 0));
}

static PyObject *model_note(PyObject *self, PyObject *args)
{
    const char *key = NULL;
    if (!PyArg_ParseTuple(args, "s:note", &key)) return NULL;
    model_data *m = model_of(self);
    if (!model_begin_reading(m)) return NULL;
    PyObject *text = text_write(elman_model_note(m->model, key));
    model_end_reading(m);
    return text;
}

static PyObject *model_write_note(PyObject *self, PyObject *args)
{
    model_data *m = model_of(self);
    const char *key = NULL, *text = NULL;
    if (!PyArg_ParseTuple(args, "sz:write_note", &key, &text)) return NULL;
    if (!model_begin_writing(m)) return NULL;
    elman_status status = elman_model_write_note(m->model, key, text);
    model_end_writing(m);
    return errors_none(m->core, status);
}

/* ---- weights ------------------------------------------------------------- */

/* The parameter of that name, or its index where there is none: the number of
 * parameters. */
static size_t find(const elman_model *model, const char *name)
{
    size_t count = elman_model_read_info(model).parameter_count;
    for (size_t i = 0; i < count; i++)
        if (!strcmp(elman_model_parameter(model, i, NULL), name)) return i;
    return count;
}

static PyObject *model_names(PyObject *self, PyObject *unused)
{
    (void)unused;
    const elman_model *model = model_of(self)->model;
    PyObject *list = PyList_New(0);
    const char *name = NULL;
    for (size_t i = 0; list && (name = elman_model_parameter(model, i, NULL));
         i++) {
        PyObject *text = PyUnicode_FromString(name);
        if (!text || PyList_Append(list, text)) Py_CLEAR(list);
        Py_XDECREF(text);
    }
    return list;
}

/* KeyError, as of a dict, that names what there is. */
static PyObject *no_parameter(PyObject *self, const char *name)
{
    PyObject *names = model_names(self, NULL);
    if (names)
        PyErr_Format(PyExc_KeyError, "no parameter '%s': there are %R", name,
                     names);
    Py_XDECREF(names);
    return NULL;
}

static PyObject *model_parameter(PyObject *self, PyObject *args)
{
    model_data *m = model_of(self);
    const char *name = NULL;
    if (!PyArg_ParseTuple(args, "s:parameter", &name)) return NULL;
    size_t index = find(m->model, name);
    elman_const_tensor view = {0};
    if (!model_begin_reading(m)) return NULL;
    bool found = elman_model_parameter(m->model, index, &view);
    model_end_reading(m);
    if (!found) return no_parameter(self, name);
    if (!view.data) return errors_raise(m->core, ELMAN_NO_MEMORY);
    return view_array(m->core, self, (float *)view.data, view.rank, view.shape,
                      true);
}

static PyObject *model_write(PyObject *self, PyObject *args)
{
    model_data *m = model_of(self);
    const char *name = NULL;
    PyObject *values = NULL;
    if (!PyArg_ParseTuple(args, "sO:write", &name, &values)) return NULL;
    size_t index = find(m->model, name);
    elman_const_tensor view = {0};
    if (!model_begin_reading(m)) return NULL;
    bool found = elman_model_parameter(m->model, index, &view);
    model_end_reading(m);
    if (!found) return no_parameter(self, name);

    // NumPy's shapes, exactly: a transposed matrix must not pass
    array a;
    if (!array_argument(m->core, values, ARRAY_FLOAT32, name, &a)) return NULL;
    Py_ssize_t shape[ELMAN_MAX_RANK];
    for (size_t i = 0; i < view.rank; i++)
        shape[i] = (Py_ssize_t)view.shape[i];
    PyObject *result = NULL;
    if (array_fits(m->core, &a, name, view.rank, shape) &&
        model_begin_writing(m)) {
        elman_status status =
            elman_model_write(m->model, name, a.count, a.data);
        model_end_writing(m);
        result = errors_none(m->core, status);
    }
    array_release(&a);
    return result;
}

/* All weights in one array, as elman_model_read_all orders them. */
static PyObject *model_read_all(PyObject *self, PyObject *unused)
{
    (void)unused;
    model_data *m = model_of(self);
    size_t count = elman_model_read_info(m->model).weight_count;
    array a;
    PyObject *made =
        array_fill(m->core, NULL, ARRAY_FLOAT32, "weights", 1, &count, &a);
    if (!made) return NULL;
    elman_status status = ELMAN_OK;
    bool begun = model_begin_reading(m);
    if (begun) {
        status = elman_model_read_all(m->model, count, a.data);
        model_end_reading(m);
    }
    array_release(&a);
    if (begun && !status) return made;
    Py_DECREF(made);
    return begun ? errors_raise(m->core, status) : NULL;
}

static PyObject *model_write_all(PyObject *self, PyObject *values)
{
    model_data *m = model_of(self);
    array a;
    if (!array_argument(m->core, values, ARRAY_FLOAT32, "weights", &a))
        return NULL;
    PyObject *result = NULL;
    if (model_begin_writing(m)) {
        elman_status status = elman_model_write_all(m->model, a.count, a.data);
        model_end_writing(m);
        result = errors_none(m->core, status);
    }
    array_release(&a);
    return result;
}

/* ---- the type ------------------------------------------------------------ */

static int model_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void model_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    elman_model_destroy(model_of(self)->model);
    elman_model_destroy(model_of(self)->former);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"_make", model_make, METH_O,
     "_make($self, config, /)\n--\n\nGives one that was made of None its "
     "layers."},
    {"load", model_load, METH_O | METH_CLASS, DOC_MODEL_LOAD},
    {"loads", model_loads, METH_O | METH_CLASS, DOC_MODEL_LOADS},
    {"copy", model_copy, METH_NOARGS, DOC_MODEL_COPY},
    {"save", model_save, METH_O, DOC_MODEL_SAVE},
    {"dumps", model_dumps, METH_NOARGS, DOC_MODEL_DUMPS},
    {"export", model_export, METH_VARARGS, DOC_MODEL_EXPORT},
    {"flops", model_flops, METH_VARARGS, DOC_MODEL_FLOPS},
    {"note", model_note, METH_VARARGS, DOC_MODEL_NOTE},
    {"write_note", model_write_note, METH_VARARGS, DOC_MODEL_WRITE_NOTE},
    {"names", model_names, METH_NOARGS, DOC_MODEL_NAMES},
    {"parameter", model_parameter, METH_VARARGS, DOC_MODEL_PARAMETER},
    {"write", model_write, METH_VARARGS, DOC_MODEL_WRITE},
    {"read_all", model_read_all, METH_NOARGS, DOC_MODEL_READ_ALL},
    {"write_all", model_write_all, METH_O, DOC_MODEL_WRITE_ALL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"_made", model_is_made, NULL, "Whether its layers have been given.", NULL},
    {"config", model_config, NULL, "What was built, every default filled in.",
     NULL},
    {"info", model_info, NULL, "What the model takes and gives.", NULL},
    {"size", model_size, NULL, "The bytes that it holds now.", NULL},
    {"hash", model_hash, NULL, "One number of config and weights.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Layers and weights."},
    {Py_tp_new, model_new},
    {Py_tp_traverse, model_traverse},
    {Py_tp_dealloc, model_free},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, NULL},
};
static PyType_Spec spec = {
    .name = "elman._core.Model",
    .basicsize = sizeof(model_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

bool model_create_type(core *core)
{
    return core_add_type(core, &spec, &core->model);
}
