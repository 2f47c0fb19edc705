/* gates.c: the parts of a step, and the operators that put them together. */
#include "trace/gates.h"

#include "trace/attribute.h"
#include "trace/gates_end.h"
#include "trace/sizes.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <string.h>

/* ---- Values -------------------------------------------------------------- */

/* Makes out a part of a step, whose shape is that of like with count features.
 */
static elman_status set_gate(trace *t, const onnx_node *n,
                             const gate_node *node, const traced_value *like,
                             size_t count, traced_value *out)
{
    extent shape[AXES];
    size_t rank;
    if (like->kind == VALUE_GATE) {
        rank = like->rank;
        memcpy(shape, like->sizes, rank * sizeof *shape);
    } else {
        TRY(value_shape(n, like, &rank, shape));
    }

    /* what goes with the trace */
    gate_node *copy = trace_keep(t, 1, sizeof *copy);
    extent *sizes = trace_keep(t, AXES, sizeof *sizes);
    if (!copy || !sizes)
        return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    if (rank == 0) return refuse(n, "it reads one number, expected features");

    *copy = *node;
    memcpy(sizes, shape, rank * sizeof *shape);
    sizes[rank - 1] = extent_of((int64_t)count);
    out->kind = VALUE_GATE;
    out->type = like->type;
    out->gate = copy;
    out->rank = rank;
    out->sizes = sizes;
    return ELMAN_OK;
}

static size_t gate_count(const traced_value *v)
{
    return (size_t)v->sizes[v->rank - 1].factor;
}

/* The node of a value, a new one if it is a view: of all features of its source
 * from first on. NULL: there is none. */
static const gate_node *node_of(trace *t, const onnx_node *n, traced_value *v)
{
    const view *of = NULL;
    if (v->kind == VALUE_GATE) return v->gate;
    if (need_view(n, v, &of) || of->rank == 0) return NULL;

    gate_node *node = trace_keep(t, 1, sizeof *node);
    view *whole = trace_keep(t, 1, sizeof *whole);
    if (!node || !whole) return NULL;
    *whole = *of;
    *node = (gate_node){.op = GATE_VIEW, .of = whole};

    /* features that are a range of their axis */
    const source *s = t->sources + of->source;
    view_axis *a = &whole->axes[of->rank - 1];
    size_t axis = s->rank - 1;
    if (s->rank && a->factor_count == 1 && a->factors[0].axis == axis &&
        a->factors[0].step == 1 && !of->from_end[axis] &&
        extent_is_plain(&a->factors[0].size) &&
        extent_is_plain(s->shape + axis)) {
        node->first = (size_t)of->offset[axis];
        node->count = (size_t)a->factors[0].size.factor;
        a->factors[0].size = s->shape[axis];
        whole->offset[axis] = 0;
    }
    return node;
}

/* ---- Products ------------------------------------------------------------ */

bool gate_multiplies(const trace *t, const traced_value *x,
                     const strides *weight)
{
    if (x->kind == VALUE_GATE) return true;
    if (!unrolled_multiplies(t, x)) return false;
    return weight->shape[0] != weight->shape[1];
}

elman_status gate_product(trace *t, const onnx_node *n, traced_value *x,
                          const strides *weight, bool transposed,
                          traced_value *bias, traced_value *out)
{
    gate_node node = {.op = GATE_PRODUCT,
                      .a = node_of(t, n, x),
                      .count = weight->shape[transposed ? 0 : 1],
                      .weight = *weight,
                      .transposed = transposed};
    if (!node.a)
        return refuse(n, "its first operand is neither the output of a layer "
                         "nor the state of a recurrence");
    if (bias) {
        TRY(need_strides(t, n, bias, 1, "bias", TENSOR_WEIGHT, &node.bias));
        node.biased = true;
        if (node.bias.shape[0] != node.count)
            return refuse(n, "its bias has %zu numbers for %zu features",
                          node.bias.shape[0], node.count);
    }
    return set_gate(t, n, &node, x, node.count, out);
}

/* ---- Operators ----------------------------------------------------------- */

/* The features from first on, as many as count, of a part; NULL: they cannot be
 * taken. */
static const gate_node *take(trace *t, const gate_node *from, size_t first,
                             size_t count)
{
    gate_node *node = trace_keep(t, 1, sizeof *node);
    if (!node) return NULL;
    *node = *from;

    /* of a sum, those of what is added */
    if (from->op == GATE_PLUS) {
        node->a = take(t, from->a, first, count);
        node->b = take(t, from->b, first, count);
        return node->a && node->b ? node : NULL;
    }
    if (from->op != GATE_VIEW && from->op != GATE_PRODUCT) return NULL;
    if (!from->count || count > from->count || first > from->count - count)
        return NULL;
    node->first += first;
    node->count = count;
    return node;
}

static elman_status set_part(trace *t, const onnx_node *n,
                             const traced_value *v, int64_t first, int64_t end,
                             traced_value *out)
{
    int64_t all = (int64_t)gate_count(v);
    if (first < 0) first = first < -all ? 0 : first + all;
    if (end < 0) end = end < -all ? 0 : end + all;
    if (end > all) end = all;
    if (first >= end) return refuse(n, "it takes an empty range of an axis");

    if (first == 0 && end == all)
        return set_gate(t, n, v->gate, v, (size_t)all, out);
    const gate_node *node =
        take(t, v->gate, (size_t)first, (size_t)(end - first));
    if (!node)
        return refuse(n,
                      "it takes a part of something that is no sum of gates");
    return set_gate(t, n, node, v, (size_t)(end - first), out);
}

