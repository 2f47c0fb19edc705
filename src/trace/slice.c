/* slice.c: Slice, Gather and Split of views. */
#include "trace/slice.h"

#include "trace/attribute.h"
#include "trace/dense.h"
#include "trace/flip.h"
#include "trace/order.h"
#include "trace/sizes.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <string.h>

/* ---- A range of an axis -------------------------------------------------- */

/* Moves the beginning of a view along a factor to index first, which is counted
 * from the end if it is negative. */
static elman_status move(const trace *t, const onnx_node *n, view *of,
                         const factor *f, int64_t first)
{
    int64_t step;
    if (f->axis == BROADCAST) return ELMAN_OK;

    /* steps that are turned round end at the first one */
    size_t axis = 0;
    while (axis < of->rank && (f < of->axes[axis].factors ||
                               f >= of->axes[axis].factors + FACTORS))
        axis++;
    if (first < 0 && axis < of->rank && view_is_flipped(t, of, axis) &&
        !of->lengths) {
        of->from_end[f->axis] = false;
        of->offset[f->axis] = -first - 1;
        return ELMAN_OK;
    }

    if (first < 0) {
        if (!factor_is_whole(t, of, f))
            return refuse(n, "it counts from the end of a part of an axis");
        of->from_end[f->axis] = true;
        of->offset[f->axis] = first + 1;
        return ELMAN_OK;
    }

    if (__builtin_mul_overflow(first, f->step, &step) ||
        __builtin_add_overflow(of->offset[f->axis], step, &of->offset[f->axis]))
        return refuse(n, "an index does not fit in 64 bits");
    return ELMAN_OK;
}

/* Keeps count indices of an axis, from first on. */
static elman_status keep_range(const trace *t, const onnx_node *n, view *of,
                               size_t axis, int64_t first, const extent *count)
{
    view_axis *a = of->axes + axis;
    extent inner = extent_of(1), blocks;
    if (a->factor_count == 0) return ELMAN_OK;

    /* all of it, whatever its order */
    extent all;
    TRY(view_size(n, of, axis, &all));
    if (first == 0 && extent_equal(count, &all)) return ELMAN_OK;
    for (size_t i = 0; i < a->factor_count; i++)
        if (a->factors[i].order)
            return refuse(n, "it takes some of the sequences in the order of "
                             "their lengths");

    /* how many indices one step of the slowest factor covers */
    for (size_t i = 1; i < a->factor_count; i++)
        if (!extent_multiply(&inner, &a->factors[i].size, &inner))
            return refuse(n, "a size does not fit in 64 bits");

    /* whole blocks of the slowest factor; else one index of each */
    if (extent_divide(count, &inner, &blocks) && extent_is_plain(&inner) &&
        first % inner.factor == 0) {
        TRY(move(t, n, of, a->factors, first / inner.factor));
        a->factors[0].size = blocks;
        return ELMAN_OK;
    }

    if (!extent_is(count, 1) || first < 0)
        return refuse(n,
                      "it takes a range of merged axes that is not supported");

    /* the index as digits, the fastest factor's first */
    for (size_t i = a->factor_count; i-- > 0;) {
        factor *f = a->factors + i;
        if (!extent_is_plain(&f->size))
            return refuse(
                n,
                "it takes one index of merged axes whose sizes are not known");
        TRY(move(t, n, of, f, first % f->size.factor));
        first /= f->size.factor;
        f->size = extent_of(1);
    }
    return ELMAN_OK;
}

/* Turns start and end of a slice, which count as in Python, into first and
 * count for an axis of that size. first stays negative if it counts from the
 * end of a free size. */
static elman_status resolve(const onnx_node *n, const extent *size,
                            int64_t start, int64_t end, int64_t *first,
                            extent *count)
{
    const int64_t far = INT32_MAX;

    if (extent_is_plain(size)) {
        /* a known size: everything beyond its ends counts as the end */
        int64_t all = size->factor;
        if (start < 0) start = start < -all ? 0 : start + all;
        if (end < 0) end = end < -all ? 0 : end + all;
        if (start > all) start = all;
        if (end > all) end = all;
        *first = start;
        *count = extent_of(end - start);

    } else if (start == 0 && end >= far) {
        *first = 0;
        *count = *size;
    } else if (start < 0 && start > -far && end >= far) {
        *first = start;
        *count = extent_of(-start);
    } else if ((start < 0) == (end < 0) && start > -far && end < far) {
        *first = start;
        *count = extent_of(end - start);
    } else {
        return refuse(
            n,
            "it takes %lld to %lld of a free dimension, which is not supported",
            (long long)start, (long long)end);
    }

    return count->factor > 0 ? ELMAN_OK
                             : refuse(n, "it takes an empty range of an axis");
}

