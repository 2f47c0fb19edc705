/* dense.c: linear layers and embeddings. */
#include "trace/dense.h"

#include "trace/attribute.h"
#include "trace/elementwise.h"
#include "trace/flip.h"
#include "trace/fold.h"
#include "trace/gates.h"
#include "trace/layers.h"
#include "trace/stepwise.h"
#include "trace/tensor.h"
#include "trace/unrolled.h"
#include "trace/unrolled_step.h"
#include "trace/view.h"

#include <string.h>

/* ---- Linear -------------------------------------------------------------- */

static elman_status read_straight(trace *t, const onnx_node *n, const view *of,
                                  view *read, size_t *I)
{
    if (of->rank == 0)
        return refuse(n, "it reads one number, expected features");
    return layer_read(t, n, of, of->rank - 1, read, I);
}

static elman_status add_linear(trace *t, const onnx_node *n,
                               const traced_value *x, const strides *weight,
                               bool transposed, double scale, traced_value *out)
{
    const view *of = NULL;
    view read, y;
    size_t I, O = weight->shape[transposed ? 0 : 1],
              wanted = weight->shape[transposed ? 1 : 0];
    TRY(need_view(n, x, &of));
    if (!element_is_float(x->type))
        return refuse(n, "it reads %s, expected floats", element_name(x->type));

    /* the other direction of an unrolled recurrence reads what the last layer
     * reads */
    view straight = *of;
    size_t axis, number;
    view_tidy(&straight);
    bool turned = view_find_flip(t, &straight, &axis, &number);
    if (turned)
        view_flip_factor(t, &straight, straight.axes[axis].factors + number,
                         of->lengths);
    bool twin = unrolled_has_twin(t, &straight);
    if (twin) I = t->layers[t->layer_count - 1].I;
    else TRY(read_straight(t, n, &straight, &read, &I));

    if (I != wanted)
        return refuse(n, "its weight is for %zu features, but it reads %zu",
                      wanted, I);

    if (twin) {
        TRY(unrolled_twin(t, n, O, &y));
    } else {
        elman_layer config = {
            .kind = ELMAN_LINEAR, .output_size = O, .no_bias = true};
        TRY(layer_add(t, n, &read, read.rank - 1, &config, O, &y));
        t->layers[t->layer_count - 1].x = straight;
    }

    /* each step by itself is what it was, so y is turned round as well */
    if (turned &&
        !view_flip_factor(t, &y, y.axes[axis].factors + number, of->lengths))
        return refuse(n, "it reads steps that are turned round and gives them "
                         "in parts");

    /* a weight times zero is zero, whatever it holds */
    const weight_view part = {.role = "weight",
                              .how = transposed ? "as it is" : "transposed",
                              .row_axis = transposed ? 0 : 1,
                              .column_axis = transposed ? 1 : 0,
                              .scale = scale};
    TRY(scale == 0 ? layer_weigh_zero(t, n, "weight", 0)
                   : layer_weigh(t, n, weight, &part));
    if (scale == 0) t->uses[weight->tensor] = TENSOR_READ;

    t->layers[t->layer_count - 1].open = true;
    return value_set_view(t, out, x->type, &y);
}

/* The product of one step is a step of the product of all. */
static elman_status add_step(trace *t, const onnx_node *n,
                             const traced_value *x, const strides *weight,
                             bool transposed, double scale, traced_value *out)
{
    view all, one;
    size_t index;
    bool stepwise =
        scale == 1 && stepwise_is(x) && stepwise_all(t, x->views, &all, &index);
    if (!stepwise) return add_linear(t, n, x, weight, transposed, scale, out);

    /* the first step adds the layer */
    const view *y = stepwise_known(t, &all, weight, transposed);
    if (!y) {
        traced_value whole = {.name = x->name}, made = {.name = x->name};
        TRY(value_set_view(t, &whole, x->type, &all));
        TRY(add_linear(t, n, &whole, weight, transposed, 1, &made));
        TRY(stepwise_note(t, &all, weight, transposed, made.views));
        y = made.views;
    }
    one = stepwise_one(y, index);
    return value_set_view(t, out, x->type, &one);
}

/* Makes out v with its last two axes exchanged. */
static elman_status turn(trace *t, const onnx_node *n, const traced_value *v,
                         traced_value *out)
{
    const view *of = NULL;
    TRY(need_view(n, v, &of));
    if (of->rank < 2)
        return refuse(n, "it reads %zu dimensions, expected at least 2",
                      of->rank);

    view turned = *of;
    turned.axes[of->rank - 1] = of->axes[of->rank - 2];
    turned.axes[of->rank - 2] = of->axes[of->rank - 1];
    return value_set_view(t, out, v->type, &turned);
}

