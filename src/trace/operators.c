/* operators.c: the operators that can be traced. */
#include "trace/operators.h"

#include "trace/arithmetic.h"
#include "trace/attribute.h"
#include "trace/branches.h"
#include "trace/grow.h"
#include "trace/concat.h"
#include "trace/dense.h"
#include "trace/directions.h"
#include "trace/elementwise.h"
#include "trace/flip.h"
#include "trace/fold.h"
#include "trace/gates.h"
#include "trace/length.h"
#include "trace/norm.h"
#include "trace/order.h"
#include "trace/per_feature.h"
#include "trace/pool.h"
#include "trace/quantized.h"
#include "trace/recurrent.h"
#include "trace/reduce.h"
#include "trace/reorder.h"
#include "trace/reshape.h"
#include "trace/sizes.h"
#include "trace/slice.h"
#include "trace/steps.h"
#include "trace/tensor.h"
#include "trace/where.h"

#include <limits.h>
#include <string.h>

enum { MANY = INT_MAX };

/* What an operator does, by what its first operand is; NULL: it is refused. */
typedef struct operator_row {
    const char *name;
    int least, most;     /* inputs */
    operator_run *sizes; /* an operand is whole numbers with free sizes */
    operator_run *fold;  /* all operands are tensors */
    operator_run *flow;  /* else */
} operator_row;

