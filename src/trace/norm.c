/*
 * norm.c: LayerNormalization, as one operator or as the nine that older
 * opsets write for it:
 *
 *   m = ReduceMean(x)   d = x - m        v = ReduceMean(d ^ 2)
 *   s = Sqrt(v + eps)   y = d / s * w + b
 */
#include "trace/norm.h"

#include "trace/attribute.h"
#include "trace/directions.h"
#include "trace/layers.h"
#include "trace/pool.h"
#include "trace/sizes.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <string.h>

static elman_status add_norm(trace *t, const onnx_node *n, const view *from,
                             size_t axis, float eps, element_type type,
                             traced_value *out)
{
    view read, y;
    size_t I;
    if (axis + 1 != from->rank)
        return refuse(n, "it normalizes more than the last axis");
    TRY(layer_read(t, n, from, axis, &read, &I));
    const elman_layer config = {.kind = ELMAN_LAYER_NORM, .eps = eps};
    TRY(layer_add(t, n, &read, axis, &config, I, &y));
    t->layers[t->layer_count - 1].open = true;
    return value_set_view(t, out, type, &y);
}

static elman_status weigh(trace *t, const onnx_node *n, traced_value *v,
                          const char *role)
{
    strides s;
    TRY(need_strides(t, n, v, 1, role, TENSOR_WEIGHT, &s));

    size_t O = t->layers[t->layer_count - 1].O;
    if (s.shape[0] != O)
        return refuse(n, "its %s has %zu numbers for %zu features", role,
                      s.shape[0], O);
    return layer_weigh(t, n, &s,
                       &(weight_view){.role = role,
                                      .how = "as it is",
                                      .row_axis = 0,
                                      .column_axis = NO_STRIDE});
}

elman_status trace_layer_norm(trace *t, const onnx_node *n,
                              traced_value *const *in, traced_value *const *out)
{
    const view *of = NULL;
    int64_t number;
    size_t axis;
    float eps;
    TRY(attribute_whole(n, "axis", -1, &number));
    TRY(attribute_float(n, "epsilon", 1e-5F, &eps));
    TRY(need_view(n, in[0], &of));
    TRY(check_axis(n, number, of->rank, &axis));

    if (!(eps > 0)) return refuse(n, "its epsilon is %g", (double)eps);

    TRY(add_norm(t, n, of, axis, eps, in[0]->type, out[0]));
    t->layers[t->layer_count - 1].open = false;

    TRY(weigh(t, n, in[1], "weight"));
    if (n->input_count > 2 && in[2]) return weigh(t, n, in[2], "bias");
    return layer_weigh_zero(t, n, "bias", 0);
}

/* ---- Written out --------------------------------------------------------- */

bool norm_follow(const traced_value *v) { return v->norm != NORM_NONE; }

elman_status norm_stage_set(trace *t, const traced_value *from, norm_stage to,
                            float eps, traced_value *out)
{
    TRY(value_set_view(t, out, from->type, from->views));
    out->norm = to;
    out->eps = eps;
    return ELMAN_OK;
}

bool norm_same_view(const traced_value *a, const traced_value *b)
{
    return a->kind == VALUE_VIEW && b->kind == VALUE_VIEW &&
           a->view_count == 1 && b->view_count == 1 &&
           view_equals(a->views, b->views);
}

elman_status norm_mean(trace *t, const onnx_node *n, traced_value *const *in,
                       traced_value *const *out)
{
    int64_t axes[AXES], keep;
    size_t count, axis;
    const view *of = in[0]->views;
    TRY(list_whole(t, n, in, "axes", 1, &count, axes));
    TRY(attribute_whole(n, "keepdims", 1, &keep));

    if (in[0]->kind != VALUE_VIEW || in[0]->view_count != 1 || count != 1)
        return refuse(n, "it is a mean over neither the features, as in a "
                         "layer norm, nor the directions, nor the steps");

    /* a mean over the directions of a layer merges them */
    TRY(check_axis(n, axes[0], of->rank, &axis));
    const view_axis *a = of->axes + axis;
    if (in[0]->norm == NORM_NONE && a->factor_count == 1 &&
        axis + 1 != of->rank && t->sources[of->source].rank == 4 &&
        a->factors[0].axis == 2)
        return trace_merge(t, n, in, out);
    if (in[0]->norm == NORM_NONE && pool_is_over(t, of, axis))
        return trace_pool(t, n, in, out);

    if (t->sources[of->source].kind == SOURCE_FINAL_H && axis + 1 != of->rank)
        return refuse(n, "it is a mean of final states, which no layer gives; "
                         "a mean over the steps, or over the two directions of "
                         "all steps, is one");

    /* over the features: of x, or of its squared distance from the mean */
    bool centered = in[0]->norm == NORM_SQUARE;
    if (!keep || axis + 1 != of->rank ||
        (in[0]->norm != NORM_NONE && !centered))
        return refuse(n, "it is a mean over neither the features, as in a "
                         "layer norm, nor the directions, nor the steps");

    return norm_stage_set(t, in[0], centered ? NORM_VARIANCE : NORM_MEAN, 0,
                          out[0]);
}

