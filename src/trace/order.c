/* order.c: TopK of lengths, and what makes the way back of it. */
#include "trace/order.h"

#include "trace/attribute.h"
#include "trace/sizes.h"
#include "trace/tensor.h"
#include "trace/view.h"

bool order_same(const trace *t, const traced_order *a, const traced_order *b)
{
    if (a == b) return true;
    return a && b && a->keys && b->keys && a->largest == b->largest &&
           same_memory(t, a->keys, b->keys);
}

elman_status order_strip(trace *t, const traced_value *v, traced_value *out)
{
    view own = *v->views;
    for (size_t k = 0; k < own.rank; k++)
        for (size_t i = 0; i < own.axes[k].factor_count; i++)
            own.axes[k].factors[i].order = NULL;
    return value_set_view(t, out, v->type, &own);
}

/* ---- Orders -------------------------------------------------------------- */

static void set_order(traced_value *out, const traced_order *order, bool back)
{
    out->kind = VALUE_ORDER;
    out->type = ELEMENT_I64;
    out->order = order;
    out->back = back;
}

/* The greatest, or least, numbers of a list: all of them is the list in order,
 * and of an order that begins at its least is the way back. */
elman_status order_top(trace *t, const onnx_node *n, traced_value *const *in,
                       traced_value *const *out)
{
    extent shape[AXES], count[ENTRIES];
    int64_t number, largest, sorted, k;
    size_t rank, axis, one = 1;
    TRY(value_shape(n, in[0], &rank, shape));
    TRY(attribute_whole(n, "axis", -1, &number));
    TRY(attribute_whole(n, "largest", 1, &largest));
    TRY(attribute_whole(n, "sorted", 1, &sorted));
    TRY(attribute_whole(n, "k", 0, &k));
    TRY(check_axis(n, number, rank, &axis));

    /* an input since opset 10 */
    count[0] = extent_of(k);
    if (n->input_count > 1) TRY(need_sizes(t, n, in[1], &one, count));
    if (rank != 1 || one != 1 || !sorted || !extent_equal(count, shape))
        return refuse(n, "it takes a part of what it reads, expected a list of "
                         "lengths in order");

    if (in[0]->kind == VALUE_ORDER) {
        if (largest || in[0]->back || !in[0]->order->keys)
            return refuse(n, "it is not the way back of an order");
        if (n->output_count > 1) set_order(out[1], in[0]->order, true);
        return ELMAN_OK;
    }

    /* the lengths themselves, in that order */
    const view *of = NULL;
    TRY(need_view(n, in[0], &of));
    if (t->sources[of->source].kind > SOURCE_INPUT || !order_is_own(of))
        return refuse(n, "it does not put lengths in order");

    traced_order *order = trace_keep(t, 1, sizeof *order);
    if (!order) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    *order = (traced_order){in[0], largest != 0, *shape};

    view made = *of;
    if (made.axes[0].factor_count) made.axes[0].factors[0].order = order;
    if (n->output_count > 1) set_order(out[1], order, false);
    return value_set_view(t, out[0], in[0]->type, &made);
}

/* The numbers from 0 on, each written where an order says: the way back. */
elman_status order_scatter(trace *t, const onnx_node *n,
                           traced_value *const *in, traced_value *const *out)
{
    extent entries[ENTRIES];
    size_t count;
    const traced_value *to = in[1], *numbers = in[2];
    bool fits = to->kind == VALUE_ORDER && !to->back && to->order->keys;

    /* few numbers are a list */
    if (fits && numbers->kind != VALUE_ORDER) {
        TRY(need_sizes(t, n, in[2], &count, entries));
        fits = extent_is(&to->order->size, (int64_t)count);
        for (size_t i = 0; i < count; i++)
            fits = fits && extent_is(entries + i, (int64_t)i);
    } else if (fits) {
        fits = !numbers->order->keys &&
               extent_equal(&numbers->order->size, &to->order->size);
    }

    if (!fits)
        return refuse(n, "it is supported only as the way back of an order");
    set_order(out[0], to->order, true);
    return ELMAN_OK;
}

/* ---- Values in an order -------------------------------------------------- */

/* Puts an axis of one view in that order, or back. */
static elman_status put(const trace *t, const onnx_node *n,
                        const traced_value *by, size_t axis, view *of)
{
    view_axis *a = of->axes + axis;
    factor *f = a->factors;

    /* one sequence, or all the same, has no order */
    if (a->factor_count == 0 || f->axis == BROADCAST) return ELMAN_OK;
    if (a->factor_count > 1 || f->step != 1 || of->from_end[f->axis] ||
        of->offset[f->axis] != 0)
        return refuse(n, "it puts a part of an axis in another order");

    if (extent_is_plain(&f->size) && extent_is_plain(&by->order->size) &&
        !extent_equal(&f->size, &by->order->size))
        return refuse(n, "it takes %lld of %lld sequences",
                      (long long)by->order->size.factor,
                      (long long)f->size.factor);

    bool fits = by->back ? order_same(t, f->order, by->order) : !f->order;
    if (!fits)
        return refuse(n, "it puts sequences in another order that are not in "
                         "the one it starts from");
    f->order = by->back ? NULL : by->order;
    return ELMAN_OK;
}

elman_status order_gather(trace *t, const onnx_node *n, traced_value *const *in,
                          traced_value *const *out)
{
    int64_t number;
    size_t axis;
    TRY(attribute_whole(n, "axis", 0, &number));
    TRY(need_views(n, in[0]));
    TRY(check_axis(n, number, in[0]->views->rank, &axis));
    if (in[0]->view_count > 1 && in[0]->axis == axis)
        return refuse(n, "it puts values of several layers in another order");

    TRY(value_copy_views(t, n, in[0], out[0]));
    for (size_t p = 0; in[1]->order->keys && p < out[0]->view_count; p++)
        TRY(put(t, n, in[1], axis, out[0]->views + p));
    return ELMAN_OK;
}
