/* view.c: what a view is, and values as views. */
#include "trace/view.h"

#include "trace/attribute.h"

#include <stdlib.h>
#include <string.h>

/* ---- Sources and values -------------------------------------------------- */

elman_status source_add(trace *t, const onnx_node *n, const source *s,
                        size_t *index)
{
    if (s->rank > AXES)
        return refuse(n, "%zu dimensions, at most %d are supported", s->rank,
                      AXES);

    if (t->source_count == t->source_room) {
        size_t room = t->source_room ? 2 * t->source_room : 64;
        source *more = realloc(t->sources, room * sizeof *more);
        if (!more) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
        t->sources = more;
        t->source_room = room;
    }

    *index = t->source_count;
    t->sources[t->source_count++] = *s;
    return ELMAN_OK;
}

view view_of(const trace *t, size_t index)
{
    const source *s = t->sources + index;
    view whole = {.source = index, .rank = s->rank};
    for (size_t k = 0; k < s->rank; k++) {
        whole.axes[k].factor_count = 1;
        whole.axes[k].factors[0] =
            (factor){.axis = k, .size = s->shape[k], .step = 1};
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
    v->view_count = parts;
    v->views = copy;
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
    /* tensors and their uses grow together */
    if (t->tensor_count == t->tensor_room) {
        size_t room = t->tensor_room ? 2 * t->tensor_room : 64;
        named_tensor *more = realloc(t->tensors, room * sizeof *more);
        if (more) t->tensors = more;
        tensor_use *uses = more ? realloc(t->uses, room * sizeof *uses) : NULL;
        if (!uses) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
        t->uses = uses;
        t->tensor_room = room;
    }

    /* the tensor, and a source that is all of it */
    t->tensors[t->tensor_count] = *tensor;
    t->uses[t->tensor_count] = TENSOR_UNUSED;
    source s = {.kind = SOURCE_TENSOR,
                .index = t->tensor_count++,
                .rank = tensor->rank};
    for (size_t k = 0; k < s.rank; k++) {
        s.shape[k] = extent_of((int64_t)tensor->shape[k]);
        s.identity[k] = OWN_AXIS;
    }

    size_t index = 0;
    TRY(source_add(t, n, &s, &index));
    view whole = view_of(t, index);
    return value_set_view(t, v, tensor->type, &whole);
}

elman_status need_views(const onnx_node *n, const traced_value *v)
{
    if (v->kind == VALUE_STEP || v->kind == VALUE_GATE)
        return refuse(n,
                      "it reads \"%.80s\", which looks like a part of a step "
                      "of an unrolled recurrence",
                      v->name);

    if (v->kind != VALUE_VIEW)
        return refuse(n, "\"%.80s\" is a value that cannot be used here",
                      v->name);

    if (v->norm != NORM_NONE)
        return refuse(n,
                      v->norm >= NORM_ABS
                          ? "it reads \"%.80s\", a value without its sign, "
                            "which is known as a part of x / (1 + |x|) alone"
                          : "it reads \"%.80s\", which looks like a part of a "
                            "norm",
                      v->name);
    return ELMAN_OK;
}

elman_status value_copy_views(trace *t, const onnx_node *n,
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

elman_status need_view(const onnx_node *n, const traced_value *v,
                       const view **of)
{
    TRY(need_views(n, v));
    if (v->view_count != 1)
        return refuse(n, "\"%.80s\" puts values of several layers side by side",
                      v->name);
    *of = v->views;
    return ELMAN_OK;
}

/* ---- Axes ---------------------------------------------------------------- */

static bool is_one(const extent *e) { return extent_is(e, 1); }

/* Whether the next index of slow is where fast ends, so that they are one
 * factor. */
static bool follow(const factor *slow, const factor *fast)
{
    int64_t step;
    if (slow->axis != fast->axis || slow->order || fast->order) return false;
    if (slow->axis == BROADCAST) return true;
    return extent_is_plain(&fast->size) &&
           !__builtin_mul_overflow(fast->size.factor, fast->step, &step) &&
           step == slow->step;
}

static void tidy_axis(view_axis *a)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->factor_count; i++) {
        factor f = a->factors[i];
        if (is_one(&f.size)) continue;

        /* one that begins where the last ends is joined to it */
        factor *before = kept ? &a->factors[kept - 1] : NULL;
        if (before && follow(before, &f) &&
            extent_multiply(&before->size, &f.size, &before->size))
            before->step = f.step;
        else a->factors[kept++] = f;
    }

    a->factor_count = kept;
}

void view_tidy(view *of)
{
    for (size_t k = 0; k < of->rank; k++)
        tidy_axis(of->axes + k);
}

