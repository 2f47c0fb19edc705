/*
 * data.c: the type Dataset: sequences and their targets, from a file or from
 * arrays. Arrays of float32 are borrowed: the dataset holds their buffers as
 * long as it lives.
 */
#include "core.h"
#include "docs.h"

#include <string.h>

typedef struct dataset_data {
    core *core;
    elman_dataset *dataset;
    array x, values, tokens; /* what is borrowed */
} dataset_data;

typedef struct dataset_object {
    PyObject_HEAD dataset_data data;
} dataset_object;

static dataset_data *dataset_of(PyObject *object)
{
    return &((dataset_object *)object)->data;
}

elman_dataset *dataset_argument(const core *core, PyObject *object)
{
    if (core_is(object, core->dataset)) return dataset_of(object)->dataset;
    PyErr_Format(PyExc_TypeError, "expected an elman.Dataset, found %R",
                 (PyObject *)Py_TYPE(object));
    return NULL;
}

/* A Dataset without data yet. */
static PyObject *dataset_alloc(core *core, PyTypeObject *cls)
{
    PyObject *self = core_alloc(cls);
    if (self) dataset_of(self)->core = core;
    return self;
}

static PyObject *dataset_open(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    core *core = core_of_type((PyTypeObject *)cls);
    PyObject *path = NULL;
    elman_dataset_config config = {0};
    if (!core || !PyArg_ParseTuple(args, "O", &path) ||
        !fields_read(core, dataset_fields, kwargs, "a dataset", &config))
        return NULL;

    // a file is read without the GIL
    const char *text = NULL;
    PyObject *bytes = path_read(path, &text);
    PyObject *self = bytes ? dataset_alloc(core, (PyTypeObject *)cls) : NULL;
    if (self) {
        long_call waits;
        elman_dataset **to = &dataset_of(self)->dataset;
        long_call_begin(&waits);
        elman_status status = elman_dataset_open(text, &config, to);
        bool whole = long_call_end(&waits);
        if (status && whole) errors_raise(core, status);
        if (status || !whole) Py_CLEAR(self);
    }
    Py_XDECREF(bytes);
    return core_ready(self);
}

/* The same of a file's bytes; name stands for it, and tells its kind. */
static PyObject *dataset_read(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    core *core = core_of_type((PyTypeObject *)cls);
    const char *name = NULL;
    Py_buffer bytes;
    elman_dataset_config config = {0};
    if (!core || !PyArg_ParseTuple(args, "sy*", &name, &bytes)) return NULL;

    // the bytes are held meanwhile
    PyObject *self =
        fields_read(core, dataset_fields, kwargs, "a dataset", &config)
            ? dataset_alloc(core, (PyTypeObject *)cls)
            : NULL;
    if (self) {
        long_call waits;
        elman_dataset **to = &dataset_of(self)->dataset;
        long_call_begin(&waits);
        elman_status status =
            elman_dataset_read(name, bytes.buf, (size_t)bytes.len, &config, to);
        bool whole = long_call_end(&waits);
        if (status && whole) errors_raise(core, status);
        if (status || !whole) Py_CLEAR(self);
    }
    PyBuffer_Release(&bytes);
    return core_ready(self);
}

/* ---- arrays -------------------------------------------------------------- */

/* What the arguments of Dataset.arrays are. */
typedef struct given {
    PyObject *x, *lengths, *classes, *values, *tokens, *parts, *config;
    Py_ssize_t class_count, vocabulary;
    int per_step;
} given;

/* Arrays that the library copies, and which the call alone needs. */
typedef struct copied {
    array lengths, classes, parts;
    elman_part *part; /* (N) */
} copied;

static bool refuse_shape(const core *core, const char *what)
{
    errors_bad_value(core, "%s", what);
    return false;
}

/* x (N,T,I), or (rows,I) of sequences one behind the other, whose lengths then
 * are needed. */
