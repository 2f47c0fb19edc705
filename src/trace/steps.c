/* steps.c: axes between what is written out and the node that stands for it. */
#include "trace/steps.h"

#include "trace/attribute.h"
#include "trace/flip.h"
#include "trace/reorder.h"
#include "trace/sizes.h"
#include "trace/view.h"

/* A value of as many axes as another has, or three: axes of size 1 come or go
 * from axis at on. */
elman_status steps_fit(trace *t, const onnx_node *n, traced_value *const *in,
                       traced_value *const *out)
{
    int64_t at;
    size_t rank, wanted = 3;
    extent shape[AXES], other[AXES];
    TRY(attribute_whole(n, "at", 0, &at));
    TRY(value_shape(n, in[0], &rank, shape));
    if (n->input_count > 1) TRY(value_shape(n, in[1], &wanted, other));

    size_t first = (size_t)at, more = wanted > rank ? wanted - rank : 0,
           fewer = rank > wanted ? rank - wanted : 0;
    if (wanted > AXES || first > rank || fewer > rank - first)
        return refuse(n, "it reads %zu dimensions, expected %zu", rank, wanted);

    /* the axes before, those that come, those behind */
    axis_order order = {.rank = wanted};
    for (size_t k = 0; k < wanted; k++)
        order.from[k] = k < first          ? k
                        : k < first + more ? NEW_AXIS
                                           : k - more + fewer;
    for (size_t k = 0; k < fewer; k++)
        if (!extent_is(shape + first + k, 1))
            return refuse(n,
                          "it reads %zu dimensions, expected %zu, or others of "
                          "size 1",
                          rank, wanted);
    return view_reorder(t, n, in[0], &order, out[0]);
}

/* Makes out v with an axis at another place, turned round or not. */
static elman_status move_axis(trace *t, const onnx_node *n,
                              const traced_value *v, size_t from, size_t to,
                              bool reverse, traced_value *out)
{
    axis_order order = {0};
    extent shape[AXES];
    TRY(value_shape(n, v, &order.rank, shape));
    for (size_t k = 0, next = 0; k < order.rank; k++) {
        if (next == from) next++;
        order.from[k] = k == to ? from : next++;
    }

    TRY(view_reorder(t, n, v, &order, out));
    if (!reverse) return ELMAN_OK;
    TRY(value_copy_views(t, n, out, out));
    if (out->view_count == 1 && view_flip(t, out->views, to, NULL))
        return ELMAN_OK;
    return refuse(n, "it takes steps from the last to the first of something "
                     "other than an input or a layer");
}

/* Checks that there are as many steps as input k says. */
static elman_status check_steps(trace *t, const onnx_node *n,
                                traced_value *const *in, size_t k,
                                const extent *steps)
{
    extent entries[ENTRIES];
    size_t count;
    if (k >= n->input_count || !in[k]) return ELMAN_OK;
    TRY(need_sizes(t, n, in[k], &count, entries));
    if (count == 1 && extent_equal(entries, steps)) return ELMAN_OK;

    if (count == 1 && extent_is_plain(entries) && extent_is_plain(steps))
        return refuse(n, "it makes %lld steps of %lld, expected all",
                      (long long)entries[0].factor, (long long)steps->factor);
    return refuse(n, "it makes another number of steps than what it reads has; "
                     "elman run, which knows the sizes, can take it if they "
                     "are the same");
}

/* A value of all steps: the axis of steps comes first. */
elman_status steps_front(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    int64_t number, reverse, length;
    extent shape[AXES];
    size_t rank, axis;
    TRY(attribute_whole(n, "axis", 0, &number));
    TRY(attribute_whole(n, "reverse", 0, &reverse));
    TRY(attribute_whole(n, "length", 0, &length));
    TRY(value_shape(n, in[0], &rank, shape));
    TRY(check_axis(n, number, rank, &axis));

    /* it goes through all of them */
    TRY(check_steps(t, n, in, 1, shape + axis));
    TRY(check_steps(t, n, in, 2, shape + axis));
    if (length && !extent_is(shape + axis, length))
        return refuse(n, "it begins at step %lld, expected the last one",
                      (long long)length - 1);
    return move_axis(t, n, in[0], axis, 0, reverse != 0, out[0]);
}

/* The axis of steps, which is first, at another place. */
elman_status steps_stack(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    int64_t number, reverse;
    extent shape[AXES];
    size_t rank, axis;
    TRY(attribute_whole(n, "axis", 0, &number));
    TRY(attribute_whole(n, "reverse", 0, &reverse));
    TRY(value_shape(n, in[0], &rank, shape));
    TRY(check_axis(n, number, rank, &axis));
    return move_axis(t, n, in[0], 0, axis, reverse != 0, out[0]);
}
