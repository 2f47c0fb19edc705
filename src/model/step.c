/*
 * step.c: streams. A state has B slots; a step takes all of them at once, or
 * only those that have a stream. What a step needs is prepared once and again
 * only when streams come or go, or another pass was in between.
 */
#include <string.h>

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
    if (m->repeats)
        return failure(ELMAN_BAD_VALUE,
                       "the model repeats and has no answer step by step; "
                       "expected elman_model_forward");
    if (!m->info.streams)
        return failure(ELMAN_BAD_VALUE,
                       "the model has a reverse direction, which needs the "
                       "whole sequence; expected one that reads forward");
    return ELMAN_OK;
}

/* Lists the slots that have a stream; chunks need no more. */
static void prepare_chunks(const elman_model *m, elman_state *s)
{
    chunks_carve(s);
    pass *p = &s->full;
    for (size_t b = 0; b < s->config.B; b++)
        if (s->position[b] != FREE_SLOT) p->rows[p->row_count++] = (uint32_t)b;
    s->tail = *p;
    s->step_cost = pass_cost(m, s, false);
    s->stepping = true;
}

void step_prepare(const elman_model *m, elman_state *s)
{
    size_t B = s->config.B, here_count = 0;
    for (size_t b = 0; b < B; b++)
        here_count += s->position[b] != FREE_SLOT;

    /* blocks of steps go the direct way as well */
    s->direct = s->direct_rows && here_count <= s->direct_rows;
    state_carve(s, s->direct ? s->config.T : 1, B);
    s->full.T = 1;

    /* a pass of one step for the slots that have a stream */
    for (size_t b = 0; b < B; b++) {
        bool here = s->position[b] != FREE_SLOT;
        s->full.lengths[b] = s->tail.lengths[b] = here;
        s->full.ids[b] = b;
    }

    pass_set(&s->full);
    pass_set(&s->tail);

    /* layers that have a step of their own prepare it */
    if (s->direct) direct_prepare(m, s);
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        layer_state *at = s->layers + i;
        at->steps = !s->direct && l->kind->steps && l->kind->steps(l);
        if (at->steps) l->kind->prepare(l, &s->full, at);
    }
    s->step_cost = pass_cost(m, s, false);
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

/* The output of streams that are there. */
static void step_output(elman_state *s, const float *from, float *y)
{
    const pass *p = &s->full;
    size_t O = s->model->info.output_size;
    for (size_t r = 0; r < p->row_count; r++) {
        size_t b = p->rows[r];
        s->position[b]++;
        if (y) output_copy(O, from + b * O, y + b * O);
    }
    s->ran = true;
}

/* A step from x or, in a model that reads them, tokens. */
static void step(const elman_model *m, elman_state *s, const float *x,
                 const int32_t *tokens, float *y)
{
    if (!s->stepping && s->chunk) prepare_chunks(m, s);
    else if (!s->stepping) step_prepare(m, s);
    if (s->chunk) {
        const elman_batch one = {
            .T = 1, .B = s->config.B, .x = x, .tokens = tokens};
        chunks_run(m, s, &one, y);
        return;
    }

    s->full.tokens = tokens;
    if (s->direct) {
        step_output(s, direct_run(m, s, 1, x), y);
        return;
    }

    for (size_t r = 0; r < s->full.row_count; r++)
        s->full.steps_before[s->full.rows[r]] = s->position[s->full.rows[r]];

    /* the threads that the whole step is worth */
    s->full.threads = s->tail.threads = pass_threads(s, s->step_cost);

    /* layer by layer */
    const float *in = x;
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        layer_state *at = s->layers + i;
        const pass *p = l->per_sequence ? &s->tail : &s->full;
        (at->steps ? l->kind->step : l->kind->forward)(l, p, at, in);
        in = at->y;
    }
    step_output(s, in, y);
}

static elman_status step_checked(const elman_model *m, elman_state *s,
                                 const float *x, float *y)
{
    TRY(state_check(m, s));
    TRY(model_check_streams(m, false));

    /* with training, a step is a forward like any other */
    elman_batch one = {.T = 1, .B = s->config.B, .x = x};
    if (s->config.training) return model_forward(m, s, &one, y);
    step(m, s, x, NULL, y);
    return ELMAN_OK;
}

elman_status model_step(const elman_model *m, elman_state *s, const float *x,
                        float *y)
{
    /* where all is prepared nothing is left to check */
    if (s->model != m || !s->stepping || !s->direct || !s->direct_one)
        return step_checked(m, s, x, y);
    direct_step_one(m, s, x, y);
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

    /* a free slot has no output */
    size_t O = m->info.output_size;
    float *y = state_output(m, s) + b * O;
    if (s->chunk) memset(y, 0, O * sizeof *y);
    s->position[b] = FREE_SLOT;
    s->stepping = false;
    return ELMAN_OK;
}
