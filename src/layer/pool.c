/*
 * pool.c: one vector per sequence from all its valid steps. The layers after it
 * see sequences of one step.
 *
 *   sum         y = x[0] + x[1] + ...
 *   mean        y = (x[0] + x[1] + ...) / length
 *   max         y = the largest of each feature; the first one of equals has
 *               the gradient, and NaN is larger than any number
 *   attention   pool_attention.c
 *
 * Memory of a sequence: sum and mean (2,I), a sum and its last chain; max (I).
 */
#include "layer/pool.h"

#include <string.h>

#include "base/thread.h"

/* Elements that are worth a second thread. */
enum { WORK_MIN = 1 << 16 };

/* A maximum that is not of this pass. */
#define NOT_HERE UINT32_MAX

/* ---- Sequences ---------------------------------------------------------- */

static void run_part(void *context, size_t index)
{
    const pool_job *job = context;
    size_t B = job->p->B;
    for (size_t b = B * index / job->parts; b < B * (index + 1) / job->parts;
         b++)
        job->one(job, b);
}

void pool_run(pool_job *job, void (*one)(const pool_job *job, size_t b))
{
    const pass *p = job->p;
    bool much = p->row_count * job->l->I >= WORK_MIN;
    job->one = one;
    job->parts = 1;
    if (much && p->threads > 1)
        job->parts = p->B < (size_t)p->threads ? p->B : (size_t)p->threads;
    thread_run(p->threads, job->parts, run_part, job);
}

float *pool_memory(const pool_job *job, float *h, size_t b)
{
    const layer *l = job->l;
    return h + l->memory_h * job->p->memory.capacity +
           pass_slot(job->p, b) * l->memory_width;
}

float *pool_memory_begin(const pool_job *job, size_t b)
{
    float *memory = pool_memory(job, job->p->memory.h, b);
    if (job->p->steps_before[b] == 0)
        memset(memory, 0, job->l->memory_width * sizeof *memory);
    return memory;
}

void pool_end_chain(const pass *p, size_t n, float *whole, float *chain)
{
    p->k->add(n, chain, whole);
    memset(chain, 0, n * sizeof *chain);
}

/* ---- Mean and sum ------------------------------------------------------- */

/* What the sum of all steps so far is divided by. */
static float divisor(const pool_job *job, size_t b)
{
    const pass *p = job->p;
    return job->l->config.pool == ELMAN_POOL_SUM
               ? 1
               : (float)(p->steps_before[b] + p->lengths[b]);
}

static void mean_forward(const pool_job *job, size_t b)
{
    const pass *p = job->p;
    size_t I = job->l->I, length = p->lengths[b];
    float *y = job->s->y + b * I;
    memset(y, 0, I * sizeof *y);
    if (length == 0) return;

    /* the sum of all steps so far */
    float *whole = pool_memory_begin(job, b), *chain = whole + I;
    for (size_t t = 0; t < length; t++) {
        p->k->add(I, job->x + (t * p->B + b) * I, chain);
        if (pool_chain_ends(p->steps_before[b] + t))
            pool_end_chain(p, I, whole, chain);
    }

    float steps = divisor(job, b);
    for (size_t j = 0; j < I; j++)
        y[j] = (whole[j] + chain[j]) / steps;
}

/* Every step has the gradient at the sum: of y, and of what later passes make
 * of it. */
static void mean_backward(const pool_job *job, size_t b)
{
    const pass *p = job->p;
    size_t I = job->l->I, length = p->lengths[b];
    const float *dy = job->s->dy + b * I;
    const float *after = pool_memory(job, p->training->dh_n, b);
    float *before = pool_memory(job, p->training->dh_0, b);

    float steps = divisor(job, b);
    for (size_t j = 0; j < I; j++)
        before[j] = after[j] + (length ? dy[j] / steps : 0);
    for (size_t t = 0; t < length && job->dx; t++)
        p->k->copy(I, before, job->dx + (t * p->B + b) * I);

    /* a sum that begins here starts from nothing */
    if (length && p->steps_before[b] == 0)
        memset(before, 0, I * sizeof *before);
    p->k->copy(I, before, before + I);
}

/* ---- Max ---------------------------------------------------------------- */

/* Whether x takes the place of top. */
static bool is_larger(float x, float top)
{
    return x > top || (x != x && top == top);
}

