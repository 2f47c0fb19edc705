/* unrolled_end.c: weights and initial states of a recurrence that was
 * written out. */
#include "trace/unrolled_end.h"

#include "trace/attribute.h"
#include "trace/gates_end.h"
#include "trace/layers.h"
#include "trace/start.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <string.h>

/* ---- Weights ------------------------------------------------------------- */

/* Checks that the axes of a constant are those of a step, or of size 1. */
static elman_status check_shape(const trace *t, const onnx_node *n,
                                const traced_direction *w, size_t *shape,
                                size_t *count)
{
    const view *c = w->constant;
    bool fits = true;
    TRY(need_shape(n, c, shape, count));

    for (size_t k = 0; k + 1 < c->rank; k++) {
        bool batch = w->axes.batch < AXES && c->rank - 1 - k == w->axes.far;
        bool whole = batch && extent_is(t->sources[w->p].shape + w->axes.batch,
                                        (int64_t)shape[k]);
        fits = fits && (shape[k] == 1 || whole);
    }

    if (fits && *count <= t->budget) return ELMAN_OK;
    return refuse(n, "what the first step of the recurrence that reads it adds "
                     "does not have the shape of the step");
}

/* A first step from a zero state may have been folded to the bias that it adds.
 */
static elman_status check_constant(const trace *t, const onnx_node *n,
                                   const traced_direction *w)
{
    size_t shape[AXES], count = 0, H = w->step.weight.shape[0];
    const strides *b = &w->step.bias;

    if (w->start) return ELMAN_OK;
    if (w->constant) TRY(check_shape(t, n, w, shape, &count));

    /* what the first step adds is the bias of the others, if any */
    for (size_t i = 0; i < (count ? count : H); i++) {
        size_t index[AXES] = {0}, left = i;
        double bias = 0, got = 0;
        for (size_t k = count ? w->constant->rank : 0; k-- > 0;) {
            index[k] = left % shape[k];
            left /= shape[k];
        }

        const named_tensor *from =
            count ? &t->tensors[t->sources[w->constant->source].index] : NULL;
        if (from)
            tensor_doubles(from, view_element(t, w->constant, index), 1, &got);

        if (w->step.biased)
            tensor_doubles(t->tensors + b->tensor,
                           b->offset + i % H * b->step[0], 1, &bias);

        if (got != bias)
            return refuse(n,
                          "the first step of the recurrence that reads it "
                          "starts from something that is neither zero nor an "
                          "input, or adds another bias than the other steps");
    }
    return ELMAN_OK;
}

static const traced_weight *find_weight(const traced_layer *l, const char *role,
                                        size_t d)
{
    for (size_t i = 0; i < l->weight_count; i++)
        if (l->weights[i].direction == d && !strcmp(l->weights[i].role, role))
            return l->weights + i;
    return NULL;
}

/* Adds the linear layer's weight and bias, and those of the steps, in the order
 * that a recurrent layer has. */
static elman_status weigh_direction(trace *t, const onnx_node *n,
                                    const traced_layer *was, size_t d)
{
    traced_layer *l = &t->layers[t->layer_count - 1];
    const traced_step *s = &was->unrolled->directions[d].step;
    const traced_weight *bias = find_weight(was, "bias", d);

    l->weights[l->weight_count] = *find_weight(was, "weight", d);
    l->weights[l->weight_count++].role = "weight_ih";
    TRY(layer_weigh(
        t, n, &s->weight,
        &(weight_view){.role = "weight_hh",
                       .how = s->transposed ? "as it is" : "transposed",
                       .direction = d,
                       .row_axis = s->transposed ? 0 : 1,
                       .column_axis = s->transposed ? 1 : 0}));

    /* a layer with a bias has both; one that is missing is zero */
    if (l->config.no_bias) return ELMAN_OK;
    if (bias) {
        l->weights[l->weight_count] = *bias;
        l->weights[l->weight_count++].role = "bias_ih";
    } else {
        TRY(layer_weigh_zero(t, n, "bias_ih", d));
    }

    if (!s->biased) return layer_weigh_zero(t, n, "bias_hh", d);
    return layer_weigh(t, n, &s->bias,
                       &(weight_view){.role = "bias_hh",
                                      .how = "as it is",
                                      .direction = d,
                                      .row_axis = 0,
                                      .column_axis = NO_STRIDE});
}

/* ---- Initial states ------------------------------------------------------ */

/* Makes start the view (1,B,R) of a state. */
static elman_status order_start(const onnx_node *n, const step_axes *a,
                                const view *h, view *start)
{
    *start = *h;
    start->rank = 3;
    memset(start->axes, 0, sizeof start->axes);

    /* the units are last, the sequences where the input has them; there is no
     * other axis */
    bool fits = h->rank > 0;
    for (size_t k = 0; k < h->rank; k++) {
        size_t far = h->rank - 1 - k;
        bool batch = a->batch < AXES && far == a->far;
        if (far == 0) start->axes[2] = h->axes[k];
        else if (batch) start->axes[1] = h->axes[k];
        else fits = fits && h->axes[k].factor_count == 0;
    }

    return fits ? ELMAN_OK
                : refuse(n, "the sequences of its initial state are along "
                            "another axis than those of its input");
}

