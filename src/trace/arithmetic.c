/* arithmetic.c: sums, differences, products and quotients of what flows: a
 * bias, a part of a norm or of a step, or a layer by itself. */
#include "trace/arithmetic.h"

#include "trace/attribute.h"
#include "trace/dense.h"
#include "trace/directions.h"
#include "trace/elementwise.h"
#include "trace/norm.h"
#include "trace/per_feature.h"
#include "trace/stepwise.h"
#include "trace/tensor.h"
#include "trace/unrolled.h"
#include "trace/unrolled_step.h"
#include "trace/view.h"

#include <math.h>

/* x op c or c op x for one number c. */
static elman_status add_affine(trace *t, const onnx_node *n, arithmetic op,
                               const traced_value *x, double c, bool swapped,
                               traced_value *out)
{
    double alpha = 1, beta = 0;

    /* the operation as alpha x + beta */
    switch (op) {
    case ARITHMETIC_ADD:
        beta = c;
        break;
    case ARITHMETIC_SUB:
        alpha = swapped ? -1 : 1;
        beta = swapped ? c : -c;
        break;
    case ARITHMETIC_MUL:
        alpha = c;
        break;
    case ARITHMETIC_DIV:
        if (swapped)
            return refuse(n, "it divides a number by the output of a layer");
        alpha = 1 / c;
        break;
    }

    if (!isfinite((float)alpha) || !isfinite((float)beta))
        return refuse(n, "its number %g is not finite", c);

    const elman_layer config = {
        .kind = ELMAN_ACTIVATION,
        .activation = {ELMAN_ACTIVATION_AFFINE, (float)alpha, (float)beta}};
    return elementwise_add(t, n, x, &config, out);
}

/* x op c with a number c for each feature. */
static elman_status add_diagonal(trace *t, const onnx_node *n, arithmetic op,
                                 traced_value *const *in, bool swapped,
                                 traced_value *out)
{
    traced_value *x = in[swapped], *other = in[!swapped];
    const view *of = NULL;
    size_t shape[AXES], O = 0;
    per_feature d;

    /* one number for each feature */
    TRY(need_tensor(t, n, other, "operand", TENSOR_FOLDED, &of));
    TRY(need_shape(n, of, shape, &O));
    if (O != shape[of->rank - 1] && !graph_recurs(t->graph))
        return refuse(n,
                      "its operand differs between sequences or steps, as "
                      "where a cell begins with a state that the exporter "
                      "computed; give the cell its state as an input, or keep "
                      "a loop over steps, which converts if its cell is an "
                      "RNN, GRU or LSTM: in PyTorch torch.onnx.export(torch."
                      "jit.script(model), ..., dynamo=False)");
    if (O != shape[of->rank - 1])
        return refuse(n, "its operand differs between sequences or steps");
    if (op == ARITHMETIC_DIV && swapped)
        return refuse(n, "it divides by the output of a layer");

    TRY(per_feature_create(t, O, &d));
    d.name = t->tensors[t->sources[of->source].index].name;
    d.type = other->type;
    tensor_view_doubles(t, of, O, d.shift);

    /* the operation as scale x + shift */
    for (size_t i = 0; i < O; i++) {
        double c = d.shift[i];
        bool adds = op == ARITHMETIC_ADD || op == ARITHMETIC_SUB;
        d.scale[i] = op == ARITHMETIC_MUL              ? c
                     : op == ARITHMETIC_DIV            ? 1 / c
                     : op == ARITHMETIC_SUB && swapped ? -1
                                                       : 1;
        if (!adds) d.shift[i] = 0;
        if (op == ARITHMETIC_SUB && !swapped) d.shift[i] = -c;
    }

    return per_feature_add(t, n, x, x->views->rank - 1, &d, out);
}

/* Whether x is the output of the last layer, with the features last, and that
 * layer is open for a weight or bias. */
static bool is_open(const trace *t, const traced_value *x, elman_kind kind)
{
    if (x->kind != VALUE_VIEW || x->view_count != 1 || !t->layer_count)
        return false;

    const traced_layer *l = &t->layers[t->layer_count - 1];
    const view *of = x->views;

    /* its last axis runs along the features, or there is one feature */
    const view_axis *a = of->rank ? &of->axes[of->rank - 1] : NULL;
    bool features =
        a && (a->factor_count == 0
                  ? l->O == 1
                  : a->factor_count == 1 &&
                        t->sources[of->source].identity[a->factors[0].axis] ==
                            OWN_AXIS);

    return l->open && l->config.kind == kind && of->source == l->y && features;
}