static const operator_row operators[] = {
    {"Abs", 1, 1, NULL, fold_unary, norm_abs},
    {"Add", 2, 2, sizes_arithmetic, fold_arithmetic, trace_arithmetic},
    {"BatchNormalization", 5, 5, NULL, NULL, trace_batch_norm},
    {"And", 2, 2, sizes_logic, sizes_logic, NULL},
    {"Cast", 1, 1, sizes_same, cast_tensor, cast_flow},
    {"CastLike", 2, 2, NULL, view_same, view_same},
    {"Celu", 1, 1, NULL, NULL, trace_scaled_elu},
    {"Clip", 1, 3, NULL, NULL, length_clip},
    {"Concat", 1, MANY, sizes_concat, fold_concat, view_concat},
    {"Constant", 0, 0, NULL, fold_constant, NULL},
    {"ConstantOfShape", 1, 1, fold_filled, fold_filled, NULL},
    {"DequantizeLinear", 2, 3, NULL, dequantize_tensor, dequantize_flow},
    {"Div", 2, 2, sizes_arithmetic, fold_arithmetic, trace_arithmetic},
    {"Dropout", 1, 3, NULL, view_same, view_same},
    {"DynamicQuantizeLinear", 1, 1, NULL, NULL, quantize_dynamic},
    {"Elu", 1, 1, NULL, NULL, trace_activation},
    {"Equal", 2, 2, sizes_compare, sizes_compare, NULL},
    {"Expand", 2, 2, sizes_expand, view_expand, length_expand},
    {"Flatten", 1, 1, NULL, view_flatten, view_flatten},
    {"GRU", 3, 6, NULL, trace_recurrent, trace_recurrent},
    {"Gather", 2, 2, sizes_gather, view_gather, view_gather},
    {"Gemm", 2, 3, NULL, NULL, trace_gemm},
    {"Greater", 2, 2, sizes_compare, sizes_compare, NULL},
    {"GreaterOrEqual", 2, 2, sizes_compare, sizes_compare, NULL},
    {"HardSigmoid", 1, 1, NULL, NULL, trace_activation},
    {"Identity", 1, 1, sizes_same, view_same, view_same},
    {"If", 1, 1, trace_if, trace_if, trace_if},
    {"LSTM", 3, 8, NULL, trace_recurrent, trace_recurrent},
    {"LayerNormalization", 2, 3, NULL, NULL, trace_layer_norm},
    {"LeakyRelu", 1, 1, NULL, NULL, trace_activation},
    {"Less", 2, 2, sizes_compare, sizes_compare, NULL},
    {"LessOrEqual", 2, 2, sizes_compare, sizes_compare, NULL},
    {"LogSoftmax", 1, 1, NULL, NULL, trace_softmax},
    {"LpNormalization", 1, 1, NULL, NULL, length_normalize},
    {"MatMul", 2, 2, NULL, NULL, trace_matmul},
    {"MatMulInteger", 2, 4, NULL, NULL, quantized_matmul},
    {"Max", 2, 2, NULL, NULL, length_clip},
    {"Min", 2, 2, NULL, NULL, length_clip},
    {"Mul", 2, 2, sizes_arithmetic, fold_arithmetic, trace_arithmetic},
    {"Neg", 1, 1, NULL, fold_unary, trace_negate},
    {"Not", 1, 1, sizes_logic, sizes_logic, NULL},
    {"Or", 2, 2, sizes_logic, sizes_logic, NULL},
    {"Pow", 2, 2, NULL, NULL, norm_unary},
    {"QuantizeLinear", 2, 3, NULL, quantize_tensor, quantize_flow},
    {"RNN", 3, 6, NULL, trace_recurrent, trace_recurrent},
    {"Range", 3, 3, sizes_range, sizes_range, NULL},
    {"Reciprocal", 1, 1, NULL, NULL, norm_unary},
    {"ReduceL2", 1, 2, NULL, NULL, length_reduce},
    {"ReduceMax", 1, 2, NULL, NULL, trace_pool},
    {"ReduceMean", 1, 2, NULL, NULL, trace_reduce_mean},
    {"ReduceProd", 1, 2, sizes_product, NULL, trace_merge},
    {"ReduceSum", 1, 2, NULL, NULL, trace_reduce_sum},
    {"ReduceSumSquare", 1, 2, NULL, NULL, length_reduce},
    {"Relu", 1, 1, NULL, fold_unary, trace_activation},
    {"Reshape", 1, 2, sizes_same, view_reshape, view_reshape},
    {"ReverseSequence", 2, 2, NULL, NULL, trace_reverse_sequence},
    {"ScatterElements", 3, 3, NULL, order_scatter, order_scatter},
    {"Selu", 1, 1, NULL, NULL, trace_scaled_elu},
    {"Shape", 1, 1, sizes_shape, sizes_shape, sizes_shape},
    {"Sigmoid", 1, 1, NULL, fold_unary, trace_activation},
    {"Size", 1, 1, sizes_size, sizes_size, sizes_size},
    {"Slice", 1, 5, sizes_slice, view_slice, view_slice},
    {"Softmax", 1, 1, NULL, NULL, trace_softmax},
    {"Softplus", 1, 1, NULL, NULL, trace_activation},
    {"Softsign", 1, 1, NULL, NULL, trace_activation},
    {"Split", 1, 2, NULL, view_split, view_split},
    {"Sqrt", 1, 1, NULL, fold_unary, norm_unary},
    {"Squeeze", 1, 2, sizes_squeeze, view_squeeze, view_squeeze},
    {"Sub", 2, 2, sizes_arithmetic, fold_arithmetic, trace_arithmetic},
    {"Tanh", 1, 1, NULL, fold_unary, trace_activation},
    {"ThresholdedRelu", 1, 1, NULL, NULL, trace_activation},
    {"Tile", 2, 2, sizes_expand, view_tile, view_tile},
    {"TopK", 1, 2, NULL, order_top, order_top},
    {"Transpose", 1, 1, NULL, view_transpose, view_transpose},
    {"Unsqueeze", 1, 2, sizes_unsqueeze, view_unsqueeze, length_unsqueeze},
    {"Where", 3, 3, trace_where, trace_where, trace_where},
};

/* What ONNX Runtime's optimizer and quantization write, of com.microsoft. */
static const operator_row contributed[] = {
    {"DequantizeLinear", 2, 3, NULL, dequantize_tensor, dequantize_flow},
    {"DynamicQuantizeLSTM", 3, 12, NULL, quantized_lstm, quantized_lstm},
    {"DynamicQuantizeMatMul", 3, 5, NULL, NULL, quantized_matmul_dynamic},
    {"FusedGemm", 2, 3, NULL, NULL, trace_fused_gemm},
    {"MatMulIntegerToFloat", 4, 7, NULL, NULL, quantized_matmul_float},
    {"QuantizeLinear", 2, 3, NULL, quantize_tensor, quantize_flow},
};

