/*
 * sequences.c: what lies in a dataset, sequence by sequence, answers to it in
 * the units of the data, and the type Loader, which makes batches.
 */
#include "core.h"

#include <string.h>

/* A dataset of sequences of which id is one, and what a model reads of it:
 * (steps,I), for PyMem_Free, and steps, of which there is one at least. */
static elman_dataset *sequence_argument(core *core, PyObject *object,
                                        unsigned long long id, size_t *steps,
                                        float **x)
{
    elman_dataset *dataset = dataset_argument(core, object);
    if (!dataset) return NULL;
    size_t I = elman_dataset_encoding(dataset)->input_size;
    size_t longest = elman_dataset_longest(dataset);
    *x = PyMem_Calloc(longest * I + 1, sizeof **x);
    if (!*x) {
        PyErr_NoMemory();
        return NULL;
    }
    *steps = longest ? elman_dataset_inputs(dataset, id, *x) : 0;
    if (*steps) return dataset;
    PyMem_Free(*x);

    // it is there, but its file is another by now
    if (longest && id < dataset_sequences(dataset))
        errors_raise(core, ELMAN_BAD_FILE);
    else errors_bad_value(core, "the data has no sequence %llu", id);
    return NULL;
}

/* The same where what it reads is not needed. */
static elman_dataset *sequence_only(core *core, PyObject *object,
                                    unsigned long long id, size_t *steps)
{
    float *x = NULL;
    elman_dataset *dataset = sequence_argument(core, object, id, steps, &x);
    if (dataset) PyMem_Free(x);
    return dataset;
}

/* ---- one sequence -------------------------------------------------------- */

static PyObject *sequence_origin(PyObject *module, PyObject *args)
{
    core *core = core_of_module(module);
    PyObject *object = NULL;
    unsigned long long id = 0;
    Py_ssize_t step = 0;
    if (!PyArg_ParseTuple(args, "OK|n", &object, &id, &step)) return NULL;

    // steps behind the end are those of a forecast
    size_t length = 0;
    elman_dataset *dataset = sequence_only(core, object, id, &length);
    if (!dataset) return NULL;
    size_t horizon = elman_dataset_encoding(dataset)->horizon;
    if (step < 0 || (size_t)step >= length + horizon)
        return errors_bad_value(core, "step is %zd, expected less than %zu",
                                step, length + horizon);

    // by the names of elman_origin
    elman_origin o = {0};
    elman_dataset_origin(dataset, id, (size_t)step, &o);
    return Py_BuildValue("{s:z,s:n,s:n,s:n,s:s}", "series", o.series,
                         "sequence", (Py_ssize_t)o.sequence, "step",
                         (Py_ssize_t)o.step, "line", (Py_ssize_t)o.line, "time",
                         o.time);
}

/* Answers (steps,O) of a model in the units of the data, or None for what the
 * file says there. */
static PyObject *sequence_answers(PyObject *module, PyObject *args)
{
    core *core = core_of_module(module);
    PyObject *object = NULL, *given = NULL;
    unsigned long long id = 0;
    if (!PyArg_ParseTuple(args, "OKO", &object, &id, &given)) return NULL;

    // what the data measures, not classes
    size_t length = 0;
    elman_dataset *dataset = sequence_only(core, object, id, &length);
    if (!dataset) return NULL;
    const elman_encoding *e = elman_dataset_encoding(dataset);
    size_t outputs = elman_encoding_outputs(e, NULL);
    if (!e->target_count)
        return errors_bad_value(core, "answers of this data are classes");

    // rows of the model's numbers become those of the data
    array y, made;
    if (!array_argument(core, given, ARRAY_FLOAT32, "y", &y)) return NULL;
    const Py_ssize_t wanted[] = {-1, (Py_ssize_t)outputs};
    const size_t shape[] = {y.shape[0], outputs};
    PyObject *result = NULL;
    if (array_fits(core, &y, "y", 2, wanted))
        result =
            array_fill(core, NULL, ARRAY_FLOAT64, "values", 2, shape, &made);
    if (result) {
        for (size_t t = 0; t < y.shape[0]; t++)
            elman_dataset_values(dataset, id, t,
                                 (const float *)y.data + t * outputs,
                                 (double *)made.data + t * outputs);
        array_release(&made);
    }
    array_release(&y);
    return result;
}

