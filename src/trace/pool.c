/* pool.c: a mean or maximum over the steps of a layer's output. */
#include "trace/pool.h"

#include "trace/attribute.h"
#include "trace/layers.h"
#include "trace/sizes.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <string.h>

bool pool_is_over(const trace *t, const view *of, size_t axis)
{
    const view_axis *a = of->axes + axis;
    const source *s = t->sources + of->source;
    return t->timed && t->time != NO_AXIS && s->kind == SOURCE_LAYER &&
           a->factor_count == 1 && a->factors[0].axis != BROADCAST &&
           s->identity[a->factors[0].axis] == t->time;
}

/* y is read without the axis of the steps, which goes or has size 1. */
static void drop_axis(view *y, size_t axis, bool keep)
{
    y->axes[axis].factor_count = 0;
    if (keep) return;
    y->rank--;
    memmove(y->axes + axis, y->axes + axis + 1,
            (y->rank - axis) * sizeof *y->axes);
}

elman_status trace_pool(trace *t, const onnx_node *n, traced_value *const *in,
                        traced_value *const *out)
{
    const view *of = NULL;
    view read;
    int64_t axes[AXES], keep;
    size_t count, axis, I;
    TRY(need_view(n, in[0], &of));
    TRY(list_whole(t, n, in, "axes", 1, &count, axes));
    TRY(attribute_whole(n, "keepdims", 1, &keep));

    /* over the steps alone, all of which are there */
    if (count != 1)
        return refuse(n, "it reduces %zu axes, expected that of the steps",
                      count);
    TRY(check_axis(n, axes[0], of->rank, &axis));
    if (!pool_is_over(t, of, axis))
        return refuse(n, "it does not reduce the steps of a layer's output");
    if (t->lengths && !layer_is_repeated(t))
        return refuse(n, "it reduces all steps, where shorter sequences have "
                         "none");
    TRY(layer_read(t, n, of, ANY_AXIS, &read, &I));

    /* ReduceMean, ReduceMax or ReduceSum */
    const elman_layer config = {.kind = ELMAN_POOL,
                                .pool = node_is(n, "ReduceMax") ? ELMAN_POOL_MAX
                                        : node_is(n, "ReduceSum")
                                            ? ELMAN_POOL_SUM
                                            : ELMAN_POOL_MEAN};
    drop_axis(&read, axis, keep);
    TRY(layer_add_ending(t, n, &config, &read));
    return value_set_view(t, out[0], in[0]->type, &read);
}
