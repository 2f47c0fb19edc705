/*
 * inspect.c: the measurements of elman_inspect.h, each as a function: it
 * begins and gives a dict with arrays. How it is stepped is measure.c's.
 */
#include "measure.h"

#include <string.h>

#define WAY(name)                                                              \
    static elman_status name##_step(void *it)                                  \
    {                                                                          \
        return elman_##name##_step(it);                                        \
    }                                                                          \
    static void name##_end(void *it) { elman_##name##_end(it); }               \
    static const way name##_way = {name##_step, name##_end, name##_results};
WAY(flow)
WAY(contributions)
WAY(truncation)
WAY(spectrum)
WAY(exponents)
WAY(fixed_points)
WAY(gates)
WAY(units)
WAY(attribution)
WAY(errors)
#undef WAY

/* Whether a batch, and its target unless that is None, fit the model. */
static PyObject *check_batch(PyObject *module, PyObject *args)
{
    PyObject *target = NULL, *loss = NULL;
    given g;
    bool fits = given_open(&g, module, args, "OOOO|O", &target, &loss) &&
                (target == Py_None || given_loss(&g, target, loss));
    given_end(&g);
    if (!fits) return NULL;
    Py_RETURN_NONE;
}

/* ---- gradients through time ---------------------------------------------- */

static const char *const source_words[] = {"signs", "loss", "output", NULL};
static const field flow_fields[] = {
    FIELD(elman_flow_config, sequence, FIELD_SIZE),
    FIELD_OF(elman_flow_config, source, source_words),
    FIELD(elman_flow_config, output, FIELD_SIZE),
    FIELD(elman_flow_config, threads, FIELD_INT),
    FIELDS_END,
};

static PyObject *flow(PyObject *module, PyObject *args)
{
    PyObject *model = NULL, *x = NULL, *lengths = NULL, *dict = NULL;
    PyObject *target = Py_None, *loss = NULL, *result = NULL;
    if (!PyArg_ParseTuple(args, "OO|OOOO", &model, &x, &lengths, &dict, &target,
                          &loss))
        return NULL;

    // the loss only matters with a target
    given g;
    elman_flow_config config = {0};
    if (given_batch(&g, module, model, x, lengths) &&
        fields_read(g.core, flow_fields, dict, "a flow", &config) &&
        (target == Py_None || given_loss(&g, target, loss))) {
        if (target != Py_None) {
            config.target = &g.target;
            config.loss = &g.loss;
        }
        elman_flow *it = NULL;
        elman_status status =
            elman_flow_begin(g.m->model, &g.batch, &config, &it);
        result = given_measure(&g, &flow_way, status, it);
    }
    given_end(&g);
    return result;
}

static PyObject *contributions(PyObject *module, PyObject *args)
{
    PyObject *target = NULL, *loss = NULL, *result = NULL;
    given g;
    if (given_open(&g, module, args, "OOOO|O", &target, &loss) &&
        given_loss(&g, target, loss)) {
        elman_contributions *it = NULL;
        elman_status status = elman_contributions_begin(
            g.m->model, &g.batch, &g.target, &g.loss, &it);
        result = given_measure(&g, &contributions_way, status, it);
    }
    given_end(&g);
    return result;
}

static PyObject *truncation(PyObject *module, PyObject *args)
{
    PyObject *target = NULL, *loss = NULL, *result = NULL;
    given g;
    if (given_open(&g, module, args, "OOOO|O", &target, &loss) &&
        given_loss(&g, target, loss)) {
        elman_truncation *it = NULL;
        elman_status status = elman_truncation_begin(g.m->model, &g.batch,
                                                     &g.target, &g.loss, &it);
        result = given_measure(&g, &truncation_way, status, it);
    }
    given_end(&g);
    return result;
}

/* ---- dynamics ------------------------------------------------------------ */

static PyObject *spectrum(PyObject *module, PyObject *model)
{
    core *core = core_of_module(module);
    model_data *m = model_argument(core, model);
    if (!m || !model_begin_reading(m)) return NULL;
    elman_spectrum *it = NULL;
    elman_status status = elman_spectrum_begin(m->model, &it);
    PyObject *result = measure(core, m->model, &spectrum_way, status, it);
    model_end_reading(m);
    return result;
}

