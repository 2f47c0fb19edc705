/* reduce.c: ReduceSum and ReduceMean, by what they go over. */
#include "trace/reduce.h"

#include "trace/attribute.h"
#include "trace/dense.h"
#include "trace/elementwise.h"
#include "trace/directions.h"
#include "trace/layers.h"
#include "trace/norm.h"
#include "trace/pool.h"
#include "trace/sizes.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <string.h>

typedef enum reduced {
    OVER_OTHERS,
    OVER_STEPS,
    OVER_DIRECTIONS,
    OVER_FEATURES
} reduced;

/* What one axis of a view runs along. */
static reduced kind_of(const trace *t, const view *of, size_t axis)
{
    enum { D = 2 };
    const source *s = t->sources + of->source;
    const view_axis *a = of->axes + axis;
    size_t along = a->factor_count ? a->factors[0].axis : BROADCAST;
    bool final = s->kind == SOURCE_FINAL_H;
    if ((s->kind != SOURCE_LAYER && !final) || along == BROADCAST)
        return OVER_OTHERS;

    if (pool_is_over(t, of, axis)) return OVER_STEPS;
    if (s->rank == 4 && along == D && axis + 1 != of->rank)
        return OVER_DIRECTIONS;
    bool last = axis + 1 == of->rank && s->identity[along] == OWN_AXIS;
    return last ? OVER_FEATURES : OVER_OTHERS;
}

/* A linear layer of one output, whose weights are all alike. */
static elman_status add_row(trace *t, const onnx_node *n, traced_value *x,
                            bool mean, bool keep, traced_value *out)
{
    extent size;
    void *data = NULL;
    traced_value weight = {.name = mean ? "1 / features" : "1"};
    TRY(view_size(n, x->views, x->views->rank - 1, &size));
    if (!extent_is_plain(&size) || size.factor < 1)
        return refuse(n, "the number of features is not known");

    const size_t shape[] = {(size_t)size.factor, 1};
    TRY(tensor_create(t, n, weight.name, ELEMENT_F64, 2, shape, &data,
                      &weight));
    for (size_t i = 0; i < shape[0]; i++)
        ((double *)data)[i] = mean ? 1 / (double)shape[0] : 1;
    tensor_round(t, &weight, ELEMENT_F32);

    /* its one output goes, or is an axis of size 1 */
    TRY(dense_product(t, n, x, &weight, NULL, out));
    if (keep) return ELMAN_OK;
    view y = *out->views;
    y.rank--;
    return value_set_view(t, out, out->type, &y);
}

/* Which axis is reduced, and what it runs along; OVER_OTHERS for several. */
static elman_status look(trace *t, const onnx_node *n, traced_value *const *in,
                         size_t *axis, bool *keep, reduced *kind)
{
    int64_t axes[AXES], keeps;
    size_t count;
    TRY(list_whole(t, n, in, "axes", 1, &count, axes));
    TRY(attribute_whole(n, "keepdims", 1, &keeps));
    *keep = keeps != 0;
    *kind = OVER_OTHERS;

    bool plain = in[0]->kind == VALUE_VIEW && in[0]->view_count == 1 &&
                 (in[0]->norm == NORM_NONE || in[0]->norm == NORM_OWN_SQUARE);
    if (!plain || count != 1) return ELMAN_OK;
    TRY(check_axis(n, axes[0], in[0]->views->rank, axis));
    *kind = kind_of(t, in[0]->views, *axis);
    return ELMAN_OK;
}

elman_status trace_reduce_sum(trace *t, const onnx_node *n,
                              traced_value *const *in, traced_value *const *out)
{
    size_t axis = 0;
    bool keep;
    reduced kind;
    TRY(look(t, n, in, &axis, &keep, &kind));

    /* of squares it is that of a length */
    if (in[0]->norm == NORM_OWN_SQUARE && kind == OVER_FEATURES && keep)
        return norm_stage_set(t, in[0], NORM_OWN_SUM, 0, out[0]);
    if (norm_follow(in[0])) kind = OVER_OTHERS;

    switch (kind) {
    case OVER_STEPS:
        return trace_pool(t, n, in, out);
    case OVER_FEATURES:
        return add_row(t, n, in[0], false, keep, out[0]);
    case OVER_DIRECTIONS:
        return trace_merge(t, n, in, out);
    case OVER_OTHERS:
        break;
    }
    return refuse(n, "it is a sum over neither the features, which are the "
                     "last axis, nor the directions, nor the steps");
}

elman_status trace_reduce_mean(trace *t, const onnx_node *n,
                               traced_value *const *in,
                               traced_value *const *out)
{
    size_t axis = 0;
    bool keep;
    reduced kind;
    TRY(look(t, n, in, &axis, &keep, &kind));

    /* with its axis kept it may begin a layer norm */
    if (kind == OVER_FEATURES && !keep && !norm_follow(in[0]))
        return add_row(t, n, in[0], true, keep, out[0]);
    return norm_mean(t, n, in, out);
}

elman_status reduce_settle(trace *t, const onnx_node *n,
                           traced_value *const *in, traced_value *v)
{
    bool mean = v && v->kind == VALUE_VIEW && v->norm == NORM_MEAN;
    traced_value x, made;
    if (!mean ||
        (in && (node_is(n, "Cast") || (node_is(n, "Sub") && v == in[1] &&
                                       in[0] && norm_same_view(in[0], v)))))
        return ELMAN_OK;

    /* of x, whose view it still is */
    x = made = *v;
    x.norm = made.norm = NORM_NONE;
    TRY(add_row(t, n, &x, true, true, &made));
    v->views = made.views;
    v->norm = NORM_NONE;
    return ELMAN_OK;
}