static bool read_x(core *core, const given *g, dataset_data *d,
                   elman_arrays *arrays)
{
    if (!array_optional(core, g->x, ARRAY_FLOAT32, "x", &d->x)) return false;
    const array *x = &d->x;
    if (!x->held) return true;
    if (x->rank != 2 && x->rank != 3)
        return refuse_shape(core, "x is (N,T,I), or (rows,I) with lengths");
    if (x->rank == 3 && !x->shape[1])
        return refuse_shape(core, "x is (N,T,I) with T of 0, expected steps");
    arrays->x = x->data;
    arrays->I = x->shape[x->rank - 1];
    if (x->rank == 3) {
        arrays->N = x->shape[0];
        arrays->T = x->shape[1];
    }
    return true;
}

/* Lengths (N), whose sum is the rows of x where they are what divides it. */
static bool read_lengths(core *core, const given *g, const dataset_data *d,
                         copied *c, elman_arrays *arrays)
{
    if (!array_optional(core, g->lengths, ARRAY_SIZE, "lengths", &c->lengths))
        return false;
    const array *lengths = &c->lengths, *x = &d->x;
    if (!lengths->held)
        return arrays->T || !x->held ||
               refuse_shape(core, "x of rank 2 needs lengths");
    const Py_ssize_t shape[] = {arrays->T ? (Py_ssize_t)arrays->N : -1};
    if (!array_fits(core, lengths, "lengths", 1, shape)) return false;
    arrays->lengths = lengths->data;
    if (arrays->T) return true;

    // no sum of them may pass the rows that there are
    arrays->N = lengths->count;
    size_t left = x->held ? x->shape[0] : d->tokens.count;
    for (size_t i = 0; i < lengths->count; i++) {
        size_t n = ((const size_t *)lengths->data)[i];
        if (n > left)
            return refuse_shape(core, "the lengths add up to more than the "
                                      "rows that there are");
        left -= n;
    }
    return !left || refuse_shape(core, "the lengths add up to fewer than the "
                                       "rows that there are");
}

/* Shape of what is per step or per sequence: rank, and sizes before O. */
static size_t target_shape(const given *g, const elman_arrays *arrays,
                           const dataset_data *d, Py_ssize_t *shape)
{
    if (!g->per_step) {
        shape[0] = (Py_ssize_t)arrays->N;
        return 1;
    }
    if (!arrays->T) {
        shape[0] = (Py_ssize_t)d->x.shape[0];
        return 1;
    }
    shape[0] = (Py_ssize_t)arrays->N;
    shape[1] = (Py_ssize_t)arrays->T;
    return 2;
}

static bool read_targets(core *core, const given *g, dataset_data *d, copied *c,
                         elman_arrays *arrays)
{
    Py_ssize_t shape[CORE_MAX_RANK];
    size_t rank = target_shape(g, arrays, d, shape);
    arrays->per_step = g->per_step != 0;
    if (!array_optional(core, g->classes, ARRAY_INT32, "classes",
                        &c->classes) ||
        !array_optional(core, g->values, ARRAY_FLOAT32, "values", &d->values))
        return false;

    // classes: one a sequence or step
    if (c->classes.held) {
        if (!array_fits(core, &c->classes, "classes", rank, shape))
            return false;
        arrays->classes = c->classes.data;
        arrays->class_count = g->class_count > 0 ? (size_t)g->class_count : 0;
    }

    // values: O of them
    if (d->values.held) {
        shape[rank] = -1;
        if (!array_fits(core, &d->values, "values", rank + 1, shape))
            return false;
        arrays->values = d->values.data;
        arrays->O = d->values.shape[rank];
    }
    return true;
}

