/* quantized.c: DequantizeLinear and the like, as ONNX Runtime's quantization
 * writes them. */
#include "trace/quantized.h"

#include "base/real.h"
#include "trace/attribute.h"
#include "trace/dense.h"
#include "trace/elementwise.h"
#include "trace/layers.h"
#include "trace/recurrent.h"
#include "trace/rounding.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <math.h>
#include <string.h>

/* ---- Tensors ------------------------------------------------------------- */

/* A scale or zero point: one number, or one for each index of an axis; of a
 * zero point that is left out 0. */
static elman_status read_numbers(trace *t, const onnx_node *n, traced_value *v,
                                 const char *what, size_t most,
                                 double **numbers, size_t *count)
{
    const view *of = NULL;
    size_t shape[AXES];
    *count = 1;
    if (v) {
        TRY(need_tensor(t, n, v, what, TENSOR_SETTING, &of));
        TRY(need_shape(n, of, shape, count));
    }

    if (*count != 1 && *count != most)
        return refuse(n, "its %s has %zu numbers, expected one or %zu", what,
                      *count, most);
    *numbers = trace_keep(t, *count + 1, sizeof **numbers);
    if (!*numbers) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    if (v) tensor_view_doubles(t, of, *count, *numbers);
    return ELMAN_OK;
}

/* What is done with each number of a tensor. */
typedef enum scaling { DEQUANTIZE, QUANTIZE } scaling;

static double scaled(scaling how, double x, double scale, double zero,
                     bool is_signed)
{
    double low = is_signed ? -128 : 0, high = is_signed ? 127 : 255;
    if (how == DEQUANTIZE) return (x - zero) * scale;
    return real_min(real_max(real_nearest(x / scale) + zero, low), high);
}

/* out is x with each number scaled by the numbers of its index along an axis.
 */
static elman_status scale_tensor(trace *t, const onnx_node *n, scaling how,
                                 traced_value *x, traced_value *scale,
                                 traced_value *zero, int64_t axis,
                                 traced_value *out)
{
    const view *of = NULL;
    size_t shape[AXES], index[AXES] = {0}, count, scale_total, zero_count,
                        along = 0;
    double *steps, *shift;
    void *data = NULL;
    TRY(need_tensor(t, n, x, "input", TENSOR_QUANTIZED, &of));
    TRY(need_shape(n, of, shape, &count));
    if (of->rank) TRY(check_axis(n, axis, of->rank, &along));

    size_t most = of->rank ? shape[along] : 1;
    TRY(read_numbers(t, n, scale, "scale", most, &steps, &scale_total));
    TRY(read_numbers(t, n, zero, "zero point", most, &shift, &zero_count));

    const view from = *of;
    const char *name = t->tensors[t->sources[from.source].index].name;
    TRY(tensor_create(t, n, name, ELEMENT_F64, from.rank, shape, &data, out));
    double *values = data;
    tensor_view_doubles(t, &from, count, values);

    /* by one number for all, or that of the index along the axis */
    bool is_signed = zero && zero->type == ELEMENT_I8;
    for (size_t i = 0; i < count; i++, index_advance(from.rank, shape, index))
        values[i] =
            scaled(how, values[i], steps[scale_total > 1 ? index[along] : 0],
                   shift[zero_count > 1 ? index[along] : 0], is_signed);
    tensor_round(t, out, ELEMENT_F32);
    return ELMAN_OK;
}

static elman_status read_axis(const onnx_node *n, int64_t *axis)
{
    int64_t block;
    TRY(attribute_whole(n, "axis", 1, axis));
    TRY(attribute_whole(n, "block_size", 0, &block));
    return block ? refuse(n, "it has a scale for each block of %lld",
                          (long long)block)
                 : ELMAN_OK;
}

elman_status dequantize_tensor(trace *t, const onnx_node *n,
                               traced_value *const *in,
                               traced_value *const *out)
{
    int64_t axis;
    TRY(read_axis(n, &axis));
    if (in[0]->views->rank < 2) axis = 0;
    return scale_tensor(t, n, DEQUANTIZE, in[0], in[1], in[2], axis, out[0]);
}

elman_status quantize_tensor(trace *t, const onnx_node *n,
                             traced_value *const *in, traced_value *const *out)
{
    int64_t axis;
    TRY(read_axis(n, &axis));
    if (in[0]->views->rank < 2) axis = 0;
    return scale_tensor(t, n, QUANTIZE, in[0], in[1], in[2], axis, out[0]);
}