static void max_forward(const pool_job *job, size_t b)
{
    const pass *p = job->p;
    size_t I = job->l->I, length = p->lengths[b];
    float *y = job->s->y + b * I;
    uint32_t *from = p->training ? job->s->pool.from + b * I : NULL;

    /* the first step of all is the largest so far */
    bool begins = length && p->steps_before[b] == 0;
    for (size_t j = 0; from && j < I; j++)
        from[j] = begins ? 0 : NOT_HERE;
    if (length == 0) {
        memset(y, 0, I * sizeof *y);
        return;
    }

    float *top = pool_memory_begin(job, b);
    const float *first = job->x + b * I;
    if (begins) memcpy(top, first, I * sizeof *top);

    for (size_t t = begins; t < length; t++) {
        const float *x = job->x + (t * p->B + b) * I;
        for (size_t j = 0; from && j < I; j++)
            if (is_larger(x[j], top[j])) from[j] = (uint32_t)t;
        for (size_t j = 0; j < I; j++)
            top[j] = is_larger(x[j], top[j]) ? x[j] : top[j];
    }

    memcpy(y, top, I * sizeof *y);
}

static void max_backward(const pool_job *job, size_t b)
{
    const pass *p = job->p;
    size_t I = job->l->I, length = p->lengths[b];
    const float *dy = job->s->dy + b * I;
    const uint32_t *from = job->s->pool.from + b * I;
    const float *after = pool_memory(job, p->training->dh_n, b);
    float *before = pool_memory(job, p->training->dh_0, b);

    for (size_t t = 0; t < length && job->dx; t++)
        memset(job->dx + (t * p->B + b) * I, 0, I * sizeof *job->dx);

    /* to the step that has the maximum, or to an earlier pass */
    for (size_t j = 0; j < I; j++) {
        float d = after[j] + (length ? dy[j] : 0);
        bool here = from[j] != NOT_HERE;
        before[j] = here ? 0 : d;
        if (here && job->dx) job->dx[(from[j] * p->B + b) * I + j] = d;
    }
}

/* ---- The layer ---------------------------------------------------------- */

static elman_status plan(layer *l, layer_plan *plan)
{
    l->O = l->I;
    if (plan->per_sequence)
        return failure(ELMAN_BAD_VALUE, "pool needs a sequence, but the layer "
                                        "before gives one vector per sequence");

    l->memory_width = l->config.pool == ELMAN_POOL_MAX ? l->I : 2 * l->I;
    if (l->config.pool == ELMAN_POOL_ATTENTION)
        TRY(pool_plan_attention(l, plan));
    l->memory_h = plan->h;
    plan->h += l->memory_width;

    plan->per_sequence = true;
    plan->repeated = 0;
    plan->forward_features = l->O;
    return ELMAN_OK;
}

static void lay_out(const layer *l, arena *a, size_t T, size_t B, bool training,
                    bool keep, layer_state *s)
{
    (void)keep;
    if (l->config.pool == ELMAN_POOL_ATTENTION)
        pool_lay_out_attention(l, a, T, B, training, s);
    if (l->config.pool == ELMAN_POOL_MAX && training)
        s->pool.from = arena_take(a, B, l->I * sizeof *s->pool.from);
}

static void forward(const layer *l, const pass *p, layer_state *s,
                    const float *x)
{
    pool_job job = {.l = l, .p = p, .s = s, .x = x};
    if (l->config.pool == ELMAN_POOL_ATTENTION) pool_forward_attention(&job);
    else
        pool_run(&job,
                 l->config.pool == ELMAN_POOL_MAX ? max_forward : mean_forward);
}

void layer_pool_backward(const layer *l, const pass *p, layer_state *s,
                         const float *x, float *dx)
{
    pool_job job = {.l = l, .p = p, .s = s, .x = x, .dx = dx};
    if (dx) rows_clear(p, l->I, dx);
    if (l->config.pool == ELMAN_POOL_ATTENTION) pool_backward_attention(&job);
    else
        pool_run(&job, l->config.pool == ELMAN_POOL_MAX ? max_backward
                                                        : mean_backward);
}

const layer_kind layer_pool = {
    .plan = plan,
    .lay_out = lay_out,
    .forward = forward,
};