/* Tokens (N,T), or (rows) with lengths, or (rows) of one text. */
static bool read_tokens(core *core, const given *g, dataset_data *d,
                        elman_arrays *arrays)
{
    if (!array_optional(core, g->tokens, ARRAY_INT32, "tokens", &d->tokens))
        return false;
    const array *tokens = &d->tokens;
    if (!tokens->held) return true;
    if (d->x.held) return refuse_shape(core, "either x or tokens, not both");
    if (tokens->rank != 1 && tokens->rank != 2)
        return refuse_shape(core, "tokens are (N,T), or (rows) of one text");
    arrays->tokens = tokens->data;
    arrays->vocabulary = g->vocabulary > 0 ? (size_t)g->vocabulary : 0;
    arrays->N = tokens->rank == 2 ? tokens->shape[0] : 1;
    bool several = g->lengths && g->lengths != Py_None;
    arrays->T = tokens->rank == 2 ? tokens->shape[1] : tokens->count;
    if (!arrays->T)
        return refuse_shape(core, "tokens has no token, expected one at least");
    if (tokens->rank == 1 && several) arrays->T = 0; // one behind the other
    return true;
}

static bool read_parts(core *core, const given *g, copied *c,
                       elman_arrays *arrays)
{
    if (!array_optional(core, g->parts, ARRAY_INT32, "parts", &c->parts))
        return false;
    if (!c->parts.held) return true;

    // one for each sequence, as the enum has it
    const Py_ssize_t shape[] = {(Py_ssize_t)arrays->N};
    if (!array_fits(core, &c->parts, "parts", 1, shape)) return false;
    c->part = PyMem_Calloc(c->parts.count + 1, sizeof *c->part);
    if (!c->part) {
        PyErr_NoMemory();
        return false;
    }
    for (size_t i = 0; i < c->parts.count; i++) {
        int32_t part = ((const int32_t *)c->parts.data)[i];
        if (part < 0 || part > ELMAN_PART_TEST)
            return refuse_shape(core,
                                "parts are 0 train, 1 validation, 2 test");
        c->part[i] = (elman_part)part;
    }
    arrays->parts = c->part;
    return true;
}

static PyObject *dataset_arrays(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"x",          "lengths", "classes",  "values",
                            "tokens",     "parts",   "per_step", "class_count",
                            "vocabulary", "config",  NULL};
    core *core = core_of_type((PyTypeObject *)cls);
    given g = {0};
    if (!core || !PyArg_ParseTupleAndKeywords(
                     args, kwargs, "|OOOOOOpnnO", names, &g.x, &g.lengths,
                     &g.classes, &g.values, &g.tokens, &g.parts, &g.per_step,
                     &g.class_count, &g.vocabulary, &g.config))
        return NULL;

    // a copy holds the texts of the config, whatever becomes of the caller's
    PyObject *kept = NULL;
    if (g.config && PyDict_Check(g.config)) {
        kept = PyDict_Copy(g.config);
        if (!kept) return NULL;
    }
    elman_dataset_config config = {0};
    PyObject *self = NULL;
    if (fields_read(core, dataset_fields, kept ? kept : g.config, "a dataset",
                    &config))
        self = dataset_alloc(core, (PyTypeObject *)cls);
    if (!self) {
        Py_XDECREF(kept);
        return NULL;
    }

    dataset_data *d = dataset_of(self);
    elman_arrays arrays = {.borrowed = true};
    copied c = {0};
    bool read = read_x(core, &g, d, &arrays) &&
                read_tokens(core, &g, d, &arrays) &&
                read_lengths(core, &g, d, &c, &arrays) &&
                read_targets(core, &g, d, &c, &arrays) &&
                read_parts(core, &g, &c, &arrays);
    if (read) {
        long_call waits;
        long_call_begin(&waits);
        elman_status status =
            elman_dataset_open_arrays(&arrays, &config, &d->dataset);
        read = long_call_end(&waits);
        if (status && read) errors_raise(core, status);
    }
    array_release(&c.lengths);
    array_release(&c.classes);
    array_release(&c.parts);
    PyMem_Free(c.part);
    Py_XDECREF(kept);
    if (!d->dataset || !read) Py_CLEAR(self);
    return core_ready(self);
}

/* ---- what it is ---------------------------------------------------------- */

static PyObject *facts_list(core *core, const elman_fact *facts, size_t count)
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *row = Py_BuildValue("(NNO)", text_write(facts[i].name),
                                      sentence_write(core, facts[i].text),
                                      facts[i].minor ? Py_True : Py_False);
        if (!row || PyList_Append(list, row)) Py_CLEAR(list);
        Py_XDECREF(row);
    }
    return list;
}

