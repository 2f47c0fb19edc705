/* stepwise.c: products of one step each with the same weight. */
#include "trace/stepwise.h"

#include "trace/attribute.h"
#include "trace/view.h"

#include <string.h>

/* What is known of the layer that gives all steps. */
struct traced_steps {
    view x, y; /* of all steps; y before the bias is added */
    strides weight;
    bool transposed;
    const traced_value *bias; /* that was added, or NULL, and */
    size_t sum;               /* the source that the layer gives with it */
};

bool stepwise_is(const traced_value *x)
{
    return x->kind == VALUE_VIEW && x->view_count == 1 && x->views->alone &&
           !x->views->rounds && !x->views->lengths;
}

bool stepwise_all(const trace *t, const view *one, view *all, size_t *index)
{
    const source *s = t->sources + one->source;
    size_t time = AXES;
    if (one->rank + 1 > AXES) return false;

    /* the one axis of the source that the step does not run along */
    for (size_t k = 0; k < s->rank; k++) {
        if (extent_is(s->shape + k, 1) || view_uses(one, k)) continue;
        if (time < AXES || s->identity[k] == OWN_AXIS || one->from_end[k] ||
            !extent_is_plain(s->shape + k))
            return false;
        time = k;
    }
    if (time == AXES) return false;

    *all = *one;
    *index = (size_t)one->offset[time];
    memmove(all->axes + 1, one->axes, one->rank * sizeof *one->axes);
    all->axes[0].factor_count = 1;
    all->axes[0].factors[0] = factor_of(time, s->shape[time], 1);
    all->offset[time] = 0;
    all->alone = false;
    all->rank++;
    return true;
}

view stepwise_one(const view *all, size_t index)
{
    view one = *all;
    one.offset[all->axes[0].factors[0].axis] = (int64_t)index;
    one.rank--;
    memmove(one.axes, all->axes + 1, one.rank * sizeof *one.axes);
    one.alone = true;
    return one;
}

static bool same_strides(const strides *a, const strides *b)
{
    return a->tensor == b->tensor && a->offset == b->offset &&
           !memcmp(a->step, b->step, sizeof a->step) &&
           !memcmp(a->shape, b->shape, sizeof a->shape);
}

/* The steps of the last layer, if it has such. */
static struct traced_steps *last_steps(const trace *t)
{
    return t->layer_count ? t->layers[t->layer_count - 1].steps : NULL;
}

const view *stepwise_known(const trace *t, const view *all,
                           const strides *weight, bool transposed)
{
    const struct traced_steps *s = last_steps(t);
    bool known = s && view_next_axis(&s->x, all) == BROADCAST &&
                 s->transposed == transposed &&
                 same_strides(&s->weight, weight);
    return known ? &s->y : NULL;
}

elman_status stepwise_note(trace *t, const view *all, const strides *weight,
                           bool transposed, const view *y)
{
    struct traced_steps *s = trace_keep(t, 1, sizeof *s);
    if (!s) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    *s = (struct traced_steps){
        .x = *all, .y = *y, .weight = *weight, .transposed = transposed};
    t->layers[t->layer_count - 1].steps = s;
    return ELMAN_OK;
}

/* Whether two constants are one. */
static bool same_constant(const traced_value *a, const traced_value *b)
{
    return view_next_axis(a->views, b->views) == BROADCAST;
}

elman_status stepwise_needs_bias(const trace *t, const onnx_node *n,
                                 const traced_value *x, const traced_value *b,
                                 bool *first)
{
    const struct traced_steps *s = last_steps(t);
    if (!s || x->views->source != s->y.source)
        return refuse(n, "it adds to a step of something other than what comes "
                         "before");

    /* the first step gives the layer its bias, the others have the same */
    *first = !s->bias;
    if (*first ? t->layers[t->layer_count - 1].open : same_constant(s->bias, b))
        return ELMAN_OK;
    return refuse(n, *first ? "it adds a bias to a step, but not to those "
                              "before it"
                            : "it adds another bias than to the steps before "
                              "it");
}

elman_status stepwise_add_bias(trace *t, const onnx_node *n,
                               const traced_value *x, const traced_value *b,
                               traced_value *out)
{
    struct traced_steps *s = last_steps(t);
    traced_layer *l = &t->layers[t->layer_count - 1];
    if (!s->bias) {
        source with = t->sources[s->y.source];
        TRY(source_add(t, n, &with, &l->y));
        l->open = false;
        s->bias = b;
        s->sum = l->y;
    }

    view y = *x->views;
    y.source = s->sum;
    return value_set_view(t, out, x->type, &y);
}
