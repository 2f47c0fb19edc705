/*
 * trace_view.c: what a view is, and the operators that only change a view.
 * Each part of a value that is several views side by side is changed alike.
 */
#include "exchange/trace.h"

#include <stdlib.h>
#include <string.h>

/* ---- Sources and values -------------------------------------------------- */

elman_status source_add(trace *t, const onnx_node *n, const source *s,
                        size_t *index)
{
    if (s->rank > AXES)
        return refuse(n, "%zu dimensions, at most %d are followed", s->rank,
                      AXES);
    if (t->sources == t->source_room) {
        size_t room = t->source_room ? 2 * t->source_room : 64;
        source *more = realloc(t->source, room * sizeof *more);
        if (!more) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
        t->source = more;
        t->source_room = room;
    }
    *index = t->sources;
    t->source[t->sources++] = *s;
    return ELMAN_OK;
}

view view_of(const trace *t, size_t index)
{
    const source *s = t->source + index;
    view whole = {.source = index, .rank = s->rank};
    for (size_t k = 0; k < s->rank; k++) {
        whole.axis[k].factors = 1;
        whole.axis[k].factor[0] =
            (factor){.axis = k, .size = s->size[k], .step = 1};
    }
    view_tidy(&whole);
    return whole;
}

static elman_status set_views(trace *t, traced_value *v, element_type type,
                              size_t parts, const view *of)
{
    view *copy = trace_keep(t, parts, sizeof *copy);
    if (!copy) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    memcpy(copy, of, parts * sizeof *copy);
    v->kind = VALUE_VIEW;
    v->type = type;
    v->parts = parts;
    v->view = copy;
    return ELMAN_OK;
}

elman_status value_set_view(trace *t, traced_value *v, element_type type,
                            const view *of)
{
    return set_views(t, v, type, 1, of);
}

elman_status value_set_tensor(trace *t, const onnx_node *n, traced_value *v,
                              const named_tensor *tensor)
{
    if (t->tensors == t->tensor_room) {
        size_t room = t->tensor_room ? 2 * t->tensor_room : 64;
        named_tensor *more = realloc(t->tensor, room * sizeof *more);
        if (more) t->tensor = more;
        tensor_use *uses = more ? realloc(t->use, room * sizeof *uses) : NULL;
        if (!uses) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
        t->use = uses;
        t->tensor_room = room;
    }
    t->tensor[t->tensors] = *tensor;
    t->use[t->tensors] = TENSOR_UNUSED;
    source s = {
        .kind = SOURCE_TENSOR, .index = t->tensors++, .rank = tensor->rank};
    for (size_t k = 0; k < s.rank; k++) {
        s.size[k] = extent_of((int64_t)tensor->shape[k]);
        s.identity[k] = OWN_AXIS;
    }
    size_t index = 0;
    TRY(source_add(t, n, &s, &index));
    view whole = view_of(t, index);
    return value_set_view(t, v, tensor->type, &whole);
}

elman_status need_views(const onnx_node *n, const traced_value *v)
{
    if (v->kind == VALUE_STEP)
        return refuse(n,
                      "it reads \"%.80s\", a part of what would be a step of "
                      "an unrolled recurrence",
                      v->name);
    if (v->kind != VALUE_VIEW)
        return refuse(n, "\"%.80s\" is no value that is followed here",
                      v->name);
    if (v->norm != NORM_NONE)
        return refuse(n,
                      "it reads \"%.80s\", a part of what would be a layer "
                      "norm",
                      v->name);
    return ELMAN_OK;
}

elman_status need_view(const onnx_node *n, const traced_value *v,
                       const view **of)
{
    TRY(need_views(n, v));
    if (v->parts != 1)
        return refuse(n, "\"%.80s\" puts values of several layers side by side",
                      v->name);
    *of = v->view;
    return ELMAN_OK;
}

/* ---- Axes ---------------------------------------------------------------- */

static bool is_one(const extent *e) { return extent_is(e, 1); }

/* Whether slow's next index is where fast ends. */
static bool follow(const factor *slow, const factor *fast)
{
    int64_t step;
    if (slow->axis != fast->axis) return false;
    if (slow->axis == BROADCAST) return true;
    return extent_is_plain(&fast->size) &&
           !__builtin_mul_overflow(fast->size.factor, fast->step, &step) &&
           step == slow->step;
}