static PyObject *dataset_facts(PyObject *self, void *unused)
{
    (void)unused;
    size_t count = 0;
    const elman_fact *facts =
        elman_dataset_facts(dataset_of(self)->dataset, &count);
    return facts_list(dataset_of(self)->core, facts, count);
}

static PyObject *dataset_note(PyObject *self, void *unused)
{
    (void)unused;
    return text_write(elman_dataset_note(dataset_of(self)->dataset));
}

static PyObject *dataset_longest(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromSize_t(elman_dataset_longest(dataset_of(self)->dataset));
}

static PyObject *dataset_sizes(PyObject *self, void *unused)
{
    (void)unused;
    PyObject *dict = PyDict_New();
    for (int part = 0; dict && part_words[part]; part++) {
        PyObject *size = PyLong_FromSize_t(
            elman_dataset_size(dataset_of(self)->dataset, (elman_part)part));
        if (!size || PyDict_SetItemString(dict, part_words[part], size))
            Py_CLEAR(dict);
        Py_XDECREF(size);
    }
    return dict;
}

/* What became of the data, and what a model needs for it. */
static PyObject *dataset_encoding(PyObject *self, void *unused)
{
    (void)unused;
    return encoding_dict(elman_dataset_encoding(dataset_of(self)->dataset));
}

size_t dataset_sequences(const elman_dataset *dataset)
{
    size_t count = 0;
    for (int part = 0; part_words[part]; part++)
        count += elman_dataset_size(dataset, (elman_part)part);
    return count;
}

/* The inputs of a sequence, (T,I), to be freed; false sets the exception. */
static bool read_inputs(dataset_data *d, unsigned long long id, size_t *T,
                        float **x)
{
    const elman_encoding *e = elman_dataset_encoding(d->dataset);
    size_t longest = elman_dataset_longest(d->dataset);
    if (!longest || id >= dataset_sequences(d->dataset)) {
        errors_bad_value(d->core, "there is no sequence %llu", id);
        return false;
    }

    // how many steps it has is known once they are read
    *x = PyMem_Calloc(longest * e->input_size + 1, sizeof **x);
    if (*x) *T = elman_dataset_inputs(d->dataset, id, *x);
    else PyErr_NoMemory();
    if (*x && *T) return true;
    if (*x) errors_raise(d->core, ELMAN_BAD_FILE);
    PyMem_Free(*x);
    *x = NULL;
    return false;
}

/* The inputs of a sequence as a model reads them, (T,I). */
static PyObject *dataset_inputs(PyObject *self, PyObject *args)
{
    dataset_data *d = dataset_of(self);
    uint64_t id = 0;
    size_t T = 0;
    float *x = NULL;
    if (!PyArg_ParseTuple(args, "O&", whole_argument, &id) ||
        !read_inputs(d, id, &T, &x))
        return NULL;
    const size_t shape[] = {T, elman_dataset_encoding(d->dataset)->input_size};
    array a;
    PyObject *made =
        array_fill(d->core, NULL, ARRAY_FLOAT32, "x", 2, shape, &a);
    if (made) {
        memcpy(a.data, x, a.count * sizeof *x);
        array_release(&a);
    }
    PyMem_Free(x);
    return made;
}

/* The class of a sequence, or those of its steps (T); -1 is none. */
static PyObject *dataset_class(PyObject *self, PyObject *args)
{
    dataset_data *d = dataset_of(self);
    uint64_t id = 0;
    size_t T = 0;
    float *x = NULL;
    if (!PyArg_ParseTuple(args, "O&", whole_argument, &id) ||
        !read_inputs(d, id, &T, &x))
        return NULL;
    PyMem_Free(x);

    // one for the sequence, or one for each step
    if (elman_dataset_encoding(d->dataset)->task != ELMAN_TASK_TAG)
        return PyLong_FromLong(elman_dataset_class(d->dataset, id, 0));
    array a;
    PyObject *made =
        array_fill(d->core, NULL, ARRAY_INT32, "classes", 1, &T, &a);
    if (!made) return NULL;
    for (size_t t = 0; t < T; t++)
        ((int32_t *)a.data)[t] = elman_dataset_class(d->dataset, id, t);
    array_release(&a);
    return made;
}

