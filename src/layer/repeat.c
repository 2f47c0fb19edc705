/*
 * repeat.c: one vector of each sequence at n steps (Keras's RepeatVector). The
 * layers behind it see sequences of n steps, however long those before it were,
 * and begin anew with each pass.
 */
#include <string.h>

#include "layer/layer.h"

/* No pass of so many steps has a use, and their product with sequences fits. */
enum { MOST_REPEATS = 1 << 20 };

static elman_status plan(layer *l, layer_plan *plan)
{
    size_t n = l->config.repeats;
    l->O = l->I;
    if (n == 0 || n > MOST_REPEATS)
        return failure(ELMAN_BAD_VALUE, "repeats is %zu, expected 1 to %d", n,
                       MOST_REPEATS);
    if (!plan->per_sequence)
        return failure(ELMAN_BAD_VALUE,
                       "repeat needs one vector per sequence, but the layer "
                       "before gives one per step, expected last or pool "
                       "before it");

    /* all that is behind repeats runs in one pass */
    if (plan->repeats && plan->repeats != n)
        return failure(ELMAN_BAD_VALUE,
                       "repeats is %zu, but a layer before repeats %zu times, "
                       "expected the same number",
                       n, plan->repeats);

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
    for (size_t t = 0; t < l->config.repeats; t++)
        for (size_t b = 0; b < p->B; b++) {
            float *y = s->y + (t * p->B + b) * l->I;
            if (p->lengths[b]) memcpy(y, x + b * l->I, row);
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
        for (size_t t = p->lengths[b] ? l->config.repeats : 0; t-- > 0;)
            p->k->add(I, s->dy + (t * p->B + b) * I, sum);
    }
}

const layer_kind layer_repeat = {
    .plan = plan,
    .forward = forward,
};
