/*
 * extras.c: reads groups and class_weights out of the arguments, and holds
 * them.
 */
#include "extras.h"

static const field group_fields[] = {
    FIELD(elman_optimizer_group, names, FIELD_TEXT),
    FIELD(elman_optimizer_group, frozen, FIELD_BOOL),
    FIELD(elman_optimizer_group, learning_rate, FIELD_DOUBLE),
    FIELD(elman_optimizer_group, weight_decay, FIELD_DOUBLE),
    FIELD(elman_optimizer_group, no_weight_decay, FIELD_BOOL),
    FIELDS_END,
};

void extras_release(extras *x)
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

bool extras_read(core *core, PyObject *kwargs, size_t outputs, extras *x)
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

bool extras_config(core *core, PyObject *kwargs, const elman_model *model,
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
