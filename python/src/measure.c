/*
 * measure.c: a measurement from its arguments to its dict. It is stepped
 * without the GIL; Ctrl-C stops it between two steps.
 */
#include "measure.h"

#include <string.h>

/* What every measurement begins with. */
typedef struct measured {
    bool done;
    double progress;
} measured;

point_sizes point_sizes_of(const elman_model *model)
{
    point_sizes sizes = {0, 0};
    const elman_config *config = elman_model_config(model);
    for (size_t i = 0; i < ELMAN_MAX_LAYERS; i++) {
        const elman_layer *layer = &config->layers[i];
        elman_kind_info info;
        if (elman_kind_read(layer->kind, &info)) break;
        if (info.family != ELMAN_FAMILY_RECURRENT) continue;
        size_t levels = layer->num_layers ? layer->num_layers : 1;
        for (size_t l = 0; l < levels; l++) {
            size_t H = layer->hidden_sizes[0] ? layer->hidden_sizes[l]
                                              : layer->hidden_size;
            sizes.h_size += layer->proj_size ? layer->proj_size : H;
            if (info.has_cell) sizes.c_size += H;
        }
    }
    return sizes;
}

PyObject *measure_on(core *core, const elman_model *model, const way *way,
                     void *it)
{
    elman_status status = ELMAN_OK;

    // Ctrl-C is seen between two steps
    bool stopped = false;
    while (!status && !stopped && !((measured *)it)->done) {
        Py_BEGIN_ALLOW_THREADS
        status = way->step(it);
        Py_END_ALLOW_THREADS
        stopped = PyErr_CheckSignals() != 0;
    }

    // sizes of h and c lie around what some measurements give
    PyObject *dict = NULL;
    if (status && !stopped) errors_raise(core, status);
    if (!status && !stopped) {
        point_sizes sizes = point_sizes_of(model);
        frame around = {point_sizes_results, &sizes, NULL};
        frame inner = {way->results, it, &around};
        dict = result_write(core, &inner);
    }
    return dict;
}

PyObject *measure(core *core, const elman_model *model, const way *way,
                  elman_status status, void *it)
{
    if (status) return errors_raise(core, status);
    PyObject *dict = measure_on(core, model, way, it);
    way->end(it);
    return dict;
}

PyObject *jacobian_array(core *core, const elman_fixed_points *points,
                         size_t index)
{
    array out;
    const size_t shape[] = {points->n, points->n};
    PyObject *made =
        array_fill(core, NULL, ARRAY_FLOAT64, "jacobian", 2, shape, &out);
    if (!made) return NULL;
    elman_status status = elman_fixed_points_jacobian(points, index, out.data);
    array_release(&out);
    if (!status) return made;
    Py_DECREF(made);
    return errors_raise(core, status);
}

bool given_batch(given *g, PyObject *module, PyObject *model, PyObject *x,
                 PyObject *lengths)
{
    memset(g, 0, sizeof *g);
    g->core = core_of_module(module);
    g->m = model_argument(g->core, model);
    if (!g->m || !batch_read(g->core, g->m->model, x, lengths, NULL, &g->arrays,
                             &g->batch))
        return false;
    return g->reading = model_begin_reading(g->m);
}

bool given_open(given *g, PyObject *module, PyObject *args, const char *format,
                PyObject **third, PyObject **fourth)
{
    memset(g, 0, sizeof *g);
    PyObject *model = NULL, *x = NULL, *lengths = NULL;
    return PyArg_ParseTuple(args, format, &model, &x, &lengths, third,
                            fourth) &&
           given_batch(g, module, model, x, lengths);
}

bool given_loss(given *g, PyObject *target, PyObject *loss)
{
    return fields_read(g->core, loss_fields, loss, "a loss", &g->loss) &&
           target_argument(g->core, g->m->model, g->batch.T, g->batch.B,
                           g->loss.kind, target, &g->target_array, &g->target);
}

void given_end(given *g)
{
    if (g->reading) model_end_reading(g->m);
    batch_release(&g->arrays);
    array_release(&g->target_array);
}

PyObject *given_measure(const given *g, const way *way, elman_status status,
                        void *it)
{
    return measure(g->core, g->m->model, way, status, it);
}