elman_status norm_unary(trace *t, const onnx_node *n, traced_value *const *in,
                        traced_value *const *out)
{
    static const struct {
        norm_stage from;
        double power;
        norm_stage to;
    } rows[] = {
        {NORM_CENTERED, 2, NORM_SQUARE},    {NORM_SHIFTED, 0.5, NORM_STD},
        {NORM_NONE, 2, NORM_OWN_SQUARE},    {NORM_OWN_SUM, 0.5, NORM_LENGTH},
        {NORM_OWN_SUM, -0.5, NORM_INVERSE}, {NORM_LENGTH, -1, NORM_INVERSE}};
    double power = node_is(n, "Sqrt") ? 0.5 : -1; /* or Reciprocal */
    if (node_is(n, "Pow")) TRY(need_number(t, n, in[1], "exponent", &power));

    bool one = in[0]->kind == VALUE_VIEW && in[0]->view_count == 1;
    for (size_t i = 0; one && i < sizeof rows / sizeof *rows; i++)
        if (in[0]->norm == rows[i].from && power == rows[i].power)
            return norm_stage_set(t, in[0], rows[i].to, in[0]->eps, out[0]);
    return refuse(n, "it is supported only as a part of a layer norm, or of a "
                     "division by the length of the features");
}

elman_status norm_divide(trace *t, const onnx_node *n, const traced_value *x,
                         const traced_value *b, traced_value *out)
{
    const view *of = NULL;
    view read, y;
    size_t I;
    TRY(need_view(n, x, &of));
    TRY(layer_read(t, n, of, of->rank - 1, &read, &I));

    const elman_layer config = {.kind = ELMAN_L2_NORM, .eps = b->eps};
    TRY(layer_add(t, n, &read, of->rank - 1, &config, I, &y));
    return value_set_view(t, out, x->type, &y);
}

elman_status norm_abs(trace *t, const onnx_node *n, traced_value *const *in,
                      traced_value *const *out)
{
    const view *of = NULL;
    TRY(need_view(n, in[0], &of));
    return norm_stage_set(t, in[0], NORM_ABS, 0, out[0]);
}

/* 1 + |x|, of a softsign that is written out. */
static elman_status add_one(trace *t, const onnx_node *n,
                            const traced_value *absolute, traced_value *other,
                            traced_value *out)
{
    double one;
    TRY(need_number(t, n, other, "operand", &one));
    if (one != 1)
        return refuse(n,
                      "it adds %g to what is without its sign, expected 1, "
                      "as in a softsign",
                      one);
    return norm_stage_set(t, absolute, NORM_ONE_ABS, 0, out);
}

/* The layer x / (1 + |x|). */
static elman_status add_softsign(trace *t, const onnx_node *n,
                                 const traced_value *x, traced_value *out)
{
    const elman_layer config = {
        .kind = ELMAN_ACTIVATION,
        .activation = {ELMAN_ACTIVATION_SOFTSIGN, 0, 0}};
    const view *of = NULL;
    view read, y;
    size_t I;
    TRY(need_view(n, x, &of));
    TRY(layer_read(t, n, of, ANY_AXIS, &read, &I));
    TRY(layer_add(t, n, &read, ANY_AXIS, &config, I, &y));
    return value_set_view(t, out, x->type, &y);
}

