/* length.c: vectors of length 1. */
#include "trace/length.h"

#include "trace/attribute.h"
#include "trace/elementwise.h"
#include "trace/norm.h"
#include "trace/reorder.h"
#include "trace/reshape.h"
#include "trace/sizes.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <math.h>

static elman_status set_length(trace *t, const traced_value *from,
                               norm_stage stage, float eps, traced_value *out)
{
    TRY(value_set_view(t, out, from->type, from->views));
    out->norm = stage;
    out->eps = eps;
    return ELMAN_OK;
}

elman_status length_reduce(trace *t, const onnx_node *n,
                           traced_value *const *in, traced_value *const *out)
{
    const view *of = NULL;
    int64_t axes[AXES], keep;
    size_t count, axis;
    TRY(need_view(n, in[0], &of));
    TRY(list_whole(t, n, in, "axes", 1, &count, axes));
    TRY(attribute_whole(n, "keepdims", 1, &keep));

    if (count == 1) TRY(check_axis(n, axes[0], of->rank, &axis));
    if (count != 1 || axis + 1 != of->rank)
        return refuse(n, "it is the length of something other than the "
                         "features");
    return set_length(t, in[0], keep ? NORM_LENGTH : NORM_LENGTH_FLAT, 0,
                      out[0]);
}

elman_status length_normalize(trace *t, const onnx_node *n,
                              traced_value *const *in, traced_value *const *out)
{
    const view *of = NULL;
    int64_t number, p;
    size_t axis;
    TRY(need_view(n, in[0], &of));
    TRY(attribute_whole(n, "axis", -1, &number));
    TRY(attribute_whole(n, "p", 2, &p));
    TRY(check_axis(n, number, of->rank, &axis));
    if (p != 2 || axis + 1 != of->rank)
        return refuse(n, "it normalizes by something other than the length of "
                         "the features");
    return norm_divide(t, n, in[0], in[0], out[0]);
}

/* ---- Between ------------------------------------------------------------- */

/* The bounds of a Clip, inputs since opset 11; of a Max or Min the other
 * operand. */
static elman_status read_bounds(trace *t, const onnx_node *n,
                                traced_value *const *in, double *low,
                                double *high)
{
    float least, most;
    TRY(attribute_float(n, "min", -INFINITY, &least));
    TRY(attribute_float(n, "max", INFINITY, &most));
    *low = (double)least;
    *high = (double)most;

    bool clip = node_is(n, "Clip");
    if (!clip) return need_number(t, n, in[1], "bound", low);
    if (n->input_count > 1 && in[1]) TRY(need_number(t, n, in[1], "min", low));
    if (n->input_count > 2 && in[2]) TRY(need_number(t, n, in[2], "max", high));
    return ELMAN_OK;
}

elman_status length_clip(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    double low, high;
    traced_value *const swapped[] = {in[1], in[0]};
    if (node_is(n, "Max") && is_tensor(t, in[0])) in = swapped;
    TRY(read_bounds(t, n, in, &low, &high));

    /* a length has at least some size; what flows gets bounds */
    if (in[0]->norm != NORM_LENGTH)
        return elementwise_clip(t, n, in[0], low, high, out[0]);
    if (!((float)low > 0) || !isinf(high) || in[0]->eps > 0)
        return refuse(n, "it bounds the length of the features by %g and %g",
                      low, high);
    return set_length(t, in[0], NORM_LENGTH, (float)low, out[0]);
}

elman_status length_expand(trace *t, const onnx_node *n,
                           traced_value *const *in, traced_value *const *out)
{
    extent entries[ENTRIES], shape[AXES];
    size_t rank, count;
    if (in[0]->norm != NORM_LENGTH) return view_expand(t, n, in, out);

    /* to the shape of what it is the length of */
    TRY(value_shape(n, in[0], &rank, shape));
    TRY(need_sizes(t, n, in[1], &count, entries));
    bool fits = count == rank;
    for (size_t k = 0; fits && k < rank; k++)
        fits = extent_equal(entries + k, shape + k);
    if (!fits)
        return refuse(n, "it gives the length of features another shape than "
                         "theirs");
    return set_length(t, in[0], NORM_LENGTH, in[0]->eps, out[0]);
}

elman_status length_unsqueeze(trace *t, const onnx_node *n,
                              traced_value *const *in, traced_value *const *out)
{
    int64_t axes[AXES];
    size_t count;
    if (in[0]->norm != NORM_LENGTH_FLAT) return view_unsqueeze(t, n, in, out);

    TRY(list_whole(t, n, in, "axes", 1, &count, axes));
    int64_t last = (int64_t)in[0]->views->rank - 1;
    if (count != 1 || (axes[0] != -1 && axes[0] != last))
        return refuse(n, "it gives the length of features another axis than "
                         "theirs");
    return set_length(t, in[0], NORM_LENGTH, in[0]->eps, out[0]);
}
