/* slice.c: Slice, Gather, Split and Concat of views. */
#include "trace/slice.h"

#include "trace/attribute.h"
#include "trace/dense.h"
#include "trace/sizes.h"
#include "trace/view.h"

#include <string.h>

/* ---- A stretch of an axis ------------------------------------------------ */

/* Moves a view along a factor that begins at index first; from the end where
 * that is negative. */
static elman_status move(const trace *t, const onnx_node *n, view *of,
                         const factor *f, int64_t first)
{
    int64_t step;
    if (f->axis == BROADCAST) return ELMAN_OK;
    if (first < 0) {
        if (!factor_is_whole(t, of, f))
            return refuse(n, "it counts from the end of a part of an axis");
        of->from_end[f->axis] = true;
        of->offset[f->axis] = first + 1;
        return ELMAN_OK;
    }
    if (__builtin_mul_overflow(first, f->step, &step) ||
        __builtin_add_overflow(of->offset[f->axis], step, &of->offset[f->axis]))
        return refuse(n, "an index passes 64 bits");
    return ELMAN_OK;
}

/* Keeps count indices from first of an axis. */
static elman_status keep_stretch(const trace *t, const onnx_node *n, view *of,
                                 size_t axis, int64_t first,
                                 const extent *count)
{
    view_axis *a = of->axes + axis;
    extent inner = extent_of(1), blocks;
    if (a->factor_count == 0) return ELMAN_OK;
    for (size_t i = 1; i < a->factor_count; i++)
        if (!extent_multiply(&inner, &a->factors[i].size, &inner))
            return refuse(n, "a size passes 64 bits");

    /* whole blocks of the slowest factor; else one index of each */
    if (extent_divide(count, &inner, &blocks) && extent_is_plain(&inner) &&
        first % inner.factor == 0) {
        TRY(move(t, n, of, a->factors, first / inner.factor));
        a->factors[0].size = blocks;
        return ELMAN_OK;
    }
    if (!extent_is(count, 1) || first < 0)
        return refuse(n, "it takes a stretch of axes put together that is not "
                         "followed");
    for (size_t i = a->factor_count; i-- > 0;) {
        factor *f = a->factors + i;
        if (!extent_is_plain(&f->size))
            return refuse(n, "it takes an index of axes put together");
        TRY(move(t, n, of, f, first % f->size.factor));
        first /= f->size.factor;
        f->size = extent_of(1);
    }
    return ELMAN_OK;
}

/* first and count of an axis of that size, of a slice from start to end, both
 * counted as Python does. first stays negative if it is from the end of a free
 * size. */
static elman_status resolve(const onnx_node *n, const extent *size,
                            int64_t start, int64_t end, int64_t *first,
                            extent *count)
{
    const int64_t far = INT32_MAX;
    if (extent_is_plain(size)) {
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
        return refuse(n,
                      "it takes %lld to %lld of a free dimension, which is "
                      "not followed",
                      (long long)start, (long long)end);
    }
    return count->factor > 0 ? ELMAN_OK
                             : refuse(n, "it takes nothing of an axis");
}

/* ---- Values of several views --------------------------------------------- */

static elman_status copy_parts(trace *t, const onnx_node *n,
                               const traced_value *v, traced_value *out)
{
    TRY(need_views(n, v));
    view *parts = trace_keep(t, v->view_count, sizeof *parts);
    if (!parts) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    memcpy(parts, v->views, v->view_count * sizeof *parts);
    out->kind = VALUE_VIEW;
    out->type = v->type;
    out->view_count = v->view_count;
    out->axis = v->axis;
    out->views = parts;
    return ELMAN_OK;
}

/* The stretch of the axis along which views stand side by side: within one of
 * them, or some of them whole. */
static elman_status stretch_parts(const trace *t, const onnx_node *n,
                                  traced_value *v, int64_t first, int64_t count)
{
    int64_t begin = 0, end = first + count;
    size_t kept = 0;
    view *parts = v->views;
    for (size_t p = 0; p < v->view_count; p++) {
        extent size;
        TRY(view_size(n, parts + p, v->axis, &size));
        if (!extent_is_plain(&size))
            return refuse(n, "it takes a part of an axis of free size");
        int64_t from = first > begin ? first - begin : 0;
        int64_t to = end - begin < size.factor ? end - begin : size.factor;
        begin += size.factor;
        if (from >= to) continue;
        view one = parts[p];
        extent part = extent_of(to - from);
        TRY(keep_stretch(t, n, &one, v->axis, from, &part));
        view_tidy(&one);
        parts[kept++] = one;
    }
    v->view_count = kept;
    if (kept == 1) v->axis = 0;
    return ELMAN_OK;
}

