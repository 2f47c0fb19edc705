/*
 * sizes.c: whole numbers that may hold free sizes: what a graph computes
 * from Shape to say how a value is to be reshaped, expanded or cut.
 */
#include "trace/sizes.h"

#include "trace/attribute.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <string.h>

/* ---- Values -------------------------------------------------------------- */

static elman_status read_entries(trace *t, const onnx_node *n, traced_value *v,
                                 size_t *count, extent *entries);

bool is_sizes(const trace *t, const traced_value *v)
{
    if (v->kind == VALUE_SIZES) return true;
    if (v->kind != VALUE_VIEW || v->view_count != 1 || v->views->rank > 1 ||
        element_is_float(v->type))
        return false;
    return t->sources[v->views->source].kind == SOURCE_TENSOR;
}

elman_status need_sizes(trace *t, const onnx_node *n, traced_value *v,
                        size_t *count, extent *entries)
{
    if (v->undecided) return refuse(n, "it compares a free dimension");
    if (v->repeated)
        return refuse(n,
                      "\"%.80s\" has a number for each sequence, which are "
                      "lengths at most",
                      v->name);
    return read_entries(t, n, v, count, entries);
}

/* The same, also of what is not decided. */
static elman_status read_entries(trace *t, const onnx_node *n, traced_value *v,
                                 size_t *count, extent *entries)
{
    if (v->kind == VALUE_SIZES) {
        *count = v->count;
        memcpy(entries, v->sizes, v->count * sizeof *entries);
        return ELMAN_OK;
    }

    /* a tensor of whole numbers, which becomes sizes without free ones */
    const view *of = NULL;
    size_t shape[AXES];
    int64_t numbers[ENTRIES];
    TRY(need_tensor(t, n, v, "list of sizes", TENSOR_SHAPE, &of));
    TRY(need_shape(n, of, shape, count));

    if (of->rank > 1 || *count > ENTRIES)
        return refuse(n,
                      "\"%.80s\" has %zu numbers, expected a list of at "
                      "most %d sizes",
                      v->name, *count, ENTRIES);

    tensor_view_wholes(t, of, *count, numbers);
    for (size_t i = 0; i < *count; i++)
        entries[i] = extent_of(numbers[i]);
    return ELMAN_OK;
}

elman_status list_whole(trace *t, const onnx_node *n, traced_value *const *in,
                        const char *name, size_t k, size_t *count,
                        int64_t *numbers)
{
    if (k < n->input_count && in[k]) {
        extent entries[ENTRIES];
        TRY(need_sizes(t, n, in[k], count, entries));

        if (*count > AXES)
            return refuse(n, "%zu %s, at most %d are supported", *count, name,
                          AXES);

        for (size_t i = 0; i < *count; i++) {
            if (!extent_is_plain(entries + i))
                return refuse(n, "its %s depend on a free dimension", name);
            numbers[i] = entries[i].factor;
        }
        return ELMAN_OK;
    }
    return attribute_wholes(n, name, count, numbers);
}

static elman_status set_sizes(trace *t, traced_value *v, element_type type,
                              size_t rank, size_t count, const extent *entries)
{
    extent *copy = trace_keep(t, count + 1, sizeof *copy);
    if (!copy) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    if (count) memcpy(copy, entries, count * sizeof *copy);

    v->kind = VALUE_SIZES;
    v->type = type;
    v->rank = rank;
    v->count = count;
    v->sizes = copy;
    return ELMAN_OK;
}

static size_t rank_of(const traced_value *v)
{
    return v->kind == VALUE_SIZES ? v->rank : v->views->rank;
}

/* ---- Shape, Size --------------------------------------------------------- */

elman_status sizes_shape(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    extent shape[AXES];
    size_t rank;
    int64_t start, end;
    TRY(value_shape(n, in[0], &rank, shape));
    TRY(attribute_whole(n, "start", 0, &start));
    TRY(attribute_whole(n, "end", INT64_MAX, &end));

    /* start and end may count from the last axis, and go beyond */
    int64_t r = (int64_t)rank;
    if (start < 0) start = start < -r ? 0 : start + r;
    if (end < 0) end = end < -r ? 0 : end + r;
    if (end > r) end = r;
    if (start > end) start = end;

    return set_sizes(t, out[0], ELEMENT_I64, 1, (size_t)(end - start),
                     shape + start);
}

