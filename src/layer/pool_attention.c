/*
 * pool_attention.c: a mean whose weights are learned (Bahdanau et al. 2015,
 * without a query; Yang et al. 2016).
 *
 *   u[t] = tanh(W x[t] + b)       e[t] = v u[t]
 *   a = softmax(e) over the valid steps, y = sum over t of a[t] x[t]
 *
 * The sums run forward in time, relative to the largest score so far (online
 * softmax, Milakov & Gimelshein 2018), so a step of a stream goes on where the
 * last one stopped:
 *
 *   memory   sum (I), its last chain (I), top, total, its last chain
 *   step     where e > top: all sums times exp(top - e), top = e
 *            w = exp(e - top), chain += w x, total's chain += w
 *   y        = (sum + chain) / (total + its chain)
 *
 * Gradients at the memory are those at the sums relative to a top of their own,
 * that of the pass they come from; it stands where top does. So chunks of time
 * have the bits of a whole pass.
 */
#include "layer/pool.h"

#include <math.h>
#include <string.h>

/* Where numbers are in memory, after the sum and its chain. */
enum { TOP, TOTAL, TOTAL_CHAIN, NUMBERS };

elman_status pool_plan_attention(layer *l, layer_plan *plan)
{
    size_t I = l->I;
    double bound = 1 / sqrt((double)I);
    elman_init rule = l->config.init_ih;
    l->weight = plan_parameter(plan, l, "weight", "", 2, (size_t[]){I, I}, 1,
                               rule, bound);
    l->bias = plan_parameter(plan, l, "bias", "", 1, &I, 1, l->config.init_bias,
                             bound);
    l->score = plan_parameter(plan, l, "score", "", 2, (size_t[]){1, I}, 1,
                              rule, bound);

    /* W for forward and transposed for backward, v for forward */
    l->packed = plan_packed(plan, 1, I, I, l->weight);
    l->packed_back = plan_transposed(plan, I, I, l->weight);
    l->packed_score = plan_packed(plan, 1, 1, I, l->score);
    l->plain_score = plan_plain(plan, I, l->score, true);
    l->plain_bias = plan_plain(plan, I, l->bias, false);
    l->memory_width = 2 * I + NUMBERS;
    return ELMAN_OK;
}

void pool_lay_out_attention(const layer *l, arena *a, size_t T, size_t B,
                            bool training, layer_state *s)
{
    pool_state *pool = &s->pool;
    pool->u = arena_take(a, T * B, l->I * sizeof *pool->u);
    pool->score = arena_take(a, T * B, sizeof *pool->score);
    pool->attention = arena_take(a, T * B, sizeof *pool->attention);
    if (!training) return;
    pool->end = arena_take(a, B, 2 * sizeof *pool->end);
    pool->du = arena_take(a, T * B, l->I * sizeof *pool->du);
    pool->dscore = arena_take(a, T * B, sizeof *pool->dscore);
}

static float exp_of(const pass *p, float x)
{
    float y;
    p->k->exp_forward(1, &x, &y);
    return y;
}

/* ---- Forward ------------------------------------------------------------ */

/* u and e of some valid rows, a block that stays in the cache at a time. */
static void score_rows(const void *context, size_t begin, size_t end)
{
    const pool_job *job = context;
    const layer *l = job->l;
    const pass *p = job->p;
    packed w = pass_packed(p, &l->packed), v = pass_packed(p, &l->packed_score);
    const float *x[CELL_ROWS], *u_in[CELL_ROWS];
    float *u[CELL_ROWS], *e[CELL_ROWS];

    for (size_t r = begin; r < end; r += CELL_ROWS) {
        size_t M = end - r < CELL_ROWS ? end - r : CELL_ROWS;
        for (size_t m = 0; m < M; m++) {
            size_t row = p->rows[r + m];
            x[m] = job->x + row * l->I;
            u_in[m] = u[m] = job->s->pool.u + row * l->I;
            e[m] = job->s->pool.score + row;
        }

        p->k->product(M, &w, pass_plain(p, &l->plain_bias), x, u);
        for (size_t m = 0; m < M; m++)
            p->k->tanh_forward(l->I, INFINITY, u[m], u[m]);
        p->k->product(M, &v, zeros, u_in, e);
    }
}

/* Adds step at, with score e, to the sums in memory. */
static void attend(const pool_job *job, uint64_t at, float e, const float *x,
                   float *memory)
{
    const pass *p = job->p;
    size_t I = job->l->I;
    float *number = memory + 2 * I;

    /* a larger score shrinks all sums */
    if (at == 0) number[TOP] = e;
    if (e > number[TOP]) {
        float shrink = exp_of(p, number[TOP] - e);
        for (size_t j = 0; j < 2 * I; j++)
            memory[j] *= shrink;
        number[TOTAL] *= shrink;
        number[TOTAL_CHAIN] *= shrink;
        number[TOP] = e;
    }

    float w = exp_of(p, e - number[TOP]);
    p->k->add_scaled(I, w, x, memory + I);
    number[TOTAL_CHAIN] += w;
    if (!pool_chain_ends(at)) return;
    pool_end_chain(p, I, memory, memory + I);
    number[TOTAL] += number[TOTAL_CHAIN];
    number[TOTAL_CHAIN] = 0;
}

