/*
 * trainer_states.c: the states that a trainer trains and evaluates with, in a
 * budget of bytes if there is one.
 */
#include "learn/trainer.h"

#include "base/bytes.h"
#include "base/memory.h"

#include <string.h>

/* The fewest bytes that each of what a run needs at once takes. */
typedef struct needs {
    size_t losses, validation, training;
    size_t end; /* an evaluation after the last step, with nothing beside it */
    size_t any; /* the same of any part */
} needs;

static size_t add(size_t a, size_t b)
{
    return a < SIZE_MAX - b ? a + b : SIZE_MAX;
}

/* The most that an evaluation after the last step takes, of any part that is
 * evaluated then. Residuals of values are found in whole batches. */
static elman_status measure_end(const elman_trainer *t, needs *n)
{
    const elman_encoding *e = dataset_encoding(t->dataset);
    bool validates = dataset_size(t->dataset, ELMAN_PART_VALIDATION) > 0;
    for (int part = 0; part <= ELMAN_PART_TEST; part++) {
        size_t least = 0;
        bool validation = part == ELMAN_PART_VALIDATION;
        bool unused = validates && part == ELMAN_PART_TRAIN;
        if (!dataset_size(t->dataset, (elman_part)part)) continue;

        const evaluation on = {.model = t->model,
                               .dataset = t->dataset,
                               .part = (elman_part)part,
                               .loss = &t->config.loss,
                               .share = t->share};
        bool residuals = validation && e->target_count && !e->class_count;
        TRY(evaluation_measure(&on, &t->config, residuals, &least));
        if (least > n->any) n->any = least;
        if (least > n->end && !unused) n->end = least;
    }
    return ELMAN_OK;
}

static elman_status measure(const elman_trainer *t,
                            const elman_state_config *training,
                            const elman_state_config *validation, needs *n)
{
    bool values = t->config.loss.kind != ELMAN_LOSS_CROSS_ENTROPY &&
                  !t->model->info.per_sequence;
    size_t rows = training->T * training->B, O = t->model->info.output_size;
    size_t others = validation->T * validation->B;
    if (others > rows) rows = others;
    n->losses = rows * (12 + (values ? 4 * O : 0));
    if (validation->B) n->validation = evaluation_least(t->model, validation);
    TRY(segments_least(t->model, training, &n->training));
    return measure_end(t, n);
}

/* A budget that is too small is refused with the one number that is enough for
 * everything. */
static elman_status check_budget(const elman_trainer *t,
                                 const elman_state_config *training,
                                 const needs *n)
{
    size_t budget = t->config.budget;
    size_t least = add(add(n->losses, n->validation), n->training);
    if (n->end > least) least = n->end;
    if (budget >= least) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "budget (--memory) is %s, but training in batches of %zu "
                   "with %zu steps at a time takes %zu at least (%s): expected "
                   "as many, or smaller batches (--batch)",
                   bytes_in_words(budget).text, training->B, training->T, least,
                   bytes_at_least(least).text);
}

/* What an evaluation while training may take of what losses leave: a quarter,
 * or less, as training needs it, or as little as it can. */
static size_t evaluation_bytes(size_t budget, const needs *n)
{
    size_t left = budget - n->losses, most = left / 4;
    if (most > left - n->training) most = left - n->training;
    return most > n->validation ? most : n->validation;
}

/* What both states take. */
static size_t bytes_held(const elman_trainer *t)
{
    return t->state->bytes +
           (t->validation_state ? t->validation_state->bytes : 0);
}

/* Both states and the losses, in the bytes of the budget if there is one. The
 * outputs of values have to be kept for metrics where a state does not. */
static elman_status create_in_budget(elman_trainer *t,
                                     elman_state_config *training,
                                     const elman_state_config *validation)
{
    const elman_trainer_config *c = &t->config;
    size_t rows = training->T * training->B, part = 0, bytes = 0;
    size_t others = validation->T * validation->B;
    size_t O = t->model->info.output_size;
    needs n = {0};
    if (c->budget && t->model->repeats)
        return failure(
            ELMAN_BAD_VALUE,
            "budget (--memory) is %s, but the model repeats, and what is "
            "behind a repeat needs all its steps: expected none",
            bytes_in_words(c->budget).text);
    if (c->budget) {
        TRY(measure(t, training, validation, &n));
        TRY(check_budget(t, training, &n));
        bytes = evaluation_bytes(c->budget, &n);
    }

    /* training has what losses and an evaluation leave */
    TRY(row_losses_create(others > rows ? others : rows, &t->losses));
    if (validation->B)
        TRY(evaluation_state(t->model, validation, bytes, &t->validation_state,
                             &part));
    if (c->budget) {
        training->budget = c->budget - n.losses - part * O * sizeof(float);
        if (validation->B) training->budget -= t->validation_state->bytes;
    }
    TRY(state_create(t->model, training, &t->state));
    t->state->time_first = true;
    if (t->profile) t->state->seconds = t->profile->layers;

    /* outputs that no state keeps: the lead of a window, k2 < k1, is some steps
     * at a time */
    bool cut = t->state->segments.plan.L > 0;
    t->alternate = c->budget && (cut || add(bytes_held(t), n.any) > c->budget);
    if (c->k2 < c->k1 && cut && part < state_steps(t->state) * training->B)
        part = state_steps(t->state) * training->B;
    if (!c->budget || (!part && !cut)) return ELMAN_OK;
    bool values = c->loss.kind != ELMAN_LOSS_CROSS_ENTROPY &&
                  !t->model->info.per_sequence;
    return row_losses_keep(t->losses, O, values, part);
}