/* ---- Values of several views --------------------------------------------- */

/* Keeps a range of the axis along which views are side by side. */
static elman_status keep_parts_range(const trace *t, const onnx_node *n,
                                     traced_value *v, int64_t first,
                                     int64_t count)
{
    int64_t begin = 0, end = first + count;
    size_t kept = 0;
    view *parts = v->views;

    for (size_t p = 0; p < v->view_count; p++) {
        extent size;
        TRY(view_size(n, parts + p, v->axis, &size));
        if (!extent_is_plain(&size))
            return refuse(n, "it takes a part of an axis of free size");

        /* what of this view lies between first and end */
        int64_t from = first > begin ? first - begin : 0;
        int64_t to = end - begin < size.factor ? end - begin : size.factor;
        begin += size.factor;
        if (from >= to) continue;

        view one = parts[p];
        extent part = extent_of(to - from);
        TRY(keep_range(t, n, &one, v->axis, from, &part));
        view_tidy(&one);
        parts[kept++] = one;
    }

    v->view_count = kept;
    if (kept == 1) v->axis = 0;
    return ELMAN_OK;
}

static elman_status keep_value_range(const trace *t, const onnx_node *n,
                                     traced_value *v, size_t axis,
                                     int64_t start, int64_t end)
{
    extent shape[AXES], count;
    size_t rank;
    int64_t first;
    TRY(value_shape(n, v, &rank, shape));
    TRY(resolve(n, shape + axis, start, end, &first, &count));

    if (v->view_count > 1 && axis == v->axis)
        return keep_parts_range(t, n, v, first, count.factor);

    for (size_t p = 0; p < v->view_count; p++) {
        TRY(keep_range(t, n, v->views + p, axis, first, &count));
        view_tidy(v->views + p);
    }
    return ELMAN_OK;
}

/* An axis from its last index to its first. */
static elman_status flip_value(const trace *t, const onnx_node *n,
                               traced_value *v, size_t axis, int64_t start,
                               int64_t end)
{
    extent size;
    view *of = v->views;
    TRY(view_size(n, of, axis, &size));

    /* from the last index, to before the first */
    bool known = extent_is_plain(&size);
    int64_t all = known ? size.factor : INT32_MAX;
    bool whole = (start == -1 || start >= all - 1) && end < -all;

    if (v->view_count == 1 && whole && view_flip(t, of, axis, NULL))
        return ELMAN_OK;
    return refuse(n, "it takes steps of -1, expected all of an axis");
}

/* ---- Operators ----------------------------------------------------------- */

elman_status view_slice(trace *t, const onnx_node *n, traced_value *const *in,
                        traced_value *const *out)
{
    int64_t starts[AXES], ends[AXES], axes[AXES], steps[AXES];
    size_t count, ends_count, axes_count, steps_count,
        rank = in[0]->views->rank;
    TRY(list_whole(t, n, in, "starts", 1, &count, starts));
    TRY(list_whole(t, n, in, "ends", 2, &ends_count, ends));
    TRY(list_whole(t, n, in, "axes", 3, &axes_count, axes));
    TRY(list_whole(t, n, in, "", 4, &steps_count, steps));

    if (ends_count != count || (axes_count && axes_count != count) ||
        (steps_count && steps_count != count) || count > rank)
        return refuse(n, "its starts, ends, axes and steps differ in number");

    /* one axis after the other */
    TRY(value_copy_views(t, n, in[0], out[0]));
    for (size_t i = 0; i < count; i++) {
        size_t axis = i;
        if (axes_count) TRY(check_axis(n, axes[i], rank, &axis));

        if (steps_count && steps[i] == -1) {
            TRY(flip_value(t, n, out[0], axis, starts[i], ends[i]));
            continue;
        }

        if (steps_count && steps[i] != 1)
            return refuse(n, "it takes steps of %lld, expected 1",
                          (long long)steps[i]);
        TRY(keep_value_range(t, n, out[0], axis, starts[i], ends[i]));
    }
    return ELMAN_OK;
}

/* Drops an axis of size 1. */
static void drop_axis(traced_value *v, size_t axis)
{
    for (size_t p = 0; p < v->view_count; p++) {
        view *of = v->views + p;
        of->rank--;
        memmove(of->axes + axis, of->axes + axis + 1,
                (of->rank - axis) * sizeof *of->axes);
    }
    if (v->view_count > 1 && v->axis > axis) v->axis--;
}

