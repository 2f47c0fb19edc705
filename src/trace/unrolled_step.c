/* unrolled_step.c: what goes into a step of a recurrence that is written out,
 * and which step it is. */
#include "trace/unrolled_step.h"

#include "trace/attribute.h"
#include "trace/tensor.h"
#include "trace/view.h"

traced_layer *unrolled_tip(const trace *t)
{
    return t->layer_count ? &t->layers[t->layer_count - 1] : NULL;
}

traced_direction *unrolled_direction(const trace *t)
{
    const traced_layer *l = unrolled_tip(t);
    if (!l || !l->unrolled) return NULL;
    traced_direction *w =
        &l->unrolled->directions[l->unrolled->direction_count - 1];
    return w->steps_met < l->unrolled->T ? w : NULL;
}

/* ---- Views of one step --------------------------------------------------- */

view step_view(const trace *t, size_t from, const step_axes *a, size_t rank,
               size_t index)
{
    const source *s = t->sources + from;
    view v = {.source = from, .rank = rank};

    if (a->time < AXES) v.offset[a->time] = (int64_t)index;
    v.axes[rank - 1].factor_count = 1;
    v.axes[rank - 1].factors[0] =
        factor_of(s->rank - 1, s->shape[s->rank - 1], 1);

    if (a->batch < AXES) {
        view_axis *batch = &v.axes[rank - 1 - a->far];
        batch->factor_count = 1;
        batch->factors[0] = factor_of(a->batch, s->shape[a->batch], 1);
    }

    view_tidy(&v);
    return v;
}

bool step_axes_find(const trace *t, const view *p, step_axes *a, size_t *T,
                    size_t *index)
{
    const source *s = t->sources + p->source;
    *a = (step_axes){.time = AXES, .batch = AXES};

    /* the axis that p runs along has the sequences, the other one the steps */
    for (size_t k = 0; k + 1 < s->rank; k++) {
        size_t at = 0, factors = 0;
        if (extent_is(s->shape + k, 1)) continue;
        for (size_t i = 0; i < p->rank; i++)
            for (size_t j = 0; j < p->axes[i].factor_count; j++)
                if (p->axes[i].factors[j].axis == k) at = i, factors++;

        size_t *found = factors ? &a->batch : &a->time;
        if (*found < AXES) return false;
        *found = k;
        if (factors) a->far = p->rank - 1 - at;
    }

    /* which step it is; without an axis of steps there is only one */
    *T = 1;
    *index = 0;
    if (p->rank == 0 || (a->batch < AXES && a->far == 0)) return false;

    if (a->time == AXES) return true;
    if (!extent_is_plain(s->shape + a->time) || p->from_end[a->time] ||
        (uint64_t)s->shape[a->time].factor > SIZE_MAX)
        return false;
    *T = (size_t)s->shape[a->time].factor;
    *index = (size_t)p->offset[a->time];
    return true;
}

/* ---- Products and sums --------------------------------------------------- */

static elman_status set_step(trace *t, const traced_step *step, const view *of,
                             element_type type, traced_value *out)
{
    traced_step *copy = trace_keep(t, 1, sizeof *copy);
    if (!copy) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    *copy = *step;
    TRY(value_set_view(t, out, type, of));
    out->kind = VALUE_STEP;
    out->step = copy;
    return ELMAN_OK;
}

bool unrolled_multiplies(const trace *t, const traced_value *x)
{
    if (x->kind != VALUE_VIEW || x->view_count != 1) return false;

    const source *s = t->sources + x->views->source;
    if (s->kind == SOURCE_TENSOR) return true;
    if (s->kind == SOURCE_INPUT)
        return t->started && s->index != t->sources[t->x.source].index;
    return unrolled_direction(t) && x->views->source == unrolled_tip(t)->y;
}

elman_status unrolled_product(trace *t, const onnx_node *n,
                              const traced_value *h, const strides *weight,
                              bool transposed, traced_value *out)
{
    traced_step step = {.h = h->views,
                        .rank = h->views->rank,
                        .weight = *weight,
                        .transposed = transposed};
    if (weight->shape[0] == weight->shape[1])
        return set_step(t, &step, h->views, h->type, out);
    return refuse(n, "its first operand is neither the output of a layer nor "
                     "the state of a recurrence, whose weight would be square");
}

elman_status unrolled_bias(trace *t, const onnx_node *n, const traced_value *x,
                           traced_value *b, traced_value *out)
{
    const view *of = NULL;
    traced_step step = *x->step;
    strides *s = &step.bias;
    size_t shape[AXES], count, H = step.weight.shape[0];
    TRY(need_tensor(t, n, b, "bias", TENSOR_WEIGHT, &of));
    TRY(need_shape(n, of, shape, &count));

    size_t rank = of->rank;
    if (!step.h || step.biased || rank < 1 || rank > 3 || count != H ||
        shape[rank - 1] != H)
        return refuse(n, "it adds something other than a bias to a step of an "
                         "unrolled recurrence");

    /* axes of size 1 before the units do not matter */
    TRY(need_strides(t, n, b, rank, "bias", TENSOR_WEIGHT, s));
    s->step[0] = s->step[rank - 1];
    s->shape[0] = H;

    step.biased = true;
    if (rank > step.rank) step.rank = rank;
    return set_step(t, &step, x->views, x->type, out);
}

/* Adds the step p of the input to a product of the state, or to what stands for
 * it. */
static elman_status add_input(trace *t, const traced_step *product,
                              const traced_value *p, traced_value *out)
{
    traced_step step = *product;
    step.summed = true;
    if (p->views->rank > step.rank) step.rank = p->views->rank;
    return set_step(t, &step, p->views, p->type, out);
}

elman_status unrolled_add(trace *t, const onnx_node *n, traced_value *const *in,
                          traced_value *out)
{
    bool second = in[1]->kind == VALUE_STEP;
    traced_value *x = in[second], *other = in[!second];
    const view *of = NULL;

    if (!node_is(n, "Add"))
        return refuse(n, "it reads a part of a step of an unrolled recurrence");

    if (other->kind == VALUE_STEP)
        return refuse(n, "it adds two products of states");

    /* the bias, or the step of the input */
    TRY(need_view(n, other, &of));
    if (is_tensor(t, other)) return unrolled_bias(t, n, x, other, out);
    if (!x->step->summed) return add_input(t, x->step, other, out);
    return refuse(n, "it adds two steps of the input");
}

bool unrolled_begins(const trace *t, const traced_value *p)
{
    const traced_layer *l = unrolled_tip(t);
    step_axes axes;
    size_t T, index;

    if (p->kind != VALUE_VIEW || p->view_count != 1 || !l ||
        l->config.kind != ELMAN_LINEAR || p->views->source != l->y)
        return false;

    return step_axes_find(t, p->views, &axes, &T, &index) && T > 1 &&
           index == (l->twin ? T - 1 : 0);
}

elman_status unrolled_constant(trace *t, const onnx_node *n,
                               const traced_value *p, traced_value *c,
                               traced_value *out)
{
    const view *of = NULL;
    size_t shape[AXES], count;
    TRY(need_tensor(t, n, c, "operand", TENSOR_STATE, &of));
    TRY(need_shape(n, of, shape, &count));

    if (of->rank == 0 || shape[of->rank - 1] != unrolled_tip(t)->O)
        return refuse(n, "it adds something other than a bias to a step");

    const traced_step step = {.constant = of, .rank = of->rank};
    return add_input(t, &step, p, out);
}