/* Model outputs (rows of y) in the units of the data. */
static PyObject *dataset_values(PyObject *self, PyObject *args)
{
    dataset_data *d = dataset_of(self);
    uint64_t id = 0;
    size_t step = 0;
    PyObject *y = NULL;
    if (!PyArg_ParseTuple(args, "O&O&O", whole_argument, &id, size_argument,
                          &step, &y))
        return NULL;

    // only data with values has them
    const elman_encoding *e = elman_dataset_encoding(d->dataset);
    size_t outputs = elman_encoding_outputs(e, NULL);
    if (id >= dataset_sequences(d->dataset) || e->target_count == 0)
        return errors_bad_value(d->core, "sequence %llu has no values",
                                (unsigned long long)id);

    array a;
    if (!array_argument(d->core, y, ARRAY_FLOAT32, "y", &a)) return NULL;
    const Py_ssize_t shape[] = {(Py_ssize_t)outputs};
    PyObject *list = NULL;
    double *values = PyMem_Calloc(outputs + 1, sizeof *values);
    if (values && array_fits(d->core, &a, "y", 1, shape)) {
        elman_dataset_values(d->dataset, id, step, a.data, values);
        list = PyList_New(0);
        for (size_t i = 0; list && i < outputs; i++) {
            PyObject *value = PyFloat_FromDouble(values[i]);
            if (!value || PyList_Append(list, value)) Py_CLEAR(list);
            Py_XDECREF(value);
        }
    } else if (!values) {
        PyErr_NoMemory();
    }
    PyMem_Free(values);
    array_release(&a);
    return list;
}

/* ---- the type ------------------------------------------------------------ */

static int dataset_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void dataset_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    dataset_data *d = dataset_of(self);
    elman_dataset_close(d->dataset);
    array_release(&d->x);
    array_release(&d->values);
    array_release(&d->tokens);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"open", (PyCFunction)(void (*)(void))dataset_open,
     METH_VARARGS | METH_KEYWORDS | METH_CLASS, DOC_DATA_OPEN},
    {"read", (PyCFunction)(void (*)(void))dataset_read,
     METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "read($type, name, data, /, **config)\n--\n\nThe data of a file in "
     "memory; its name's ending tells its kind."},
    {"arrays", (PyCFunction)(void (*)(void))dataset_arrays,
     METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "arrays($type, x=None, lengths=None, classes=None, values=None, "
     "tokens=None, parts=None, per_step=False, class_count=0, vocabulary=0, "
     "config=None)\n--\n\nSequences and targets in memory."},
    {"inputs", dataset_inputs, METH_VARARGS, DOC_DATA_INPUTS},
    {"class_of", dataset_class, METH_VARARGS, DOC_DATA_CLASS_OF},
    {"values", dataset_values, METH_VARARGS, DOC_DATA_VALUES},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"facts", dataset_facts, NULL, "What was understood: (name, text, minor).",
     NULL},
    {"note", dataset_note, NULL, "The encoding as text.", NULL},
    {"encoding", dataset_encoding, NULL,
     "How data became numbers, and what a model needs for it.", NULL},
    {"longest", dataset_longest, NULL, "Steps of the longest sequence.", NULL},
    {"sizes", dataset_sizes, NULL, "Sequences of each part.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Sequences and their targets."},
    {Py_tp_traverse, dataset_traverse},
    {Py_tp_dealloc, dataset_free},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, NULL},
};
static PyType_Spec spec = {
    .name = "elman._core.Dataset",
    .basicsize = sizeof(dataset_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

bool dataset_create_type(core *core)
{
    return core_add_type(core, &spec, &core->dataset);
}
