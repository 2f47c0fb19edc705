/*
 * reorder.c: the operators that only change the order of a view's axes. Each
 * part of a value that is several views side by side is changed alike.
 */
#include "trace/reorder.h"

#include "trace/attribute.h"
#include "trace/rounding.h"
#include "trace/sizes.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <string.h>

/* ---- Operators on every part --------------------------------------------- */

/* Makes out the value whose views are v's, each changed by change. */
typedef elman_status change_view(const onnx_node *n, const void *how, view *of);

static elman_status change_all(trace *t, const onnx_node *n,
                               const traced_value *v, change_view *change,
                               const void *how, size_t axis, traced_value *out)
{
    TRY(need_views(n, v));
    view *parts = trace_keep(t, v->view_count, sizeof *parts);
    if (!parts) return failure(ELMAN_NO_MEMORY, "no memory for a graph");

    memcpy(parts, v->views, v->view_count * sizeof *parts);
    for (size_t p = 0; p < v->view_count; p++) {
        TRY(change(n, how, parts + p));
        view_tidy(parts + p);
    }

    out->kind = VALUE_VIEW;
    out->type = v->type;
    out->view_count = v->view_count;
    out->axis = axis;
    out->views = parts;
    return ELMAN_OK;
}

static size_t rank_of(const traced_value *v)
{
    return v->kind == VALUE_VIEW ? v->views->rank : v->rank;
}

static elman_status reorder(const onnx_node *n, const void *how, view *of)
{
    (void)n;
    const axis_order *order = how;
    view old = *of;
    of->rank = order->rank;
    for (size_t k = 0; k < order->rank; k++)
        of->axes[k] = order->from[k] == NEW_AXIS ? (view_axis){0}
                                                 : old.axes[order->from[k]];
    return ELMAN_OK;
}

elman_status view_reorder(trace *t, const onnx_node *n, const traced_value *v,
                          const axis_order *order, traced_value *out)
{
    size_t axis = 0;
    for (size_t k = 0; k < order->rank; k++)
        if (order->from[k] == v->axis) axis = k;
    return change_all(t, n, v, reorder, order, axis, out);
}

/* The type that a Cast gives. No element is converted, so a cast that would
 * change values is refused: floats may become whole numbers only as tokens or
 * shapes, and may not become floats again. */
static elman_status cast_type(const trace *t, const onnx_node *n,
                              const traced_value *v, element_type *type)
{
    int64_t to;
    TRY(attribute_whole(n, "to", 0, &to));
    if (to < 0 || to > INT32_MAX || onnx_type_read((int32_t)to, type))
        return refuse(n, "it casts to type %lld, which is not supported",
                      (long long)to);

    if (v->kind != VALUE_VIEW) return ELMAN_OK;

    const source *s = t->sources + v->views->source;
    bool whole = !element_is_float(*type);
    if (s->kind >= SOURCE_LAYER && whole)
        return refuse(n, "it casts a layer's output to whole numbers");
    if (*type == ELEMENT_BOOL)
        return refuse(n, "it casts numbers to truth values");

    /* floats that became whole numbers have lost their fractions */
    if (s->kind >= SOURCE_LAYER) return ELMAN_OK;
    element_type own = s->kind == SOURCE_TENSOR
                           ? t->tensors[s->index].type
                           : t->graph->inputs[s->index].type;
    if (element_is_float(own) && !element_is_float(v->type) && !whole)
        return refuse(n, "it casts floats to whole numbers and back");
    return ELMAN_OK;
}

elman_status view_same(trace *t, const onnx_node *n, traced_value *const *in,
                       traced_value *const *out)
{
    if (!strcmp(n->op, "Dropout") && n->input_count == 3 && in[2]) {
        double training;
        TRY(need_number(t, n, in[2], "training_mode", &training));
        if (training != 0) return refuse(n, "its training_mode is on");
    }

    /* parts of something that is not complete yet */
    element_type type = in[0]->type;
    bool cast = node_is(n, "Cast");
    if (cast && in[0]->norm) TRY(cast_type(t, n, in[0], &type));
    bool part = in[0]->kind == VALUE_ORDER || in[0]->kind == VALUE_PRODUCT ||
                in[0]->kind == VALUE_GATE || in[0]->kind == VALUE_STEP ||
                (cast && in[0]->norm && type == in[0]->type);
    if (part) {
        const traced_value was = *out[0];
        *out[0] = *in[0];
        out[0]->name = was.name;
        out[0]->node = was.node;
        return ELMAN_OK;
    }

    if (cast) TRY(cast_type(t, n, in[0], &type));
    size_t axis = in[0]->axis;

    /* all axes in their order */
    axis_order order = {.rank = rank_of(in[0])};
    for (size_t k = 0; k < order.rank; k++)
        order.from[k] = k;
    TRY(change_all(t, n, in[0], reorder, &order, axis, out[0]));
    out[0]->type = type;
    return ELMAN_OK;
}