/* Makes start the view (D,B,R) of both directions' states, which must be next
 * to each other in one value, or the same. */
static elman_status find_start(const onnx_node *n, const unrolled *u, bool cell,
                               view *start)
{
    const traced_direction *w = u->directions;
    view other;
    TRY(order_start(n, &w[0].axes, cell ? w[0].start_c : w[0].start, start));
    if (u->direction_count == 1) return ELMAN_OK;

    TRY(order_start(n, &w[1].axes, cell ? w[1].start_c : w[1].start, &other));
    size_t axis = view_next_axis(start, &other);
    if (axis == AXES)
        return refuse(n, "the initial states of its two directions are not "
                         "parts of one");

    start->axes[0].factor_count = 1;
    start->axes[0].factors[0] = factor_of(axis, extent_of(2), 1);
    return ELMAN_OK;
}

/* Makes a value of what the recurrence starts from, h or c; it stays unknown if
 * that is zero. */
static elman_status read_start(trace *t, const onnx_node *n, const unrolled *u,
                               bool cell, traced_value *value)
{
    const traced_direction *w = u->directions;
    const view *first = cell ? w[0].start_c : w[0].start,
               *second = cell ? w[1].start_c : w[1].start;
    view start;

    if (u->direction_count == 2 && !first != !second)
        return refuse(n, "one of its two directions has no initial state");
    if (!first) return ELMAN_OK;

    TRY(find_start(n, u, cell, &start));
    const source *s = t->sources + start.source;
    element_type type = s->kind == SOURCE_TENSOR
                            ? t->tensors[s->index].type
                            : t->graph->inputs[s->index].type;
    return value_set_view(t, value, type, &start);
}

static elman_status weigh_starts(trace *t, const onnx_node *n)
{
    static const recurrent_row row = {"RNN", ELMAN_RNN, {0}, "as it is"};
    const traced_layer *l = &t->layers[t->layer_count - 1];
    const unrolled *u = l->unrolled;
    traced_value h_0 = {.name = "initial state"}, c_0 = h_0;
    recurrent_node r = {.row = &row,
                        .cell = cell_for(&l->config),
                        .n = n,
                        .direction_count = u->direction_count,
                        .H = l->config.hidden_size,
                        .I = l->I};

    /* read them as the inputs h_0 and c_0 of a node */
    TRY(read_start(t, n, u, false, &h_0));
    TRY(read_start(t, n, u, true, &c_0));
    traced_value *const states[] = {h_0.kind == VALUE_VIEW ? &h_0 : NULL,
                                    c_0.kind == VALUE_VIEW ? &c_0 : NULL};
    if (!states[0] && !states[1]) return ELMAN_OK;
    return recurrent_starts(t, &r, states);
}

/* ---- Together ------------------------------------------------------------ */

static elman_status finish(trace *t, traced_layer *l)
{
    const unrolled *u = l->unrolled;
    const onnx_node *n = t->graph->nodes + l->node;
    const traced_layer was = *l;
    l->config.no_bias = true;

    /* every direction has all its steps, and weights */
    for (size_t d = 0; d < u->direction_count; d++) {
        const traced_direction *w = u->directions + d;
        if (w->steps_met < u->T || !w->weighed)
            return refuse(n,
                          "the recurrence that reads it is written out for %zu "
                          "of its %zu steps",
                          w->steps_met, u->T);

        if (!w->gates) TRY(check_constant(t, n, w));
        if (w->step.biased || find_weight(l, "bias", d))
            l->config.no_bias = false;
    }

    /* the linear layer's weights become the recurrent one's */
    l->weight_count = 0;
    for (size_t d = 0; d < u->direction_count; d++)
        TRY(was.unrolled->directions[d].gates ? gate_cell_weigh(t, n, &was, d)
                                              : weigh_direction(t, n, &was, d));
    return weigh_starts(t, n);
}

elman_status unrolled_finish(trace *t, size_t index)
{
    traced_layer *l = &t->layers[index];
    const size_t layers = t->layer_count;
    char text[NODE_TEXT];
    if (l->twin)
        return refuse(t->graph->nodes + l->node,
                      "it reads what %s reads as well: a branch is not a stack "
                      "of layers",
                      node_text(t->graph->nodes + l[-1].node, text));

    if (!l->unrolled) return ELMAN_OK;

    t->layer_count = index + 1; /* the last layer is what gets weights */
    elman_status status = finish(t, l);
    t->layer_count = layers;
    return status;
}