/* What the file says for so many steps: classes, or values (steps,O). */
static PyObject *sequence_truth(PyObject *module, PyObject *args)
{
    core *core = core_of_module(module);
    PyObject *object = NULL;
    unsigned long long id = 0;
    Py_ssize_t steps = 1;
    if (!PyArg_ParseTuple(args, "OK|n", &object, &id, &steps)) return NULL;

    // one answer a sequence, or one a step
    size_t length = 0;
    elman_dataset *dataset = sequence_only(core, object, id, &length);
    if (!dataset) return NULL;
    const elman_encoding *e = elman_dataset_encoding(dataset);
    bool one = false;
    const size_t shape[] = {(size_t)steps, elman_encoding_outputs(e, &one)};
    if (steps < 0 || (size_t)steps > (one ? 1 : length))
        return errors_bad_value(core, "steps is %zd, and the answer has %zu",
                                steps, one ? (size_t)1 : length);

    // values in the data's units, or numbers of classes
    bool values = e->target_count > 0;
    array a;
    PyObject *made =
        array_fill(core, NULL, values ? ARRAY_FLOAT64 : ARRAY_INT32, "truth",
                   values ? 2 : 1, shape, &a);
    if (!made) return NULL;
    elman_status status =
        values ? elman_dataset_truth(dataset, id, 0, shape[0], a.data)
               : ELMAN_OK;
    for (size_t t = 0; t < shape[0] && !values; t++)
        ((int32_t *)a.data)[t] = elman_dataset_class(dataset, id, t);
    array_release(&a);
    if (!status) return made;
    Py_DECREF(made);
    return errors_raise(core, status);
}

/* Puts values (horizon,targets) behind a window that ends where its series
 * does; the id of the window that then ends there. The GIL is kept: a dataset
 * has no lock. */
static PyObject *sequence_extend(PyObject *module, PyObject *args)
{
    core *core = core_of_module(module);
    PyObject *object = NULL, *given = NULL;
    unsigned long long id = 0;
    if (!PyArg_ParseTuple(args, "OKO", &object, &id, &given)) return NULL;

    // what goes on is a forecast
    size_t length = 0;
    elman_dataset *dataset = sequence_only(core, object, id, &length);
    if (!dataset) return NULL;
    const elman_encoding *e = elman_dataset_encoding(dataset);
    if (e->task != ELMAN_TASK_FORECAST)
        return errors_bad_value(core, "only a forecast goes on behind its end");

    // a whole horizon is added at once
    const Py_ssize_t shape[] = {(Py_ssize_t)e->horizon,
                                (Py_ssize_t)e->target_count};
    array a;
    if (!array_argument(core, given, ARRAY_FLOAT64, "values", &a)) return NULL;
    uint64_t next = 0;
    bool fits = array_fits(core, &a, "values", 2, shape);
    elman_status status =
        fits ? elman_dataset_extend(dataset, id, a.data, &next) : ELMAN_OK;
    array_release(&a);
    if (status) return errors_raise(core, status);
    return fits ? PyLong_FromUnsignedLongLong(next) : NULL;
}

PyMethodDef sequence_functions[] = {
    {"sequence_origin", sequence_origin, METH_VARARGS,
     "sequence_origin(dataset, id, step=0, /)\n--\n\nWhere a step stands in "
     "the file."},
    {"sequence_answers", sequence_answers, METH_VARARGS,
     "sequence_answers(dataset, id, y, /)\n--\n\nAnswers (steps,O) of a model "
     "in the units of the data."},
    {"sequence_truth", sequence_truth, METH_VARARGS,
     "sequence_truth(dataset, id, steps=1, /)\n--\n\nWhat the data says in the "
     "place of the answers."},
    {"sequence_extend", sequence_extend, METH_VARARGS,
     "sequence_extend(dataset, id, values, /)\n--\n\nAs if the data went on "
     "with them behind a window; the id of the next window."},
    {NULL, NULL, 0, NULL},
};

/* ---- Loader -------------------------------------------------------------- */

typedef struct loader_object {
    PyObject_HEAD core *core;
    PyObject *owner; /* the Dataset */
    elman_loader *loader;
    size_t I, O, vocabulary;
    bool per_sequence, classes;
} loader_object;

static loader_object *loader_of(PyObject *object)
{
    return (loader_object *)object;
}

static PyObject *loader_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"dataset",  "part",     "batch_size", "steps",
                            "shuffled", "bucketed", "seed",       NULL};
    core *core = core_of_type(cls);
    PyObject *owner = NULL;
    const char *word = "train";
    Py_ssize_t batch_size = 0, steps = 0;
    int shuffled = 0, bucketed = 0;
    unsigned long long seed = 0;
    if (!core || !PyArg_ParseTupleAndKeywords(
                     args, kwargs, "O|snnppK", names, &owner, &word,
                     &batch_size, &steps, &shuffled, &bucketed, &seed))
        return NULL;

    // the part by its word, and sizes that are none
    elman_dataset *dataset = dataset_argument(core, owner);
    int part = 0;
    while (dataset && part_words[part] && strcmp(part_words[part], word))
        part++;
    if (!dataset) return NULL;
    if (!part_words[part] || batch_size < 0 || steps < 0)
        return errors_bad_value(
            core,
            "part is '%s', batch_size %zd, steps %zd, expected train, "
            "validation or test, and sizes of 0 or more",
            word, batch_size, steps);

    // what a batch is made of is the encoding's
    PyObject *self = core_alloc(cls);
    if (!self) return NULL;
    loader_object *l = loader_of(self);
    const elman_encoding *e = elman_dataset_encoding(dataset);
    l->core = core;
    l->owner = Py_NewRef(owner);
    l->I = e->input_size;
    l->vocabulary = e->vocabulary;
    l->O = elman_encoding_outputs(e, &l->per_sequence);
    l->classes = e->target_count == 0;
    const elman_loader_config config = {.part = (elman_part)part,
                                        .batch_size = (size_t)batch_size,
                                        .steps = (size_t)steps,
                                        .shuffled = shuffled != 0,
                                        .bucketed = bucketed != 0,
                                        .seed = seed};
    elman_status status = elman_loader_create(dataset, &config, &l->loader);
    if (status) {
        errors_raise(core, status);
        Py_CLEAR(self);
    }
    return core_ready(self);
}

