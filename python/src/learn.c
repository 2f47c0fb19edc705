/*
 * learn.c: the type Trainer, and the evaluation of a model. A step changes the
 * weights, which nothing else may use meanwhile.
 */
#include "extras.h"

#include <string.h>

typedef struct trainer_data {
    core *core;
    PyObject *owner, *dataset; /* Model and Dataset */
    array weights;             /* of classes, which the trainer borrows */
    elman_trainer *trainer;
    PyThread_type_lock lock;
} trainer_data;

typedef struct trainer_object {
    PyObject_HEAD trainer_data data;
} trainer_object;

static trainer_data *trainer_of(PyObject *object)
{
    return &((trainer_object *)object)->data;
}

static PyObject *trainer_new(PyTypeObject *cls, PyObject *args,
                             PyObject *kwargs)
{
    core *core = core_of_type(cls);
    PyObject *owner = NULL, *data = NULL;
    if (!core || !PyArg_ParseTuple(args, "OO", &owner, &data)) return NULL;
    model_data *m = model_argument(core, owner);
    elman_dataset *dataset = m ? dataset_argument(core, data) : NULL;
    elman_trainer_config config;
    extras x;
    if (!dataset ||
        !extras_config(core, kwargs, m->model, "a trainer", &x, &config))
        return NULL;

    PyObject *self = core_alloc(cls);
    if (!self) {
        extras_release(&x);
        return NULL;
    }
    trainer_data *t = trainer_of(self);
    t->weights = x.weights;
    x.weights.held = false; // the trainer's from now on
    t->core = core;
    Py_INCREF(owner);
    t->owner = owner;
    Py_INCREF(data);
    t->dataset = data;
    t->lock = PyThread_allocate_lock();
    elman_status status = ELMAN_OK;
    if (!t->lock) PyErr_NoMemory();
    else if (model_begin_writing(m)) {
        status = elman_trainer_create(m->model, dataset, &config, &t->trainer);
        model_end_writing(m);
        if (status) errors_raise(core, status);
    }
    extras_release(&x);
    if (!t->trainer) Py_CLEAR(self);
    return core_ready(self);
}

static int trainer_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(trainer_of(self)->owner);
    Py_VISIT(trainer_of(self)->dataset);
    return 0;
}

static void trainer_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    trainer_data *t = trainer_of(self);
    elman_trainer_destroy(t->trainer);
    array_release(&t->weights);
    if (t->lock) PyThread_free_lock(t->lock);
    Py_CLEAR(t->owner);
    Py_CLEAR(t->dataset);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* What a call does with a trainer that it has alone, without the GIL. */
typedef elman_status (*trainer_work)(elman_trainer *trainer, const char *path);

static elman_status work_step(elman_trainer *trainer, const char *path)
{
    (void)path;
    return elman_trainer_step(trainer);
}
static elman_status work_save(elman_trainer *trainer, const char *path)
{
    return elman_trainer_save(trainer, path);
}
static elman_status work_load(elman_trainer *trainer, const char *path)
{
    return elman_trainer_load(trainer, path);
}
static elman_status work_keep_best(elman_trainer *trainer, const char *path)
{
    (void)path;
    return elman_trainer_keep_best(trainer);
}

/* Does it: the trainer and the model are this call's alone. */
static PyObject *work(PyObject *self, trainer_work what, const char *path)
{
    trainer_data *t = trainer_of(self);
    model_data *m = model_of(t->owner);
    lock_acquire(t->lock);
    elman_status status = ELMAN_OK;
    bool begun = model_begin_writing(m);
    if (begun) {
        Py_BEGIN_ALLOW_THREADS
        status = what(t->trainer, path);
        Py_END_ALLOW_THREADS
        model_end_writing(m);
    }
    PyThread_release_lock(t->lock);
    return begun ? errors_none(t->core, status) : NULL;
}

/* The same with a path. */
static PyObject *work_path(PyObject *self, trainer_work what, PyObject *path)
{
    const char *text = NULL;
    PyObject *bytes = path_read(path, &text);
    if (!bytes) return NULL;
    PyObject *result = work(self, what, text);
    Py_DECREF(bytes);
    return result;
}

static PyObject *trainer_step(PyObject *self, PyObject *unused)
{
    (void)unused;
    return work(self, work_step, NULL);
}
static PyObject *trainer_keep_best(PyObject *self, PyObject *unused)
{
    (void)unused;
    return work(self, work_keep_best, NULL);
}
static PyObject *trainer_save(PyObject *self, PyObject *path)
{
    return work_path(self, work_save, path);
}
static PyObject *trainer_load(PyObject *self, PyObject *path)
{
    return work_path(self, work_load, path);
}

static PyObject *trainer_progress(PyObject *self, void *unused)
{
    (void)unused;
    trainer_data *t = trainer_of(self);
    lock_acquire(t->lock);
    elman_progress progress = *elman_trainer_progress(t->trainer);
    PyThread_release_lock(t->lock);
    return fields_write(progress_fields, &progress);
}

