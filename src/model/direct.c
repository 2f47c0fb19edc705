/*
 * direct.c: passes of few sequences through small layers, without training.
 * All that a pass needs is prepared with the first one and again only when
 * streams come or go, or another kind of pass was in between: a step and a
 * block of steps then cost what their kernels do.
 */
#include <string.h>

#include "base/thread.h"
#include "layer/recurrent.h"
#include "model/model.h"

/* Nanoseconds of a pass that several threads may rather share. */
static const double SHARED = 20000;

size_t direct_rows(const elman_model *m, const elman_state *s)
{
    size_t rows = s->config.training ? 0 : DIRECT_ROWS;
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        if (l->kind == &layer_pool || l->kind == &layer_repeat) return 0;
        if (!l->cell) continue;
        size_t here = l->kind->direct_rows ? l->kind->direct_rows(l) : 0;
        if (here < rows) rows = here;
    }
    return rows;
}

void direct_prepare(const elman_model *m, elman_state *s)
{
    s->direct_one = s->direct_brief = true;
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        layer_state *at = s->layers + i;
        const pass *p = l->per_sequence ? &s->tail : &s->full;
        at->one = (direct_step){0};
        at->direct =
            l->kind->prepare_direct ? l->kind->prepare_direct(l, p, at) : NULL;
        if (!at->one.run) s->direct_one = false;
        if (!at->one.brief) s->direct_brief = false;
    }
}

/* Layer i, step by step; one that gives a vector per sequence needs only the
 * last one. */
static const float *forward_each(const elman_model *m, elman_state *s, size_t i,
                                 size_t T, const float *x)
{
    const layer *l = m->layers + i;
    layer_state *at = s->layers + i;
    pass *p = l->per_sequence ? &s->tail : &s->full;
    const int32_t *tokens = p->tokens;
    bool ends = model_per_sequence(m, i);

    for (size_t t = ends ? T - 1 : 0; t < T; t++) {
        if (tokens) p->tokens = tokens + t * p->B;
        at->y = at->own + (ends ? 0 : t * p->B * l->O);
        l->kind->forward(l, p, at, x + t * p->B * l->I);
    }
    p->tokens = tokens;
    return at->y = at->own;
}

void output_copy(size_t n, const float *from, float *to)
{
    /* a load that reaches over two stores waits until both are done, and
     * memcpy's loads are longer than what kernels of few units store */
    enum { PIECE = 4 };
    size_t i = 0;
    if (n > STREAM_UNITS) {
        memcpy(to, from, n * sizeof *to);
        return;
    }
    for (; i + PIECE <= n; i += PIECE)
        memcpy(to + i, from + i, PIECE * sizeof *to);
    for (; i < n; i++)
        to[i] = from[i];
}

/* Step t of x (B,I). */
static const float *step_one(const elman_model *m, elman_state *s,
                             const float *x, size_t t)
{
    const layer_state *at = s->layers;
    for (size_t i = 0; i < m->layer_count; i++)
        x = at[i].one.run(at[i].one.of, x, t);
    return x;
}

void direct_step_one(const elman_model *m, elman_state *s, const float *x,
                     float *y)
{
    x = step_one(m, s, x, 0);

    size_t b = s->full.rows[0], O = m->info.output_size;
    s->position[b]++;
    s->full.T = 1;
    s->ran = true;
    if (y && O == 1) y[b] = x[b];
    else if (y) output_copy(O, x + b * O, y + b * O);
}

/* All layers step by step: those above run while the first waits for its own
 * last step. */
static const float *run_brief(const elman_model *m, elman_state *s, size_t T,
                              const float *x)
{
    const size_t row = s->full.B * m->config.input_size;
    for (size_t t = 0; t < T; t++)
        step_one(m, s, x + t * row, t);
    return state_output(m, s);
}

const float *direct_run(const elman_model *m, elman_state *s, size_t T,
                        const float *x)
{
    bool brief = s->direct_brief;
    s->full.T = 1;
    if (brief) x = run_brief(m, s, T, x);

    /* or layer by layer */
    for (size_t i = 0; !brief && i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        layer_state *at = s->layers + i;
        const pass *p = l->per_sequence ? &s->tail : &s->full;
        size_t steps = l->per_sequence ? 1 : T;

        x = at->direct ? at->direct(l, p, at, steps, x)
                       : forward_each(m, s, i, steps, x);
    }
    s->full.T = T;
    s->ran = true;
    return x;
}

/* Whether the batch is one that goes the direct way, in a state that can. */
static bool takes(const elman_model *m, const elman_state *s,
                  const elman_batch *in)
{
    if (s->seconds || in->lengths) return false;
    if (in->B != s->config.B || in->B > s->direct_rows) return false;
    if (m->config.batch_first && in->B > 1) return false;
    if (walk_forced() != WALK_UNDECIDED) return false;

    for (size_t b = 0; b < in->B; b++)
        if (s->position[b] == FREE_SLOT) return false;
    return true;
}

/* As far as it is known what a step costs. */
static bool is_worth_sharing(const elman_state *s, const elman_batch *in)
{
    return s->config.threads > 1 && s->step_cost * (double)in->T > SHARED;
}

bool direct_forward(const elman_model *m, elman_state *s, const elman_batch *in)
{
    if (!takes(m, s, in) || is_worth_sharing(s, in)) return false;
    if (!s->stepping || s->full.k != kernels_here()) step_prepare(m, s);
    if (is_worth_sharing(s, in)) return false;

    s->full.tokens = in->tokens;
    direct_run(m, s, in->T, in->x);
    for (size_t b = 0; b < in->B; b++)
        s->position[b] += in->T;
    return true;
}
