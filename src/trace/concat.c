/* concat.c: Concat of views. Views that follow each other in one source become
 * one view again. */
#include "trace/concat.h"

#include "base/kind.h"
#include "trace/attribute.h"
#include "trace/view.h"

#include <string.h>

static bool same_factors(const factor *a, const factor *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i].axis != b[i].axis || a[i].step != b[i].step ||
            a[i].order != b[i].order || !extent_equal(&a[i].size, &b[i].size))
            return false;
    return true;
}

static bool same_axis(const view_axis *a, const view_axis *b)
{
    return a->factor_count == b->factor_count &&
           same_factors(a->factors, b->factors, a->factor_count);
}

/* The one axis of their source along which two views begin at different
 * indices, if they are otherwise the same but for their own axis; else AXES. */
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

/* Makes a the view of both if b follows a along an axis of their source: one
 * that is the slowest factor of axis, or one of which each has a single index,
 * as the two directions of a final state have. */
static bool join(const trace *t, view *a, const view *b, size_t axis)
{
    size_t moved = moved_axis(t, a, b, axis);
    if (moved == AXES) return false;

    view_axis *x = a->axes + axis;
    const view_axis *y = b->axes + axis;
    int64_t far = b->offset[moved] - a->offset[moved];

    /* both have one index, and b's is the next, or the one before: a factor of
     * size 2 */
    if (!view_uses(a, moved) && !view_uses(b, moved)) {
        if ((far != 1 && far != -1) || x->factor_count == FACTORS ||
            !same_axis(x, y))
            return false;
        memmove(x->factors + 1, x->factors,
                x->factor_count * sizeof *x->factors);
        x->factor_count++;
        x->factors[0] = factor_of(moved, extent_of(2), far);
        return true;
    }

    /* a runs along that axis to where b begins, and is else as b is */
    int64_t step = far < 0 ? -1 : 1;
    bool slowest = x->factor_count && x->factors[0].axis == moved &&
                   x->factors[0].step == step && view_uses(a, moved) == 1 &&
                   extent_is(&x->factors[0].size, far * step);
    bool there = y->factor_count && y->factors[0].axis == moved &&
                 y->factors[0].step == step && view_uses(b, moved) == 1;
    size_t skip = there ? 1 : 0;
    if (!slowest || (!there && view_uses(b, moved)) ||
        y->factor_count - skip != x->factor_count - 1 ||
        !same_factors(x->factors + 1, y->factors + skip, x->factor_count - 1))
        return false;

    extent more = there ? y->factors[0].size : extent_of(1);
    return extent_add(&x->factors[0].size, &more, 1, &x->factors[0].size);
}

/* The last step of y, or the first of its reverse direction, is the final
 * state: makes the view one of that. */