/* ---- What flows ---------------------------------------------------------- */

/* The scale and zero point of what flows: a model does not need them. */
static void note_rounding(trace *t, traced_value *const *in)
{
    for (size_t k = 1; k < 3; k++) {
        if (!in[k] || !is_tensor(t, in[k])) continue;
        tensor_use *use = t->uses + t->sources[in[k]->views->source].index;
        if (*use == TENSOR_SETTING) *use = TENSOR_ROUNDING;
    }
}

elman_status quantize_flow(trace *t, const onnx_node *n,
                           traced_value *const *in, traced_value *const *out)
{
    double step, zero = 0, least, most;
    element_type type = in[2] ? in[2]->type : ELEMENT_U8;
    TRY(need_number(t, n, in[1], "scale", &step));
    if (in[2]) TRY(need_number(t, n, in[2], "zero point", &zero));

    bool is_signed = type == ELEMENT_I8;
    if ((!is_signed && type != ELEMENT_U8) || !(step > 0) || isinf(step))
        return refuse(n,
                      "it makes numbers of %s, a step of %g apart, expected "
                      "uint8 or int8",
                      element_name(type), step);

    note_rounding(t, in);
    least = is_signed ? -128 : 0;
    most = is_signed ? 127 : 255;

    /* a graph that is run rounds */
    if (t->bound) {
        const traced_rounding how = {.kind = ROUND_STEPS,
                                     .step = step,
                                     .zero = zero,
                                     .least = least,
                                     .most = most};
        TRY(rounding_mark(t, n, in[0], &how, out[0]));
        out[0]->type = type;
        return ELMAN_OK;
    }

    if (!t->rounded) t->rounded = n;

    /* as if not rounded, but between the least number and the greatest: beyond
     * them may stand for a relu that was there before */
    TRY(elementwise_clip(t, n, in[0], (least - zero) * step,
                         (most - zero) * step, out[0]));
    out[0]->type = type;

    traced_layer *l = &t->layers[t->layer_count - 1];
    l->step = step;
    l->zero = zero;
    return ELMAN_OK;
}

elman_status dequantize_flow(trace *t, const onnx_node *n,
                             traced_value *const *in, traced_value *const *out)
{
    traced_layer *l = t->layer_count ? &t->layers[t->layer_count - 1] : NULL;
    const view *of = NULL;
    double step, zero = 0;
    TRY(need_view(n, in[0], &of));
    TRY(need_number(t, n, in[1], "scale", &step));
    if (in[2]) TRY(need_number(t, n, in[2], "zero point", &zero));

    note_rounding(t, in);
    if (of->rounds && of->rounds->kind == ROUND_STEPS) {
        if (of->rounds->step != step || of->rounds->zero != zero)
            return refuse(n, "it reads whole numbers that are not what "
                             "QuantizeLinear made with its scale");
        TRY(value_copy_views(t, n, in[0], out[0]));
        out[0]->type = ELEMENT_F32;
        return ELMAN_OK;
    }

    /* numbers of an embedding's weight, taken before they are floats */
    bool tip = l && of->source == l->y;
    if (tip && l->quantized) {
        traced_value made = {.name = ""};
        strides s;
        TRY(scale_tensor(t, n, DEQUANTIZE, l->quantized, in[1], in[2], 1,
                         &made));
        TRY(need_strides(t, n, &made, 2, "weight", TENSOR_WEIGHT, &s));

        l->quantized = NULL;
        l->step = step;
        l->zero = zero;
        l->weight_count = 0;
        TRY(layer_weigh(t, n, &s,
                        &(weight_view){.role = "weight",
                                       .how = "dequantized",
                                       .row_axis = 0,
                                       .column_axis = 1}));
    }

    if (!tip || l->step != step || l->zero != zero)
        return refuse(n, "it reads whole numbers that are not what "
                         "QuantizeLinear made with its scale");

    TRY(value_copy_views(t, n, in[0], out[0]));
    out[0]->type = ELEMENT_F32;
    return ELMAN_OK;
}

elman_status quantized_finish(trace *t, size_t index)
{
    const traced_layer *l = t->layers + index;
    if (!l->quantized) return ELMAN_OK;
    return refuse(t->graph->nodes + l->node,
                  "its weight is of %s, and nothing makes floats of it",
                  element_name(l->quantized->type));
}

/* ---- Products in whole numbers ------------------------------------------- */

