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

/* Units from which several sequences gain more from sharing the weights that
 * are read. */
enum { LONE_UNITS = 64 };

/* Sums of a brief step: a processor still holds what comes after it, a head,
 * when the next step begins to wait for its h. */
enum { BRIEF = 48 };

struct direct_level {
    void (*run)(const stream_cell *s, const stream_run *r);
    stream_cell cell;
    packed ih;          /* as products read it */
    packed hr;          /* w NULL without a projection */
    const float *start; /* (G) */
    bool narrow;        /* ih is */
    float *made;        /* (H) o tanh(c) of a projected cell */
    size_t from;        /* where the first row begins in x */
    const float *y;     /* (B,R) what a step gives */
    stream_run runs[DIRECT_ROWS];
    stream_run one; /* the first of them, as a single step has it */
};

bool recurrent_direct_fits(const layer *l)
{
    return recurrent_steps(l) && l->H <= STREAM_UNITS;
}

size_t recurrent_direct_rows(const layer *l)
{
    if (!recurrent_direct_fits(l)) return 0;
    return l->H <= LONE_UNITS ? DIRECT_ROWS : 1;
}

void recurrent_direct_lay_out(const layer *l, arena *a, direction_state *d)
{
    if (!recurrent_direct_fits(l)) return;
    d->direct = arena_take(a, 1, sizeof *d->direct);
    d->direct_gate = arena_take(a, l->G, sizeof *d->direct_gate);
    d->direct_q = arena_take(a, l->H, sizeof *d->direct_q);
    d->direct_made = arena_take(a, l->H, sizeof *d->direct_made);
}

static void prepare_level(const layer *l, const pass *p,
                          const direction_state *d)
{
    const direction_plan *at = &l->directions[0];
    struct direct_level *level = d->direct;
    const cell_weights w = walk_weights(l, p, 0);

    level->run = l->cell->stream(p->k);
    level->start = w.start;
    level->ih = w.ih;
    level->hr = w.hr;
    level->narrow = packed_is_narrow(&w.ih);

    /* weights of few units as a kernel reads them, else as products do */
    level->cell = (stream_cell){
        .H = l->H,
        .ih = at->few_ih.shape.K ? pass_packed(p, &at->few_ih) : w.ih,
        .hh = at->few_hh.shape.K ? pass_packed(p, &at->few_hh) : w.hh[0],
        .bias_hn = w.bias_hn,
        .hushed = p->packed + at->hushed,
        .variant = w.variant,
        .relu = w.f[0].kind == ELMAN_ACTIVATION_RELU,
        .plain = !w.variant.peephole && !w.variant.coupled && isinf(w.clip),
        .gate = d->direct_gate,
        .q = d->direct_q};
    level->made = d->direct_made;
}

/* The arrays of sequence b. */
static void prepare_run(const layer *l, const pass *p, const direction_state *d,
                        size_t b, stream_run *r)
{
    const direction_plan *at = &l->directions[0];
    const struct direct_level *level = d->direct;
    size_t B = p->B, capacity = p->memory.capacity;

    *r =
        (stream_run){.x_step = B * l->I,
                     .start = level->start,
                     .h = p->memory.h + at->memory_h * capacity + b * l->R,
                     .h_all = level->hr.w ? level->made : d->h + (B + b) * l->R,
                     .h_step = B * l->R,
                     .keeps_h = level->hr.w != NULL};
    if (!d->c) return;
    r->c = p->memory.c + at->memory_c * capacity + b * l->H;
    r->c_all = d->c + (B + b) * l->H;
    r->c_step = B * l->H;
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
    r.c_all += begin * r.c_step;

    /* the input's products of all steps first, and then the walk */
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

/* Any level: some steps at a time. */
static const float *pass_any(const layer *l, const pass *p, layer_state *s,
                             size_t T, const float *x)
{
    const struct direct_level *level = s->directions[0].direct;
    bool apart = level->narrow || (T > 1 && l->I >= WIDE);

    for (size_t i = 0; i < p->row_count; i++)
        for (size_t t = 0, end; t < T; t = end) {
            end = apart && T - t > BLOCK ? t + BLOCK : T;
            run_steps(l, p, s, i, x, t, end, apart);
        }
    return s->y;
}

/* All steps of a sequence in one call, with the input's part. */
static const float *pass_whole(const layer *l, const pass *p, layer_state *s,
                               size_t T, const float *x)
{
    struct direct_level *level = s->directions[0].direct;
    if (T > 1 && l->I >= WIDE) return pass_any(l, p, s, T, x);

    for (size_t i = 0; i < p->row_count; i++) {
        stream_run *r = &level->runs[i];
        r->T = T;
        r->x = x + p->rows[i] * l->I;
        level->run(&level->cell, r);
    }
    return s->y;
}

/* A step of the first stream. */
static const float *run_one(void *of, const float *x, size_t t)
{
    struct direct_level *level = of;
    const stream_run *first = &level->runs[0];
    stream_run *r = &level->one;
    r->x = x + level->from;
    r->h_all = first->h_all + t * first->h_step;
    if (r->c) r->c_all = first->c_all + t * first->c_step;
    level->run(&level->cell, r);
    return level->y + t * first->h_step;
}

direct_pass *recurrent_prepare_direct(const layer *l, const pass *p,
                                      layer_state *s)
{
    struct direct_level *level = s->directions[0].direct;
    prepare_level(l, p, &s->directions[0]);
    for (size_t i = 0; i < p->row_count; i++)
        prepare_run(l, p, &s->directions[0], p->rows[i], &level->runs[i]);

    /* h of a stream that is not there is 0 */
    s->y = s->directions[0].h + p->B * l->R;
    memset(s->y, 0, p->B * l->R * sizeof *s->y);
    if (level->narrow || level->hr.w) return pass_any;

    level->y = s->y;
    level->from = p->row_count ? p->rows[0] * l->I : 0;
    level->one = level->runs[0];
    level->one.T = 1;
    if (p->row_count == 1)
        s->one = (direct_step){run_one, level, l->G <= BRIEF && l->I < WIDE};
    return pass_whole;
}
