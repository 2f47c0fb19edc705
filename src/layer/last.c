/*
 * last.c: one vector per sequence. ELMAN_LAST_STEP takes the last valid step;
 * ELMAN_LAST_FINAL takes each direction where it ends, which for the reverse
 * one is step 0. The layers after it see sequences of one step.
 */
#include <string.h>

#include "layer/layer.h"

static elman_status plan(layer *l, layer_plan *plan)
{
    l->O = l->I;
    if (plan->per_sequence)
        return failure(ELMAN_BAD_VALUE, "last needs a sequence, but the layer "
                                        "before gives one vector per sequence");
    if (l->config.last == ELMAN_LAST_FINAL &&
        plan->forward_features == SIZE_MAX)
        return failure(ELMAN_BAD_VALUE,
                       "final states need merge concat: sum, mul and average "
                       "mix the directions");

    plan->per_sequence = true;
    plan->repeated = 0;
    plan->forward_features = l->O;
    return ELMAN_OK;
}

/* How many of the features come from the last step; the rest from step 0. */
size_t layer_last_features(const layer *l)
{
    bool final = l->kind == &layer_last && l->config.last == ELMAN_LAST_FINAL;
    return final ? l->forward_features : l->I;
}

static void forward(const layer *l, const pass *p, layer_state *s,
                    const float *x)
{
    size_t n = layer_last_features(l), I = l->I;
    for (size_t b = 0; b < p->B; b++) {
        float *y = s->y + b * I;
        if (p->lengths[b] == 0) {
            memset(y, 0, I * sizeof *y);
            continue;
        }

        /* features of a forward direction end at the last step, the others at
         * step 0 */
        size_t last = (p->lengths[b] - 1) * p->B + b;
        memcpy(y, x + last * I, n * sizeof *y);
        memcpy(y + n, x + b * I + n, (I - n) * sizeof *y);
    }
}

void layer_last_backward(const layer *l, const pass *p, layer_state *s,
                         const float *x, float *dx)
{
    (void)x;
    if (!dx) return;
    size_t n = layer_last_features(l), I = l->I;

    memset(dx, 0, p->T * p->B * I * sizeof *dx);
    for (size_t b = 0; b < p->B; b++) {
        const float *dy = s->dy + b * I;
        if (p->lengths[b] == 0) continue;

        /* back to the steps that forward took them from */
        size_t last = (p->lengths[b] - 1) * p->B + b;
        memcpy(dx + last * I, dy, n * sizeof *dy);
        memcpy(dx + b * I + n, dy + n, (I - n) * sizeof *dy);
    }
}

const layer_kind layer_last = {
    .plan = plan,
    .forward = forward,
};
