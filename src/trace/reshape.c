/*
 * reshape.c: Reshape, Flatten, Expand and Tile of views. The factors of all
 * axes form a row, which is cut into new axes.
 */
#include "trace/reshape.h"

#include "trace/attribute.h"
#include "trace/sizes.h"
#include "trace/view.h"

#include <string.h>

/* ---- Reshape ------------------------------------------------------------- */

typedef struct target_shape {
    size_t rank;
    extent shape[AXES];
} target_shape;

/* The factors of a view; those from next on belong to no axis yet. */
typedef struct factor_row {
    size_t count, next;
    factor factors[AXES * FACTORS];
} factor_row;

/* Splits the next factor: its slow part, of that size, is taken, the rest
 * stays. */
static bool split_factor(factor_row *row, const extent *size, factor *slow)
{
    factor *f = row->factors + row->next;
    extent inner;
    if (f->order) return false;
    if (!extent_divide(&f->size, size, &inner) || !extent_is_plain(&inner))
        return false;

    /* the slow part's step is as long as what is left */
    *slow = factor_of(f->axis, *size, f->step);
    if (f->axis != BROADCAST &&
        __builtin_mul_overflow(f->step, inner.factor, &slow->step))
        return false;

    f->size = inner;
    return true;
}

/* Takes factors from the row until their product is size. */
static elman_status fill_axis(const onnx_node *n, factor_row *row,
                              const extent *size, view_axis *axis)
{
    extent left = *size, rest;
    axis->factor_count = 0;

    while (!extent_is(&left, 1)) {
        if (row->next == row->count || axis->factor_count == FACTORS)
            return refuse(n, "it mixes axes in a way that is not supported");

        /* either all of the next factor fits, or a part of it, or nothing does
         */
        factor *f = row->factors + row->next;
        if (extent_divide(&left, &f->size, &rest)) {
            axis->factors[axis->factor_count++] = *f;
            row->next++;
            left = rest;
        } else if (split_factor(row, &left,
                                axis->factors + axis->factor_count)) {
            axis->factor_count++;
            left = extent_of(1);
        } else {
            return refuse(n,
                          "it splits an axis that was not merged from others");
        }
    }
    return ELMAN_OK;
}

static elman_status reshape(const onnx_node *n, const target_shape *target,
                            view *of)
{
    factor_row row = {0};
    view_tidy(of);

    /* the factors of all axes in a row are what the new axes are made of */
    for (size_t k = 0; k < of->rank; k++)
        for (size_t i = 0; i < of->axes[k].factor_count; i++)
            row.factors[row.count++] = of->axes[k].factors[i];

    of->rank = target->rank;
    for (size_t k = 0; k < target->rank; k++)
        TRY(fill_axis(n, &row, target->shape + k, of->axes + k));

    if (row.next != row.count)
        return refuse(
            n, "the new shape has more or fewer elements than the old one");
    view_tidy(of);
    return ELMAN_OK;
}

/* What a size of -1 stands for. */
static elman_status infer(const onnx_node *n, const target_shape *old,
                          target_shape *target, size_t free_axis)
{
    extent all = extent_of(1), others = extent_of(1);
    bool fits = true;

    for (size_t k = 0; k < old->rank; k++)
        fits = fits && extent_multiply(&all, old->shape + k, &all);

    for (size_t k = 0; k < target->rank; k++)
        if (k != free_axis)
            fits = fits && extent_multiply(&others, target->shape + k, &others);

    if (!fits || !extent_divide(&all, &others, target->shape + free_axis))
        return refuse(n, "no size fits where the new shape has -1");
    return ELMAN_OK;
}

static elman_status read_target(trace *t, const onnx_node *n,
                                traced_value *const *in,
                                const target_shape *old, target_shape *target)
{
    extent entries[ENTRIES];
    int64_t keep_zero, numbers[AXES];
    TRY(attribute_whole(n, "allowzero", 0, &keep_zero));

    /* an input since opset 5, an attribute before */
    if (n->input_count > 1 && in[1]) {
        TRY(need_sizes(t, n, in[1], &target->rank, entries));
    } else {
        TRY(list_whole(t, n, in, "shape", 1, &target->rank, numbers));
        for (size_t k = 0; k < target->rank; k++)
            entries[k] = extent_of(numbers[k]);
    }

    if (target->rank > AXES)
        return refuse(n, "%zu dimensions, at most %d are supported",
                      target->rank, AXES);

    /* 0 keeps the old size, one -1 is what is left over */
    size_t free_axis = AXES;
    for (size_t k = 0; k < target->rank; k++) {
        extent e = entries[k];
        if (extent_is(&e, 0) && !keep_zero && k < old->rank) e = old->shape[k];

        if (extent_is(&e, -1) && free_axis == AXES) {
            free_axis = k;
            e = extent_of(1);
        }

        if (e.factor < 1)
            return refuse(n, "the new shape has a size of %lld",
                          (long long)e.factor);
        target->shape[k] = e;
    }

    return free_axis < AXES ? infer(n, old, target, free_axis) : ELMAN_OK;
}

/* Views side by side keep their order along the first axis, or get an axis of
 * their own before it. */
