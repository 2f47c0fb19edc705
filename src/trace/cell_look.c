/* cell_look.c: operators as parts of a cell. */
#include "trace/cell_part.h"

#include "trace/attribute.h"
#include "trace/fold.h"

#include <string.h>

enum {
    DEEPEST = 16, /* parts in each other; a cell has fewer */
    NUMBERS = 10  /* numbers that are computed of numbers */
};

static const cell_part *leaf(cell_scope *s, const char *name, size_t rank)
{
    return part_add(
        s, &(cell_part){.kind = PART_LEAF, .name = name, .rank = rank});
}

/* ---- Operands ------------------------------------------------------------ */

/* A tensor as a part: (N), or with axes of size 1 in front. */
static const cell_part *numbers_of(cell_scope *s, const char *name)
{
    size_t rank, shape[AXES], count = 1;
    if (!scope_shape(s, name, &rank, shape)) return leaf(s, name, 0);
    for (size_t k = 0; k < rank; k++) {
        if (k + 1 < rank && shape[k] != 1) return leaf(s, name, rank);
        count = shape[k];
    }

    cell_part made = {.kind = PART_NUMBERS, .name = name, .count = count};
    made.one = count == 1 && scope_number(s, name, &made.number);
    if (made.one) made.count = 0;
    return part_add(s, &made);
}

/* What an operator reads: a tensor, or what flows. */
static const cell_part *operand(cell_scope *s, const char *name)
{
    return scope_is_fixed(s, name) ? numbers_of(s, name) : part_of(s, name);
}

/* What a product reads: something that is computed before it is not looked
 * into, but for what a reset gate leaves. */
static const cell_part *factor_of_product(cell_scope *s, const cell_part *p,
                                          const char *name)
{
    bool gate = p->kind == PART_TIMES &&
                ((p->a->kind == PART_FUNCTION && p->b->kind == PART_LEAF) ||
                 (p->b->kind == PART_FUNCTION && p->a->kind == PART_LEAF));
    bool whole = p->kind == PART_LEAF && p->first == 0 && p->count == 0;
    if (whole || gate || p->kind == PART_JOIN) return p;
    return leaf(s, p->made ? p->made : name, p->rank);
}

/* A product with some rows of a weight; of features side by side each has its
 * own. */
static const cell_part *product_of(cell_scope *s, const cell_part *a,
                                   const char *name, const cell_part *like)
{
    cell_part made = *like;
    if (!a) return NULL;
    if (a->kind != PART_JOIN) {
        made.a = factor_of_product(s, a, name);
        return made.a ? part_add(s, &made) : NULL;
    }

    /* how many rows are for the first of the two */
    size_t all = like->rows, first = part_count(a->a), last = part_count(a->b);
    if (!first && last && last < all) first = all - last;
    if (!first || first >= all || (last && first + last != all))
        return leaf(s, name, 0);
    cell_part before = *like, behind = *like;
    before.rows = first;
    behind.row += first;
    behind.rows = all - first;

    /* a part of a value is not looked at as a whole one */
    const cell_part *sides[] = {a->a, a->b};
    for (size_t k = 0; k < 2; k++)
        if (sides[k]->kind == PART_LEAF && sides[k]->first)
            return leaf(s, name, 0);
    made = (cell_part){
        .kind = PART_PLUS,
        .a = product_of(s, a->a, a->a->made ? a->a->made : name, &before),
        .b = product_of(s, a->b, a->b->made ? a->b->made : name, &behind)};
    return made.a && made.b ? part_add(s, &made) : NULL;
}

static const cell_part *multiply(cell_scope *s, const char *x, const char *w,
                                 bool transposed)
{
    size_t rank, shape[AXES];
    if (scope_is_fixed(s, x) || !scope_is_fixed(s, w) ||
        !scope_shape(s, w, &rank, shape) || rank != 2)
        return NULL;
    return product_of(s, part_of(s, x), x,
                      &(cell_part){.kind = PART_PRODUCT,
                                   .name = w,
                                   .transposed = transposed,
                                   .count = shape[transposed ? 0 : 1],
                                   .rows = shape[transposed ? 1 : 0]});
}

/* Whether an axis is that of the features. */
static bool is_last(const cell_part *p, int64_t axis)
{
    if (axis < 0 || p->rank) return axis == -1 || axis + 1 == (int64_t)p->rank;
    return axis == 1;
}

/* ---- Whole numbers ------------------------------------------------------- */

static bool whole_of(cell_scope *s, const char *name, int64_t *number);

