/*
 * recurrent_step.c: one step of streams. All that does not change from step to
 * step (pointers, weights, the kernel) is prepared once, so a step is the
 * kernel and the copy that makes the new state the memory.
 */
#include <string.h>

#include "base/clock.h"
#include "layer/recurrent.h"

/* At most CELL_ROWS streams. */
struct stream_step {
    cell_weights weights;
    cell_rows rows;
    fused_step fused;
    step_kernel *run;
    int threads; /* that a step is worth */
    double last; /* when the step before was done */
    uint32_t stream[CELL_ROWS];
};

/* Steps that follow each other within so many seconds find the threads awake;
 * waking them takes longer than a step. */
#define AWAKE 0.5e-3

/* Multiply-adds that are worth a thread. */
enum { SLICE_MIN = 1 << 17 };

size_t stream_steps_size(size_t B)
{
    return (B + CELL_ROWS - 1) / CELL_ROWS * sizeof(struct stream_step);
}

bool recurrent_steps(const layer *l)
{
    const elman_layer *c = &l->config;
    return l->fused && l->D == 1 && !c->reverse && c->zoneout == 0 &&
           c->zoneout_cell == 0;
}

static void prepare_part(const layer *l, const pass *p, layer_state *s,
                         size_t first, struct stream_step *step)
{
    const direction_plan *at = &l->directions[0];
    const direction_state *d = &s->directions[0];
    float *h = p->memory.h + at->memory_h * p->memory.capacity;
    float *c = p->memory.c + at->memory_c * p->memory.capacity;

    /* the next streams, each with its slot's arrays */
    cell_rows *r = &step->rows;
    *r = (cell_rows){.has_x = true};
    for (size_t i = first; i < p->row_count && r->M < CELL_ROWS; i++) {
        size_t m = r->M++, b = p->rows[i];
        step->stream[m] = (uint32_t)b;
        r->h_prev[m] = r->h_in[m] = h + b * l->R;
        r->h[m] = d->h + (p->B + b) * l->R;
        r->gate[m] = d->gate + b * l->G;
        if (d->saved) r->saved[m] = d->saved + b * l->H;
        if (!d->c) continue;
        r->c_prev[m] = c + b * l->H;
        r->c[m] = d->c + (p->B + b) * l->H;
    }

    /* the kernel and what it needs; a projected cell's output comes later */
    step->weights = walk_weights(l, p, 0);
    step->fused =
        fused_step_of(&step->weights, r, step->weights.hr.w ? r->saved : r->h);
    step->run = l->cell->step(p->k);

    size_t worth = r->M * l->G * (l->I + l->R) / SLICE_MIN;
    step->threads = worth < (size_t)p->threads ? (int)worth : p->threads;
}

void recurrent_prepare(const layer *l, const pass *p, layer_state *s)
{
    struct stream_step *step = s->directions[0].stream;
    memset(s->directions[0].h + p->B * l->R, 0, p->B * l->R * sizeof(float));

    for (size_t first = 0; first < p->row_count; first += CELL_ROWS)
        prepare_part(l, p, s, first, step++);
}

static void run_units(struct stream_step *step)
{
    bool shares = step->threads > 1;
    bool awake = shares && clock_seconds() - step->last < AWAKE;
    step->rows.threads = awake ? step->threads : 1;

    cell_step_run(step->run, &step->rows, &step->fused);
    if (shares) step->last = clock_seconds();
}

static void remember(const kernels *k, size_t M, size_t n, float *const *now,
                     const float *const *memory)
{
    for (size_t m = 0; m < M; m++)
        k->copy(n, now[m], (float *)memory[m]);
}

void recurrent_step(const layer *l, const pass *p, layer_state *s,
                    const float *x)
{
    struct stream_step *step = s->directions[0].stream;
    for (size_t first = 0; first < p->row_count; first += CELL_ROWS, step++) {
        cell_rows *r = &step->rows;
        for (size_t m = 0; m < r->M; m++)
            r->x[m] = x + step->stream[m] * l->I;

        run_units(step);
        if (step->weights.hr.w)
            p->k->product(r->M, &step->weights.hr, zeros,
                          (const float *const *)r->saved, r->h);

        /* the new state becomes the memory */
        remember(p->k, r->M, l->R, r->h, r->h_prev);
        if (l->cell->has_cell) remember(p->k, r->M, l->H, r->c, r->c_prev);
    }
    s->y = s->directions[0].h + p->B * l->R;
}