static void tidy_axis(view_axis *a)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->factors; i++) {
        factor f = a->factor[i];
        if (is_one(&f.size)) continue;
        factor *before = kept ? &a->factor[kept - 1] : NULL;
        if (before && follow(before, &f) &&
            extent_multiply(&before->size, &f.size, &before->size))
            before->step = f.step;
        else a->factor[kept++] = f;
    }
    a->factors = kept;
}

void view_tidy(view *of)
{
    for (size_t k = 0; k < of->rank; k++)
        tidy_axis(of->axis + k);
}

elman_status view_size(const onnx_node *n, const view *of, size_t axis,
                       extent *size)
{
    *size = extent_of(1);
    for (size_t i = 0; i < of->axis[axis].factors; i++)
        if (!extent_multiply(size, &of->axis[axis].factor[i].size, size))
            return refuse(n, "a size passes 64 bits");
    return ELMAN_OK;
}

elman_status value_shape(const onnx_node *n, const traced_value *v,
                         size_t *rank, extent *shape)
{
    if (v->kind == VALUE_SIZES) {
        *rank = v->rank;
        shape[0] = extent_of((int64_t)v->count);
        return ELMAN_OK;
    }
    if (v->kind != VALUE_VIEW)
        return refuse(n, "\"%.80s\" is no value", v->name);
    *rank = v->view->rank;
    for (size_t k = 0; k < *rank; k++)
        TRY(view_size(n, v->view, k, shape + k));
    for (size_t p = 1; p < v->parts; p++) {
        extent size;
        TRY(view_size(n, v->view + p, v->axis, &size));
        if (!extent_add(shape + v->axis, &size, 1, shape + v->axis))
            return refuse(n, "\"%.80s\" has a size that is a sum of free ones",
                          v->name);
    }
    return ELMAN_OK;
}

size_t view_uses(const view *of, size_t axis)
{
    size_t count = 0;
    for (size_t k = 0; k < of->rank; k++)
        for (size_t i = 0; i < of->axis[k].factors; i++)
            count += of->axis[k].factor[i].axis == axis;
    return count;
}

bool factor_is_whole(const trace *t, const view *of, const factor *f)
{
    if (f->axis == BROADCAST) return false;
    const extent *size = t->source[of->source].size + f->axis;
    return f->step == 1 && of->offset[f->axis] == 0 && !of->last[f->axis] &&
           extent_equal(&f->size, size);
}

void view_place(const trace *t, const view *of, const size_t *index,
                size_t *place)
{
    const source *s = t->source + of->source;
    int64_t at[AXES];
    for (size_t k = 0; k < s->rank; k++)
        at[k] = of->offset[k] + (of->last[k] ? s->size[k].factor - 1 : 0);
    for (size_t k = 0; k < of->rank; k++) {
        size_t left = index[k];
        for (size_t i = of->axis[k].factors; i > 0; i--) {
            const factor *f = &of->axis[k].factor[i - 1];
            size_t size = (size_t)f->size.factor;
            if (f->axis != BROADCAST)
                at[f->axis] += (int64_t)(left % size) * f->step;
            left /= size;
        }
    }
    for (size_t k = 0; k < s->rank; k++)
        place[k] = (size_t)at[k];
}

size_t view_element(const trace *t, const view *of, const size_t *index)
{
    const source *s = t->source + of->source;
    size_t place[AXES], element = 0;
    view_place(t, of, index, place);
    for (size_t k = 0; k < s->rank; k++)
        element = element * (size_t)s->size[k].factor + place[k];
    return element;
}

/* ---- Operators on every part --------------------------------------------- */

/* v's views, changed by change, become out's. */
typedef elman_status change_view(const onnx_node *n, const void *how, view *of);

static elman_status change_all(trace *t, const onnx_node *n,
                               const traced_value *v, change_view *change,
                               const void *how, size_t axis, traced_value *out)
{
    TRY(need_views(n, v));
    view *parts = trace_keep(t, v->parts, sizeof *parts);
    if (!parts) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    memcpy(parts, v->view, v->parts * sizeof *parts);
    for (size_t p = 0; p < v->parts; p++) {
        TRY(change(n, how, parts + p));
        view_tidy(parts + p);
    }
    out->kind = VALUE_VIEW;
    out->type = v->type;
    out->parts = v->parts;
    out->axis = axis;
    out->view = parts;
    return ELMAN_OK;
}

static size_t rank_of(const traced_value *v)
{
    return v->kind == VALUE_VIEW ? v->view->rank : v->rank;
}

/* An order of axes: entry k is where axis k comes from; NEW_AXIS is one of size
 * 1. */
