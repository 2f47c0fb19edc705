/*
 * recurrent_step.c: one step of streams. All that does not change from step to
 * step (pointers, weights, the kernel) is prepared once, so a step is the
 * kernel and the copy that makes the new state the memory.
 */
#include <string.h>

#include "base/thread.h"
#include "layer/recurrent.h"

/* At most CELL_ROWS streams. */
struct step_plan {
    cell_weights weights;
    cell_rows rows;
    fused_step fused;
    step_kernel *run;
    size_t groups, slices; /* of units; parts that threads may take */
    uint32_t stream[CELL_ROWS];
};

enum {
    SLICE_MIN = 1 << 17
}; /* multiply-adds; a part of less is not worth it */

size_t step_plan_size(size_t B)
{
    return (B + CELL_ROWS - 1) / CELL_ROWS * sizeof(struct step_plan);
}

bool recurrent_steps(const layer *l)
{
    const elman_layer *c = &l->config;
    return l->fused && l->D == 1 && !c->reverse && c->zoneout == 0 &&
           c->zoneout_cell == 0;
}

static void prepare_part(const layer *l, const pass *p, layer_state *s,
                         size_t first, struct step_plan *plan)
{
    const direction *at = &l->way[0];
    const direction_state *d = &s->way[0];
    float *h = p->h + at->memory_h * p->capacity;
    float *c = p->c + at->memory_c * p->capacity;
    cell_rows *r = &plan->rows;
    *r = (cell_rows){.has_x = true};
    for (size_t i = first; i < p->row_count && r->M < CELL_ROWS; i++) {
        size_t m = r->M++, b = p->rows[i];
        plan->stream[m] = (uint32_t)b;
        r->h_prev[m] = r->h_in[m] = h + b * l->R;
        r->h[m] = d->h + (p->B + b) * l->R;
        r->gate[m] = d->gate + b * l->G;
        if (d->side) r->side[m] = d->side + b * l->H;
        if (!d->c) continue;
        r->c_prev[m] = c + b * l->H;
        r->c[m] = d->c + (p->B + b) * l->H;
    }
    plan->weights = walk_weights(l, p, 0);
    plan->fused =
        fused_step_of(&plan->weights, r, plan->weights.hr.w ? r->side : r->h);
    plan->run = l->cell->step(p->k);
    plan->groups = packed_groups(&plan->weights.hh[0]);
    plan->slices = r->M * l->G * (l->I + l->R) / SLICE_MIN;
    if (plan->slices > (size_t)p->threads) plan->slices = (size_t)p->threads;
    if (plan->slices > plan->groups) plan->slices = plan->groups;
}

void recurrent_prepare(const layer *l, const pass *p, layer_state *s)
{
    struct step_plan *plan = s->way[0].plan;
    for (size_t first = 0; first < p->row_count; first += CELL_ROWS)
        prepare_part(l, p, s, first, plan++);
}

static void run_slice(void *context, size_t index)
{
    const struct step_plan *plan = context;
    plan->run(&plan->fused, plan->groups * index / plan->slices,
              plan->groups * (index + 1) / plan->slices);
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
    struct step_plan *plan = s->way[0].plan;
    for (size_t first = 0; first < p->row_count; first += CELL_ROWS, plan++) {
        cell_rows *r = &plan->rows;
        for (size_t m = 0; m < r->M; m++)
            r->x[m] = x + plan->stream[m] * l->I;
        if (plan->slices > 1)
            thread_run(p->threads, plan->slices, run_slice, plan);
        else plan->run(&plan->fused, 0, plan->groups);
        if (plan->weights.hr.w)
            p->k->product(r->M, &plan->weights.hr, zeros,
                          (const float *const *)r->side, r->h);
        remember(p->k, r->M, l->R, r->h, r->h_prev);
        if (l->cell->has_cell) remember(p->k, r->M, l->H, r->c, r->c_prev);
    }
    s->y = s->way[0].h + p->B * l->R;
}
