/*
 * repeat.c: one vector of each sequence at n steps (Keras's RepeatVector), or
 * at as many as the sequence has. It runs in the pass of the layers behind it,
 * for which sequences have these steps and begin anew with each pass.
 */
#include <string.h>

#include "layer/layer.h"

/* No pass of so many steps has a use, and their product with sequences fits. */
enum { MOST_REPEATS = 1 << 20 };

static elman_status plan(layer *l, layer_plan *plan)
{
    size_t n = l->config.repeats ? l->config.repeats : AS_MANY;
    l->O = l->I;
    if (l->config.repeats > MOST_REPEATS)
        return failure(ELMAN_BAD_VALUE,
                       "repeats is %zu, expected 1 to %d, or 0 for as many as "
                       "the sequence has steps",
                       n, MOST_REPEATS);
    if (!plan->per_sequence)
        return failure(ELMAN_BAD_VALUE,
                       "repeat needs one vector per sequence, expected last or "
                       "pool before it");

    /* all that is behind repeats runs in one pass */
    if (plan->repeats && plan->repeats != n)
        return failure(ELMAN_BAD_VALUE,
                       "repeats is %zu, but a layer before repeats %zu times",
                       l->config.repeats,
                       plan->repeats == AS_MANY ? 0 : plan->repeats);

    plan->per_sequence = false;
    plan->repeats = plan->repeated = n;
    plan->forward_features = l->O;
    plan->streams = false;
    return ELMAN_OK;
}

static void forward(const layer *l, const pass *p, layer_state *s,
                    const float *x)
{
    size_t row = l->I * sizeof *x;
    for (size_t t = 0; t < p->T; t++)
        for (size_t b = 0; b < p->B; b++) {
            float *y = s->y + (t * p->B + b) * l->I;
            if (t < p->lengths[b]) memcpy(y, x + b * l->I, row);
            else memset(y, 0, row);
        }
}

/* The sum of all steps, from the last one on. */
void layer_repeat_backward(const layer *l, const pass *p, layer_state *s,
                           const float *x, float *dx)
{
    (void)x;
    size_t I = l->I;
    for (size_t b = 0; dx && b < p->B; b++) {
        float *sum = dx + b * I;
        memset(sum, 0, I * sizeof *sum);
        for (size_t t = p->lengths[b]; t-- > 0;)
            p->k->add(I, s->dy + (t * p->B + b) * I, sum);
    }
}

const layer_kind layer_repeat = {
    .plan = plan,
    .forward = forward,
};