elman_status sizes_size(trace *t, const onnx_node *n, traced_value *const *in,
                        traced_value *const *out)
{
    extent shape[AXES], all = extent_of(1);
    size_t rank;
    TRY(value_shape(n, in[0], &rank, shape));
    for (size_t k = 0; k < rank; k++)
        if (!extent_multiply(&all, shape + k, &all))
            return refuse(n, "a size does not fit in 64 bits");
    return set_sizes(t, out[0], ELEMENT_I64, 0, 1, &all);
}

/* ---- Lists --------------------------------------------------------------- */

elman_status sizes_same(trace *t, const onnx_node *n, traced_value *const *in,
                        traced_value *const *out)
{
    extent entries[ENTRIES], target[ENTRIES];
    size_t count, rank = rank_of(in[0]), axes;
    TRY(read_entries(t, n, in[0], &count, entries));
    out[0]->undecided = in[0]->undecided;
    out[0]->repeated = in[0]->repeated && !node_is(n, "Reshape");

    /* a number may become a list of one, and back */
    if (!strcmp(n->op, "Reshape")) {
        if (n->input_count < 2 || !in[1])
            return refuse(n, "it has no new shape");
        TRY(need_sizes(t, n, in[1], &axes, target));
        rank = axes;
        if (axes > 1 || (axes == 0 && count != 1))
            return refuse(n, "a list of sizes would get %zu dimensions", axes);
    }

    return set_sizes(t, out[0], in[0]->type, rank, count, entries);
}

elman_status sizes_squeeze(trace *t, const onnx_node *n,
                           traced_value *const *in, traced_value *const *out)
{
    extent entries[ENTRIES];
    size_t count;
    TRY(read_entries(t, n, in[0], &count, entries));
    out[0]->undecided = in[0]->undecided;
    if (count != 1)
        return refuse(n, "a list of %zu sizes is not a number", count);
    return set_sizes(t, out[0], in[0]->type, 0, 1, entries);
}

elman_status sizes_unsqueeze(trace *t, const onnx_node *n,
                             traced_value *const *in, traced_value *const *out)
{
    extent entries[ENTRIES];
    size_t count;
    TRY(need_sizes(t, n, in[0], &count, entries));
    if (rank_of(in[0]) != 0)
        return refuse(n, "a list of sizes would get 2 dimensions");
    return set_sizes(t, out[0], in[0]->type, 1, 1, entries);
}

/* ReduceProd of all. */
elman_status sizes_product(trace *t, const onnx_node *n,
                           traced_value *const *in, traced_value *const *out)
{
    extent entries[ENTRIES], all = extent_of(1);
    int64_t keep;
    size_t count;
    TRY(need_sizes(t, n, in[0], &count, entries));
    TRY(attribute_whole(n, "keepdims", 1, &keep));
    for (size_t i = 0; i < count; i++)
        if (!extent_multiply(&all, entries + i, &all))
            return refuse(n, "a size does not fit in 64 bits");
    return set_sizes(t, out[0], ELEMENT_I64, keep ? rank_of(in[0]) : 0, 1,
                     &all);
}

elman_status sizes_gather(trace *t, const onnx_node *n, traced_value *const *in,
                          traced_value *const *out)
{
    extent entries[ENTRIES], indices[ENTRIES], taken[ENTRIES];
    size_t count, wanted;
    TRY(need_sizes(t, n, in[0], &count, entries));
    TRY(need_sizes(t, n, in[1], &wanted, indices));
    for (size_t i = 0; i < wanted; i++) {
        size_t at;
        if (!extent_is_plain(indices + i))
            return refuse(n, "an index depends on a free dimension");
        TRY(check_axis(n, indices[i].factor, count, &at));
        taken[i] = entries[at];
    }

    return set_sizes(t, out[0], in[0]->type, rank_of(in[1]), wanted, taken);
}

elman_status sizes_slice(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    extent entries[ENTRIES];
    int64_t starts[AXES], ends[AXES], steps[AXES];
    size_t count, one, ends_count, steps_count;
    TRY(need_sizes(t, n, in[0], &count, entries));
    TRY(list_whole(t, n, in, "starts", 1, &one, starts));
    TRY(list_whole(t, n, in, "ends", 2, &ends_count, ends));
    TRY(list_whole(t, n, in, "", 4, &steps_count, steps));

    if (one != 1 || ends_count != 1 || (steps_count && steps[0] != 1))
        return refuse(n, "it takes more than one range of a list of sizes");

    /* start and end as Python counts them */
    int64_t all = (int64_t)count, start = starts[0], end = ends[0];
    if (start < 0) start = start < -all ? 0 : start + all;
    if (end < 0) end = end < -all ? 0 : end + all;
    if (end > all) end = all;
    if (start > end) start = end;

    return set_sizes(t, out[0], in[0]->type, 1, (size_t)(end - start),
                     entries + start);
}