/* A copy of numbers of the loader, or None. */
static PyObject *copy_of(core *core, array_type type, size_t rank,
                         const size_t *shape, const void *data, size_t width)
{
    if (!data) Py_RETURN_NONE;
    array a;
    PyObject *made = array_fill(core, NULL, type, "batch", rank, shape, &a);
    if (made && a.count) memcpy(a.data, data, a.count * width);
    if (made) array_release(&a);
    return made;
}

/* (x, lengths, ids, target), time first. */
static PyObject *batch_write(const loader_object *l, const elman_batch *b,
                             const elman_target *target)
{
    core *core = l->core;
    const size_t x_shape[] = {b->T, b->B, l->I};
    const size_t rows[] = {l->per_sequence ? b->B : b->T, b->B};
    size_t rank = l->per_sequence ? 1 : 2;
    size_t y_shape[3] = {rows[0], rows[1], l->O};
    y_shape[rank] = l->O;
    PyObject *x = b->tokens ? copy_of(core, ARRAY_INT32, 2, x_shape, b->tokens,
                                      sizeof *b->tokens)
                            : copy_of(core, ARRAY_FLOAT32, 3, x_shape, b->x,
                                      sizeof *b->x);
    PyObject *ids =
        copy_of(core, ARRAY_UINT64, 1, &b->B, b->ids, sizeof *b->ids);
    PyObject *y = l->classes ? copy_of(core, ARRAY_INT32, rank, rows,
                                       target->classes, sizeof *target->classes)
                             : copy_of(core, ARRAY_FLOAT32, rank + 1, y_shape,
                                       target->values, sizeof *target->values);

    // lengths are of the machine's size
    PyObject *lengths = PyList_New(0);
    for (size_t i = 0; lengths && i < b->B; i++) {
        PyObject *n = PyLong_FromSize_t(b->lengths ? b->lengths[i] : b->T);
        if (!n || PyList_Append(lengths, n)) Py_CLEAR(lengths);
        Py_XDECREF(n);
    }
    PyObject *result =
        x && ids && y && lengths ? PyTuple_Pack(4, x, lengths, ids, y) : NULL;
    Py_XDECREF(x);
    Py_XDECREF(ids);
    Py_XDECREF(y);
    Py_XDECREF(lengths);
    return result;
}

/* The next batch; ends with the epoch, and begins the next one thereafter. The
 * GIL is kept: a loader has no lock of its own. */
static PyObject *loader_next(PyObject *self)
{
    loader_object *l = loader_of(self);
    elman_batch batch = {0};
    elman_target target = {0};
    elman_status status = elman_loader_read(l->loader, &batch, &target);
    if (status) return errors_raise(l->core, status);
    return batch.B ? batch_write(l, &batch, &target) : NULL;
}

static PyObject *loader_reset(PyObject *self, PyObject *args)
{
    unsigned long long epoch = 0, index = 0;
    if (!PyArg_ParseTuple(args, "K|K", &epoch, &index)) return NULL;
    elman_loader_reset(loader_of(self)->loader, epoch, index);
    Py_RETURN_NONE;
}

static Py_ssize_t loader_size(PyObject *self)
{
    return (Py_ssize_t)elman_loader_size(loader_of(self)->loader);
}

static int loader_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(loader_of(self)->owner);
    return 0;
}

static void loader_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    elman_loader_destroy(loader_of(self)->loader);
    Py_CLEAR(loader_of(self)->owner);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyMethodDef loader_methods[] = {
    {"reset", loader_reset, METH_VARARGS,
     "reset($self, epoch, index=0, /)\n--\n\nMakes a batch of an epoch the "
     "next one."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot loader_slots[] = {
    {Py_tp_doc, "Batches of a part of a dataset."},
    {Py_tp_new, loader_new},
    {Py_tp_traverse, loader_traverse},
    {Py_tp_dealloc, loader_free},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, loader_next},
    {Py_sq_length, loader_size},
    {Py_tp_methods, loader_methods},
    {0, NULL},
};
static PyType_Spec loader_spec = {
    .name = "elman._core.Loader",
    .basicsize = sizeof(loader_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = loader_slots,
};

bool loader_create_type(core *core)
{
    return core_add_type(core, &loader_spec, &core->loader);
}