struct traced_product {
    enum { NUMBERS, SCALE, ZERO, PRODUCT } stage;
    traced_value *x;             /* floats */
    traced_value *weight, *zero; /* of a PRODUCT, and its zero point */
    traced_value *factor;        /* the weight's scale, if it is in it */
    bool scaled;                 /* by that of x */
};

static elman_status set_product(trace *t, const traced_product *p,
                                traced_value *out)
{
    traced_product *copy = trace_keep(t, 1, sizeof *copy);
    if (!copy) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    *copy = *p;
    out->kind = VALUE_PRODUCT;
    out->product = copy;
    return ELMAN_OK;
}

/* rounded is x in 8 bits, which its numbers decide. */
static elman_status round_range(trace *t, const onnx_node *n, traced_value *x,
                                traced_value **rounded)
{
    const traced_rounding how = {.kind = ROUND_RANGE};
    const view *of = NULL;
    TRY(need_view(n, x, &of));
    traced_value *made = trace_keep(t, 1, sizeof *made);
    if (!made) return failure(ELMAN_NO_MEMORY, "no memory for a graph");

    made->name = x->name;
    made->node = x->node;
    *rounded = made;
    return rounding_layer(t, n, x, &how, made);
}

elman_status quantize_dynamic(trace *t, const onnx_node *n,
                              traced_value *const *in, traced_value *const *out)
{
    traced_value *x = NULL;
    TRY(round_range(t, n, in[0], &x));
    for (unsigned k = 0; k < n->output_count && k < 3; k++)
        TRY(set_product(t, &(traced_product){.stage = k, .x = x}, out[k]));
    return ELMAN_OK;
}

static bool is_stage(const traced_value *v, int stage, const traced_value *x)
{
    return v && v->kind == VALUE_PRODUCT && (int)v->product->stage == stage &&
           (!x || v->product->x == x);
}

/* The linear layer of x and a weight of whole numbers, with a bias or none. */
static elman_status add_layer(trace *t, const onnx_node *n, traced_value *x,
                              traced_value *weight, traced_value *scale,
                              traced_value *zero, traced_value *bias,
                              traced_value *out)
{
    traced_value made = {.name = ""};
    TRY(scale_tensor(t, n, DEQUANTIZE, weight, scale, zero, 1, &made));
    return dense_product(t, n, x, &made, bias, out);
}

elman_status quantized_matmul(trace *t, const onnx_node *n,
                              traced_value *const *in, traced_value *const *out)
{
    if (!is_stage(in[0], NUMBERS, NULL) ||
        !is_stage(in[2], ZERO, in[0]->product->x))
        return refuse(n, "its first operand is not the output of a layer, "
                         "quantized as it comes");
    return set_product(t,
                       &(traced_product){.stage = PRODUCT,
                                         .x = in[0]->product->x,
                                         .weight = in[1],
                                         .zero = in[3]},
                       out[0]);
}

elman_status quantized_multiply(trace *t, const onnx_node *n,
                                traced_value *const *in,
                                traced_value *const *out)
{
    bool second = in[0]->kind != VALUE_PRODUCT;
    traced_value *other = in[!second];
    traced_product made = *in[second]->product;

    if (is_stage(other, PRODUCT, NULL)) {
        made = *other->product;
        other = in[second];
    }

    /* the scale of x, perhaps with the weight's, or that alone */
    bool fits = node_is(n, "Mul");
    if (fits && is_stage(other, SCALE, made.x)) {
        fits = made.stage == PRODUCT && !made.scaled &&
               !(made.factor && other->product->factor);
        made.scaled = true;
        if (other->product->factor) made.factor = other->product->factor;
    } else if (fits) {
        fits = is_tensor(t, other) && !made.factor &&
               (made.stage == PRODUCT || made.stage == SCALE);
        made.factor = other;
    }

    if (!fits)
        return refuse(n, "it does not fit into a product of quantized numbers");
    if (made.stage == PRODUCT && made.scaled && made.factor)
        return add_layer(t, n, made.x, made.weight, made.factor, made.zero,
                         NULL, out[0]);
    return set_product(t, &made, out[0]);
}