/* Makes out the weight v without axes of size 1 before its two, of which what
 * it multiplies must have as many. */
static elman_status flatten(trace *t, const onnx_node *n, const traced_value *x,
                            const traced_value *v, traced_value *out)
{
    view flat = *v->views;
    size_t more = flat.rank - 2;
    bool fits = x->kind == VALUE_VIEW && x->views->rank >= flat.rank;
    for (size_t k = 0; k < more; k++)
        fits = fits && flat.axes[k].factor_count == 0;
    if (!fits)
        return refuse(n,
                      "its weight has %zu dimensions, and differs from "
                      "sequence to sequence",
                      flat.rank);

    memmove(flat.axes, flat.axes + more, 2 * sizeof *flat.axes);
    flat.rank = 2;
    return value_set_view(t, out, v->type, &flat);
}

/* A weight in front of what it multiplies, whose features are the axis before
 * its last. */
static elman_status multiply_turned(trace *t, const onnx_node *n,
                                    traced_value *const *in, traced_value *out)
{
    traced_value x = {.name = in[1]->name}, y = x;
    strides weight;
    TRY(turn(t, n, in[1], &x));
    TRY(need_strides(t, n, in[0], 2, "weight", TENSOR_WEIGHT, &weight));
    TRY(add_linear(t, n, &x, &weight, true, 1, &y));
    t->layers[t->layer_count - 1].open = false;
    return turn(t, n, &y, out);
}

/* Whether v is an input that need not be given, and is: an initial state. */
static bool is_given_default(const trace *t, const traced_value *v)
{
    if (!t->bound || v->kind != VALUE_VIEW || v->view_count != 1) return false;
    const source *s = t->sources + v->views->source;
    if (s->kind != SOURCE_INPUT) return false;

    const onnx_graph *g = t->graph;
    for (size_t i = 0; i < g->initializer_count; i++)
        if (!strcmp(g->initializers[i].name, g->inputs[s->index].name))
            return true;
    return false;
}

elman_status trace_matmul(trace *t, const onnx_node *n, traced_value *const *in,
                          traced_value *const *out)
{
    strides weight;
    bool state = is_tensor(t, in[0]) || is_given_default(t, in[0]);
    if (state && is_tensor(t, in[1]) && in[0]->views->rank > 2 &&
        in[1]->views->rank > 2)
        return fold_product(t, n, in, out); /* of an initial state */

    /* the weight may come first, or have axes of size 1 */
    traced_value flat = {.name = in[1]->name}, *w = in[1];
    if (is_tensor(t, in[0]) && in[0]->views->rank == 2 &&
        in[1]->kind == VALUE_VIEW && !is_tensor(t, in[1]))
        return multiply_turned(t, n, in, out[0]);
    if (is_tensor(t, in[1]) && in[1]->views->rank > 2) {
        TRY(flatten(t, n, in[0], in[1], &flat));
        w = &flat;
    }

    TRY(need_strides(t, n, w, 2, "weight", TENSOR_WEIGHT, &weight));
    if (gate_multiplies(t, in[0], &weight))
        return gate_product(t, n, in[0], &weight, false, NULL, out[0]);
    if (unrolled_multiplies(t, in[0]))
        return unrolled_product(t, n, in[0], &weight, false, out[0]);
    return add_step(t, n, in[0], &weight, false, 1, out[0]);
}

elman_status dense_bias(trace *t, const onnx_node *n, traced_value *b, size_t O,
                        double scale)
{
    const view *of = NULL;
    strides s;
    size_t rank;
    TRY(need_tensor(t, n, b, "bias", TENSOR_WEIGHT, &of));

    /* every axis but the last is of size 1 */
    rank = of->rank;
    for (size_t k = 0; k + 1 < rank; k++) {
        extent size;
        TRY(view_size(n, of, k, &size));
        if (!extent_is(&size, 1) || rank > 3)
            return refuse(n, "its bias differs from step to step");
    }

    TRY(need_strides(t, n, b, rank, "bias", TENSOR_WEIGHT, &s));
    size_t count = rank ? s.shape[rank - 1] : 1;
    if (count != O && count != 1)
        return refuse(n, "its bias has %zu numbers for %zu features", count, O);

    traced_layer *l = &t->layers[t->layer_count - 1];
    l->config.no_bias = false;
    return layer_weigh(t, n, &s,
                       &(weight_view){.role = "bias",
                                      .how = "as it is",
                                      .row_axis = rank ? rank - 1 : NO_STRIDE,
                                      .column_axis = NO_STRIDE,
                                      .scale = scale});
}

