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

    /* the length, or its square */
    if (node_is(n, "ReduceSumSquare"))
        return keep ? norm_stage_set(t, in[0], NORM_OWN_SUM, 0, out[0])
                    : refuse(n, "it drops the axis of the features");
    return norm_stage_set(t, in[0], keep ? NORM_LENGTH : NORM_LENGTH_FLAT, 0,
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

    if (!node_is(n, "Clip"))
        return need_number(t, n, in[1], "bound",
                           node_is(n, "Max") ? low : high);
    if (n->input_count > 1 && in[1]) TRY(need_number(t, n, in[1], "min", low));
    if (n->input_count > 2 && in[2]) TRY(need_number(t, n, in[2], "max", high));
    return ELMAN_OK;
}

/* Bounds of a length: it, its square or what it divides by has at least some
 * size. */
static elman_status bound(trace *t, const onnx_node *n, const traced_value *x,
                          double low, double high, traced_value *out)
{
    bool inverse = x->norm == NORM_INVERSE;
    double eps = inverse ? 1 / high : x->norm == NORM_OWN_SUM ? sqrt(low) : low;
    bool one = inverse ? !(low > 0) && !isinf(high) : isinf(high) && high > 0;
    if (!one || !((float)eps > 0) || isinf((float)eps) || x->eps > 0)
        return refuse(n, "it bounds the length of the features by %g and %g",
                      low, high);
    return norm_stage_set(t, x, x->norm, (float)eps, out);
}

elman_status length_clip(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    double low, high;
    traced_value *const swapped[] = {in[1], in[0]};
    if (!node_is(n, "Clip") && is_tensor(t, in[0])) in = swapped;
    TRY(read_bounds(t, n, in, &low, &high));

    /* what flows gets bounds */
    bool length = in[0]->norm == NORM_LENGTH || in[0]->norm == NORM_INVERSE ||
                  in[0]->norm == NORM_OWN_SUM;
    return length ? bound(t, n, in[0], low, high, out[0])
                  : elementwise_clip(t, n, in[0], low, high, out[0]);
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
    return norm_stage_set(t, in[0], NORM_LENGTH, in[0]->eps, out[0]);
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
    return norm_stage_set(t, in[0], NORM_LENGTH, in[0]->eps, out[0]);
}