/* MatMulIntegerToFloat: A, B, the scales of both, their zero points, a bias. */
elman_status quantized_matmul_float(trace *t, const onnx_node *n,
                                    traced_value *const *in,
                                    traced_value *const *out)
{
    enum { A, B, A_SCALE, B_SCALE, A_ZERO, B_ZERO, BIAS };
    if (!is_stage(in[A], NUMBERS, NULL) ||
        !is_stage(in[A_SCALE], SCALE, in[A]->product->x) ||
        !is_stage(in[A_ZERO], ZERO, in[A]->product->x))
        return refuse(n, "its first operand is not the output of a layer, "
                         "quantized as it comes");
    return add_layer(t, n, in[A]->product->x, in[B], in[B_SCALE], in[B_ZERO],
                     in[BIAS], out[0]);
}

/* DynamicQuantizeMatMul: A in floats, B with its scale and zero point, a bias.
 */
elman_status quantized_matmul_dynamic(trace *t, const onnx_node *n,
                                      traced_value *const *in,
                                      traced_value *const *out)
{
    traced_value *x = NULL;
    TRY(round_range(t, n, in[0], &x));
    return add_layer(t, n, x, in[1], in[2], in[3], in[4], out[0]);
}

/* ---- DynamicQuantizeLSTM ------------------------------------------------- */

/* How many numbers a scale has, if not one for all: for each of D directions,
 * or for each of their G columns. */
static size_t scale_count(const trace *t, const traced_value *v, size_t D,
                          size_t G)
{
    if (!v || !is_tensor(t, v)) return 1;
    return t->tensors[t->sources[v->views->source].index].count > D ? D * G : D;
}

/* A weight (D,I,4H) in whole numbers with scales (D) or (D,4H) as one (D,4H,I)
 * in floats. */
static elman_status widen(trace *t, const onnx_node *n, traced_value *v,
                          traced_value *scale, traced_value *zero,
                          traced_value *out)
{
    const view *of = NULL;
    size_t shape[AXES], count, scale_total, zero_count;
    double *steps, *shift;
    void *data = NULL;
    TRY(need_tensor(t, n, v, "weight", TENSOR_QUANTIZED, &of));
    TRY(need_shape(n, of, shape, &count));
    if (of->rank != 3)
        return refuse(n, "its weight has %zu dimensions, expected 3", of->rank);

    /* one for each direction, or one for each of its columns */
    size_t D = shape[0], I = shape[1], G = shape[2];
    TRY(read_numbers(t, n, scale, "scale", scale_count(t, scale, D, G), &steps,
                     &scale_total));
    TRY(read_numbers(t, n, zero, "zero point", scale_count(t, zero, D, G),
                     &shift, &zero_count));

    const view from = *of;
    const char *name = t->tensors[t->sources[from.source].index].name;
    double *was = trace_keep(t, count + 1, sizeof *was);
    if (!was) return failure(ELMAN_NO_MEMORY, "no memory for a weight");
    tensor_view_doubles(t, &from, count, was);
    TRY(tensor_create(t, n, name, ELEMENT_F64, 3, (size_t[]){D, G, I}, &data,
                      out));

    for (size_t i = 0; i < count; i++) {
        size_t d = i / (I * G), row = i / G % I, column = i % G;
        size_t s = scale_total == D ? d : scale_total == 1 ? 0 : d * G + column;
        size_t z = zero_count == D ? d : zero_count == 1 ? 0 : d * G + column;
        ((double *)data)[(d * G + column) * I + row] =
            scaled(DEQUANTIZE, was[i], steps[s], shift[z], false);
    }
    tensor_round(t, out, ELEMENT_F32);
    return ELMAN_OK;
}

elman_status quantized_lstm(trace *t, const onnx_node *n,
                            traced_value *const *in, traced_value *const *out)
{
    enum { W = 1, R, W_SCALE = 8, W_ZERO, R_SCALE, R_ZERO, LSTM_INPUTS = 8 };
    traced_value *as_lstm[LSTM_INPUTS],
        made[2] = {{.name = "W"}, {.name = "R"}};

    /* it rounds in each step, which neither a model does nor a run */
    t->rounded = n;

    /* the weights in floats, and in the order of LSTM's */
    for (size_t k = 0; k < LSTM_INPUTS; k++)
        as_lstm[k] = k < n->input_count ? in[k] : NULL;
    if (!in[W_SCALE] || !in[R_SCALE])
        return refuse(n, "its weights have no scale");

    TRY(widen(t, n, in[W], in[W_SCALE], in[W_ZERO], made));
    TRY(widen(t, n, in[R], in[R_SCALE], in[R_ZERO], made + 1));
    as_lstm[W] = made;
    as_lstm[R] = made + 1;
    return trace_recurrent(t, n, as_lstm, out);
}