static const field exponents_fields[] = {
    FIELD(elman_exponents_config, sequence, FIELD_SIZE),
    FIELD(elman_exponents_config, count, FIELD_SIZE),
    FIELD(elman_exponents_config, window, FIELD_SIZE),
    FIELD(elman_exponents_config, threads, FIELD_INT),
    FIELDS_END,
};

static PyObject *exponents(PyObject *module, PyObject *args)
{
    PyObject *dict = NULL, *result = NULL;
    given g;
    elman_exponents_config config = {0};
    if (given_open(&g, module, args, "OO|OO", &dict, NULL) &&
        fields_read(g.core, exponents_fields, dict, "exponents", &config)) {
        elman_exponents *it = NULL;
        elman_status status =
            elman_exponents_begin(g.m->model, &g.batch, &config, &it);
        result = given_measure(&g, &exponents_way, status, it);
    }
    given_end(&g);
    return result;
}

static const field points_fields[] = {
    FIELD_OF(elman_fixed_points_config, input, constant_words),
    FIELD(elman_fixed_points_config, token, FIELD_INT32),
    FIELD(elman_fixed_points_config, starts, FIELD_SIZE),
    FIELD(elman_fixed_points_config, seed, FIELD_UINT64),
    FIELDS_END,
};

static PyObject *fixed_points(PyObject *module, PyObject *args)
{
    PyObject *model = NULL, *x = NULL, *lengths = NULL, *dict = NULL;
    PyObject *result = NULL, *each = Py_None;
    if (!PyArg_ParseTuple(args, "OO|OOO", &model, &x, &lengths, &dict, &each))
        return NULL;

    // it is ended after the points' Jacobians were seen
    given g;
    elman_fixed_points_config config = {0};
    if (given_batch(&g, module, model, x, lengths) &&
        fields_read(g.core, points_fields, dict, "fixed points", &config)) {
        elman_fixed_points *it = NULL;
        elman_status status =
            elman_fixed_points_begin(g.m->model, &g.batch, &config, &it);
        if (status) errors_raise(g.core, status);
        else result = measure_on(g.core, g.m->model, &fixed_points_way, it);

        // NumPy finds their eigenvalues, where there is no LAPACK
        for (size_t i = 0; result && each != Py_None && i < it->count; i++) {
            PyObject *jacobian = jacobian_array(g.core, it, i);
            PyObject *done =
                jacobian ? PyObject_CallFunction(each, "OnO", result,
                                                 (Py_ssize_t)i, jacobian)
                         : NULL;
            if (!done) Py_CLEAR(result);
            Py_XDECREF(done);
            Py_XDECREF(jacobian);
        }
        elman_fixed_points_end(it);
    }
    given_end(&g);
    return result;
}

/* ---- gates and units ----------------------------------------------------- */

static PyObject *gates(PyObject *module, PyObject *args)
{
    PyObject *result = NULL;
    given g;
    if (given_open(&g, module, args, "OO|O", NULL, NULL)) {
        elman_gates *it = NULL;
        elman_status status = elman_gates_begin(g.m->model, &g.batch, &it);
        result = given_measure(&g, &gates_way, status, it);
    }
    given_end(&g);
    return result;
}

/* Properties of a dict {name: array (T,B) as the batch is laid out}. */
typedef struct properties {
    PyObject *items; /* holds names, whatever becomes of the dict */
    size_t count;
    array *arrays;
    elman_property *of;
} properties;

static void properties_end(properties *p)
{
    for (size_t i = 0; i < p->count; i++)
        array_release(&p->arrays[i]);
    PyMem_Free(p->arrays);
    PyMem_Free(p->of);
    Py_XDECREF(p->items);
}

