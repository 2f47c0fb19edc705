/*
 * recurrent_forward.c: a recurrent level through time. The input's part of all
 * sums first, as one product; then step by step; then the directions merge.
 */
#include <string.h>

#include "base/thread.h"
#include "layer/mask.h"
#include "layer/recurrent.h"

/* ---- Masks and initial states ------------------------------------------- */

static void fill(float value, size_t n, float *row)
{
    for (size_t j = 0; j < n; j++)
        row[j] = value;
}

/* What a direction adds to the kind of a mask. */
static uint32_t mask_direction(const layer *l, size_t direction)
{
    return (uint32_t)direction + l->second;
}

/* Zoneout's masks (T,B,n): 1 keeps the old value. Without training, and in a
 * quiet layer, the chance itself. */
static void draw_zoneout(const layer *l, const pass *p, size_t direction,
                         uint32_t kind, float chance, size_t n, float *keep)
{
    if (!keep) return;
    if (!p->training || l->quiet) {
        fill(chance, p->training ? p->T * p->B * n : n, keep);
        return;
    }

    mask_key key = {p->training->seed, p->training->draw, l->number,
                    kind + mask_direction(l, direction)};

    for (size_t r = 0; r < p->row_count; r++) {
        size_t s = p->rows[r] / p->B, b = p->rows[r] % p->B;
        size_t t = walk_row(l, p, direction, s, b) / p->B;
        uint64_t step =
            p->mirror ? p->mirror[b] - 1 - s : p->steps_before[b] + t;
        mask_fill(&key, p->ids[b], step, chance, 1, n, keep + p->rows[r] * n);
    }
}

static void draw_masks(const layer *l, const pass *p, size_t direction,
                       direction_state *d)
{
    const elman_layer *c = &l->config;
    draw_zoneout(l, p, direction, MASK_ZONEOUT, c->zoneout, l->R,
                 d->zoneout_h.keep);
    draw_zoneout(l, p, direction, MASK_ZONEOUT_CELL, c->zoneout_cell, l->H,
                 d->zoneout_c.keep);

    /* one mask of recurrent dropout for all steps */
    if (!d->dropout.mask) return;
    mask_key key = {p->training->seed, p->training->draw, l->number,
                    MASK_RECURRENT + mask_direction(l, direction)};
    float p_keep = 1 - c->recurrent_dropout;

    for (size_t b = 0; b < p->B; b++)
        mask_fill(&key, p->ids[b], MASK_EVERY_STEP, p_keep,
                  p_keep > 0 ? 1 / p_keep : 0, l->R,
                  d->dropout.mask + b * l->R);
}

static void begin_direction(const layer *l, const pass *p, size_t direction,
                            direction_state *d)
{
    const direction_plan *at = &l->directions[direction];
    const float *h = p->memory.h + at->memory_h * p->memory.capacity;
    const float *c = p->memory.c + at->memory_c * p->memory.capacity;
    for (size_t b = 0; b < p->B; b++) {
        size_t slot = pass_slot(p, b);
        memcpy(d->h + b * l->R, h + slot * l->R, l->R * sizeof *h);
        if (d->c) memcpy(d->c + b * l->H, c + slot * l->H, l->H * sizeof *c);
    }
    draw_masks(l, p, direction, d);
}

/* The final states become the memory; after each sequence's end all is 0. */
static void end_direction(const layer *l, const pass *p, size_t direction,
                          const direction_state *d)
{
    const direction_plan *at = &l->directions[direction];
    float *h = p->memory.h + at->memory_h * p->memory.capacity;
    float *c = p->memory.c + at->memory_c * p->memory.capacity;
    for (size_t b = 0; b < p->B; b++) {
        size_t row = p->lengths[b] * p->B + b, slot = pass_slot(p, b);
        memcpy(h + slot * l->R, d->h + row * l->R, l->R * sizeof *h);
        if (d->c) memcpy(c + slot * l->H, d->c + row * l->H, l->H * sizeof *c);
    }

    rows_clear(p, l->R, d->h + p->B * l->R);
    if (p->training) rows_clear(p, l->G, d->gate);
    if (d->c) rows_clear(p, l->H, d->c + p->B * l->H);
}