elman_status view_size(const onnx_node *n, const view *of, size_t axis,
                       extent *size)
{
    *size = extent_of(1);
    for (size_t i = 0; i < of->axes[axis].factor_count; i++)
        if (!extent_multiply(size, &of->axes[axis].factors[i].size, size))
            return refuse(n, "a size does not fit in 64 bits");
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

    if (v->kind == VALUE_GATE) {
        *rank = v->rank;
        memcpy(shape, v->sizes, v->rank * sizeof *shape);
        return ELMAN_OK;
    }

    if (v->kind == VALUE_ORDER) {
        *rank = 1;
        shape[0] = v->order->size;
        return ELMAN_OK;
    }

    if (v->kind != VALUE_VIEW)
        return refuse(n, "\"%.80s\" is not a value", v->name);

    /* the shape of views side by side is that of the first, with the sum along
     * their axis */
    *rank = v->views->rank;
    for (size_t k = 0; k < *rank; k++)
        TRY(view_size(n, v->views, k, shape + k));
    for (size_t p = 1; p < v->view_count; p++) {
        extent size;
        TRY(view_size(n, v->views + p, v->axis, &size));
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
        for (size_t i = 0; i < of->axes[k].factor_count; i++)
            count += of->axes[k].factors[i].axis == axis;
    return count;
}

bool factor_is_whole(const trace *t, const view *of, const factor *f)
{
    if (f->axis == BROADCAST) return false;
    const extent *size = t->sources[of->source].shape + f->axis;
    return f->step == 1 && of->offset[f->axis] == 0 && !of->from_end[f->axis] &&
           extent_equal(&f->size, size);
}

bool factor_is_flipped(const trace *t, const view *of, const factor *f)
{
    if (f->axis == BROADCAST || f->step != -1) return false;
    const extent *size = t->sources[of->source].shape + f->axis;
    bool from_last = of->from_end[f->axis]
                         ? of->offset[f->axis] == 0
                         : extent_is(size, of->offset[f->axis] + 1);
    return from_last && extent_equal(&f->size, size);
}

bool view_is_flipped(const trace *t, const view *of, size_t axis)
{
    const view_axis *a = of->axes + axis;
    return a->factor_count == 1 && factor_is_flipped(t, of, a->factors);
}

const traced_order *order_of(const view *of, size_t axis)
{
    const view_axis *a = of->axes + axis;
    return a->factor_count ? a->factors[0].order : NULL;
}

bool order_is_own(const view *of)
{
    for (size_t k = 0; k < of->rank; k++)
        for (size_t i = 0; i < of->axes[k].factor_count; i++)
            if (of->axes[k].factors[i].order) return false;
    return true;
}

void view_position(const trace *t, const view *of, const size_t *index,
                   size_t *position)
{
    const source *s = t->sources + of->source;
    int64_t at[AXES];
    for (size_t k = 0; k < s->rank; k++)
        at[k] = of->offset[k] + (of->from_end[k] ? s->shape[k].factor - 1 : 0);

    /* take each index apart into those of its factors, the fastest first */
    for (size_t k = 0; k < of->rank; k++) {
        size_t left = index[k];
        for (size_t i = of->axes[k].factor_count; i > 0; i--) {
            const factor *f = &of->axes[k].factors[i - 1];
            size_t size = (size_t)f->size.factor;
            if (f->axis != BROADCAST)
                at[f->axis] += (int64_t)(left % size) * f->step;
            left /= size;
        }
    }

    for (size_t k = 0; k < s->rank; k++)
        position[k] = (size_t)at[k];
}

size_t view_element(const trace *t, const view *of, const size_t *index)
{
    const source *s = t->sources + of->source;
    size_t position[AXES], element = 0;
    view_position(t, of, index, position);
    for (size_t k = 0; k < s->rank; k++)
        element = element * (size_t)s->shape[k].factor + position[k];
    return element;
}

static bool same_axes(const view *a, const view *b)
{
    bool same = a->rank == b->rank;
    for (size_t k = 0; k < a->rank && same; k++) {
        const view_axis *x = a->axes + k, *y = b->axes + k;
        same = x->factor_count == y->factor_count;
        for (size_t i = 0; i < x->factor_count && same; i++)
            same = x->factors[i].axis == y->factors[i].axis &&
                   x->factors[i].step == y->factors[i].step &&
                   x->factors[i].order == y->factors[i].order &&
                   extent_equal(&x->factors[i].size, &y->factors[i].size);
    }
    return same;
}

size_t view_next_axis(const view *a, const view *b)
{
    size_t moved = BROADCAST;
    if (a->source != b->source || a->rounds != b->rounds || !same_axes(a, b))
        return AXES;

    /* they must differ in one offset, and by 1 */
    for (size_t k = 0; k < AXES; k++) {
        if (a->from_end[k] != b->from_end[k]) return AXES;
        if (a->offset[k] == b->offset[k]) continue;
        if (moved != BROADCAST || b->offset[k] != a->offset[k] + 1) return AXES;
        moved = k;
    }
    return moved;
}

bool view_equals(const view *a, const view *b)
{
    return a->rank == b->rank && a->lengths == b->lengths &&
           a->alone == b->alone && view_next_axis(a, b) == BROADCAST;
}