static bool properties_read(given *g, PyObject *dict, properties *p)
{
    *p = (properties){0};
    if (!dict || dict == Py_None) return true;
    if (!PyDict_Check(dict)) {
        errors_bad_value(g->core, "properties is %R, expected a dict", dict);
        return false;
    }
    PyObject *items = p->items = PyDict_Items(dict);
    if (!items) return false;
    size_t room = (size_t)PyList_Size(items);
    p->arrays = PyMem_Calloc(room + 1, sizeof *p->arrays);
    p->of = PyMem_Calloc(room + 1, sizeof *p->of);
    bool read = p->arrays && p->of;
    if (!read) PyErr_NoMemory();

    // each has a str for its name and one number for each step of x
    bool turned = elman_model_config(g->m->model)->batch_first;
    const Py_ssize_t shape[] = {(Py_ssize_t)(turned ? g->batch.B : g->batch.T),
                                (Py_ssize_t)(turned ? g->batch.T : g->batch.B)};
    for (size_t i = 0; read && i < room; i++) {
        PyObject *pair = PyList_GetItem(items, (Py_ssize_t)i);
        PyObject *key = PyTuple_GetItem(pair, 0);
        const char *name =
            PyUnicode_Check(key) ? PyUnicode_AsUTF8AndSize(key, NULL) : NULL;
        if (!name && !PyErr_Occurred())
            errors_bad_value(g->core, "a property is called %R, expected a str",
                             key);
        array *a = &p->arrays[p->count];
        read = name && array_argument(g->core, PyTuple_GetItem(pair, 1),
                                      ARRAY_FLOAT32, name, a);
        if (!read) break;
        p->of[p->count++] = (elman_property){name, a->data};
        read = array_fits(g->core, a, name, 2, shape);
    }
    return read;
}

static PyObject *units(PyObject *module, PyObject *args)
{
    PyObject *model = NULL, *x = NULL, *lengths = NULL, *dict = NULL;
    PyObject *result = NULL;
    size_t sequence = 0;
    if (!PyArg_ParseTuple(args, "OO|OO&O", &model, &x, &lengths, size_argument,
                          &sequence, &dict))
        return NULL;

    // names and numbers of properties are held as long as it looks at them
    given g;
    properties p = {0};
    if (given_batch(&g, module, model, x, lengths) &&
        properties_read(&g, dict, &p)) {
        elman_units *it = NULL;
        elman_status status = elman_units_begin(g.m->model, &g.batch, sequence,
                                                p.of, p.count, &it);
        result = given_measure(&g, &units_way, status, it);
    }
    properties_end(&p);
    given_end(&g);
    return result;
}

/* ---- answers
 * ------------------------------------------------------------------------------
 */

static const char *const attribution_words[] = {"integrated", "gradient",
                                                "occlusion", NULL};
static const field attribution_fields[] = {
    FIELD_OF(elman_attribution_config, kind, attribution_words),
    FIELD(elman_attribution_config, sequence, FIELD_SIZE),
    FIELD(elman_attribution_config, step, FIELD_SIZE),
    FIELD(elman_attribution_config, output, FIELD_SIZE),
    FIELD(elman_attribution_config, points, FIELD_SIZE),
    FIELD(elman_attribution_config, threads, FIELD_INT),
    FIELDS_END,
};

static PyObject *attribution(PyObject *module, PyObject *args)
{
    PyObject *model = NULL, *x = NULL, *lengths = NULL, *dict = NULL;
    PyObject *baseline = NULL, *result = NULL;
    if (!PyArg_ParseTuple(args, "OO|OOO", &model, &x, &lengths, &dict,
                          &baseline))
        return NULL;

    // a baseline is one step of what the first layer reads
    given g;
    array base = {0};
    elman_attribution_config config = {0};
    if (given_batch(&g, module, model, x, lengths) &&
        fields_read(g.core, attribution_fields, dict, "an attribution",
                    &config) &&
        array_optional(g.core, baseline, ARRAY_FLOAT32, "baseline", &base)) {
        elman_model_info info = elman_model_read_info(g.m->model);
        const elman_layer *first = elman_model_config(g.m->model)->layers;
        const Py_ssize_t shape[] = {(Py_ssize_t)(info.vocabulary
                                                     ? first->embedding_dim
                                                     : info.input_size)};
        if (!base.held || array_fits(g.core, &base, "baseline", 1, shape)) {
            config.baseline = base.data;
            elman_attribution *it = NULL;
            elman_status status =
                elman_attribution_begin(g.m->model, &g.batch, &config, &it);
            result = given_measure(&g, &attribution_way, status, it);
        }
    }
    array_release(&base);
    given_end(&g);
    return result;
}