/* ---- Steps -------------------------------------------------------------- */

/* walk_gather, and where a step forward writes. */
static void gather(const walk *w, const walk_part *part, size_t s, size_t *rows,
                   cell_rows *r)
{
    const direction_state *d = &w->s->directions[part->direction];
    size_t B = w->p->B;
    walk_gather(w, part, s, rows, r);

    for (size_t m = 0; m < r->M; m++) {
        r->h[m] = d->h + (rows[m] + B) * w->l->R;
        if (d->c) r->c[m] = d->c + (rows[m] + B) * w->l->H;
    }
}

/* Units that zone out keep their old value. */
static void zone_out(const pass *p, size_t n, const float *keep, size_t row,
                     const float *old, float *now)
{
    p->k->blend(n, p->training ? keep + row * n : keep, old, now, now);
}

static void step(const walk *w, const cell_weights *weights,
                 const walk_part *part, size_t s)
{
    const layer *l = w->l;
    const direction_state *d = &w->s->directions[part->direction];
    cell_rows r;
    size_t rows[CELL_ROWS];
    gather(w, part, s, rows, &r);
    if (r.M == 0) return;

    /* recurrent dropout */
    if (d->dropout.h_in)
        for (size_t m = 0; m < r.M; m++)
            w->p->k->multiply(l->R, r.h_prev[m],
                              d->dropout.mask + rows[m] % w->p->B * l->R,
                              d->dropout.h_in + rows[m] * l->R);

    l->cell->forward(w->p->k, weights, &r);

    for (size_t m = 0; d->zoneout_h.keep && m < r.M; m++)
        zone_out(w->p, l->R, d->zoneout_h.keep, rows[m], r.h_prev[m], r.h[m]);
    for (size_t m = 0; d->zoneout_c.keep && m < r.M; m++)
        zone_out(w->p, l->H, d->zoneout_c.keep, rows[m], r.c_prev[m], r.c[m]);
}

/* The input's part of the sums of the steps from begin to before end, as one
 * product. */
static void input_steps(const walk *w, const cell_weights *weights,
                        const walk_part *part, size_t begin, size_t end)
{
    const layer *l = w->l;
    const pass *p = w->p;
    const direction_state *d = &w->s->directions[part->direction];
    const float *x[PRODUCT_ROWS];
    float *a[PRODUCT_ROWS];
    size_t M = 0;

    for (size_t s = begin; s < end; s++)
        for (size_t b = part->begin; b < part->end; b++) {
            if (p->lengths[b] > s) {
                x[M] = w->x + walk_row(l, p, part->direction, s, b) * l->I;
                a[M++] = d->gate + (s % d->gate_steps * p->B + b) * d->gate_row;
            }

            /* as many rows as a product takes, or the last ones */
            bool done = s + 1 == end && b + 1 == part->end;
            if (M < PRODUCT_ROWS && !(done && M)) continue;
            p->k->product(M, &weights->ih, weights->start, x, a);
            M = 0;
        }
}

typedef struct input_job {
    const walk *w;
    const cell_weights *weights;
    const walk_part *part;
    size_t begin, end;
} input_job;

static void input_part(void *context, size_t index)
{
    const input_job *job = context;
    size_t steps = job->end - job->begin, parts = (size_t)job->w->threads;
    input_steps(job->w, job->weights, job->part,
                job->begin + steps * index / parts,
                job->begin + steps * (index + 1) / parts);
}

/* Some steps at a time: first the input's part of all of them, then step by
 * step while that is still in the cache. */