/* The entry of a shape that is the number of features. */
static bool size_of(cell_scope *s, const onnx_node *n, int64_t *number)
{
    const onnx_node *shape = scope_maker(s, n->inputs[0]);
    int64_t entry;
    if (!shape || !node_is(shape, "Shape") || shape->input_count != 1 ||
        shape->attribute_count || !whole_of(s, n->inputs[1], &entry))
        return false;
    const cell_part *p = part_of(s, shape->inputs[0]);
    if (!p || !is_last(p, entry) || !part_count(p)) return false;
    *number = (int64_t)part_count(p);
    return true;
}

/* A number that is computed of shapes, as the parts of a chunk are. */
static bool whole_of(cell_scope *s, const char *name, int64_t *number)
{
    const onnx_node *n = scope_maker(s, name);
    double fixed;
    arithmetic op;
    int64_t a, b;
    if (scope_is_fixed(s, name)) {
        if (!scope_number(s, name, &fixed) || !(fixed > -1e15 && fixed < 1e15))
            return false;
        *number = (int64_t)fixed;
        return true;
    }
    if (!n || n->input_count < 1 || !n->inputs[0][0] || s->numbers >= NUMBERS)
        return false;

    /* of the shape of a part, or of other such numbers */
    s->numbers++;
    const failure_text kept = failure_keep();
    bool known = false;
    if (node_is(n, "Gather") && n->input_count == 2) {
        known = size_of(s, n, number);
    } else if (node_is(n, "Unsqueeze") || node_is(n, "Squeeze") ||
               node_is(n, "Cast") || node_is(n, "Identity")) {
        known = whole_of(s, n->inputs[0], number);
    } else if (n->input_count == 2 && !need_arithmetic(n, &op) &&
               whole_of(s, n->inputs[0], &a) && whole_of(s, n->inputs[1], &b)) {
        known = fold_wholes(op, a, b, number);
    }
    failure_restore(&kept);
    s->numbers--;
    return known;
}

/* The numbers of an input of an operator, one where they are computed. */
static bool list_of(cell_scope *s, const onnx_node *n, const char *name,
                    size_t k, size_t *count, int64_t *numbers)
{
    if (scope_list(s, n, name, k, count, numbers)) return true;
    *count = 1;
    return k < n->input_count && whole_of(s, n->inputs[k], numbers);
}

/* ---- Operators ----------------------------------------------------------- */

/* NULL: it is not looked into. */
typedef const cell_part *part_run(cell_scope *s, const onnx_node *n, size_t k);

static const cell_part *run_matmul(cell_scope *s, const onnx_node *n, size_t k)
{
    (void)k;
    return multiply(s, n->inputs[0], n->inputs[1], false);
}

/* a + b, where a tensor beside a product is its bias. */
static const cell_part *plus(cell_scope *s, const cell_part *a,
                             const cell_part *b)
{
    if (!a || !b) return NULL;
    if (a->kind == PART_NUMBERS && b->kind == PART_PRODUCT) {
        const cell_part *swap = a;
        a = b;
        b = swap;
    }

    cell_part bias = *b;
    bias.of_product = a->kind == PART_PRODUCT && b->kind == PART_NUMBERS;
    if (bias.of_product) b = part_add(s, &bias);
    return b ? part_add(s, &(cell_part){.kind = PART_PLUS, .a = a, .b = b})
             : NULL;
}

static const cell_part *run_gemm(cell_scope *s, const onnx_node *n, size_t k)
{
    float alpha = 1, beta = 1;
    int64_t transA = 0, transB = 0;
    bool biased = n->input_count > 2 && n->inputs[2][0];
    (void)k;
    if (attribute_float(n, "alpha", 1, &alpha) ||
        attribute_float(n, "beta", 1, &beta) ||
        attribute_whole(n, "transA", 0, &transA) ||
        attribute_whole(n, "transB", 0, &transB) || alpha != 1 || transA ||
        (biased && (beta != 1 || !scope_is_fixed(s, n->inputs[2]))))
        return NULL;

    const cell_part *p = multiply(s, n->inputs[0], n->inputs[1], transB != 0);
    return biased && p ? plus(s, p, numbers_of(s, n->inputs[2])) : p;
}