static void attention_forward(const pool_job *job, size_t b)
{
    const pass *p = job->p;
    size_t I = job->l->I, B = p->B, length = p->lengths[b];
    const float *score = job->s->pool.score;
    float *attention = job->s->pool.attention, *y = job->s->y + b * I;
    memset(y, 0, I * sizeof *y);
    if (length == 0) return;

    float *memory = pool_memory_begin(job, b), *number = memory + 2 * I;
    for (size_t t = 0; t < length; t++)
        attend(job, p->steps_before[b] + t, score[t * B + b],
               job->x + (t * B + b) * I, memory);

    /* y, and what it is made of */
    float total = number[TOTAL] + number[TOTAL_CHAIN];
    if (p->training) {
        job->s->pool.end[2 * b] = number[TOP];
        job->s->pool.end[2 * b + 1] = total;
    }
    for (size_t j = 0; j < I; j++)
        y[j] = (memory[j] + memory[I + j]) / total;
    for (size_t t = 0; t < length; t++)
        attention[t * B + b] =
            exp_of(p, score[t * B + b] - number[TOP]) / total;
}

void pool_forward_attention(pool_job *job)
{
    size_t I = job->l->I;
    rows_clear(job->p, 1, job->s->pool.attention);
    rows_run(job->p, I * I, score_rows, job);
    pool_run(job, attention_forward);
}

/* ---- Backward ----------------------------------------------------------- */

static bool is_zero(size_t n, const float *x)
{
    for (size_t j = 0; j < n; j++)
        if (x[j] != 0) return false;
    return true;
}

/* The sum of a b, in double: products are exact there. */
static float dot(size_t n, const float *a, const float *b)
{
    double sum[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (size_t i = 0; i < LANES; i++)
            sum[i] += (double)a[j + i] * (double)b[j + i];
    for (size_t i = 0; j + i < n; i++)
        sum[i] += (double)a[j + i] * (double)b[j + i];

    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            sum[i] += sum[i + half];
    return (float)sum[0];
}

/* The gradient at the sums of this pass, from that at y and from later passes:
 * (I) in d, at the total and its top in numbers. */
static void gradient_at_sums(const pool_job *job, size_t b, const float *after,
                             float *d, float *numbers)
{
    const pass *p = job->p;
    size_t I = job->l->I;
    const float *dy = job->s->dy + b * I, *y = job->s->y + b * I;
    memcpy(d, after, I * sizeof *d);
    memcpy(numbers, after + 2 * I, NUMBERS * sizeof *numbers);
    if (p->lengths[b] == 0 || is_zero(I, dy)) return;

    /* what later passes gave, relative to the top of this one */
    float top = job->s->pool.end[2 * b], total = job->s->pool.end[2 * b + 1];
    bool alone = is_zero(I, d) && numbers[TOTAL] == 0;
    float scale = alone ? 0 : exp_of(p, top - numbers[TOP]);

    for (size_t j = 0; j < I; j++)
        d[j] = d[j] * scale + dy[j] / total;
    numbers[TOTAL] = numbers[TOTAL] * scale - dot(I, dy, y) / total;
    numbers[TOP] = top;
}

static void attention_backward(const pool_job *job, size_t b)
{
    const pass *p = job->p;
    const pool_state *pool = &job->s->pool;
    size_t I = job->l->I, B = p->B, length = p->lengths[b];
    const float *v = pass_plain(p, &job->l->plain_score);
    float *before = pool_memory(job, p->training->dh_0, b);
    float *number = before + 2 * I;
    gradient_at_sums(job, b, pool_memory(job, p->training->dh_n, b), before,
                     number);

    /* each step, by its own sums and by its score */
    for (size_t t = 0; t < length; t++) {
        size_t row = t * B + b;
        const float *x = job->x + row * I, *u = pool->u + row * I;
        float w = exp_of(p, pool->score[row] - number[TOP]);
        float de = w * (dot(I, before, x) + number[TOTAL]);
        float *du = pool->du + row * I;

        pool->dscore[row] = de;
        for (size_t j = 0; j < I; j++)
            du[j] = de * v[j];
        kernels_train(p->k)->tanh_backward(I, INFINITY, u, du, du);
        for (size_t j = 0; j < I && job->dx; j++)
            job->dx[row * I + j] = w * before[j];
    }

    /* sums that begin here start from nothing */
    if (length && p->steps_before[b] == 0)
        memset(before, 0, job->l->memory_width * sizeof *before);
    p->k->copy(I, before, before + I);
    number[TOTAL_CHAIN] = number[TOTAL];
}

/* dx += W^T du of some valid rows. */
static void add_rows(const void *context, size_t begin, size_t end)
{
    const pool_job *job = context;
    const pass *p = job->p;
    packed w = pass_packed(p, &job->l->packed_back);
    const float *du[CELL_ROWS];
    float *dx[CELL_ROWS];

    for (size_t r = begin; r < end; r += CELL_ROWS) {
        size_t M = end - r < CELL_ROWS ? end - r : CELL_ROWS;
        for (size_t m = 0; m < M; m++) {
            du[m] = job->s->pool.du + p->rows[r + m] * job->l->I;
            dx[m] = job->dx + p->rows[r + m] * job->l->I;
        }
        p->k->product(M, &w, NULL, du, dx);
    }
}

void pool_backward_attention(pool_job *job)
{
    const layer *l = job->l;
    pool_run(job, attention_backward);

    product_gradient inner = {
        .N = l->I, .K = l->I, .dw = l->weight, .db = l->bias, .db2 = NOWHERE};
    product_gradient score = {
        .N = 1, .K = l->I, .dw = l->score, .db = NOWHERE, .db2 = NOWHERE};
    rows_gradient(job->p, &inner, job->s->pool.du, job->x);
    rows_gradient(job->p, &score, job->s->pool.dscore, job->s->pool.u);
    if (job->dx) rows_run(job->p, l->I * l->I, add_rows, job);
}