static elman_status run_slice(trace *t, const onnx_node *n,
                              traced_value *const *in, traced_value *const *out)
{
    int64_t starts[AXES], ends[AXES], axes[AXES], steps[AXES];
    size_t count, ends_count, axes_count, steps_count, axis;
    TRY(list_whole(t, n, in, "starts", 1, &count, starts));
    TRY(list_whole(t, n, in, "ends", 2, &ends_count, ends));
    TRY(list_whole(t, n, in, "axes", 3, &axes_count, axes));
    TRY(list_whole(t, n, in, "", 4, &steps_count, steps));
    if (count != 1 || ends_count != 1 || axes_count != 1 ||
        (steps_count && steps[0] != 1))
        return refuse(n, "it takes more than a range of gates");
    TRY(check_axis(n, axes[0], in[0]->rank, &axis));
    if (axis + 1 != in[0]->rank)
        return refuse(n, "it takes some of the sequences of a step");
    return set_part(t, n, in[0], starts[0], ends[0], out[0]);
}

static elman_status run_split(trace *t, const onnx_node *n,
                              traced_value *const *in, traced_value *const *out)
{
    int64_t number, sizes[AXES], first = 0;
    size_t axis, count;
    TRY(attribute_whole(n, "axis", 0, &number));
    TRY(check_axis(n, number, in[0]->rank, &axis));
    TRY(list_whole(t, n, in, "split", 1, &count, sizes));
    if (axis + 1 != in[0]->rank || (count && count != n->output_count))
        return refuse(n, "it does not split gates");

    int64_t all = (int64_t)gate_count(in[0]), parts = (int64_t)n->output_count;
    int64_t equal = all / parts + (all % parts != 0);
    for (size_t k = 0; k < n->output_count; k++) {
        int64_t size = count ? sizes[k] : equal;
        if (size < 1 || size > all - first) size = all - first;
        TRY(set_part(t, n, in[0], first, first + size, out[k]));
        first += size;
    }
    return ELMAN_OK;
}

static elman_status run_function(trace *t, const onnx_node *n,
                                 traced_value *const *in,
                                 traced_value *const *out)
{
    static const struct {
        const char *op;
        elman_activation_kind kind;
    } rows[] = {{"Sigmoid", ELMAN_ACTIVATION_SIGMOID},
                {"Tanh", ELMAN_ACTIVATION_TANH},
                {"Relu", ELMAN_ACTIVATION_RELU},
                {"Softsign", ELMAN_ACTIVATION_SOFTSIGN},
                {"Softplus", ELMAN_ACTIVATION_SOFTPLUS}};
    gate_node node = {.op = GATE_FUNCTION, .a = in[0]->gate};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(rows[i].op, n->op)) node.function.kind = rows[i].kind;

    /* the one that has numbers of its own */
    if (node_is(n, "HardSigmoid")) {
        node.function =
            (elman_activation){ELMAN_ACTIVATION_HARD_SIGMOID, 0.2F, 0.5F};
        TRY(attribute_float(n, "alpha", 0.2F, &node.function.alpha));
        TRY(attribute_float(n, "beta", 0.5F, &node.function.beta));
    }
    return set_gate(t, n, &node, in[0], gate_count(in[0]), out[0]);
}

static elman_status run_arithmetic(trace *t, const onnx_node *n,
                                   traced_value *const *in,
                                   traced_value *const *out)
{
    bool swapped = in[0]->kind != VALUE_GATE;
    traced_value *x = in[swapped], *other = in[!swapped];
    gate_node node = {.op = node_is(n, "Add")   ? GATE_PLUS
                            : node_is(n, "Mul") ? GATE_TIMES
                                                : GATE_MINUS};
    gate_cell cell;

    /* the bias of a product, and 1 minus something */
    if (is_tensor(t, other) && x->gate->op == GATE_PRODUCT &&
        node.op == GATE_PLUS && !x->gate->biased) {
        node = *x->gate;
        TRY(need_strides(t, n, other, 1, "bias", TENSOR_WEIGHT, &node.bias));
        node.biased = true;
        if (node.first || node.bias.shape[0] != node.count)
            return refuse(n, "it adds something other than the bias of gates");
        return set_gate(t, n, &node, x, node.count, out[0]);
    }

    if (is_tensor(t, other) && node.op == GATE_MINUS && swapped) {
        double one;
        TRY(need_number(t, n, other, "operand", &one));
        if (one != 1) return refuse(n, "it subtracts from %g, expected 1", one);
        node.op = GATE_REST;
        node.a = x->gate;
        return set_gate(t, n, &node, x, gate_count(x), out[0]);
    }

    node.a = node_of(t, n, in[0]);
    node.b = node_of(t, n, in[1]);
    if (!node.a || !node.b)
        return refuse(n, "it adds something other than states and gates to a "
                         "step of a recurrence");
    TRY(set_gate(t, n, &node, x, gate_count(x), out[0]));
    if (gate_match(out[0]->gate, &cell))
        return gate_cell_step(t, n, &cell, out[0]->rank, x->type, out[0]);
    return ELMAN_OK;
}

elman_status gate_run(trace *t, const onnx_node *n, traced_value *const *in,
                      traced_value *const *out)
{
    static const struct {
        const char *op;
        operator_run *run;
    } rows[] = {{"Add", run_arithmetic},    {"Sub", run_arithmetic},
                {"Mul", run_arithmetic},    {"Slice", run_slice},
                {"Split", run_split},       {"Sigmoid", run_function},
                {"Tanh", run_function},     {"Relu", run_function},
                {"Softsign", run_function}, {"HardSigmoid", run_function},
                {"Softplus", run_function}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(rows[i].op, n->op)) return rows[i].run(t, n, in, out);
    return refuse(n,
                  "it reads a part of a step of a recurrence that is written "
                  "out, which is not supported here");
}