static void see_final(const trace *t, view *of)
{
    enum { TIME, BATCH, D, R };
    const source *s = t->sources + of->source;
    if (s->kind != SOURCE_LAYER || s->rank != 4 || s->index >= t->layer_count ||
        t->lengths)
        return;

    const traced_layer *l = t->layers + s->index;
    int64_t d = of->offset[D];
    bool recurrent = kind_is_recurrent(l->config.kind);

    /* the view is of the step that its direction reads last */
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

/* Lists the inputs' views and joins those that follow each other. With finals,
 * steps of y that are final states are taken as such. */
static elman_status list_parts(const trace *t, const onnx_node *n,
                               traced_value *const *in, size_t axis,
                               bool finals, view *parts, size_t *count)
{
    *count = 0;
    for (size_t k = 0; k < n->input_count; k++)
        for (size_t p = 0; p < in[k]->view_count; p++) {
            view one = in[k]->views[p];
            if (finals) see_final(t, &one);
            if (*count && join(t, parts + *count - 1, &one, axis)) continue;

            if (*count == MOST_VIEWS)
                return refuse(n, "more than %d values side by side",
                              MOST_VIEWS);
            parts[(*count)++] = one;
        }
    return ELMAN_OK;
}

/* Whether a view runs along the steps of a layer's output: then it cannot be a
 * part of an output beside others, as single steps can. */
static bool runs_along_time(const trace *t, const view *of)
{
    const source *s = t->sources + of->source;
    if (s->kind != SOURCE_LAYER) return false;
    for (size_t k = 0; k < s->rank; k++)
        if (s->identity[k] == t->time && !view_uses(of, k)) return false;
    return true;
}

/* Refuses what is put in front of an input: a start token. */
static elman_status check_front(const trace *t, const onnx_node *n,
                                traced_value *const *in,
                                const traced_value *out, size_t count,
                                const view *parts)
{
    bool constant = false, input = false;
    for (size_t p = 0; p < count && count > 1; p++) {
        source_kind kind = t->sources[parts[p].source].kind;
        constant = constant || kind == SOURCE_TENSOR;
        input =
            input || (kind == SOURCE_INPUT && !element_is_float(in[0]->type));
    }
    if (!constant || !input) return ELMAN_OK;
    return refuse(
        n,
        "it puts a constant next to an input, such as a start token, "
        "which no layer does; give both, to a model that is made with "
        "elman convert --from-tensor '%.80s'",
        out->name);
}

/* Whether all inputs are one vector along an axis of size 1: it is repeated. */
static bool are_copies(const trace *t, const onnx_node *n,
                       traced_value *const *in, size_t axis)
{
    const view *first = in[0]->views;
    bool flows = t->sources[first->source].kind >= SOURCE_LAYER;
    for (size_t k = 0; k < n->input_count && flows; k++)
        if (in[k]->view_count != 1 || in[k]->norm ||
            !view_equals(in[k]->views, first))
            return false;
    return flows && n->input_count > 1 && !first->axes[axis].factor_count;
}

static elman_status join_copies(trace *t, const onnx_node *n,
                                const traced_value *of, size_t axis,
                                traced_value *out)
{
    view made = *of->views;
    made.axes[axis].factor_count = 1;
    made.axes[axis].factors[0] =
        factor_of(BROADCAST, extent_of((int64_t)n->input_count), 0);
    return value_set_view(t, out, of->type, &made);
}

elman_status view_concat(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    view parts[MOST_VIEWS];
    size_t count = 0, axis = 0;
    int64_t number;
    TRY(attribute_whole(n, "axis", 0, &number));
    for (size_t k = 0; k < n->input_count; k++) {
        if (!in[k]) return refuse(n, "input %zu is left out", k);
        TRY(need_views(n, in[k]));
        if (k == 0) TRY(check_axis(n, number, in[0]->views->rank, &axis));

        if (in[k]->view_count > 1 && in[k]->axis != axis)
            return refuse(n, "it joins values that are already side by side "
                             "along another axis");
        if (in[k]->views->rank != in[0]->views->rank)
            return refuse(n, "its inputs differ in dimensions");
    }

    if (are_copies(t, n, in, axis))
        return join_copies(t, n, in[0], axis, out[0]);

    /* several views may be one if they are taken as final states */
    TRY(list_parts(t, n, in, axis, false, parts, &count));
    if (count > 1) TRY(list_parts(t, n, in, axis, true, parts, &count));

    TRY(check_front(t, n, in, out[0], count, parts));
    for (size_t p = 0; p < count; p++) {
        view_tidy(parts + p);
        if (count > 1 && runs_along_time(t, parts + p))
            return refuse(n, "it puts the output of a layer next to other "
                             "values: a branch is not a stack of layers");
    }

    traced_value made = {.kind = VALUE_VIEW,
                         .view_count = count,
                         .axis = axis,
                         .views = parts,
                         .type = in[0]->type};
    TRY(value_copy_views(t, n, &made, out[0]));

    /* the sizes along the axis can be added */
    extent shape[AXES];
    size_t rank;
    return value_shape(n, out[0], &rank, shape);
}