static PyObject *errors(PyObject *module, PyObject *args, PyObject *kwargs)
{
    core *core = core_of_module(module);
    PyObject *model = NULL, *data = NULL;
    const char *word = "validation";
    if (!PyArg_ParseTuple(args, "OO|s", &model, &data, &word)) return NULL;
    model_data *m = model_argument(core, model);
    elman_dataset *dataset = m ? dataset_argument(core, data) : NULL;
    elman_trainer_config config = {0};
    if (!dataset ||
        !fields_read(core, trainer_fields, kwargs, "errors", &config))
        return NULL;

    // which part of the data
    int part = 0;
    while (part_words[part] && strcmp(part_words[part], word))
        part++;
    if (!part_words[part])
        return errors_bad_value(
            core, "part is '%s', expected train, validation or test", word);
    if (!model_begin_reading(m)) return NULL;
    elman_errors *it = NULL;
    elman_status status = elman_errors_begin(
        m->model, dataset, (elman_part)part, kwargs ? &config : NULL, &it);
    PyObject *result = measure(core, m->model, &errors_way, status, it);
    model_end_reading(m);
    return result;
}

static PyObject *pulse(PyObject *module, PyObject *args)
{
    PyObject *model = NULL, *x = NULL, *lengths = NULL, *result = NULL;
    int threads = 0;
    if (!PyArg_ParseTuple(args, "OO|Oi", &model, &x, &lengths, &threads))
        return NULL;
    given g;
    if (given_batch(&g, module, model, x, lengths)) {
        elman_pulse found = {0};
        elman_status status;
        Py_BEGIN_ALLOW_THREADS
        status = elman_pulse_read(g.m->model, &g.batch, threads, &found);
        Py_END_ALLOW_THREADS
        frame inner = {pulse_results, &found, NULL};
        result = status ? errors_raise(g.core, status)
                        : result_write(g.core, &inner);
    }
    given_end(&g);
    return result;
}

PyMethodDef inspect_functions[] = {
    {"check_batch", check_batch, METH_VARARGS,
     "check_batch(model, x, lengths, target, loss=None, /)\n--\n\nRefuses what "
     "does not fit the model."},
    {"flow", flow, METH_VARARGS,
     "flow(model, x, lengths=None, config=None, target=None, loss=None, /)\n"
     "--\n\nGradients from each step to each earlier one."},
    {"contributions", contributions, METH_VARARGS,
     "contributions(model, x, lengths, target, loss=None, /)\n--\n\nWhat each "
     "step adds to the gradient of each parameter."},
    {"truncation", truncation, METH_VARARGS,
     "truncation(model, x, lengths, target, loss=None, /)\n--\n\nWhat shorter "
     "windows would lose of the gradient."},
    {"spectrum", spectrum, METH_O,
     "spectrum(model, /)\n--\n\nEigenvalues and norms of recurrent matrices."},
    {"exponents", exponents, METH_VARARGS,
     "exponents(model, x, lengths=None, config=None, /)\n--\n\nLyapunov "
     "exponents along a sequence."},
    {"fixed_points", fixed_points, METH_VARARGS,
     "fixed_points(model, x, lengths=None, config=None, each=None, "
     "/)\n--\n\nStates that a constant input leaves where they are; each is "
     "called with the dict, a point's number and its Jacobian."},
    {"gates", gates, METH_VARARGS,
     "gates(model, x, lengths=None, /)\n--\n\nGates and units over a batch."},
    {"units", units, METH_VARARGS,
     "units(model, x, lengths=None, sequence=0, properties=None, "
     "/)\n--\n\nWhat "
     "units say of a sequence, and of properties."},
    {"attribution", attribution, METH_VARARGS,
     "attribution(model, x, lengths=None, config=None, baseline=None, "
     "/)\n--\n\n"
     "One answer by the steps and inputs that led to it."},
    {"errors", (PyCFunction)(void (*)(void))errors,
     METH_VARARGS | METH_KEYWORDS,
     "errors(model, dataset, part='validation', /, **config)\n--\n\nWhere a "
     "model is wrong."},
    {"pulse", pulse, METH_VARARGS,
     "pulse(model, x, lengths=None, threads=0, /)\n--\n\nHorizon and "
     "saturation "
     "by one pass."},
    {NULL, NULL, 0, NULL},
};