/* What stands in the place of something that is written out. */
static const operator_row grown[] = {
    {"Fit", 1, 2, steps_fit, steps_fit, steps_fit},
    {"Stack", 1, 1, steps_stack, steps_stack, steps_stack},
    {"Steps", 1, 3, steps_front, steps_front, steps_front},
    {"With", 1, MANY, NULL, view_same, view_same},
    {"GRU", 3, MANY, NULL, trace_recurrent, trace_recurrent},
    {"LSTM", 3, MANY, NULL, trace_recurrent, trace_recurrent},
    {"RNN", 3, MANY, NULL, trace_recurrent, trace_recurrent},
};

/* The row of an operator in its domain's table, or NULL. */
static const operator_row *find_row(const onnx_node *n)
{
    bool theirs = !strcmp(n->domain, "com.microsoft");
    const operator_row *rows = theirs ? contributed : operators;
    size_t count = theirs ? sizeof contributed / sizeof *contributed
                          : sizeof operators / sizeof *operators;
    for (size_t i = 0;
         n->domain == grow_domain && i < sizeof grown / sizeof *grown; i++)
        if (!strcmp(grown[i].name, n->op)) return grown + i;
    for (size_t i = 0; i < count; i++)
        if (!strcmp(rows[i].name, n->op)) return rows + i;
    return NULL;
}

/* ---- The table ---------------------------------------------------------- */

/* Chooses by what the operands are together. Shapes, axes and the like, which
 * follow the first operand, do not count. */
static operator_run *choose(const trace *t, const operator_row *row,
                            const onnx_node *n)
{
    /* these are the operators whose operands all count */
    bool all = row->sizes == sizes_arithmetic || row->sizes == sizes_concat ||
               row->sizes == sizes_compare || row->sizes == sizes_logic ||
               row->sizes == sizes_range || row->sizes == fold_filled;

    if (row->flow == trace_where) return row->flow;
    bool tensors = true, free_sizes = false;
    for (size_t k = 0; k < n->input_count && (k == 0 || all); k++) {
        const traced_value *v =
            n->inputs[k][0] ? trace_find(t, n->inputs[k]) : NULL;
        if (!v) continue;
        if (v->kind == VALUE_GATE && row->flow != view_same &&
            row->flow != cast_flow && row->flow != sizes_shape &&
            row->flow != trace_matmul && row->flow != trace_gemm)
            return gate_run;
        if (v->kind == VALUE_PRODUCT && node_is(n, "Mul"))
            return quantized_multiply;
        tensors = tensors && is_tensor(t, v);
        free_sizes = free_sizes || v->kind == VALUE_SIZES;
    }

    if (free_sizes && row->sizes) return row->sizes;
    return tensors && row->fold ? row->fold : row->flow;
}

/* Refuses an operator that is none. */
static elman_status refuse_operator(const trace *t, const onnx_node *n)
{
    for (const traced_refusal *r = t->refusals; r; r = r->next)
        if (r->of->outputs == n->outputs)
            return refuse(n,
                          "it is no loop around an RNN, GRU or LSTM: %.300s; "
                          "if its cell computes just what nn.RNN, nn.GRU or "
                          "nn.LSTM does, put that in its place and export "
                          "again; elman has no cell that computes something "
                          "else",
                          r->text);

    return refuse(n,
                  "this operator is not one of those that make up a stack of "
                  "recurrent layers");
}

elman_status operator_find(const trace *t, const onnx_node *n,
                           operator_run **run)
{
    const operator_row *row = find_row(n);
    if (n->domain[0] && n->domain != grow_domain &&
        strcmp(n->domain, "ai.onnx") && strcmp(n->domain, "com.microsoft"))
        return refuse(n, "operators of the domain %.80s are not known",
                      n->domain);

    if (!row) return refuse_operator(t, n);

    /* the node has what the row asks for */
    if (n->input_count < (size_t)row->least ||
        n->input_count > (size_t)row->most)
        return refuse(n, "%zu inputs, expected %d to %d", n->input_count,
                      row->least, row->most);
    for (int k = 0; k < row->least; k++)
        if (!n->inputs[k][0]) return refuse(n, "its input %d is left out", k);
    if (n->output_count == 0) return refuse(n, "it has no output");

    *run = choose(t, row, n);
    return *run ? ELMAN_OK
                : refuse(n,
                         row->flow
                             ? "it is not supported for operands of this kind"
                             : "it is known of sizes and weights alone, and no "
                               "layer does it to what flows");
}