static elman_status stretch_value(const trace *t, const onnx_node *n,
                                  traced_value *v, size_t axis, int64_t start,
                                  int64_t end)
{
    extent shape[AXES], count;
    size_t rank;
    int64_t first;
    TRY(value_shape(n, v, &rank, shape));
    TRY(resolve(n, shape + axis, start, end, &first, &count));
    if (v->view_count > 1 && axis == v->axis)
        return stretch_parts(t, n, v, first, count.factor);
    for (size_t p = 0; p < v->view_count; p++) {
        TRY(keep_stretch(t, n, v->views + p, axis, first, &count));
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
    factor *f = of->axes[axis].factors;
    TRY(view_size(n, of, axis, &size));
    int64_t all = size.factor;
    if (extent_is(&size, 1) && v->view_count == 1) return ELMAN_OK;
    if (v->view_count > 1 || of->axes[axis].factor_count > 1 ||
        f->axis == BROADCAST || !factor_is_whole(t, of, f) ||
        !extent_is_plain(&size) || (start != -1 && start < all - 1) ||
        end >= -all)
        return refuse(n, "it takes steps of -1, expected all of an axis of "
                         "known size");
    of->offset[f->axis] = all - 1;
    f->step = -1;
    return ELMAN_OK;
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
    TRY(copy_parts(t, n, in[0], out[0]));
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
        TRY(stretch_value(t, n, out[0], axis, starts[i], ends[i]));
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
    if (!is_sizes(t, in[1])) return trace_embedding(t, n, in, out);
    TRY(attribute_whole(n, "axis", 0, &number));
    TRY(check_axis(n, number, in[0]->views->rank, &axis));
    TRY(need_sizes(t, n, in[1], &count, entries));
    bool scalar =
        in[1]->kind == VALUE_SIZES ? in[1]->rank == 0 : in[1]->views->rank == 0;
    for (size_t i = 0; i < count; i++)
        if (!extent_is_plain(entries + i) ||
            entries[i].factor != entries[0].factor + (int64_t)i)
            return refuse(n, "its indices are not numbers in a row");
    if (count == 0) return refuse(n, "it takes nothing of an axis");
    int64_t first = entries[0].factor, end = first + (int64_t)count;
    TRY(copy_parts(t, n, in[0], out[0]));
    TRY(stretch_value(t, n, out[0], axis, first, end ? end : INT64_MAX));
    if (scalar) drop_axis(out[0], axis);
    return ELMAN_OK;
}

elman_status view_split(trace *t, const onnx_node *n, traced_value *const *in,
                        traced_value *const *out)
{
    int64_t number, sizes[AXES];
    extent shape[AXES];
    size_t axis, rank, count;
    TRY(attribute_whole(n, "axis", 0, &number));
    TRY(value_shape(n, in[0], &rank, shape));
    TRY(check_axis(n, number, rank, &axis));
    TRY(list_whole(t, n, in, "split", 1, &count, sizes));
    if (count && count != n->outputs)
        return refuse(n, "%zu sizes for %zu outputs", count, n->outputs);
    if (!extent_is_plain(shape + axis))
        return refuse(n, "it splits a free dimension");
    int64_t all = shape[axis].factor, parts = (int64_t)n->outputs, first = 0;
    int64_t equal = all / parts + (all % parts != 0);
    for (size_t k = 0; k < n->outputs; k++) {
        int64_t size = count ? sizes[k] : equal;
        if (size < 1 || size > all - first + (count ? 0 : equal))
            return refuse(n, "its sizes are not those of an axis of %lld",
                          (long long)all);
        TRY(copy_parts(t, n, in[0], out[k]));
        TRY(stretch_value(t, n, out[k], axis, first, first + size));
        first += size;
    }
    return ELMAN_OK;
}

/* ---- Concat -------------------------------------------------------------- */

static bool same_factors(const factor *a, const factor *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i].axis != b[i].axis || a[i].step != b[i].step ||
            !extent_equal(&a[i].size, &b[i].size))
            return false;
    return true;
}

static bool same_axis(const view_axis *a, const view_axis *b)
{
    return a->factor_count == b->factor_count &&
           same_factors(a->factors, b->factors, a->factor_count);
}

/* The one axis of their source along which two views, which else are the same
 * but for axis, begin at different places; or AXES. */
static size_t moved_axis(const trace *t, const view *a, const view *b,
                         size_t axis)
{
    const source *s = t->sources + a->source;
    size_t moved = AXES;
    if (a->source != b->source || a->rank != b->rank) return AXES;
    for (size_t k = 0; k < a->rank; k++)
        if (k != axis && !same_axis(a->axes + k, b->axes + k)) return AXES;
    for (size_t k = 0; k < s->rank; k++) {
        if (a->from_end[k] != b->from_end[k]) return AXES;
        if (a->offset[k] == b->offset[k]) continue;
        if (moved < AXES) return AXES;
        moved = k;
    }
    return moved;
}

/* Where b is what follows a along an axis of their source that is the slowest
 * factor of axis, or in which both have one index (the two directions of a
 * final state), a becomes both. */