typedef struct axis_order {
    size_t rank, from[AXES];
} axis_order;
#define NEW_AXIS SIZE_MAX

static elman_status reorder(const onnx_node *n, const void *how, view *of)
{
    (void)n;
    const axis_order *order = how;
    view old = *of;
    of->rank = order->rank;
    for (size_t k = 0; k < order->rank; k++)
        of->axis[k] = order->from[k] == NEW_AXIS ? (view_axis){0}
                                                 : old.axis[order->from[k]];
    return ELMAN_OK;
}

static elman_status reorder_all(trace *t, const onnx_node *n,
                                const traced_value *v, const axis_order *order,
                                traced_value *out)
{
    size_t axis = 0;
    for (size_t k = 0; k < order->rank; k++)
        if (order->from[k] == v->axis) axis = k;
    return change_all(t, n, v, reorder, order, axis, out);
}

/* The type of a Cast. Nothing is cut on the way: whole numbers of floats can
 * only be tokens or shapes, and do not become floats again. */
static elman_status cast_type(const trace *t, const onnx_node *n,
                              const traced_value *v, element_type *type)
{
    int64_t to;
    TRY(attribute_whole(n, "to", 0, &to));
    if (to < 0 || to > INT32_MAX || onnx_type((int32_t)to, type))
        return refuse(n, "it casts to type %lld, which is not read",
                      (long long)to);
    if (v->kind != VALUE_VIEW) return ELMAN_OK;
    const source *s = t->source + v->view->source;
    bool whole = !element_is_float(*type);
    if (s->kind >= SOURCE_LAYER && whole)
        return refuse(n, "it makes whole numbers of a layer's output");
    if (*type == ELEMENT_BOOL)
        return refuse(n, "it makes truth values of numbers");
    if (s->kind >= SOURCE_LAYER) return ELMAN_OK;
    element_type own = s->kind == SOURCE_TENSOR
                           ? t->tensor[s->index].type
                           : t->graph->input[s->index].type;
    if (element_is_float(own) && !element_is_float(v->type) && !whole)
        return refuse(n, "it makes floats of whole numbers that were floats");
    return ELMAN_OK;
}

elman_status view_same(trace *t, const onnx_node *n, traced_value *const *in,
                       traced_value *const *out)
{
    if (!strcmp(n->op, "Dropout") && n->inputs == 3 && in[2]) {
        double training;
        TRY(need_number(t, n, in[2], "training_mode", &training));
        if (training != 0) return refuse(n, "its training_mode is on");
    }
    element_type type = in[0]->type;
    if (!strcmp(n->op, "Cast")) TRY(cast_type(t, n, in[0], &type));
    size_t axis = in[0]->axis;
    axis_order order = {.rank = rank_of(in[0])};
    for (size_t k = 0; k < order.rank; k++)
        order.from[k] = k;
    TRY(change_all(t, n, in[0], reorder, &order, axis, out[0]));
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
    axis_order order = {.rank = rank};
    for (size_t k = 0; k < rank; k++) {
        if (!count) order.from[k] = rank - 1 - k;
        else TRY(check_axis(n, perm[k], rank, &order.from[k]));
        seen |= 1u << order.from[k];
    }
    if (seen != (1u << rank) - 1) return refuse(n, "perm is no permutation");
    return reorder_all(t, n, in[0], &order, out[0]);
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
    axis_order order = {0};
    for (size_t k = 0; k < rank; k++) {
        bool drop = count ? set >> k & 1 : is_one(shape + k);
        if (drop && !is_one(shape + k))
            return refuse(n, "axis %zu is not of size 1", k);
        if (!drop) order.from[order.rank++] = k;
    }
    return reorder_all(t, n, in[0], &order, out[0]);
}

elman_status view_unsqueeze(trace *t, const onnx_node *n,
                            traced_value *const *in, traced_value *const *out)
{
    int64_t axes[AXES];
    size_t count, rank = rank_of(in[0]), next = 0;
    unsigned set;
    TRY(list_whole(t, n, in, "axes", 1, &count, axes));
    if (rank + count > AXES)
        return refuse(n, "%zu dimensions, at most %d are followed",
                      rank + count, AXES);
    TRY(axis_set(n, count, axes, rank + count, &set));
    axis_order order = {.rank = rank + count};
    for (size_t k = 0; k < order.rank; k++)
        order.from[k] = set >> k & 1 ? NEW_AXIS : next++;
    return reorder_all(t, n, in[0], &order, out[0]);
}