elman_status dense_product(trace *t, const onnx_node *n, traced_value *x,
                           traced_value *w, traced_value *bias,
                           traced_value *out)
{
    strides weight;
    TRY(need_strides(t, n, w, 2, "weight", TENSOR_WEIGHT, &weight));
    TRY(add_linear(t, n, x, &weight, false, 1, out));

    traced_layer *l = &t->layers[t->layer_count - 1];
    if (!bias) return ELMAN_OK;
    l->open = false;
    return dense_bias(t, n, bias, l->O, 1);
}

elman_status trace_gemm(trace *t, const onnx_node *n, traced_value *const *in,
                        traced_value *const *out)
{
    float alpha, beta;
    int64_t transA, transB;
    strides weight;
    TRY(attribute_float(n, "alpha", 1, &alpha));
    TRY(attribute_float(n, "beta", 1, &beta));
    TRY(attribute_whole(n, "transA", 0, &transA));
    TRY(attribute_whole(n, "transB", 0, &transB));

    /* columns of features are turned to rows */
    traced_value rows = {.name = in[0]->name}, *x = in[0];
    if (transA) {
        TRY(turn(t, n, in[0], &rows));
        x = &rows;
    }
    TRY(need_strides(t, n, in[1], 2, "weight", TENSOR_WEIGHT, &weight));

    /* the product of a state is a part of a step, not a layer */
    bool biased = n->input_count > 2 && in[2] && beta != 0;
    if (gate_multiplies(t, x, &weight) && alpha == 1 && (!biased || beta == 1))
        return gate_product(t, n, x, &weight, transB != 0,
                            biased ? in[2] : NULL, out[0]);
    if (unrolled_multiplies(t, x) && alpha == 1 && (!biased || beta == 1)) {
        TRY(unrolled_product(t, n, x, &weight, transB != 0, out[0]));
        return biased ? unrolled_bias(t, n, out[0], in[2], out[0]) : ELMAN_OK;
    }

    TRY(add_linear(t, n, x, &weight, transB != 0, (double)alpha, out[0]));

    traced_layer *l = &t->layers[t->layer_count - 1];
    if (n->input_count < 3 || !in[2]) return ELMAN_OK;
    l->open = false;
    return beta == 0 ? ELMAN_OK : dense_bias(t, n, in[2], l->O, (double)beta);
}

elman_status trace_fused_gemm(trace *t, const onnx_node *n,
                              traced_value *const *in, traced_value *const *out)
{
    const char *op;
    traced_value sum = {.name = out[0]->name};
    traced_value *const sums[] = {&sum};
    TRY(attribute_text(n, "activation", "", &op));
    TRY(trace_gemm(t, n, in, sums));
    return elementwise_function(t, n, op, "activation_alpha", "activation_beta",
                                &sum, out[0]);
}

/* ---- Embedding ----------------------------------------------------------- */

static bool is_whole_number(element_type type)
{
    return !element_is_float(type) && type != ELEMENT_BOOL;
}

elman_status trace_embedding(trace *t, const onnx_node *n,
                             traced_value *const *in, traced_value *const *out)
{
    const view *tokens = NULL;
    view read, y;
    int64_t axis;
    size_t none;
    strides weight;
    TRY(attribute_whole(n, "axis", 0, &axis));
    TRY(need_view(n, in[1], &tokens));

    if (axis != 0 || !is_whole_number(in[1]->type))
        return refuse(n, "its indices are neither known numbers nor tokens of "
                         "an embedding");
    if (t->layer_count)
        return refuse(n, "an embedding comes after other layers");
    bool quantized = in[0]->type == ELEMENT_U8 || in[0]->type == ELEMENT_I8;
    TRY(need_strides(t, n, in[0], 2, "weight",
                     quantized ? TENSOR_READ : TENSOR_WEIGHT, &weight));

    /* tokens have no features: an axis of size 1 stands for them */
    view wide = *tokens;
    if (wide.rank == AXES)
        return refuse(n, "more than %d dimensions", AXES - 1);
    wide.axes[wide.rank++] = (view_axis){0};

    TRY(layer_read(t, n, &wide, wide.rank - 1, &read, &none));
    const elman_layer config = {.kind = ELMAN_EMBEDDING,
                                .num_embeddings = weight.shape[0],
                                .embedding_dim = weight.shape[1]};
    TRY(layer_add(t, n, &read, read.rank - 1, &config, weight.shape[1], &y));

    t->tokens = true;
    if (quantized) {
        t->layers[t->layer_count - 1].quantized = in[0];
        TRY(layer_weigh_zero(t, n, "weight", 0));
        return value_set_view(t, out[0], in[0]->type, &y);
    }
    TRY(layer_weigh(t, n, &weight,
                    &(weight_view){.role = "weight",
                                   .how = "as it is",
                                   .row_axis = 0,
                                   .column_axis = 1}));

    return value_set_view(t, out[0], in[0]->type, &y);
}