elman_status norm_arithmetic(trace *t, const onnx_node *n,
                             traced_value *const *in, traced_value *const *out)
{
    const traced_value *a = in[0], *b = in[1];
    bool same = norm_same_view(a, b);
    arithmetic op;
    TRY(need_arithmetic(n, &op));

    /* each stage follows from the one before it, of the same x */
    switch (op) {
    case ARITHMETIC_SUB:
        if (same && a->norm == NORM_NONE && b->norm == NORM_MEAN)
            return norm_stage_set(t, a, NORM_CENTERED, 0, out[0]);
        break;
    case ARITHMETIC_MUL:
        if (same && a->norm == NORM_CENTERED && b->norm == NORM_CENTERED)
            return norm_stage_set(t, a, NORM_SQUARE, 0, out[0]);
        if (same && a->norm == NORM_NONE && b->norm == NORM_INVERSE)
            return norm_divide(t, n, a, b, out[0]);
        if (same && a->norm == NORM_INVERSE && b->norm == NORM_NONE)
            return norm_divide(t, n, b, a, out[0]);
        break;
    case ARITHMETIC_ADD:
        if (a->norm == NORM_ABS && is_tensor(t, b))
            return add_one(t, n, a, in[1], out[0]);
        if (b->norm == NORM_ABS && is_tensor(t, a))
            return add_one(t, n, b, in[0], out[0]);
        if (a->norm == NORM_VARIANCE || b->norm == NORM_VARIANCE) {
            size_t k = a->norm == NORM_VARIANCE;
            double eps;
            TRY(need_number(t, n, in[k], "epsilon", &eps));
            if (!((float)eps > 0)) return refuse(n, "its epsilon is %g", eps);
            return norm_stage_set(t, in[!k], NORM_SHIFTED, (float)eps, out[0]);
        }
        break;
    case ARITHMETIC_DIV:
        if (same && a->norm == NORM_CENTERED && b->norm == NORM_STD)
            return add_norm(t, n, a->views, a->views->rank - 1, b->eps, a->type,
                            out[0]);
        if (same && a->norm == NORM_NONE && b->norm == NORM_LENGTH)
            return norm_divide(t, n, a, b, out[0]);
        if (same && a->norm == NORM_NONE && b->norm == NORM_ONE_ABS)
            return add_softsign(t, n, a, out[0]);
        if (is_tensor(t, a) && b->norm == NORM_LENGTH) {
            double one;
            TRY(need_number(t, n, in[0], "operand", &one));
            if (one == 1)
                return norm_stage_set(t, b, NORM_INVERSE, b->eps, out[0]);
        }
        break;
    }
    return refuse(n, "it does not fit into a norm or a softsign, the parts of "
                     "which alone elman has no layer for");
}

elman_status norm_finish(trace *t, size_t index)
{
    traced_layer *l = &t->layers[index];
    const size_t layers = t->layer_count;
    elman_status status = ELMAN_OK;
    const onnx_node *n = t->graph->nodes + l->node;

    if (l->config.kind != ELMAN_LAYER_NORM || l->weight_count == 2)
        return ELMAN_OK;

    t->layer_count = index + 1; /* the last layer is what gets weights */

    /* a weight of ones */
    if (l->weight_count == 0) {
        void *one = NULL;
        traced_value made = {0};
        strides s;
        status = tensor_create(t, n, "1", ELEMENT_F64, 0, NULL, &one, &made);
        if (status == ELMAN_OK) {
            *(double *)one = 1;
            tensor_round(t, &made, ELEMENT_F32);
            status = need_strides(t, n, &made, 0, "weight", TENSOR_SETTING, &s);
        }
        if (status == ELMAN_OK)
            status = layer_weigh(t, n, &s,
                                 &(weight_view){.role = "weight",
                                                .how = "1",
                                                .row_axis = NO_STRIDE,
                                                .column_axis = NO_STRIDE});
    }

    if (status == ELMAN_OK) status = layer_weigh_zero(t, n, "bias", 0);
    t->layer_count = layers;
    return status;
}

elman_status norm_weigh(trace *t, const onnx_node *n, const traced_value *x,
                        traced_value *other, traced_value *out)
{
    traced_layer *l = &t->layers[t->layer_count - 1];
    bool scale = node_is(n, "Mul"), weighed = l->weight_count > 0;
    if (scale == weighed)
        return refuse(n, "expected the weight, then the bias of a layer norm");

    TRY(weigh(t, n, other, scale ? "weight" : "bias"));
    l->open = scale;

    /* a new source, so that the output before is not taken for this one */
    source s = t->sources[l->y];
    view y = *x->views;
    TRY(source_add(t, n, &s, &l->y));
    y.source = l->y;
    return value_set_view(t, out, x->type, &y);
}
