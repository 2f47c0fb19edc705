/* steps.c: axes between what is written out and the node that stands for it. */
#include "trace/steps.h"

#include "trace/attribute.h"
#include "trace/reorder.h"
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
