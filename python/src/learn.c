/*
 * learn.c: the types Optimizer and Trainer, and the evaluation of a model. A
 * step changes the weights, which nothing else may use meanwhile.
 */
#include "core.h"

#include <string.h>

/* ---- what a dict of numbers and words cannot hold ------------------------ */

static const field group_fields[] = {
    FIELD(elman_optimizer_group, names, FIELD_TEXT),
    FIELD(elman_optimizer_group, frozen, FIELD_BOOL),
    FIELD(elman_optimizer_group, learning_rate, FIELD_DOUBLE),
    FIELD(elman_optimizer_group, weight_decay, FIELD_DOUBLE),
    FIELD(elman_optimizer_group, no_weight_decay, FIELD_BOOL),
    FIELDS_END,
};

/* Arguments without groups and class_weights, which are held here. */
typedef struct extras {
    PyObject *rest;               /* a dict of all others */
    PyObject *rows;               /* the groups' dicts, in a tuple */
    elman_optimizer_group *group; /* (count) */
    size_t count;
    array weights; /* (O) of classes */
} extras;

static void extras_release(extras *x)
{
    Py_CLEAR(x->rest);
    Py_CLEAR(x->rows);
    PyMem_Free(x->group);
    x->group = NULL;
    array_release(&x->weights);
}

/* Takes an argument out of the others; NULL if it is not there, or None. */
static PyObject *take_out(extras *x, const char *name)
{
    PyObject *value = PyDict_GetItemString(x->rest, name);
    if (!value) return NULL;
    Py_INCREF(value);
    bool taken = !PyDict_DelItemString(x->rest, name) && value != Py_None;
    if (!taken) Py_CLEAR(value);
    return value;
}

static bool read_groups(core *core, PyObject *list, extras *x)
{
    if (!list) return !PyErr_Occurred();
    x->rows = PySequence_Tuple(list);
    if (!x->rows) return false;
    x->count = (size_t)PyTuple_Size(x->rows);
    x->group = PyMem_Calloc(x->count + 1, sizeof *x->group);
    if (!x->group) PyErr_NoMemory();
    for (size_t i = 0; x->group && i < x->count; i++)
        if (!fields_read(core, group_fields,
                         PyTuple_GetItem(x->rows, (Py_ssize_t)i), "a group",
                         &x->group[i]))
            return false;
    return x->group != NULL;
}

/* Reads both; outputs are the model's. */
static bool extras_read(core *core, PyObject *kwargs, size_t outputs, extras *x)
{
    *x = (extras){0};
    x->rest = kwargs ? PyDict_Copy(kwargs) : PyDict_New();
    if (!x->rest) return false;
    PyObject *groups = take_out(x, "groups");
    PyObject *weights = take_out(x, "class_weights");
    const Py_ssize_t shape[] = {(Py_ssize_t)outputs};
    bool read = !PyErr_Occurred() && read_groups(core, groups, x) &&
                array_optional(core, weights, ARRAY_FLOAT32, "class_weights",
                               &x->weights) &&
                (!x->weights.held ||
                 array_fits(core, &x->weights, "class_weights", 1, shape));
    Py_XDECREF(groups);
    Py_XDECREF(weights);
    if (!read) extras_release(x);
    return read;
}

/* A trainer's config from all arguments; extras must outlive its use. */
static bool config_of(core *core, PyObject *kwargs, const elman_model *model,
                      const char *what, extras *x, elman_trainer_config *config)
{
    *config = (elman_trainer_config){0};
    size_t outputs = elman_model_read_info(model).output_size;
    if (!extras_read(core, kwargs, outputs, x)) return false;
    if (!fields_read(core, trainer_fields, x->rest, what, config)) {
        extras_release(x);
        return false;
    }
    config->loss.class_weights = x->weights.data;
    config->optimizer.groups = x->group;
    config->optimizer.group_count = x->count;
    return true;
}

/* ---- Optimizer ----------------------------------------------------------- */

typedef struct optimizer_object {
    PyObject_HEAD core *core;
    PyObject *owner; /* the Model whose weights it was made for */
    elman_optimizer *optimizer;
} optimizer_object;

static optimizer_object *optimizer_of(PyObject *object)
{
    return (optimizer_object *)object;
}

static PyObject *optimizer_new(PyTypeObject *cls, PyObject *args,
                               PyObject *kwargs)
{
    core *core = core_of_type(cls);
    PyObject *owner = NULL;
    if (!core || !PyArg_ParseTuple(args, "O", &owner)) return NULL;
    model_data *m = model_argument(core, owner);
    elman_optimizer_config config = {0};
    extras x;
    if (!m || !extras_read(core, kwargs, 0, &x)) return NULL;
    PyObject *self =
        fields_read(core, optimizer_fields, x.rest, "an optimizer", &config)
            ? core_alloc(cls)
            : NULL;
    if (!self) {
        extras_release(&x);
        return NULL;
    }
    config.groups = x.group;
    config.group_count = x.count;
    optimizer_object *o = optimizer_of(self);
    o->core = core;
    Py_INCREF(owner);
    o->owner = owner;
    elman_status status = ELMAN_OK;
    if (model_begin_reading(m)) {
        status = elman_optimizer_create(m->model, &config, &o->optimizer);
        model_end_reading(m);
        if (status) errors_raise(core, status);
    }
    extras_release(&x);
    if (!o->optimizer) Py_CLEAR(self);
    return core_ready(self);
}