static const cell_part *function_of(cell_scope *s, const onnx_node *n,
                                    const char *op, const cell_part *a)
{
    static const struct {
        const char *op;
        elman_activation function;
    } rows[] = {{"Sigmoid", {ELMAN_ACTIVATION_SIGMOID, 0, 0}},
                {"Tanh", {ELMAN_ACTIVATION_TANH, 0, 0}},
                {"Relu", {ELMAN_ACTIVATION_RELU, 0, 0}},
                {"Softsign", {ELMAN_ACTIVATION_SOFTSIGN, 0, 0}},
                {"Softplus", {ELMAN_ACTIVATION_SOFTPLUS, 0, 0}},
                {"HardSigmoid", {ELMAN_ACTIVATION_HARD_SIGMOID, 0.2F, 0.5F}},
                {"Elu", {ELMAN_ACTIVATION_ELU, 1, 0}},
                {"LeakyRelu", {ELMAN_ACTIVATION_LEAKY_RELU, 0.01F, 0}}};
    cell_part made = {.kind = PART_FUNCTION, .a = a};
    elman_activation *f = &made.function;
    bool found = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(rows[i].op, op)) {
            *f = rows[i].function;
            found = true;
        }
    if (!found || !a) return NULL;

    /* alpha and beta have a default where the function takes them */
    if (f->alpha > 0 && attribute_float(n, "alpha", f->alpha, &f->alpha))
        return NULL;
    if (f->beta > 0 && attribute_float(n, "beta", f->beta, &f->beta))
        return NULL;
    return part_add(s, &made);
}

static const cell_part *run_function(cell_scope *s, const onnx_node *n,
                                     size_t k)
{
    (void)k;
    return function_of(s, n, n->op, operand(s, n->inputs[0]));
}

static const cell_part *run_fused_gemm(cell_scope *s, const onnx_node *n,
                                       size_t k)
{
    const char *op = "";
    if (attribute_text(n, "activation", "", &op)) return NULL;
    return function_of(s, n, op, run_gemm(s, n, k));
}

static const cell_part *run_arithmetic(cell_scope *s, const onnx_node *n,
                                       size_t k)
{
    cell_part made = {.kind = node_is(n, "Mul")   ? PART_TIMES
                              : node_is(n, "Sub") ? PART_MINUS
                                                  : PART_PLUS};
    (void)k;
    made.a = operand(s, n->inputs[0]);
    made.b = operand(s, n->inputs[1]);
    if (!made.a || !made.b) return NULL;
    return made.kind == PART_PLUS ? plus(s, made.a, made.b)
                                  : part_add(s, &made);
}

static const cell_part *run_same(cell_scope *s, const onnx_node *n, size_t k)
{
    return k ? NULL : part_of(s, n->inputs[0]);
}

static const cell_part *run_split(cell_scope *s, const onnx_node *n, size_t k)
{
    int64_t axis = 0, sizes[AXES];
    size_t count = 0, first = 0;
    const cell_part *p = part_of(s, n->inputs[0]);
    if (!p || attribute_whole(n, "axis", 0, &axis) || !is_last(p, axis) ||
        !list_of(s, n, "split", 1, &count, sizes))
        return NULL;

    /* equal parts, if there are no sizes */
    size_t all = part_count(p), parts = n->output_count;
    size_t equal = all / parts + (all % parts != 0);
    if (!all || (count && count != parts)) return NULL;
    for (size_t i = 0; i < parts; i++) {
        size_t size = count ? (size_t)sizes[i] : equal;
        if ((count && sizes[i] < 1) || first >= all) return NULL;
        if (size > all - first) size = all - first;
        if (i == k) return part_features(s, p, first, size);
        first += size;
    }
    return NULL;
}

static const cell_part *run_slice(cell_scope *s, const onnx_node *n, size_t k)
{
    int64_t starts[AXES], ends[AXES], axes[AXES], steps[AXES];
    size_t count = 0, ends_count = 0, axes_count = 0, steps_count = 0;
    const cell_part *p = part_of(s, n->inputs[0]);
    (void)k;
    if (!p || !list_of(s, n, "starts", 1, &count, starts) ||
        !list_of(s, n, "ends", 2, &ends_count, ends) ||
        !list_of(s, n, "axes", 3, &axes_count, axes) ||
        !list_of(s, n, "", 4, &steps_count, steps) || count != 1 ||
        ends_count != 1 || axes_count != 1 || !is_last(p, axes[0]) ||
        (steps_count && steps[0] != 1))
        return NULL;

    /* a range of known features, as Python counts them */
    int64_t all = (int64_t)part_count(p), first = starts[0], end = ends[0];
    if (!all && (first < 0 || end < 0 || end > INT32_MAX)) return NULL;
    if (first < 0) first = first < -all ? 0 : first + all;
    if (end < 0) end = end < -all ? 0 : end + all;
    if (all && end > all) end = all;
    return first < end
               ? part_features(s, p, (size_t)first, (size_t)(end - first))
               : NULL;
}

