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

    /* parameters */
    double bound = 1 / sqrt((double)l->I);
    l->weight = plan_parameter(plan, l, "weight", "", 2, (size_t[]){l->O, l->I},
                               1, l->config.init_ih, bound);
    l->bias = NOWHERE;
    if (!l->config.no_bias)
        l->bias = plan_parameter(plan, l, "bias", "", 1, &l->O, 1,
                                 l->config.init_bias, bound);

    /* W for forward, and its transpose for backward */
    l->packed = plan_packed(plan, 1, l->O, l->I, l->weight);
    l->packed_back = plan_transposed(plan, l->I, l->O, l->weight);
    if (l->bias != NOWHERE)
        l->plain_bias = plan_plain(plan, l->O, l->bias, false);
    plan->forward_features = l->O;
    return ELMAN_OK;
}

/* y[row] = W x[row] + b of some valid rows, and then to the sink. */
typedef struct rows_job {
    const pass *p;
    packed w;       /* (N,K) */
    const float *b; /* (N) or zeros */
    const float *x;
    float *y, *dy;
    const row_sink *sink;
} rows_job;

/* A block of at most CELL_ROWS rows at a time, so that the sink finds them in
 * the cache. */
static void rows_part(const void *context, size_t begin, size_t end)
{
    const rows_job *job = context;
    const float *x[CELL_ROWS];
    float *y[CELL_ROWS];
    for (size_t r = begin; r < end; r += CELL_ROWS) {
        size_t M = end - r < CELL_ROWS ? end - r : CELL_ROWS;
        const uint32_t *rows = job->p->rows + r;
        for (size_t m = 0; m < M; m++) {
            x[m] = job->x + rows[m] * job->w.K;
            y[m] = job->y + rows[m] * job->w.H;
        }
        job->p->k->product(M, &job->w, job->b, x, y);
        if (job->sink)
            job->sink->take(job->sink->context, M, rows, job->y, job->dy);
    }
}

static void forward(const layer *l, const pass *p, layer_state *s,
                    const float *x)
{
    rows_job job = {.p = p,
                    .w = pass_packed(p, &l->packed),
                    .b = l->bias == NOWHERE ? zeros
                                            : pass_plain(p, &l->plain_bias),
                    .x = x,
                    .y = s->y,
                    .dy = s->dy,
                    .sink = p->sink};
    rows_clear(p, l->O, s->y);
    rows_run(p, l->O * l->I, rows_part, &job);
}

/* ---- The direct way ------------------------------------------------------ */

/* Outputs of a brief step. */
enum { BRIEF = 4 };

/* One row of a few outputs. */
static const float *run_one(void *of, const float *x, size_t t)
{
    const layer_state *s = of;
    size_t row = s->direct_row;
    float *y = s->y + t * s->direct_step;
    s->direct_run(&s->direct_w, s->direct_b, x + row * s->direct_w.K,
                  y + row * s->direct_w.H);
    return y;
}

/* Rows that follow each other; of one step those that the pass lists. */
static const float *direct(const layer *l, const pass *p, layer_state *s,
                           size_t T, const float *x)
{
    const float *from[CELL_ROWS];
    float *to[CELL_ROWS];
    size_t count = T == 1 ? p->row_count : T * p->B;

    for (size_t r = 0, M; r < count; r += M) {
        M = count - r < CELL_ROWS ? count - r : CELL_ROWS;
        for (size_t m = 0; m < M; m++) {
            size_t row = T == 1 ? p->rows[r + m] : r + m;
            from[m] = x + row * l->I;
            to[m] = s->y + row * l->O;
        }
        p->k->product(M, &s->direct_w, s->direct_b, from, to);
    }
    return s->y;
}

/* The output of a stream that is not there is 0. */
static direct_pass *prepare_direct(const layer *l, const pass *p,
                                   layer_state *s)
{
    s->direct_w = pass_packed(p, &l->packed);
    s->direct_b = l->bias == NOWHERE ? zeros : pass_plain(p, &l->plain_bias);
    memset(s->y, 0, p->B * l->O * sizeof *s->y);

    s->direct_run = p->k->product_row;
    s->direct_row = p->row_count ? p->rows[0] : 0;
    s->direct_step = p->B * l->O;
    if (p->row_count == 1 && l->O < NARROW)
        s->one = (direct_step){run_one, s, l->O <= BRIEF};
    return direct;
}

void layer_linear_backward(const layer *l, const pass *p, layer_state *s,
                           const float *x, float *dx)
{
    rows_job job = {.p = p,
                    .w = pass_packed(p, &l->packed_back),
                    .b = zeros,
                    .x = s->dy,
                    .y = dx};
    product_gradient g = {
        .N = l->O, .K = l->I, .dw = l->weight, .db = l->bias, .db2 = NOWHERE};
    rows_gradient(p, &g, s->dy, x);
    if (!dx) return;
    rows_clear(p, l->I, dx);
    rows_run(p, l->O * l->I, rows_part, &job);
}

const layer_kind layer_linear = {
    .feeds = true,
    .plan = plan,
    .prepare_direct = prepare_direct,
    .forward = forward,
};
