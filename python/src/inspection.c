/*
 * inspection.c: the type Inspection: all that can be measured of a model and a
 * dataset, its findings in sentences, and its page.
 */
#include "core.h"

#include <string.h>

typedef struct inspection_data {
    core *core;
    PyObject *owner, *dataset; /* Model, and Dataset or NULL */
    elman_inspection *inspection;
    elman_journal *journal;
} inspection_data;

typedef struct inspection_object {
    PyObject_HEAD inspection_data data;
} inspection_object;

static inspection_data *inspection_of(PyObject *object)
{
    return &((inspection_object *)object)->data;
}

/* part as a field: the words are those of Dataset */
static const field inspection_fields[] = {
    {"part", FIELD_WORD, offsetof(elman_inspection_config, part), 0, part_words,
     NULL},
    FIELD(elman_inspection_config, sequences, FIELD_SIZE),
    FIELD(elman_inspection_config, steps, FIELD_SIZE),
    FIELD(elman_inspection_config, seed, FIELD_UINT64),
    FIELD(elman_inspection_config, samples, FIELD_SIZE),
    FIELD(elman_inspection_config, exponents, FIELD_SIZE),
    FIELD_OF(elman_inspection_config, input, constant_words),
    FIELD(elman_inspection_config, token, FIELD_INT32),
    FIELD_OF(elman_inspection_config, loss, loss_words),
    FIELD(elman_inspection_config, model_name, FIELD_TEXT),
    FIELD(elman_inspection_config, data_name, FIELD_TEXT),
    FIELD(elman_inspection_config, threads, FIELD_INT),
    FIELD(elman_inspection_config, output, FIELD_SIZE),
    {"sections", FIELD_INT, offsetof(elman_inspection_config, sections), 0,
     NULL, NULL},
    FIELDS_END,
};

/* Steps to the end, without the GIL, until Ctrl-C. The model is being read. */
static bool run(inspection_data *i)
{
    elman_status status = ELMAN_OK;
    bool stopped = false;
    while (!status && !stopped && !i->inspection->done) {
        Py_BEGIN_ALLOW_THREADS
        status = elman_inspection_step(i->inspection);
        Py_END_ALLOW_THREADS
        stopped = PyErr_CheckSignals() != 0;
    }
    if (status && !stopped) errors_raise(i->core, status);
    return !status && !stopped;
}

static PyObject *inspection_new(PyTypeObject *cls, PyObject *args,
                                PyObject *kwargs)
{
    core *core = core_of_type(cls);
    PyObject *owner = NULL, *data = Py_None;
    if (!core || !PyArg_ParseTuple(args, "O|O", &owner, &data)) return NULL;
    model_data *m = model_argument(core, owner);
    elman_dataset *dataset =
        m && data != Py_None ? dataset_argument(core, data) : NULL;
    elman_inspection_config config = {0};
    if (!m || (data != Py_None && !dataset) ||
        !fields_read(core, inspection_fields, kwargs, "an inspection", &config))
        return NULL;

    PyObject *self = core_alloc(cls);
    if (!self) return NULL;
    inspection_data *i = inspection_of(self);
    i->core = core;
    Py_INCREF(owner);
    i->owner = owner;
    if (dataset) {
        Py_INCREF(data);
        i->dataset = data;
    }

    // how it was trained, if the model knows
    if (!model_begin_reading(m)) {
        Py_DECREF(self);
        return NULL;
    }
    const char *note = elman_model_note(m->model, "journal");
    elman_status status =
        note ? elman_journal_create(note, &i->journal) : ELMAN_OK;
    config.journal = i->journal;
    if (!status)
        status =
            elman_inspection_begin(m->model, dataset, &config, &i->inspection);
    if (status) errors_raise(core, status);
    bool done = !status && run(i);
    model_end_reading(m);
    if (!done) Py_CLEAR(self);
    return core_ready(self);
}

static int inspection_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(inspection_of(self)->owner);
    Py_VISIT(inspection_of(self)->dataset);
    return 0;
}

static void inspection_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    inspection_data *i = inspection_of(self);
    elman_inspection_end(i->inspection);
    elman_journal_destroy(i->journal);
    Py_CLEAR(i->owner);
    Py_CLEAR(i->dataset);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyObject *inspection_results_dict(PyObject *self, void *unused)
{
    (void)unused;
    inspection_data *i = inspection_of(self);
    point_sizes sizes = point_sizes_of(model_of(i->owner)->model);
    frame around = {point_sizes_results, &sizes, NULL};
    frame inner = {inspection_results, i->inspection, &around};
    return result_write(i->core, &inner);
}

static PyObject *inspection_save(PyObject *self, PyObject *args)
{
    inspection_data *i = inspection_of(self);
    return page_save(i->core, model_of(i->owner), i->inspection, args);
}

static PyObject *inspection_jacobian(PyObject *self, PyObject *args)
{
    inspection_data *i = inspection_of(self);
    size_t index = 0;
    if (!PyArg_ParseTuple(args, "O&", size_argument, &index)) return NULL;
    const elman_fixed_points *points = i->inspection->fixed_points;
    if (!points)
        return errors_bad_value(i->core, "no fixed points were measured");
    model_data *m = model_of(i->owner);
    if (!model_begin_reading(m)) return NULL;
    PyObject *made = jacobian_array(i->core, points, index);
    model_end_reading(m);
    return made;
}

static PyMethodDef methods[] = {
    {"jacobian", inspection_jacobian, METH_VARARGS,
     "jacobian($self, index, /)\n--\n\nOf one step at a fixed point, (n,n)."},
    {"save", inspection_save, METH_VARARGS,
     "save($self, path, findings, absences, matrices, points, /)\n--\n\n"
     "Writes the page: one HTML file, with these sentences and, unless None, "
     "these eigenvalues."},
    {NULL, NULL, 0, NULL},
};
static PyGetSetDef properties[] = {
    {"results", inspection_results_dict, NULL, "All of it, as a dict.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot slots[] = {
    {Py_tp_doc, "A model and its data, inspected."},
    {Py_tp_new, inspection_new},
    {Py_tp_traverse, inspection_traverse},
    {Py_tp_dealloc, inspection_free},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, NULL},
};
static PyType_Spec spec = {
    .name = "elman._core.Inspection",
    .basicsize = sizeof(inspection_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

bool inspection_create_type(core *core)
{
    return core_add_type(core, &spec, &core->inspection);
}
