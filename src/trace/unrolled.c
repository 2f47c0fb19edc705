/*
 * unrolled.c: a recurrence that is written out step by step, as PyTorch's
 * newer exporter does it with nn.RNN:
 *
 *   p = x W_ih + b_ih                     a linear layer, all steps at once
 *   h = Tanh(h W_hh + b_hh + p[t])        for each step t
 *
 * With the first step p's layer becomes a recurrent one; each h is a view of
 * its y. A second recurrence over the same x, from the last step down, becomes
 * the other direction of the first: until then its linear layer is a twin.
 */
#include "trace/unrolled.h"

#include "trace/attribute.h"
#include "trace/directions.h"
#include "trace/view.h"

#include <string.h>

/* A step of y, in one direction. */
view unrolled_output(const trace *t, const traced_layer *l, size_t d,
                     size_t rank, size_t index)
{
    enum { TIME, BATCH, D };
    step_axes a = l->unrolled->directions[d].axes;
    a.time = TIME;
    if (a.batch < AXES) a.batch = BATCH;
    view v = step_view(t, l->y, &a, rank, index);
    v.offset[D] = (int64_t)d;
    return v;
}

static bool same_view(const view *a, const view *b)
{
    return view_next_axis(a, b) == BROADCAST;
}

/* ---- Recurrences --------------------------------------------------------- */

static elman_status add_sources(trace *t, const onnx_node *n, traced_layer *l,
                                const source *p)
{
    const step_axes *a = &l->unrolled->directions[0].axes;
    extent one = extent_of(1), H = extent_of((int64_t)l->O);
    extent T = a->time < AXES ? p->shape[a->time] : one;
    extent B = a->batch < AXES ? p->shape[a->batch] : one;

    /* y is (T,B,1,H), the final states are (1,B,H) */
    const source y = {.kind = SOURCE_LAYER,
                      .index = t->layer_count - 1,
                      .rank = 4,
                      .shape = {T, B, one, H},
                      .identity = {t->time, t->batch, OWN_AXIS, OWN_AXIS}};
    source final = {.kind = SOURCE_FINAL_H,
                    .index = t->layer_count - 1,
                    .rank = 3,
                    .shape = {one, B, H},
                    .identity = {OWN_AXIS, t->batch, OWN_AXIS}};

    TRY(source_add(t, n, &y, &l->y));
    TRY(source_add(t, n, &final, &l->h_n));
    final.kind = SOURCE_FINAL_C;
    return source_add(t, n, &final, &l->c_n);
}

/* Makes the linear layer of whose y p is a step a recurrent layer. */
static elman_status begin(trace *t, const onnx_node *n, const view *p,
                          const elman_layer *config)
{
    traced_layer *l = unrolled_tip(t);
    const source s = t->sources[p->source];
    size_t T, index;
    step_axes a;

    if (!step_axes_find(t, p, &a, &T, &index) || l->per_sequence)
        return refuse(n, "it adds something other than one step of all "
                         "sequences; their number of steps must be known");
    if (index != 0 && index + 1 != T)
        return refuse(n, "its first step is step %zu of %zu", index, T);

    /* steps and sequences are those of the other recurrent layers */
    int time = a.time < AXES ? s.identity[a.time] : NO_AXIS;
    int batch = a.batch < AXES ? s.identity[a.batch] : NO_AXIS;
    if (t->timed && (t->time != time || t->batch != batch))
        return refuse(n, "its steps are not those of the recurrent layer "
                         "before it");

    if (t->lengths)
        return refuse(n, "its sequences have no lengths, but those of the "
                         "recurrent layer before it have");

    /* the direction is that of the first step */
    unrolled *u = trace_keep(t, 1, sizeof *u);
    if (!u) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    u->T = T;
    u->direction_count = 1;
    u->directions[0] =
        (traced_direction){.p = p->source, .axes = a, .reverse = index != 0};

    t->timed = true;
    t->time = time;
    t->batch = batch;

    l->unrolled = u;
    l->open = false;
    u->width = l->O;
    l->config = *config;
    l->config.reverse = index != 0;
    l->O = config->hidden_size;

    return add_sources(t, n, l, &s);
}