static elman_status reshape_parts(const onnx_node *n, const traced_value *v,
                                  target_shape target, view *parts)
{
    extent first;
    TRY(view_size(n, parts, 0, &first));

    /* the new shape splits the first axis into one for the views and theirs */
    bool apart = target.rank > 1 &&
                 extent_is(target.shape, (int64_t)v->view_count) &&
                 extent_equal(target.shape + 1, &first);

    for (size_t p = 0; p < v->view_count; p++) {
        extent size;
        TRY(view_size(n, parts + p, 0, &size));
        if (v->axis || (apart && !extent_equal(&size, &first)))
            return refuse(n, "it mixes values of several layers");

        target.shape[0] = apart ? extent_of(1) : size;
        TRY(reshape(n, &target, parts + p));
    }
    return ELMAN_OK;
}

static elman_status reshape_value(trace *t, const onnx_node *n,
                                  const traced_value *v,
                                  const target_shape *target, traced_value *out)
{
    TRY(need_views(n, v));
    view *parts = trace_keep(t, v->view_count, sizeof *parts);
    if (!parts) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    memcpy(parts, v->views, v->view_count * sizeof *parts);

    if (v->view_count == 1) TRY(reshape(n, target, parts));
    else TRY(reshape_parts(n, v, *target, parts));

    *out = (traced_value){.name = out->name,
                          .node = out->node,
                          .kind = VALUE_VIEW,
                          .type = v->type,
                          .view_count = v->view_count,
                          .views = parts};
    return ELMAN_OK;
}

elman_status view_reshape(trace *t, const onnx_node *n, traced_value *const *in,
                          traced_value *const *out)
{
    target_shape old, target = {0};
    TRY(value_shape(n, in[0], &old.rank, old.shape));
    TRY(read_target(t, n, in, &old, &target));
    return reshape_value(t, n, in[0], &target, out[0]);
}

elman_status view_flatten(trace *t, const onnx_node *n, traced_value *const *in,
                          traced_value *const *out)
{
    target_shape old, target = {2, {extent_of(1), extent_of(1)}};
    int64_t axis;
    TRY(value_shape(n, in[0], &old.rank, old.shape));
    TRY(attribute_whole(n, "axis", 1, &axis));

    if (axis < 0) axis += (int64_t)old.rank;
    if (axis < 0 || axis > (int64_t)old.rank)
        return refuse(n, "its axis is not one of the %zu dimensions", old.rank);

    /* axes before that one make the first, those from it on the second */
    for (size_t k = 0; k < old.rank; k++)
        if (!extent_multiply(&target.shape[(int64_t)k >= axis], old.shape + k,
                             &target.shape[(int64_t)k >= axis]))
            return refuse(n, "a size does not fit in 64 bits");

    return reshape_value(t, n, in[0], &target, out[0]);
}

/* ---- Expand -------------------------------------------------------------- */

elman_status view_expand(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    extent entries[ENTRIES], old;
    const view *from = NULL;
    size_t rank;
    TRY(need_view(n, in[0], &from));
    TRY(need_sizes(t, n, in[1], &rank, entries));

    if (rank > AXES)
        return refuse(n, "%zu dimensions, at most %d are supported", rank,
                      AXES);

    size_t wide = rank > from->rank ? rank : from->rank;
    view made = *from;
    made.rank = wide;

    /* axes are matched from the last on; those that are missing have size 1 */
    for (size_t k = wide; k-- > 0;) {
        size_t behind = wide - 1 - k;
        bool there = behind < from->rank, asked = behind < rank;
        made.axes[k] =
            there ? from->axes[from->rank - 1 - behind] : (view_axis){0};

        extent want = asked ? entries[rank - 1 - behind] : extent_of(1);
        TRY(view_size(n, &made, k, &old));

        if (extent_is(&want, 1) || extent_equal(&old, &want)) continue;

        /* what is alike along an axis has any size there; and a size other than
         * 1 can only be kept, whatever the free one is */
        bool alike = !extent_is_plain(&old) && made.axes[k].factor_count == 1 &&
                     made.axes[k].factors[0].axis == BROADCAST;
        bool kept = extent_is_plain(&old) && !extent_is(&old, 1) &&
                    !extent_is_plain(&want);
        if (kept) continue;
        if (alike && want.factor > 1) old = extent_of(1);
        if (!extent_is(&old, 1) || want.factor < 1)
            return refuse(n, "axis %zu cannot be expanded to that size", k);

        /* only an axis of size 1 can be repeated */
        made.axes[k].factor_count = 1;
        made.axes[k].factors[0] = factor_of(BROADCAST, want, 0);
    }
    return value_set_view(t, out[0], in[0]->type, &made);
}

/* Tile is Expand where what is repeated has size 1. */
elman_status view_tile(trace *t, const onnx_node *n, traced_value *const *in,
                       traced_value *const *out)
{
    extent times[ENTRIES], old;
    const view *from = NULL;
    size_t rank;
    TRY(need_view(n, in[0], &from));
    TRY(need_sizes(t, n, in[1], &rank, times));

    if (rank != from->rank)
        return refuse(n, "%zu repeats for %zu dimensions", rank, from->rank);

    view made = *from;
    for (size_t k = 0; k < rank; k++) {
        /* only an axis of size 1 can be repeated */
        TRY(view_size(n, &made, k, &old));
        if (extent_is(times + k, 1)) continue;
        if (!extent_is(&old, 1) || times[k].factor < 1)
            return refuse(n, "it repeats axis %zu, which is longer than 1", k);

        made.axes[k].factor_count = 1;
        made.axes[k].factors[0] = factor_of(BROADCAST, times[k], 0);
    }
    return value_set_view(t, out[0], in[0]->type, &made);
}
