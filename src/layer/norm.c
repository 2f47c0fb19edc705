/*
 * norm.c: layer norm over the features of each step (Ba et al. 2016,
 * torch.nn.LayerNorm).
 *
 *   x_hat = (x - mean) / sqrt(variance + eps)      y = x_hat w + b
 *   dw += dy x_hat, db += dy, in gradient order
 */
#include <string.h>

#include "layer/layer.h"

static elman_status plan(layer *l, layer_plan *plan)
{
    l->O = l->I;
    if (!(l->config.eps > 0))
        return failure(ELMAN_BAD_VALUE, "eps is %g, expected more than 0",
                       (double)l->config.eps);

    l->weight = plan_parameter(plan, l, "weight", "", 1, &l->O, 1,
                               l->config.init_ih, -2);
    l->bias = plan_parameter(plan, l, "bias", "", 1, &l->O, 1,
                             l->config.init_bias, -1);
    l->plain_weight = plan_plain(plan, l->O, l->weight, false);
    l->plain_bias = plan_plain(plan, l->O, l->bias, false);
    plan->forward_features = l->O;
    return ELMAN_OK;
}

static void lay_out(const layer *l, arena *a, size_t T, size_t B, bool training,
                    bool keep, layer_state *s)
{
    (void)keep, (void)training;
    s->x_hat = arena_take(a, T * B, l->I * sizeof(float));
    s->rstd = arena_take(a, T * B, sizeof(float));
}

static void forward(const layer *l, const pass *p, layer_state *s,
                    const float *x)
{
    rows_clear(p, l->O, s->y);

    for (size_t r = 0; r < p->row_count; r++) {
        size_t at = p->rows[r] * l->I;
        s->rstd[p->rows[r]] = p->k->norm_forward(
            l->I, l->config.eps, x + at, pass_plain(p, &l->plain_weight),
            pass_plain(p, &l->plain_bias), s->x_hat + at, s->y + at);
    }
}

/* What the sums of dw and db read. */
typedef struct sums_job {
    const layer *l;
    const pass *p;
    const layer_state *s;
} sums_job;

static void add_weight(const void *context, size_t begin, size_t end, float *dw)
{
    const sums_job *job = context;
    for (size_t r = begin; r < end; r++) {
        size_t at = job->p->order[r] * job->l->I;
        job->p->k->multiply_add(job->l->I, job->s->dy + at, job->s->x_hat + at,
                                dw);
    }
}

static void add_bias(const void *context, size_t begin, size_t end, float *db)
{
    const sums_job *job = context;
    for (size_t r = begin; r < end; r++)
        job->p->k->add(job->l->I, job->s->dy + job->p->order[r] * job->l->I,
                       db);
}

void layer_norm_backward(const layer *l, const pass *p, layer_state *s,
                         const float *x, float *dx)
{
    const train_kernels *train = kernels_train(p->k);
    (void)x;

    sums_job job = {l, p, s};
    gradient_run(p, (size_t)l->weight, l->I, add_weight, &job);
    gradient_run(p, (size_t)l->bias, l->I, add_bias, &job);

    /* dx */
    if (!dx) return;
    rows_clear(p, l->I, dx);
    for (size_t r = 0; r < p->row_count; r++) {
        size_t at = p->rows[r] * l->I;
        train->norm_backward(l->I, s->rstd[p->rows[r]], s->x_hat + at,
                             pass_plain(p, &l->plain_weight), s->dy + at,
                             dx + at);
    }
}

const layer_kind layer_norm = {
    .plan = plan,
    .lay_out = lay_out,
    .forward = forward,
};