/* The sequences of a window that a state has room for. In a budget all ranks
 * have as many, so that the same one is enough on all of them, or on none. */
static size_t width_of(const elman_trainer *t, const windows *w)
{
    return t->config.budget ? windows_widest(w) : windows_width(w);
}

elman_status trainer_create_states(elman_trainer *t)
{
    const elman_trainer_config *c = &t->config;
    size_t longest = dataset_longest(t->dataset); /* 0: text */

    /* a training window has k1 steps, or k2 with its context */
    size_t steps = c->k2 > c->k1 ? c->k2 : c->k1;
    if (steps == 0 || (longest && steps > longest)) steps = longest;
    elman_state_config training = {.T = steps,
                                   .B = width_of(t, t->windows),
                                   .training = true,
                                   .threads = c->threads,
                                   .seed = c->seed,
                                   .block = c->loss.block,
                                   .passes = 1};

    /* a validation window is a whole sequence, or k1 steps of text */
    elman_state_config validation = {.T = longest ? longest : c->k1,
                                     .threads = c->threads,
                                     .seed = c->seed,
                                     .keep_steps = true};
    if (t->validation_windows)
        validation.B = width_of(t, t->validation_windows);
    return create_in_budget(t, &training, &validation);
}

/* ---- Beside the steps --------------------------------------------------- */

/* What the sequences of a trainer remember, while its states are away. */
typedef struct remembered {
    float *h, *c; /* (B,memory_h), (B,memory_c) */
    uint64_t *position;
    void *block;
} remembered;

/* Copies it, to or from the state. */
static void move_memory(const elman_trainer *t, const remembered *r, bool back)
{
    elman_state *s = t->state;
    size_t B = s->config.B, h = B * t->model->memory_h * sizeof(float),
           c = B * t->model->memory_c * sizeof(float);
    if (h) memcpy(back ? s->memory.h : r->h, back ? r->h : s->memory.h, h);
    if (c) memcpy(back ? s->memory.c : r->c, back ? r->c : s->memory.c, c);
    memcpy(back ? s->position : r->position, back ? r->position : s->position,
           B * sizeof *r->position);
}

static void lay_out(const elman_trainer *t, remembered *r, arena *a)
{
    size_t B = t->state->config.B;
    r->h = arena_take(a, B * t->model->memory_h, sizeof *r->h);
    r->c = arena_take(a, B * t->model->memory_c, sizeof *r->c);
    r->position = arena_take(a, B, sizeof *r->position);
}

static void destroy_states(elman_trainer *t)
{
    state_destroy(t->state);
    state_destroy(t->validation_state);
    row_losses_destroy(t->losses);
    t->state = t->validation_state = NULL;
    t->losses = NULL;
}

static elman_status put_away(elman_trainer *t, remembered *r)
{
    arena measure = {0};
    lay_out(t, r, &measure);
    r->block = block_create(measure.used + 1);
    if (!r->block)
        return failure(ELMAN_NO_MEMORY,
                       "no memory for what sequences remember");

    arena carve = {.base = r->block};
    lay_out(t, r, &carve);
    move_memory(t, r, false);
    destroy_states(t);
    return ELMAN_OK;
}

static elman_status bring_back(elman_trainer *t, remembered *r)
{
    elman_status status = trainer_create_states(t);
    if (!status) move_memory(t, r, true);
    else destroy_states(t);
    block_destroy(r->block);
    return status;
}

elman_status trainer_beside(elman_trainer *t,
                            elman_status (*work)(elman_trainer *trainer,
                                                 const elman_trainer_config *,
                                                 void *context),
                            void *context)
{
    elman_trainer_config config = t->config;
    if (!t->alternate) {
        if (config.budget) config.budget -= bytes_held(t);
        return work(t, &config, context);
    }

    /* one after the other */
    remembered r = {0};
    TRY(put_away(t, &r));
    elman_status status = work(t, &config, context);
    failure_text kept = failure_keep();
    elman_status back = bring_back(t, &r);
    if (status) failure_restore(&kept);
    return status ? status : back;
}