/* Makes the twin the second direction of the layer before it. */
static elman_status join_twin(trace *t, const onnx_node *n, const view *p)
{
    const traced_layer *twin = unrolled_tip(t);
    traced_layer *l = &t->layers[t->layer_count - 2];
    size_t T, index;
    step_axes a;

    if (!step_axes_find(t, p, &a, &T, &index) || index + 1 != T)
        return refuse(n,
                      "its first step is not the last step of its input, so it "
                      "is not the other direction of what reads that as well");

    l->unrolled->direction_count = 2;
    l->unrolled->directions[1] =
        (traced_direction){.p = p->source, .axes = a, .reverse = true};

    /* its weights become those of the second direction */
    for (size_t i = 0; i < twin->weight_count; i++) {
        l->weights[l->weight_count] = twin->weights[i];
        l->weights[l->weight_count++].direction = 1;
    }
    /* views of the twin's output must not be taken for those of a layer */
    t->layers[--t->layer_count] = (traced_layer){.y = SIZE_MAX};

    layer_add_direction(t, l);
    return ELMAN_OK;
}

elman_status unrolled_start(trace *t, const onnx_node *n, const view *p,
                            size_t gate_count, const elman_layer *config)
{
    const traced_layer *l = unrolled_tip(t);
    if (!l || p->source != l->y) return ELMAN_OK;
    if ((l->twin || l->config.kind == ELMAN_LINEAR) &&
        l->O != gate_count * config->hidden_size)
        return refuse(n, "its input has %zu features for %zu units", l->O,
                      config->hidden_size);

    if (l->twin) return join_twin(t, n, p);
    if (l->config.kind == ELMAN_LINEAR) return begin(t, n, p, config);
    return ELMAN_OK;
}

/* Checks that the weights of a step are those of the steps before it. */
static elman_status check_weights(const onnx_node *n, size_t H,
                                  traced_direction *w, const traced_step *s)
{
    if (!s->h) return ELMAN_OK;
    if (s->weight.shape[0] != H)
        return refuse(n,
                      "the weight of its state is for %zu features, but its "
                      "input has %zu",
                      s->weight.shape[0], H);

    /* the first step that has weights says what they are */
    if (!w->weighed) {
        w->weighed = true;
        w->step = *s;
    }

    const traced_step *a = &w->step;
    const strides *x = &a->weight, *y = &s->weight;
    if (x->tensor != y->tensor || x->offset != y->offset ||
        a->transposed != s->transposed || x->step[0] != y->step[0] ||
        x->step[1] != y->step[1])
        return refuse(n, "the weight of its state is not that of the steps "
                         "before it");

    x = &a->bias;
    y = &s->bias;
    if (a->biased != s->biased || x->tensor != y->tensor ||
        x->offset != y->offset || x->step[0] != y->step[0])
        return refuse(n, "its bias is not that of the steps before it");
    return ELMAN_OK;
}

/* Checks that p and the state are what the next step reads, and makes h its
 * output. */