static int optimizer_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(optimizer_of(self)->owner);
    return 0;
}

static void optimizer_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    elman_optimizer_destroy(optimizer_of(self)->optimizer);
    Py_CLEAR(optimizer_of(self)->owner);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* The norm before clipping, of the update of the weights from a state. The GIL
 * is kept: the optimizer has no lock of its own. */
static PyObject *optimizer_step(PyObject *self, PyObject *args)
{
    optimizer_object *o = optimizer_of(self);
    PyObject *object = NULL;
    double rate = -1;
    if (!PyArg_ParseTuple(args, "O|d", &object, &rate)) return NULL;
    state_data *s = state_argument(o->core, object);
    if (!s) return NULL;
    if (s->owner != o->owner)
        return errors_bad_value(o->core, "the state is of another model than "
                                         "the optimizer");
    model_data *m = model_of(o->owner);
    lock_acquire(s->lock);
    double norm = 0;
    bool begun = model_begin_writing(m);
    elman_status status = ELMAN_OK;
    if (begun) {
        status =
            elman_optimizer_step(o->optimizer, m->model, s->state, rate, &norm);
        model_end_writing(m);
    }
    PyThread_release_lock(s->lock);
    if (!begun) return NULL;
    return status ? errors_raise(o->core, status) : PyFloat_FromDouble(norm);
}

static PyObject *optimizer_save(PyObject *self, PyObject *path)
{
    optimizer_object *o = optimizer_of(self);
    const char *text = NULL;
    PyObject *bytes = path_read(path, &text);
    if (!bytes) return NULL;
    model_data *m = model_of(o->owner);
    elman_status status = ELMAN_OK;
    bool begun = model_begin_reading(m);
    if (begun) {
        status = elman_optimizer_save(o->optimizer, m->model, text);
        model_end_reading(m);
    }
    Py_DECREF(bytes);
    return begun ? errors_none(o->core, status) : NULL;
}

static PyObject *optimizer_load(PyObject *self, PyObject *path)
{
    optimizer_object *o = optimizer_of(self);
    const char *text = NULL;
    PyObject *bytes = path_read(path, &text);
    if (!bytes) return NULL;
    model_data *m = model_of(o->owner);
    elman_status status = ELMAN_OK;
    bool begun = model_begin_writing(m);
    if (begun) {
        status = elman_optimizer_load(o->optimizer, m->model, text);
        model_end_writing(m);
    }
    Py_DECREF(bytes);
    return begun ? errors_none(o->core, status) : NULL;
}

static PyMethodDef optimizer_methods[] = {
    {"step", optimizer_step, METH_VARARGS,
     "step($self, state, learning_rate=-1.0, /)\n--\n\nUpdates the weights "
     "from "
     "the gradients of a state; the norm before clipping."},
    {"save", optimizer_save, METH_O,
     "save($self, path, /)\n--\n\nWrites what it remembers."},
    {"load", optimizer_load, METH_O,
     "load($self, path, /)\n--\n\nReads what save wrote."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot optimizer_slots[] = {
    {Py_tp_doc, "An update rule at work."}, {Py_tp_new, optimizer_new},
    {Py_tp_traverse, optimizer_traverse},   {Py_tp_dealloc, optimizer_free},
    {Py_tp_methods, optimizer_methods},     {0, NULL},
};
static PyType_Spec optimizer_spec = {
    .name = "elman._core.Optimizer",
    .basicsize = sizeof(optimizer_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = optimizer_slots,
};

bool optimizer_create_type(core *core)
{
    return core_add_type(core, &optimizer_spec, &core->optimizer);
}

/* ---- Trainer ------------------------------------------------------------- */

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
        !config_of(core, kwargs, m->model, "a trainer", &x, &config))
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
    if (!config_of(core, kwargs, m->model, "an evaluation", &x, &config))
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
    elman_status status = ELMAN_OK;
    bool begun = model_begin_reading(m);
    if (begun) {
        Py_BEGIN_ALLOW_THREADS
        status = elman_model_evaluate(m->model, dataset, (elman_part)part,
                                      &config, &metrics, table.data);
        Py_END_ALLOW_THREADS
        model_end_reading(m);
    }
    array_release(&table);
    extras_release(&x);
    if (begun && status) errors_raise(core, status);
    PyObject *dict =
        begun && !status ? fields_write(metrics_fields, &metrics) : NULL;
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