static const cell_part *run_concat(cell_scope *s, const onnx_node *n, size_t k)
{
    int64_t axis = 0;
    const cell_part *p = operand(s, n->inputs[0]);
    (void)k;
    if (!p || attribute_whole(n, "axis", 0, &axis) || !is_last(p, axis))
        return NULL;
    for (size_t i = 1; i < n->input_count; i++) {
        const cell_part *other = operand(s, n->inputs[i]);
        if (!other) return NULL;
        p = part_add(s, &(cell_part){.kind = PART_JOIN, .a = p, .b = other});
        if (!p) return NULL;
    }
    return p;
}

/* In the body of a loop axes of size 1 in front do not count. */
static const cell_part *run_axes(cell_scope *s, const onnx_node *n, size_t k)
{
    int64_t axes[AXES];
    size_t count = 0, at = (size_t)(n - s->scout->graph->nodes);
    if (k || !s->body || at < s->body ||
        !scope_list(s, n, "axes", 1, &count, axes) || !count)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (axes[i] != (int64_t)i) return NULL;

    /* a value of a step has the axes that it has */
    const cell_part *p = part_of(s, n->inputs[0]);
    bool other = p && p->kind == PART_LEAF && !s->is_state(s->of, p->name);
    return other ? NULL : p;
}

/* A layer of one step. */
static const cell_part *run_cell(cell_scope *s, const onnx_node *n, size_t k)
{
    return s->body
               ? part_add(
                     s, &(cell_part){.kind = PART_CELL, .node = n, .output = k})
               : NULL;
}

static const struct {
    const char *op;
    size_t least;
    part_run *run;
} operators[] = {
    {"Add", 2, run_arithmetic},
    {"Cast", 1, run_same},
    {"Concat", 2, run_concat},
    {"Dropout", 1, run_same},
    {"Elu", 1, run_function},
    {"FusedGemm", 2, run_fused_gemm},
    {"GRU", 3, run_cell},
    {"LSTM", 3, run_cell},
    {"RNN", 3, run_cell},
    {"Squeeze", 1, run_axes},
    {"Unsqueeze", 1, run_axes},
    {"Gemm", 2, run_gemm},
    {"HardSigmoid", 1, run_function},
    {"Identity", 1, run_same},
    {"LeakyRelu", 1, run_function},
    {"MatMul", 2, run_matmul},
    {"Mul", 2, run_arithmetic},
    {"Relu", 1, run_function},
    {"Sigmoid", 1, run_function},
    {"Slice", 1, run_slice},
    {"Softplus", 1, run_function},
    {"Softsign", 1, run_function},
    {"Split", 1, run_split},
    {"Sub", 2, run_arithmetic},
    {"Tanh", 1, run_function},
};

/* ---- Values -------------------------------------------------------------- */

static const cell_part *look(cell_scope *s, const char *name)
{
    size_t k = 0;
    const onnx_node *n = scope_maker(s, name);
    if (!n || s->depth >= 2 * DEEPEST) return NULL;
    while (k < n->output_count && strcmp(n->outputs[k], name))
        k++;

    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (strcmp(operators[i].op, n->op)) continue;
        if (n->input_count < operators[i].least) return NULL;
        for (size_t j = 0; j < n->input_count && j < operators[i].least; j++)
            if (!n->inputs[j][0]) return NULL;
        return operators[i].run(s, n, k);
    }
    return NULL;
}

const cell_part *part_of(cell_scope *s, const char *name)
{
    const traced_value *v = trace_find(s->scout, name);
    if (!v) return leaf(s, name, 0);
    size_t index = (size_t)(v - s->scout->values);
    if (s->parts[index]) return s->parts[index];

    /* what hangs on itself is not looked into */
    size_t features, rank = scope_rank(s, name, &features);
    const cell_part *p = part_add(s, &(cell_part){.kind = PART_LEAF,
                                                  .name = name,
                                                  .rank = rank,
                                                  .features = features});
    if (!p) return NULL;
    s->parts[index] = p;

    s->depth++;
    const cell_part *made = look(s, name);
    s->depth--;
    if (!made && s->through) made = s->through(s->of, name);
    if (!made || made->depth >= DEEPEST || s->failed)
        return s->failed ? NULL : p;

    /* the first value that it is */
    if (!made->made) {
        cell_part first = *made;
        first.made = name;
        if (!first.rank) first.rank = rank;
        made = part_add(s, &first);
    }
    return s->parts[index] = made;
}
