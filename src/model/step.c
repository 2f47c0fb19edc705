/*
 * step.c: streams. A state has B slots; a step takes all of them at once, or
 * only those that have a stream. What a step needs is prepared once and again
 * only when streams come or go, or another pass was in between.
 */
#include <string.h>

#include "base/thread.h"
#include "layer/recurrent.h"
#include "model/model.h"

elman_status model_check_streams(const elman_model *m, bool tokens)
{
    if (m->info.vocabulary && !tokens)
        return failure(ELMAN_BAD_VALUE,
                       "step reads x, but the model reads tokens; expected "
                       "elman_model_step_tokens");
    if (!m->info.vocabulary && tokens)
        return failure(ELMAN_BAD_VALUE,
                       "step_tokens reads tokens, but the model reads x; "
                       "expected elman_model_step");
    if (!m->info.streams)
        return failure(ELMAN_BAD_VALUE,
                       "the model has a reverse direction, which needs the "
                       "whole sequence; expected one that reads forward");
    return ELMAN_OK;
}

/* About how many nanoseconds a step of the pass takes one thread. */
static double step_cost(const elman_model *m, const elman_state *s)
{
    static const double flop = 0.01;
    double cost = 0;
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        const pass *p = l->per_sequence ? &s->tail : &s->full;
        cost += l->cell
                    ? walk_cost(l, p, WALK_ALONE, false)
                    : flop * layer_flops(m, i, (uint64_t)p->row_count, false);
    }
    return cost;
}

static void prepare(const elman_model *m, elman_state *s)
{
    size_t B = s->config.B;
    state_carve(s, 1, B);

    /* a pass of one step for the slots that have a stream */
    for (size_t b = 0; b < B; b++) {
        bool here = s->position[b] != FREE_SLOT;
        s->full.lengths[b] = s->tail.lengths[b] = here;
        s->full.ids[b] = b;
    }

    pass_set(&s->full);
    pass_set(&s->tail);

    /* layers that have a step of their own prepare it */
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        layer_state *at = s->layers + i;
        at->steps = l->kind->steps && l->kind->steps(l);
        if (at->steps) l->kind->prepare(l, &s->full, at);
    }
    s->step_cost = step_cost(m, s);
    s->stepping = true;
}

/* Those of streams that are there; which ones is listed once steps are
 * prepared. */
static elman_status check_tokens(const elman_model *m, const elman_state *s,
                                 const int32_t *tokens)
{
    size_t count = s->stepping ? s->full.row_count : s->config.B;
    for (size_t r = 0; r < count; r++) {
        size_t b = s->stepping ? s->full.rows[r] : r;
        if (s->position[b] == FREE_SLOT) continue;
        if (tokens[b] >= 0 && (size_t)tokens[b] < m->info.vocabulary) continue;
        return failure(ELMAN_BAD_VALUE,
                       "the token of stream %zu is %d, expected 0 to %zu", b,
                       tokens[b], m->info.vocabulary - 1);
    }
    return ELMAN_OK;
}

/* A step from x or, in a model that reads them, tokens. */
static void step(const elman_model *m, elman_state *s, const float *x,
                 const int32_t *tokens, float *y)
{
    if (!s->stepping) prepare(m, s);
    s->full.tokens = tokens;

    for (size_t r = 0; r < s->full.row_count; r++)
        s->full.steps_before[s->full.rows[r]] = s->position[s->full.rows[r]];

    /* the threads that the whole step is worth */
    int threads = s->full.threads;
    if (walk_forced() == WALK_UNDECIDED)
        s->full.threads = s->tail.threads =
            thread_worth(threads, s->step_cost, &s->asked);

    /* layer by layer */
    const float *in = x;
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        layer_state *at = s->layers + i;
        const pass *p = l->per_sequence ? &s->tail : &s->full;
        (at->steps ? l->kind->step : l->kind->forward)(l, p, at, in);
        in = at->y;
    }
    s->full.threads = s->tail.threads = threads;

    /* the output of streams that are there */
    const pass *p = &s->full;
    size_t O = s->model->info.output_size;
    for (size_t r = 0; r < p->row_count; r++) {
        size_t b = p->rows[r];
        s->position[b]++;
        if (y) p->k->copy(O, in + b * O, y + b * O);
    }
    s->ran = true;
}

elman_status model_step(const elman_model *m, elman_state *s, const float *x,
                        float *y)
{
    TRY(state_check(m, s));
    TRY(model_check_streams(m, false));

    /* with training, a step is a forward like any other */
    elman_batch one = {.T = 1, .B = s->config.B, .x = x};
    if (s->config.training) return model_forward(m, s, &one, y);
    step(m, s, x, NULL, y);
    return ELMAN_OK;
}

elman_status model_step_tokens(const elman_model *m, elman_state *s,
                               const int32_t *tokens, float *y)
{
    TRY(state_check(m, s));
    TRY(model_check_streams(m, true));
    TRY(check_tokens(m, s, tokens));

    elman_batch one = {.T = 1, .B = s->config.B, .tokens = tokens};
    if (s->config.training) return model_forward(m, s, &one, y);
    step(m, s, NULL, tokens, y);
    return ELMAN_OK;
}

/* ---- Streams come and go ------------------------------------------------ */

static elman_status check_slots(const elman_model *m, const elman_state *s)
{
    TRY(state_check(m, s));
    if (!s->config.training) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE, "the state is for training, where all "
                                    "sequences run; expected one without");
}

elman_status state_join(const elman_model *m, elman_state *s, size_t *b)
{
    TRY(check_slots(m, s));
    for (size_t i = 0; i < s->config.B; i++) {
        if (s->position[i] != FREE_SLOT) continue;
        s->stepping = false;
        TRY(state_reset_one(m, s, i));
        *b = i;
        return ELMAN_OK;
    }
    return failure(ELMAN_BAD_VALUE,
                   "all B %zu slots have a stream, expected a free one",
                   s->config.B);
}

elman_status state_leave(const elman_model *m, elman_state *s, size_t b)
{
    TRY(check_slots(m, s));
    TRY(state_reset_one(m, s, b));

    s->position[b] = FREE_SLOT;
    s->stepping = false;
    return ELMAN_OK;
}