elman_status sizes_concat(trace *t, const onnx_node *n, traced_value *const *in,
                          traced_value *const *out)
{
    extent entries[ENTRIES], part[ENTRIES];
    size_t count = 0, more;
    for (size_t k = 0; k < n->input_count; k++) {
        if (!in[k]) return refuse(n, "input %zu is left out", k);
        TRY(need_sizes(t, n, in[k], &more, part));
        if (count + more > ENTRIES)
            return refuse(n, "more than %d sizes", ENTRIES);

        memcpy(entries + count, part, more * sizeof *part);
        count += more;
    }

    return set_sizes(t, out[0], ELEMENT_I64, 1, count, entries);
}

/* The numbers from 0 on, as many as there are sequences: the order that there
 * is. */
static elman_status set_order(trace *t, const extent *size, traced_value *out)
{
    traced_order *order = trace_keep(t, 1, sizeof *order);
    if (!order) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    order->size = *size;
    out->kind = VALUE_ORDER;
    out->type = ELEMENT_I64;
    out->order = order;
    return ELMAN_OK;
}

/* Expand or Tile of one number: a list, or lengths that are all alike. */
elman_status sizes_expand(trace *t, const onnx_node *n, traced_value *const *in,
                          traced_value *const *out)
{
    extent entries[ENTRIES], times[ENTRIES];
    size_t count, rank;
    TRY(need_sizes(t, n, in[0], &count, entries));
    TRY(need_sizes(t, n, in[1], &rank, times));
    if (count != 1 || rank != 1)
        return refuse(n, "it repeats a list of %zu sizes", count);

    out[0]->repeated = !extent_is_plain(times) || times[0].factor > ENTRIES;
    if (out[0]->repeated || times[0].factor < 1)
        return set_sizes(t, out[0], in[0]->type, 1, 1, entries);

    count = (size_t)times[0].factor;
    for (size_t i = 1; i < count; i++)
        entries[i] = entries[0];
    return set_sizes(t, out[0], in[0]->type, 1, count, entries);
}

elman_status sizes_range(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    extent entries[ENTRIES], bound[3][ENTRIES];
    size_t count = 0, one;
    for (size_t k = 0; k < 3; k++) {
        TRY(need_sizes(t, n, in[k], &one, bound[k]));
        if (one != 1 || (k != 1 && !extent_is_plain(bound[k])))
            return refuse(n, "its bounds are not three known numbers");
    }

    int64_t first = bound[0]->factor, end = bound[1]->factor;
    if (bound[2]->factor != 1) return refuse(n, "its step is not 1");

    /* as many as there are sequences, from 0 on */
    bool known = extent_is_plain(bound[1]);
    if (first == 0 && (!known || end > ENTRIES))
        return set_order(t, bound[1], out[0]);
    if (!known) return refuse(n, "its end depends on a free dimension");

    for (; first < end; first++) {
        if (count == ENTRIES) return refuse(n, "more than %d sizes", ENTRIES);
        entries[count++] = extent_of(first);
    }

    return set_sizes(t, out[0], ELEMENT_I64, 1, count, entries);
}

/* ---- Element by element -------------------------------------------------- */

enum { OPERANDS = 3 };

/* Lists of one length; a single number has been repeated to that length. */
typedef struct operands {
    size_t count, rank;
    extent entry[OPERANDS][ENTRIES];
} operands;

static elman_status read_operands(trace *t, const onnx_node *n,
                                  traced_value *const *in, operands *o)
{
    size_t counts[OPERANDS];
    o->count = 1;
    o->rank = 0;

    /* the longest list says how many */
    for (size_t k = 0; k < n->input_count && k < OPERANDS; k++) {
        TRY(need_sizes(t, n, in[k], counts + k, o->entry[k]));
        if (counts[k] != 1) o->count = counts[k];
        if (rank_of(in[k])) o->rank = 1;
    }

    /* a single number is repeated */
    for (size_t k = 0; k < n->input_count && k < OPERANDS; k++) {
        if (counts[k] != 1 && counts[k] != o->count)
            return refuse(n, "lists of %zu and %zu sizes", counts[k], o->count);
        for (size_t i = counts[k]; i < o->count; i++)
            o->entry[k][i] = o->entry[k][0];
    }
    return ELMAN_OK;
}