static bool join(const trace *t, view *a, const view *b, size_t axis)
{
    size_t moved = moved_axis(t, a, b, axis);
    if (moved == AXES) return false;
    view_axis *x = a->axes + axis;
    const view_axis *y = b->axes + axis;
    int64_t far = b->offset[moved] - a->offset[moved];
    if (!view_uses(a, moved) && !view_uses(b, moved)) {
        if (far != 1 || x->factor_count == FACTORS || !same_axis(x, y))
            return false;
        memmove(x->factors + 1, x->factors,
                x->factor_count * sizeof *x->factors);
        x->factor_count++;
        x->factors[0] = (factor){moved, extent_of(2), 1};
        return true;
    }
    bool slowest = x->factor_count && x->factors[0].axis == moved &&
                   x->factors[0].step == 1 && view_uses(a, moved) == 1 &&
                   extent_is(&x->factors[0].size, far);
    bool there = y->factor_count && y->factors[0].axis == moved &&
                 y->factors[0].step == 1 && view_uses(b, moved) == 1;
    size_t skip = there ? 1 : 0;
    if (!slowest || (!there && view_uses(b, moved)) ||
        y->factor_count - skip != x->factor_count - 1 ||
        !same_factors(x->factors + 1, y->factors + skip, x->factor_count - 1))
        return false;
    extent more = there ? y->factors[0].size : extent_of(1);
    return extent_add(&x->factors[0].size, &more, 1, &x->factors[0].size);
}

/* y at a sequence's last step, or the reverse direction's at the first, is the
 * final state. */
static void see_final(const trace *t, view *of)
{
    enum { TIME, BATCH, D, R };
    const source *s = t->sources + of->source;
    if (s->kind != SOURCE_LAYER || s->rank != 4 || s->index >= t->layer_count ||
        t->lengths)
        return;
    const traced_layer *l = t->layers + s->index;
    int64_t d = of->offset[D];
    bool recurrent = l->config.kind >= ELMAN_RNN && l->config.kind <= ELMAN_GRU;
    bool at_end = of->from_end[TIME]
                      ? of->offset[TIME] == 0
                      : extent_is(s->shape + TIME, of->offset[TIME] + 1);
    bool at_start = !of->from_end[TIME] && of->offset[TIME] == 0;
    if (!recurrent || l->y != of->source || l->config.merge ||
        of->from_end[D] || view_uses(of, TIME) || view_uses(of, D) ||
        !(d == 1 || l->config.reverse ? at_start : at_end))
        return;

    /* (T,B,D,R) to (D,B,R) */
    view final = *of;
    final.source = l->h_n;
    final.offset[0] = d;
    final.offset[1] = of->offset[BATCH];
    final.offset[2] = of->offset[R];
    final.offset[3] = 0;
    memset(final.from_end, 0, sizeof final.from_end);
    for (size_t a = 0; a < of->rank; a++)
        for (size_t i = 0; i < of->axes[a].factor_count; i++) {
            factor *f = &final.axes[a].factors[i];
            if (f->axis != BROADCAST) f->axis = f->axis == R ? 2 : 1;
        }
    *of = final;
}

/* The inputs' views, those that follow each other put together; with finals,
 * those of y that are final states taken for such. */
static elman_status list_parts(const trace *t, const onnx_node *n,
                               traced_value *const *in, size_t axis,
                               bool finals, view *parts, size_t *count)
{
    *count = 0;
    for (size_t k = 0; k < n->inputs; k++)
        for (size_t p = 0; p < in[k]->view_count; p++) {
            view one = in[k]->views[p];
            if (finals) see_final(t, &one);
            if (*count && join(t, parts + *count - 1, &one, axis)) continue;
            if (*count == PARTS)
                return refuse(n, "more than %d values side by side", PARTS);
            parts[(*count)++] = one;
        }
    return ELMAN_OK;
}

elman_status view_concat(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    view parts[PARTS];
    size_t count = 0, axis = 0;
    int64_t number;
    TRY(attribute_whole(n, "axis", 0, &number));
    for (size_t k = 0; k < n->inputs; k++) {
        if (!in[k]) return refuse(n, "input %zu is left out", k);
        TRY(need_views(n, in[k]));
        if (k == 0) TRY(check_axis(n, number, in[0]->views->rank, &axis));
        if (in[k]->view_count > 1 && in[k]->axis != axis)
            return refuse(n, "it puts together what stands side by side in "
                             "another way");
        if (in[k]->views->rank != in[0]->views->rank)
            return refuse(n, "its inputs differ in dimensions");
    }
    TRY(list_parts(t, n, in, axis, false, parts, &count));
    if (count > 1) TRY(list_parts(t, n, in, axis, true, parts, &count));
    for (size_t p = 0; p < count; p++) {
        view_tidy(parts + p);
        if (count > 1 && t->sources[parts[p].source].kind == SOURCE_LAYER)
            return refuse(n, "it puts what a layer gives beside other values: "
                             "a branch is no stack of layers");
    }
    traced_value made = {.kind = VALUE_VIEW,
                         .view_count = count,
                         .axis = axis,
                         .views = parts,
                         .type = in[0]->type};
    TRY(copy_parts(t, n, &made, out[0]));
    extent shape[AXES];
    size_t rank;
    return value_shape(n, out[0], &rank, shape);
}