/* Whether a cast to a narrower type rounds what it reads. */
static rounding_kind cast_kind(const traced_value *v, const traced_value *made)
{
    bool wider = v->kind == VALUE_VIEW && element_is_float(v->type) &&
                 v->type != made->type;
    return wider ? rounding_to(made->type) : ROUND_NEVER;
}

elman_status cast_tensor(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    TRY(view_same(t, n, in, out));
    rounding_kind kind = cast_kind(in[0], out[0]);
    return kind ? rounding_tensor(t, n, in[0], kind, out[0]) : ELMAN_OK;
}

elman_status cast_flow(trace *t, const onnx_node *n, traced_value *const *in,
                       traced_value *const *out)
{
    element_type to = ELEMENT_F32;
    TRY(cast_type(t, n, in[0], &to));
    bool inside = in[0]->kind != VALUE_VIEW && in[0]->kind != VALUE_ORDER;
    if (t->bound && inside && rounding_to(to))
        return refuse(n, "it rounds what is inside a layer; elman convert "
                         "makes a model that does not round");

    TRY(view_same(t, n, in, out));
    rounding_kind kind = cast_kind(in[0], out[0]);
    if (!kind) return ELMAN_OK;

    element_type type = out[0]->type;
    TRY(rounding_mark(t, n, in[0], &(traced_rounding){.kind = kind}, out[0]));
    out[0]->type = type;
    return ELMAN_OK;
}

elman_status view_transpose(trace *t, const onnx_node *n,
                            traced_value *const *in, traced_value *const *out)
{
    int64_t perm[AXES];
    size_t count, rank = rank_of(in[0]);
    unsigned seen = 0;
    TRY(list_whole(t, n, in, "perm", SIZE_MAX, &count, perm));
    if (count && count != rank)
        return refuse(n, "perm has %zu entries for %zu dimensions", count,
                      rank);

    /* without perm the axes are reversed */
    axis_order order = {.rank = rank};
    for (size_t k = 0; k < rank; k++) {
        if (!count) order.from[k] = rank - 1 - k;
        else TRY(check_axis(n, perm[k], rank, &order.from[k]));
        seen |= 1u << order.from[k];
    }

    if (seen != (1u << rank) - 1) return refuse(n, "perm is not a permutation");
    return view_reorder(t, n, in[0], &order, out[0]);
}

/* The axes that a list names, one bit each. */
static elman_status axis_set(const onnx_node *n, size_t count,
                             const int64_t *axes, size_t rank, unsigned *set)
{
    *set = 0;

    for (size_t i = 0; i < count; i++) {
        size_t axis;
        TRY(check_axis(n, axes[i], rank, &axis));
        if (*set >> axis & 1) return refuse(n, "an axis is named twice");
        *set |= 1u << axis;
    }
    return ELMAN_OK;
}

elman_status view_squeeze(trace *t, const onnx_node *n, traced_value *const *in,
                          traced_value *const *out)
{
    int64_t axes[AXES];
    extent shape[AXES];
    size_t count, rank;
    unsigned set;
    TRY(list_whole(t, n, in, "axes", 1, &count, axes));
    TRY(value_shape(n, in[0], &rank, shape));
    TRY(axis_set(n, count, axes, rank, &set));

    /* without a list all axes of size 1 go */
    axis_order order = {0};
    for (size_t k = 0; k < rank; k++) {
        bool drop = count ? set >> k & 1 : extent_is(shape + k, 1);
        if (drop && !extent_is(shape + k, 1))
            return refuse(n, "axis %zu is not of size 1", k);
        if (!drop) order.from[order.rank++] = k;
    }
    return view_reorder(t, n, in[0], &order, out[0]);
}

elman_status view_unsqueeze(trace *t, const onnx_node *n,
                            traced_value *const *in, traced_value *const *out)
{
    int64_t axes[AXES];
    size_t count, rank = rank_of(in[0]), next = 0;
    unsigned set;
    TRY(list_whole(t, n, in, "axes", 1, &count, axes));

    if (rank + count > AXES)
        return refuse(n, "%zu dimensions, at most %d are supported",
                      rank + count, AXES);
    TRY(axis_set(n, count, axes, rank + count, &set));

    /* the list counts axes of the result */
    axis_order order = {.rank = rank + count};
    for (size_t k = 0; k < order.rank; k++)
        order.from[k] = set >> k & 1 ? NEW_AXIS : next++;
    return view_reorder(t, n, in[0], &order, out[0]);
}