static bool operate(arithmetic op, const extent *a, const extent *b,
                    extent *result)
{
    switch (op) {
    case ARITHMETIC_ADD:
        return extent_add(a, b, 1, result);
    case ARITHMETIC_SUB:
        return extent_add(a, b, -1, result);
    case ARITHMETIC_MUL:
        return extent_multiply(a, b, result);
    case ARITHMETIC_DIV:
        return extent_divide(a, b, result) ||
               (extent_is_plain(a) && extent_is_plain(b) && b->factor &&
                b->factor != -1 &&
                (*result = extent_of(a->factor / b->factor), true));
    }
    return false;
}

elman_status sizes_arithmetic(trace *t, const onnx_node *n,
                              traced_value *const *in, traced_value *const *out)
{
    operands o;
    arithmetic op;
    TRY(need_arithmetic(n, &op));
    TRY(read_operands(t, n, in, &o));
    for (size_t i = 0; i < o.count; i++)
        if (!operate(op, &o.entry[0][i], &o.entry[1][i], &o.entry[0][i]))
            return refuse(n, "its result is not a product of sizes");
    return set_sizes(t, out[0], ELEMENT_I64, o.rank, o.count, o.entry[0]);
}

/* Whether a number compares with another as the operator asks. */
static bool compare(const onnx_node *n, int64_t a, int64_t b)
{
    if (node_is(n, "Equal")) return a == b;
    bool less = n->op[0] == 'L', or_equal = strstr(n->op, "OrEqual") != NULL;
    return (or_equal && a == b) || (less ? a < b : a > b);
}

/* A free size is at least 1, so it is known how it compares with what is less
 * than that. How else is not decided: for most sizes it equals no number, and
 * is greater than each. */
elman_status sizes_compare(trace *t, const onnx_node *n,
                           traced_value *const *in, traced_value *const *out)
{
    operands o;
    TRY(read_operands(t, n, in, &o));
    for (size_t i = 0; i < o.count; i++) {
        const extent *a = &o.entry[0][i], *b = &o.entry[1][i];
        bool free_a = !extent_is_plain(a), free_b = !extent_is_plain(b);
        bool same = extent_equal(a, b), known = same || a->factor < 1 ||
                                                b->factor < 1 ||
                                                (!free_a && !free_b);

        /* two sizes that are free may be in any order */
        if (!known && free_a && free_b && !node_is(n, "Equal"))
            return refuse(n, "it compares two free dimensions");
        out[0]->undecided = out[0]->undecided || !known;
        int64_t x = free_a && !same ? INT64_MAX : a->factor;
        int64_t y = free_b && !same ? INT64_MAX : b->factor;
        if (free_a && free_b && !same) y = 0;
        o.entry[0][i] = extent_of(compare(n, x, y));
    }
    return set_sizes(t, out[0], ELEMENT_BOOL, o.rank, o.count, o.entry[0]);
}

/* Not, And, Or; one that is not decided stays so. */
elman_status sizes_logic(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    operands o = {0};
    bool undecided = false;
    for (size_t k = 0; k < n->input_count; k++) {
        size_t count;
        TRY(read_entries(t, n, in[k], &count, o.entry[k]));
        if (count != 1 || !extent_is_plain(o.entry[k]))
            return refuse(n, "it is supported for single truth values only");
        undecided = undecided || in[k]->undecided;
    }

    bool a = o.entry[0]->factor != 0, b = o.entry[1]->factor != 0;
    o.entry[0][0] = extent_of(node_is(n, "Not")   ? !a
                              : node_is(n, "And") ? a && b
                                                  : a || b);
    out[0]->undecided = undecided;
    return set_sizes(t, out[0], ELEMENT_BOOL, rank_of(in[0]), 1, o.entry[0]);
}

elman_status sizes_where(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    operands o;
    for (size_t k = 1; k < 3; k++)
        if (!is_sizes(t, in[k]))
            return refuse(n,
                          "it chooses between \"%.80s\" and another value, "
                          "which no layer does; of a Keras model, the .keras "
                          "file can be converted",
                          in[k]->name);
    TRY(read_operands(t, n, in, &o));
    for (size_t i = 0; i < o.count; i++) {
        if (!extent_is_plain(&o.entry[0][i]))
            return refuse(n, "its condition depends on a free dimension");
        o.entry[0][i] = o.entry[o.entry[0][i].factor ? 1 : 2][i];
    }
    return set_sizes(t, out[0], ELEMENT_I64, o.rank, o.count, o.entry[0]);
}
