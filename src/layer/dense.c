/*
 * dense.c: linear, on each step (torch.nn.Linear).
 *
 *   y = W x + b         dx = W^T dy, dW += dy x^T, db += dy
 */
#include <math.h>
#include <string.h>

#include "layer/layer.h"

static elman_status plan(layer *l, layer_plan *plan)
{
    l->O = l->config.output_size;
    if (l->O == 0)
        return failure(ELMAN_BAD_VALUE,
                       "output_size is 0, expected at least 1");
    double bound = 1 / sqrt((double)l->I);
    l->weight = plan_parameter(plan, l, "weight", "", 2, (size_t[]){l->O, l->I},
                               1, l->config.init_ih, bound);
    l->bias = NOWHERE;
    if (!l->config.no_bias)
        l->bias = plan_parameter(plan, l, "bias", "", 1, &l->O, 1,
                                 l->config.init_bias, bound);
    l->packed = plan_packed(plan, l->O, l->I);
    l->packed_back = plan_packed(plan, l->I, l->O);
    plan->ahead = l->O;
    return ELMAN_OK;
}

static void pack_weights(const layer *l, const float *weights, float *packed)
{
    const float *w = weights + l->weight;
    pack(l->O, l->I, w, l->I, 1, packed + l->packed);
    pack(l->I, l->O, w, 1, l->I, packed + l->packed_back);
}

static void forward(const layer *l, const pass *p, layer_state *s,
                    const float *x)
{
    for (size_t r = 0; r < p->T * p->B; r++)
        if (l->bias == NOWHERE) memset(s->y + r * l->O, 0, l->O * sizeof *s->y);
        else memcpy(s->y + r * l->O, p->weights + l->bias, l->O * sizeof *s->y);
    rows_clear(p, l->O, s->y);
    rows_product(p, l->O, l->I, x, p->packed + l->packed, s->y);
}

static void backward(const layer *l, const pass *p, layer_state *s,
                     const float *x, float *dx)
{
    rows_gradient(p, l->O, l->I, s->dy, x, p->gradients + l->weight,
                  l->bias == NOWHERE ? NULL : p->gradients + l->bias);
    if (!dx) return;
    memset(dx, 0, p->T * p->B * l->I * sizeof *dx);
    rows_product(p, l->I, l->O, s->dy, p->packed + l->packed_back, dx);
}

const layer_kind layer_linear = {
    .name = "linear",
    .plan = plan,
    .pack = pack_weights,
    .forward = forward,
    .backward = backward,
};