static void part_steps(const walk *w, const walk_part *part, size_t begin,
                       size_t end)
{
    cell_weights weights = walk_weights(w->l, w->p, part->direction);
    size_t block = walk_block(w->l, w->p->B);
    for (size_t from = begin; from < end; from += block) {
        size_t to = end - from < block ? end : from + block;

        /* threads that share each step's units share its input part as well */
        input_job job = {w, &weights, part, from, to};
        thread_run(w->threads, (size_t)w->threads, input_part, &job);

        for (size_t s = from; s < to; s++)
            step(w, &weights, part, s);
    }
}

static void steps_part(void *context, size_t index)
{
    const walk *w = context;
    walk_part part = walk_part_at(w, index);
    part_steps(w, &part, 0, w->p->T);
}

/* ---- Merging ------------------------------------------------------------ */

/* The output of a direction at row (t,b). */
static const float *output(const layer *l, const pass *p, const layer_state *s,
                           size_t direction, size_t row)
{
    size_t t = row / p->B, b = row % p->B;
    size_t entry = walk_row(l, p, direction, t, b) / p->B; /* its own inverse */
    return s->directions[direction].h + ((entry + 1) * p->B + b) * l->R;
}

static void merge_row(const layer *l, const pass *p, layer_state *s, size_t row)
{
    size_t R = l->R, all = p->T * p->B;
    const float *forward = output(l, p, s, 0, row);
    float *y = s->y + row * l->O;

    if (l->D == 1) {
        memcpy(y, forward, R * sizeof *y);
        return;
    }

    /* two directions */
    const float *reverse = output(l, p, s, 1, row);

    switch (l->config.merge) {
    case ELMAN_MERGE_CONCAT:
        memcpy(y, forward, R * sizeof *y);
        memcpy(y + R, reverse, R * sizeof *y);
        break;
    case ELMAN_MERGE_NONE:
        memcpy(s->y + row * R, forward, R * sizeof *y);
        memcpy(s->y + (all + row) * R, reverse, R * sizeof *y);
        break;
    case ELMAN_MERGE_MUL:
        p->k->multiply(R, forward, reverse, y);
        break;
    case ELMAN_MERGE_SUM:
    case ELMAN_MERGE_AVERAGE:
        memcpy(y, forward, R * sizeof *y);
        p->k->add(R, reverse, y);
        for (size_t j = 0; l->config.merge == ELMAN_MERGE_AVERAGE && j < R; j++)
            y[j] *= 0.5f;
    }
}

void recurrent_begin(const layer *l, const pass *p, layer_state *s)
{
    begin_direction(l, p, 0, &s->directions[0]);
    s->y = s->directions[0].h + p->B * l->R;
}

void recurrent_walk(const layer *l, const pass *p, layer_state *s,
                    const float *x, size_t begin, size_t end)
{
    walk w = walk_begin(l, p, s, x, WALK_ALONE);
    for (size_t group = 0; group < w.groups; group++) {
        walk_part part = walk_part_at(&w, group);
        part_steps(&w, &part, begin, end);
    }
}

void recurrent_end(const layer *l, const pass *p, layer_state *s)
{
    end_direction(l, p, 0, &s->directions[0]);
}

void recurrent_forward(const layer *l, const pass *p, layer_state *s,
                       const float *x)
{
    walk_sharing sharing = walk_choose(l, p, s, false);
    walk w = walk_begin(l, p, s, x, sharing);

    /* the sums and gates of all steps */
    for (size_t direction = 0; direction < l->D; direction++)
        begin_direction(l, p, direction, &s->directions[direction]);
    walk_run(&w, sharing, steps_part);
    walk_done(p, s, false);

    /* one forward direction over full sequences needs no merging */
    if (l->D == 1 && !l->config.reverse && !p->ragged) {
        s->y = s->directions[0].h + p->B * l->R;
    } else {
        s->y = s->own;
        if (p->ragged) memset(s->y, 0, p->T * p->B * l->O * sizeof *s->y);

        for (size_t r = 0; r < p->row_count; r++)
            merge_row(l, p, s, p->rows[r]);
    }
    for (size_t direction = 0; direction < l->D; direction++)
        end_direction(l, p, direction, &s->directions[direction]);
}
