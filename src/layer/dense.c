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

/* y[row] = W x[row] + b of some valid rows, and then to the sink. */
typedef struct rows_job {
    const pass *p;
    size_t N, K;
    const float *x, *w, *b; /* w packed (N,K), b (N) or NULL */
    float *y, *dy;
    const row_sink *sink;
} rows_job;

/* A block of at most CELL_ROWS rows at a time, so that the sink finds them in
 * the cache. */
static void rows_part(const void *context, size_t first, size_t last)
{
    const rows_job *job = context;
    size_t N = job->N, bytes = N * sizeof *job->y;
    const float *x[CELL_ROWS];
    float *y[CELL_ROWS];
    for (size_t r = first; r < last; r += CELL_ROWS) {
        size_t M = last - r < CELL_ROWS ? last - r : CELL_ROWS;
        const uint32_t *rows = job->p->rows + r;
        for (size_t m = 0; m < M; m++) {
            x[m] = job->x + rows[m] * job->K;
            y[m] = job->y + rows[m] * N;
            if (job->b) memcpy(y[m], job->b, bytes);
            else memset(y[m], 0, bytes);
        }
        job->p->k->product(M, N, job->K, x, job->w, y);
        if (job->sink)
            job->sink->take(job->sink->context, M, rows, job->y, job->dy);
    }
}

static void forward(const layer *l, const pass *p, layer_state *s,
                    const float *x)
{
    rows_job job = {.p = p,
                    .N = l->O,
                    .K = l->I,
                    .x = x,
                    .w = p->packed + l->packed,
                    .b = l->bias == NOWHERE ? NULL : p->weights + l->bias,
                    .y = s->y,
                    .dy = s->dy,
                    .sink = p->sink};
    rows_clear(p, l->O, s->y);
    rows_run(p, rows_part, &job);
}

static void backward(const layer *l, const pass *p, layer_state *s,
                     const float *x, float *dx)
{
    rows_job job = {.p = p,
                    .N = l->I,
                    .K = l->O,
                    .x = s->dy,
                    .w = p->packed + l->packed_back,
                    .y = dx};
    rows_gradient(p, l->O, l->I, s->dy, x, p->gradients + l->weight,
                  l->bias == NOWHERE ? NULL : p->gradients + l->bias);
    if (!dx) return;
    rows_clear(p, l->I, dx);
    rows_run(p, rows_part, &job);
}

const layer_kind layer_linear = {
    .name = "linear",
    .feeds = true,
    .plan = plan,
    .pack = pack_weights,
    .forward = forward,
    .backward = backward,
};