/* Where the time went: (name, seconds, flops) of each row, or None. */
static PyObject *trainer_profile(PyObject *self, void *unused)
{
    (void)unused;
    trainer_data *t = trainer_of(self);

    // a copy, since a new object may let the garbage collector run Python
    lock_acquire(t->lock);
    const elman_profile *profile = elman_trainer_profile(t->trainer);
    size_t count = profile ? profile->count : 0;
    elman_profile_row *rows = PyMem_Calloc(count + 1, sizeof *rows);
    if (rows && count) memcpy(rows, profile->rows, count * sizeof *rows);
    PyThread_release_lock(t->lock);
    if (!rows) return PyErr_NoMemory();

    PyObject *list = profile ? PyList_New(0) : Py_NewRef(Py_None);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *item = Py_BuildValue("(sdd)", rows[i].name, rows[i].seconds,
                                       rows[i].flops);
        if (!item || PyList_Append(list, item)) Py_CLEAR(list);
        Py_XDECREF(item);
    }
    PyMem_Free(rows);
    return list;
}

static PyMethodDef trainer_methods[] = {
    {"step", trainer_step, METH_NOARGS,
     "step($self, /)\n--\n\nTakes one step, and evaluates if that is due."},
    {"keep_best", trainer_keep_best, METH_NOARGS,
     "keep_best($self, /)\n--\n\nPuts the best weights into the model."},
    {"save", trainer_save, METH_O,
     "save($self, path, /)\n--\n\nWrites a checkpoint."},
    {"load", trainer_load, METH_O,
     "load($self, path, /)\n--\n\nReads a checkpoint."},
    {NULL, NULL, 0, NULL},
};
static PyGetSetDef trainer_properties[] = {
    {"progress", trainer_progress, NULL, "How far training has come.", NULL},
    {"profile", trainer_profile, NULL,
     "Where the time went, if that is measured.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot trainer_slots[] = {
    {Py_tp_doc, "A training run."},
    {Py_tp_new, trainer_new},
    {Py_tp_traverse, trainer_traverse},
    {Py_tp_dealloc, trainer_free},
    {Py_tp_methods, trainer_methods},
    {Py_tp_getset, trainer_properties},
    {0, NULL},
};
static PyType_Spec trainer_spec = {
    .name = "elman._core.Trainer",
    .basicsize = sizeof(trainer_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = trainer_slots,
};

bool trainer_create_type(core *core)
{
    return core_add_type(core, &trainer_spec, &core->trainer);
}

/* ---- functions ----------------------------------------------------------- */

/* The metrics of a model on a part of a dataset, and for classes how often each
 * was taken for each. */
static PyObject *evaluate(PyObject *module, PyObject *args, PyObject *kwargs)
{
    core *core = core_of_module(module);
    PyObject *owner = NULL, *data = NULL;
    const char *word = NULL;
    if (!PyArg_ParseTuple(args, "OOs", &owner, &data, &word)) return NULL;
    model_data *m = model_argument(core, owner);
    elman_dataset *dataset = m ? dataset_argument(core, data) : NULL;
    int part = 0;
    while (dataset && part_words[part] && strcmp(part_words[part], word))
        part++;
    if (!dataset) return NULL;
    if (!part_words[part])
        return errors_bad_value(
            core, "part is '%s', expected train, validation or test", word);
    elman_trainer_config config;
    extras x;
    if (!extras_config(core, kwargs, m->model, "an evaluation", &x, &config))
        return NULL;

    // classes have a table
    size_t classes = elman_dataset_encoding(dataset)->class_count;
    const size_t shape[] = {classes, classes};
    array table = {0};
    PyObject *confusion = classes ? array_fill(core, NULL, ARRAY_UINT64,
                                               "confusion", 2, shape, &table)
                                  : Py_NewRef(Py_None);
    if (!confusion) {
        extras_release(&x);
        return NULL;
    }
    elman_metrics metrics = {0};
    bool whole = true;
    elman_status status = ELMAN_OK;
    bool begun = model_begin_reading(m);
    if (begun) {
        long_call waits;
        long_call_begin(&waits);
        status = elman_model_evaluate(m->model, dataset, (elman_part)part,
                                      &config, &metrics, table.data);
        whole = long_call_end(&waits);
        model_end_reading(m);
    }
    array_release(&table);
    extras_release(&x);
    if (begun && status && whole) errors_raise(core, status);
    PyObject *dict = begun && whole && !status
                         ? fields_write(metrics_fields, &metrics)
                         : NULL;
    PyObject *result = dict ? PyTuple_Pack(2, dict, confusion) : NULL;
    Py_XDECREF(dict);
    Py_DECREF(confusion);
    return result;
}

PyMethodDef learn_functions[] = {
    {"evaluate", (PyCFunction)(void (*)(void))evaluate,
     METH_VARARGS | METH_KEYWORDS,
     "evaluate(model, dataset, part, /, **config)\n--\n\nThe metrics of a "
     "model, and the table of classes."},
    {NULL, NULL, 0, NULL},
};