static elman_status take_step(trace *t, const onnx_node *n, const view *p,
                              const traced_step *s, view *h)
{
    traced_layer *l = unrolled_tip(t);
    unrolled *u = l->unrolled;
    traced_direction *w = &u->directions[u->direction_count - 1];
    size_t index = w->reverse ? u->T - 1 - w->steps_met : w->steps_met;

    if (p->rank <= w->axes.far || s->rank > AXES)
        return refuse(n,
                      "the sequences of its operands are along different axes");

    /* p is the next step of the input */
    view want = step_view(t, w->p, &w->axes, p->rank, index);
    if (!same_view(p, &want))
        return refuse(n,
                      "it adds another step of the input, or a part of it, "
                      "expected step %zu",
                      index);

    /* h is the initial state, or the step before */
    if (w->steps_met == 0) {
        w->start = s->h;
        w->constant = s->constant;
    } else {
        size_t last = w->reverse ? index + 1 : index - 1;
        bool fits = s->h && s->h->rank > w->axes.far && s->h->rank > 0;
        if (fits)
            want =
                unrolled_output(t, l, u->direction_count - 1, s->h->rank, last);
        if (!fits || !same_view(s->h, &want))
            return refuse(n,
                          "it does not read the state of step %zu, the one "
                          "before it",
                          last);
    }

    TRY(check_weights(n, l->config.hidden_size, w, s));
    w->steps_met++;

    *h = unrolled_output(t, l, u->direction_count - 1, s->rank, index);
    return ELMAN_OK;
}

elman_status unrolled_activation(trace *t, const onnx_node *n,
                                 const traced_value *x, traced_value *out)
{
    const traced_step none = {.summed = true, .rank = x->views->rank};
    const traced_step *s = x->kind == VALUE_STEP ? x->step : &none;
    traced_layer *l = unrolled_tip(t);
    const view *p = x->views;
    view h;
    bool relu = node_is(n, "Relu");

    if (!s->summed || (!relu && !node_is(n, "Tanh")))
        return refuse(n, "it reads a part of a step of an unrolled recurrence, "
                         "which ends with Tanh or Relu of a sum");

    /* the first step makes a recurrent layer of the linear one */
    const elman_layer config = {.kind = ELMAN_RNN,
                                .hidden_size = l ? l->O : 0,
                                .nonlinearity = relu
                                                    ? ELMAN_ACTIVATION_RELU
                                                    : ELMAN_ACTIVATION_DEFAULT};
    TRY(unrolled_start(t, n, p, 1, &config));

    const traced_direction *w = unrolled_direction(t);
    if (!w || w->p != p->source)
        return refuse(n, "it adds something other than a step of the linear "
                         "layer before it");

    l = unrolled_tip(t);
    if (relu != (l->config.nonlinearity == ELMAN_ACTIVATION_RELU))
        return refuse(n, "the steps before it end with another operator");

    TRY(take_step(t, n, p, s, &h));
    return value_set_view(t, out, x->type, &h);
}

/* ---- The other direction ------------------------------------------------- */

bool unrolled_has_twin(const trace *t, const view *x)
{
    const traced_layer *l = unrolled_tip(t);
    if (!l || !l->unrolled || l->unrolled->direction_count > 1 ||
        unrolled_direction(t) || l->unrolled->directions[0].reverse ||
        t->layer_count == ELMAN_MAX_LAYERS)
        return false;
    return same_view(&l->x, x);
}

elman_status unrolled_twin(trace *t, const onnx_node *n, size_t O, view *y)
{
    const traced_layer *first = unrolled_tip(t);
    const onnx_node *before = t->graph->nodes + first->node;

    /* its output has the axes of the first linear layer's */
    *y = *trace_find(t, before->outputs[0])->views;
    source s = t->sources[y->source];
    char text[NODE_TEXT];

    if (O != first->unrolled->width)
        return refuse(n,
                      "it reads what %s reads as well: a branch is not a stack "
                      "of layers",
                      node_text(before, text));

    /* until its first step it is a linear layer with a source of its own */
    s.index = t->layer_count;
    traced_layer *l = &t->layers[t->layer_count++];
    *l = (traced_layer){
        .config = {.kind = ELMAN_LINEAR, .output_size = O, .no_bias = true},
        .node = (size_t)(n - t->graph->nodes),
        .I = first->I,
        .O = O,
        .twin = true};

    TRY(source_add(t, n, &s, &l->y));
    y->source = l->y;
    return ELMAN_OK;
}
