/*
 * l2_norm.c: each step divided by its length (torch.nn.functional.normalize
 * over the last dimension).
 *
 *   m = max(|x|, eps)      y = x / m
 *   dx = (dy - y (y dy)) / m, or dy / eps where |x| <= eps
 */
#include "layer/layer.h"

static elman_status plan(layer *l, layer_plan *plan)
{
    l->O = l->I;
    if (!(l->config.eps > 0))
        return failure(ELMAN_BAD_VALUE, "eps is %g, expected more than 0",
                       (double)l->config.eps);

    plan->forward_features = l->O;
    return ELMAN_OK;
}

/* What rows need, for whichever thread works on them. */
typedef struct rows_context {
    const layer *l;
    const pass *p;
    const layer_state *s;
    const float *x;
    float *dx;
} rows_context;

static void forward_rows(const void *context, size_t begin, size_t end)
{
    const rows_context *at = context;
    size_t I = at->l->I;

    for (size_t r = begin; r < end; r++)
        at->p->k->l2_norm_forward(I, at->l->config.eps,
                                  at->x + at->p->rows[r] * I,
                                  at->s->y + at->p->rows[r] * I);
}

static void backward_rows(const void *context, size_t begin, size_t end)
{
    const rows_context *at = context;
    const train_kernels *train = kernels_train(at->p->k);
    size_t I = at->l->I;

    for (size_t r = begin; r < end; r++) {
        size_t from = at->p->rows[r] * I;
        train->l2_norm_backward(I, at->l->config.eps, at->x + from,
                                at->s->dy + from, at->dx + from);
    }
}

static void forward(const layer *l, const pass *p, layer_state *s,
                    const float *x)
{
    rows_context at = {.l = l, .p = p, .s = s, .x = x};
    rows_clear(p, l->O, s->y);
    rows_run(p, 4 * l->I, forward_rows, &at);
}

void layer_l2_norm_backward(const layer *l, const pass *p, layer_state *s,
                            const float *x, float *dx)
{
    if (!dx) return;
    rows_context at = {.l = l, .p = p, .s = s, .x = x, .dx = dx};
    rows_clear(p, l->I, dx);
    rows_run(p, 4 * l->I, backward_rows, &at);
}

const layer_kind layer_l2_norm = {
    .plan = plan,
    .forward = forward,
};