elman_status view_gather(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    extent entries[ENTRIES];
    int64_t number;
    size_t axis, count;

    if (in[1]->kind == VALUE_ORDER) return order_gather(t, n, in, out);

    /* indices that are not known yet are tokens of an embedding */
    if (!is_sizes(t, in[1])) return trace_embedding(t, n, in, out);
    TRY(attribute_whole(n, "axis", 0, &number));
    TRY(check_axis(n, number, in[0]->views->rank, &axis));
    TRY(need_sizes(t, n, in[1], &count, entries));

    bool scalar =
        in[1]->kind == VALUE_SIZES ? in[1]->rank == 0 : in[1]->views->rank == 0;

    /* known indices must be consecutive: a range */
    for (size_t i = 0; i < count; i++)
        if (!extent_is_plain(entries + i) ||
            entries[i].factor != entries[0].factor + (int64_t)i)
            return refuse(n, "its indices are not consecutive numbers");
    if (count == 0) return refuse(n, "it takes an empty range of an axis");

    int64_t first = entries[0].factor, end = first + (int64_t)count;
    TRY(value_copy_views(t, n, in[0], out[0]));
    TRY(keep_value_range(t, n, out[0], axis, first, end ? end : INT64_MAX));

    /* a number instead of a list takes the axis away */
    if (scalar) drop_axis(out[0], axis);
    return ELMAN_OK;
}

enum { MOST_PARTS = 256 }; /* of an axis */

/* The sizes of the parts, an input since opset 13; none if they are left out.
 */
static elman_status split_sizes(trace *t, const onnx_node *n,
                                traced_value *const *in, size_t *count,
                                int64_t *sizes)
{
    const view *of = NULL;
    size_t shape[AXES];
    bool listed = n->input_count > 1 && in[1] && is_tensor(t, in[1]);
    const onnx_attribute *a = listed ? NULL : onnx_find(n, "split");
    if (!listed && (!a || a->kind != ONNX_INTS || a->count > MOST_PARTS))
        return list_whole(t, n, in, "split", 1, count, sizes);

    /* an axis may have more parts than an array has axes */
    if (a) {
        *count = a->count;
        memcpy(sizes, a->ints, a->count * sizeof *sizes);
        return ELMAN_OK;
    }
    TRY(need_tensor(t, n, in[1], "split", TENSOR_SHAPE, &of));
    TRY(need_shape(n, of, shape, count));
    if (*count > MOST_PARTS)
        return refuse(n, "%zu sizes, at most %d are supported", *count,
                      MOST_PARTS);
    tensor_view_wholes(t, of, *count, sizes);
    return ELMAN_OK;
}

/* Marks a single step of what flows, of which there are as many as parts. */
static void mark_alone(const trace *t, const traced_value *from, size_t axis,
                       size_t parts, traced_value *step)
{
    const view *of = from->views;
    const source *s = t->sources + of->source;
    const factor *f = of->axes[axis].factors;
    step->views->alone = from->view_count == 1 &&
                         of->axes[axis].factor_count == 1 &&
                         f->axis != BROADCAST && s->identity[f->axis] >= 0 &&
                         parts > 1 && extent_is(&f->size, (int64_t)parts);
}

elman_status view_split(trace *t, const onnx_node *n, traced_value *const *in,
                        traced_value *const *out)
{
    int64_t number, sizes[MOST_PARTS];
    extent shape[AXES];
    size_t axis, rank, count;
    TRY(attribute_whole(n, "axis", 0, &number));
    TRY(value_shape(n, in[0], &rank, shape));
    TRY(check_axis(n, number, rank, &axis));
    TRY(split_sizes(t, n, in, &count, sizes));

    if (count && count != n->output_count)
        return refuse(n, "%zu sizes for %zu outputs", count, n->output_count);
    if (!extent_is_plain(shape + axis))
        return refuse(n, "it splits a free dimension");

    /* without sizes all parts but the last are equal */
    int64_t all = shape[axis].factor, parts = (int64_t)n->output_count,
            first = 0;
    int64_t equal = all / parts + (all % parts != 0);

    for (size_t k = 0; k < n->output_count; k++) {
        int64_t size = count ? sizes[k] : equal;
        if (size < 1 || size > all - first + (count ? 0 : equal))
            return refuse(n, "its sizes are not those of an axis of %lld",
                          (long long)all);

        TRY(value_copy_views(t, n, in[0], out[k]));
        TRY(keep_value_range(t, n, out[k], axis, first, first + size));
        mark_alone(t, in[0], axis, n->output_count, out[k]);
        first += size;
    }
    return ELMAN_OK;
}