/* Gives the last layer's output a new source, so that a view of what it was
 * before is not taken for what it is now. */
static elman_status renew(trace *t, const onnx_node *n, const traced_value *x,
                          traced_value *out)
{
    traced_layer *l = &t->layers[t->layer_count - 1];
    source s = t->sources[l->y];
    view y = *x->views;
    TRY(source_add(t, n, &s, &l->y));
    y.source = l->y;
    return value_set_view(t, out, x->type, &y);
}

/* Adds b to one step of a linear layer, whose bias it is. */
static elman_status add_step_bias(trace *t, const onnx_node *n, traced_value *x,
                                  traced_value *b, traced_value *out)
{
    bool first;
    TRY(stepwise_needs_bias(t, n, x, b, &first));
    if (first) TRY(dense_bias(t, n, b, t->layers[t->layer_count - 1].O, 1));
    return stepwise_add_bias(t, n, x, b, out);
}

elman_status trace_arithmetic(trace *t, const onnx_node *n,
                              traced_value *const *in, traced_value *const *out)
{
    bool swapped = is_tensor(t, in[0]);
    traced_value *x = in[swapped], *other = in[!swapped];
    arithmetic op;
    TRY(need_arithmetic(n, &op));

    /* a part of something that is written out */
    if (in[0]->kind == VALUE_STEP || in[1]->kind == VALUE_STEP)
        return unrolled_add(t, n, in, out[0]);

    if (in[0]->kind != VALUE_VIEW || in[1]->kind != VALUE_VIEW)
        return refuse(n, "it mixes a shape with the output of a layer");

    if (norm_follow(x) || norm_follow(other))
        return norm_arithmetic(t, n, in, out);
    if (op == ARITHMETIC_MUL && !is_tensor(t, x) && norm_same_view(x, other))
        return norm_stage_set(t, x, NORM_OWN_SQUARE, 0, out[0]);
    if (directions_meet(t, x, other)) return directions_merge(t, n, x, out[0]);

    /* else one operand must be a tensor */
    if (!is_tensor(t, other) &&
        !(t->bound && t->sources[other->views->source].kind == SOURCE_INPUT))
        return refuse(n, "both operands come from layers, and a stack cannot "
                         "join two of them");

    if (op == ARITHMETIC_ADD && stepwise_is(x) && is_tensor(t, other))
        return add_step_bias(t, n, x, other, out[0]);
    if (op == ARITHMETIC_ADD && unrolled_begins(t, x))
        return unrolled_constant(t, n, x, other, out[0]);

    const view *of = NULL;
    size_t shape[AXES], count;
    TRY(need_tensor(t, n, other, "operand", TENSOR_SETTING, &of));
    TRY(need_shape(n, of, shape, &count));

    if (of->rank > x->views->rank)
        return refuse(n,
                      "its operand has %zu dimensions, more than the value it "
                      "is applied to",
                      of->rank);

    /* the bias of a linear layer, the weight or bias of a layer norm */
    if (op == ARITHMETIC_ADD && is_open(t, x, ELMAN_LINEAR)) {
        t->layers[t->layer_count - 1].open = false;
        TRY(dense_bias(t, n, other, t->layers[t->layer_count - 1].O, 1));
        return renew(t, n, x, out[0]);
    }

    if (is_open(t, x, ELMAN_LAYER_NORM) &&
        (op == ARITHMETIC_MUL || op == ARITHMETIC_ADD))
        return norm_weigh(t, n, x, other, out[0]);

    /* or a layer by itself */
    double number;
    if (count != 1) return add_diagonal(t, n, op, in, swapped, out[0]);
    TRY(need_number(t, n, other, "operand", &number));
    return add_affine(t, n, op, x, number, swapped, out[0]);
}

elman_status trace_negate(trace *t, const onnx_node *n, traced_value *const *in,
                          traced_value *const *out)
{
    const elman_layer minus = {.kind = ELMAN_ACTIVATION,
                               .activation = {ELMAN_ACTIVATION_AFFINE, -1, 0}};
    return elementwise_add(t, n, in[0], &minus, out[0]);
}
