/*
 * per_feature.c: a scale and a shift for each feature, and BatchNormalization,
 * which is that once it has its statistics.
 */
#include "trace/per_feature.h"

#include "trace/attribute.h"
#include "trace/layers.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <math.h>
#include <string.h>

elman_status per_feature_create(trace *t, size_t count, per_feature *d)
{
    *d = (per_feature){.name = "",
                       .type = ELEMENT_F32,
                       .count = count,
                       .scale = trace_keep(t, count + 1, sizeof(double)),
                       .shift = trace_keep(t, count + 1, sizeof(double))};
    return d->scale && d->shift
               ? ELMAN_OK
               : failure(ELMAN_NO_MEMORY, "no memory for a graph");
}

/* ---- The layer ----------------------------------------------------------- */

/* Gives the last layer the diagonal as its weight, and the shift as its bias.
 */
static elman_status weigh(trace *t, const onnx_node *n, const per_feature *d)
{
    size_t O = d->count, shape[] = {O, O};
    traced_value weight = {.name = ""}, bias = {.name = ""};
    strides w, b;
    void *data = NULL;

    TRY(tensor_create(t, n, d->name, ELEMENT_F64, 2, shape, &data, &weight));
    for (size_t i = 0; i < O; i++)
        ((double *)data)[i * O + i] = d->scale[i];
    TRY(tensor_create(t, n, d->name, ELEMENT_F64, 1, &O, &data, &bias));
    memcpy(data, d->shift, O * sizeof(double));

    /* as the graph would compute them */
    tensor_round(t, &weight, d->type);
    tensor_round(t, &bias, d->type);
    TRY(need_strides(t, n, &weight, 2, "operand", TENSOR_WEIGHT, &w));
    TRY(need_strides(t, n, &bias, 1, "operand", TENSOR_WEIGHT, &b));

    TRY(layer_weigh(t, n, &w,
                    &(weight_view){.role = "weight",
                                   .how = "diagonal",
                                   .row_axis = 0,
                                   .column_axis = 1}));
    return layer_weigh(t, n, &b,
                       &(weight_view){.role = "bias",
                                      .how = "as it is",
                                      .row_axis = 0,
                                      .column_axis = NO_STRIDE});
}

elman_status per_feature_add(trace *t, const onnx_node *n,
                             const traced_value *x, size_t axis,
                             const per_feature *d, traced_value *out)
{
    const view *of = NULL;
    view read, y;
    size_t I;
    TRY(need_view(n, x, &of));
    if (!element_is_float(x->type))
        return refuse(n, "it reads %s, expected floats", element_name(x->type));

    TRY(layer_read(t, n, of, axis, &read, &I));
    if (I != d->count)
        return refuse(n, "it has numbers for %zu features, but reads %zu",
                      d->count, I);

    const elman_layer config = {.kind = ELMAN_LINEAR, .output_size = I};
    TRY(layer_add(t, n, &read, axis, &config, I, &y));
    TRY(weigh(t, n, d));
    return value_set_view(t, out, x->type, &y);
}

/* ---- BatchNormalization -------------------------------------------------- */

/* One of the four lists of a batch norm, (C). */
static elman_status read_list(trace *t, const onnx_node *n, traced_value *v,
                              const char *what, size_t C, double *numbers)
{
    const view *of = NULL;
    size_t shape[AXES], count;
    TRY(need_tensor(t, n, v, what, TENSOR_FOLDED, &of));
    TRY(need_shape(n, of, shape, &count));
    if (of->rank != 1 || count != C)
        return refuse(n, "its %s has %zu numbers, but its scale %zu", what,
                      count, C);
    tensor_view_doubles(t, of, count, numbers);
    return ELMAN_OK;
}

/* With its statistics it is scale (x - mean) / sqrt(var + eps) + B. */
static elman_status read_norm(trace *t, const onnx_node *n,
                              traced_value *const *in, double eps,
                              per_feature *d)
{
    const view *of = NULL;
    size_t shape[AXES], C;
    TRY(need_tensor(t, n, in[1], "scale", TENSOR_FOLDED, &of));
    TRY(need_shape(n, of, shape, &C));

    TRY(per_feature_create(t, C, d));
    d->name = t->tensors[t->sources[of->source].index].name;
    d->type = in[0]->type;
    double *mean = trace_keep(t, C + 1, sizeof *mean);
    double *var = trace_keep(t, C + 1, sizeof *var);
    if (!mean || !var) return failure(ELMAN_NO_MEMORY, "no memory for a graph");

    TRY(read_list(t, n, in[1], "scale", C, d->scale));
    TRY(read_list(t, n, in[2], "B", C, d->shift));
    TRY(read_list(t, n, in[3], "mean", C, mean));
    TRY(read_list(t, n, in[4], "var", C, var));

    /* as one factor and one addend */
    for (size_t i = 0; i < C; i++) {
        if (!(var[i] + eps > 0))
            return refuse(n, "its var[%zu] is %g, expected at least 0", i,
                          var[i]);
        d->scale[i] /= sqrt(var[i] + eps);
        d->shift[i] -= mean[i] * d->scale[i];
    }
    return ELMAN_OK;
}

elman_status trace_batch_norm(trace *t, const onnx_node *n,
                              traced_value *const *in, traced_value *const *out)
{
    const view *of = NULL;
    per_feature d;
    int64_t training, spatial;
    float eps;
    TRY(attribute_float(n, "epsilon", 1e-5F, &eps));
    TRY(attribute_whole(n, "training_mode", 0, &training));
    TRY(attribute_whole(n, "spatial", 1, &spatial));

    /* with the statistics of each batch it would be no layer of its own */
    bool more = false;
    for (size_t k = 1; k < n->output_count; k++)
        more = more || n->outputs[k][0];
    if (training || more)
        return refuse(n, "it takes its statistics from each batch; export the "
                         "model after model.eval()");

    /* features are the second axis, and the last of two */
    TRY(need_view(n, in[0], &of));
    if (of->rank < 2 || (!spatial && of->rank > 2))
        return refuse(n,
                      "it reads %zu dimensions, expected sequences, "
                      "features and steps",
                      of->rank);

    TRY(read_norm(t, n, in, (double)eps, &d));
    return per_feature_add(t, n, in[0], 1, &d, out[0]);
}
