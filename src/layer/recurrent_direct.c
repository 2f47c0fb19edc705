/*
 * recurrent_direct.c: a level of few units and few sequences, without training.
 * All pointers, weights and the kernel are resolved once; a pass of any number
 * of steps is one call of the kernel for each sequence.
 */
#include <math.h>
#include <string.h>

#include "layer/recurrent.h"

/* Inputs from which a block of steps has its input's part made as one product,
 * in blocks of so many steps. */
enum { WIDE = 16, BLOCK = 64 };

struct direct_level {
    void (*run)(const stream_cell *s, const stream_run *r);
    stream_cell cell;
    packed ih;          /* as products read it */
    packed hr;          /* w NULL without a projection */
    const float *start; /* (G) */
    bool narrow;        /* ih is */
    float *made;        /* (H) o tanh(c) of a projected cell */
    stream_run runs[DIRECT_ROWS];
};

bool recurrent_direct_fits(const layer *l)
{
    return recurrent_steps(l) && l->H <= STREAM_UNITS;
}

void recurrent_direct_lay_out(const layer *l, arena *a, direction_state *d)
{
    if (!recurrent_direct_fits(l)) return;
    struct direct_level *level = arena_take(a, 1, sizeof *level);
    float *gate = arena_take(a, l->G, sizeof *gate);
    float *q = arena_take(a, l->H, sizeof *q);
    float *made = arena_take(a, l->H, sizeof *made);
    d->direct = level;
    if (!level) return;

    level->cell.gate = gate;
    level->cell.q = q;
    level->made = made;
}

void recurrent_prepare_direct(const layer *l, const pass *p, layer_state *s)
{
    const direction_plan *at = &l->directions[0];
    const direction_state *d = &s->directions[0];
    struct direct_level *level = d->direct;
    const cell_weights w = walk_weights(l, p, 0);
    const kernels *k = kernels_for_units(p->k, l->H);
    size_t B = p->B;

    level->run = l->cell->stream(k);
    level->start = w.start;
    level->ih = w.ih;
    level->hr = w.hr;
    level->narrow = packed_is_narrow(&w.ih);
    level->cell = (stream_cell){
        .H = l->H,
        .ih = at->few_ih.shape.K ? pass_packed(p, &at->few_ih) : w.ih,
        .hh = at->few_hh.shape.K ? pass_packed(p, &at->few_hh) : w.hh[0],
        .bias_hn = w.bias_hn,
        .variant = w.variant,
        .relu = w.f[0].kind == ELMAN_ACTIVATION_RELU,
        .plain = !w.variant.peephole && !w.variant.coupled && isinf(w.clip),
        .gate = level->cell.gate,
        .q = level->cell.q};

    /* the streams that are there; h of the others is 0 */
    memset(d->h + B * l->R, 0, B * l->R * sizeof *d->h);
    for (size_t i = 0; i < p->row_count; i++) {
        size_t b = p->rows[i], capacity = p->memory.capacity;
        level->runs[i] =
            (stream_run){.start = w.start,
                         .h = p->memory.h + at->memory_h * capacity + b * l->R,
                         .h_all = w.hr.w ? level->made : d->h + (B + b) * l->R,
                         .h_step = B * l->R,
                         .keeps_h = w.hr.w != NULL};
        if (!d->c) continue;
        level->runs[i].c = p->memory.c + at->memory_c * capacity + b * l->H;
        level->runs[i].c_all = d->c + (B + b) * l->H;
        level->runs[i].c_step = B * l->H;
    }
    s->y = d->h + B * l->R;
}

/* Some steps of a level with a projection, one at a time. */
static void run_projected(const layer *l, const pass *p,
                          const struct direct_level *level, stream_run r,
                          size_t T, float *h)
{
    const float *made = level->made;
    for (size_t t = 0; t < T; t++) {
        level->run(&level->cell, &r);
        p->k->product(1, &level->hr, zeros, &made, &h);
        memcpy(r.h, h, l->R * sizeof *h);

        if (r.x) r.x += r.x_step;
        r.start += r.start_step;
        r.c_all += r.c_step;
        h += p->B * l->R;
    }
}

/* Steps [begin,end) of a sequence. apart: the input's part of the sums is a
 * product of its own. */
static void run_steps(const layer *l, const pass *p, layer_state *s, size_t i,
                      const float *x, size_t begin, size_t end, bool apart)
{
    const struct direct_level *level = s->directions[0].direct;
    size_t b = p->rows[i], B = p->B, T = end - begin;
    stream_run r = level->runs[i];
    r.T = T;
    r.x = x + (begin * B + b) * l->I;
    r.x_step = B * l->I;
    r.c_all += begin * r.c_step;

    if (apart) {
        const float *rows[BLOCK];
        float *to[BLOCK], *sums = s->directions[0].gate;
        for (size_t t = 0; t < T; t++) {
            rows[t] = r.x + t * r.x_step;
            to[t] = sums + t * l->G;
        }
        p->k->product(T, &level->ih, level->start, rows, to);
        r.x = NULL;
        r.start = sums;
        r.start_step = l->G;
    }

    if (r.keeps_h) {
        r.T = 1;
        run_projected(l, p, level, r, T, s->y + (begin * B + b) * l->R);
        return;
    }
    r.h_all += begin * r.h_step;
    level->run(&level->cell, &r);
}

void recurrent_direct(const layer *l, const pass *p, layer_state *s, size_t T,
                      const float *x)
{
    struct direct_level *level = s->directions[0].direct;
    bool apart = level->narrow || (T > 1 && l->I >= WIDE);

    /* all steps in one call */
    for (size_t i = 0; !apart && !level->hr.w && i < p->row_count; i++) {
        stream_run *r = &level->runs[i];
        r->T = T;
        r->x = x + p->rows[i] * l->I;
        r->x_step = p->B * l->I;
        level->run(&level->cell, r);
    }
    if (!apart && !level->hr.w) return;

    /* some at a time */
    for (size_t i = 0; i < p->row_count; i++)
        for (size_t t = 0, end; t < T; t = end) {
            end = apart && T - t > BLOCK ? t + BLOCK : T;
            run_steps(l, p, s, i, x, t, end, apart);
        }
}
