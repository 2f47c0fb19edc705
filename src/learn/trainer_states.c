/*
 * trainer_states.c: the states that a trainer trains and evaluates with, in a
 * budget of bytes if there is one.
 */
#include "learn/trainer.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "learn/residual_lists.h"

#include <string.h>

/* The states of a run, and the steps before the last k2 of a window, which go
 * forward alone. */
typedef struct shapes {
    elman_state_config training, validation;
    size_t lead;
} shapes;

/* The fewest bytes that each of what a run needs at once takes. */
typedef struct needs {
    size_t remembered; /* by sequences, while an evaluation has the rest */
    size_t losses, validation, training;
    size_t lead;   /* outputs of the lead, which a state may not keep */
    size_t beside; /* an evaluation of any part that has all of the budget */
} needs;

/* ---- Beside the states -------------------------------------------------- */

/* What the sequences of a trainer remember, while its states are away. */
typedef struct remembered {
    float *h, *c; /* (B,memory_h), (B,memory_c) */
    uint64_t *position;
    void *block;
    size_t bytes;
} remembered;

static void lay_out(const elman_model *m, size_t B, remembered *r, arena *a)
{
    r->h = arena_take(a, B, m->memory_h * sizeof *r->h);
    r->c = arena_take(a, B, m->memory_c * sizeof *r->c);
    r->position = arena_take(a, B, sizeof *r->position);
    r->bytes = a->overflow ? SIZE_MAX : a->used;
}

static size_t remembered_bytes(const elman_model *m, size_t B)
{
    remembered r;
    arena a = {0};
    lay_out(m, B, &r, &a);
    return r.bytes;
}

/* Rows of losses, for the windows of either state and for the lead. */
static size_t loss_rows_of(const elman_model *m, const shapes *s)
{
    size_t T = s->lead > s->training.T ? s->lead : s->training.T;
    size_t rows = evaluation_rows(m, T, s->training.B);
    size_t others = evaluation_rows(m, s->validation.T, s->validation.B);
    return others > rows ? others : rows;
}

/* The outputs of a step of training windows, and the most steps of the lead
 * that go at a time: all where the model does not read forward alone. */
static size_t step_bytes(const elman_model *m, const shapes *s)
{
    return bytes_times(s->training.B,
                       bytes_times(m->info.output_size, sizeof(float)));
}

static size_t lead_most(const elman_model *m, const shapes *s)
{
    return m->info.streams && s->lead > s->training.T ? s->training.T : s->lead;
}

/* The vectors per sequence that a cut state for validation does not keep: its
 * losses are there. */
static evaluation_beside validation_beside(const elman_model *m,
                                           const shapes *s)
{
    size_t ends = evaluation_ends(m, s->validation.B);
    size_t row = bytes_times(m->info.output_size, sizeof(float));
    return (evaluation_beside){0, bytes_times(ends, row)};
}

/* ---- What a run needs --------------------------------------------------- */

/* The most that an evaluation takes, of any part. */
static elman_status measure_beside(const elman_trainer *t,
                                   const elman_trainer_config *config, needs *n)
{
    const elman_encoding *e = dataset_encoding(t->dataset);
    for (int part = 0; part <= ELMAN_PART_TEST; part++) {
        size_t least = 0, residuals = 0;
        bool validation = part == ELMAN_PART_VALIDATION;
        if (!dataset_size(t->dataset, (elman_part)part)) continue;

        const evaluation on = {.model = t->model,
                               .dataset = t->dataset,
                               .part = (elman_part)part,
                               .loss = &t->config.loss,
                               .share = t->share};
        TRY(evaluation_measure(&on, config, &least));
        if (validation && e->target_count && !e->class_count)
            TRY(residual_lists_least(t->model, t->dataset, on.part, config,
                                     &residuals));
        if (residuals > least) least = residuals;
        if (least > n->beside) n->beside = least;
    }
    return ELMAN_OK;
}

static elman_status measure(const elman_trainer *t, shapes s, int threads,
                            needs *n)
{
    const elman_model *m = t->model;
    elman_trainer_config config = t->config;
    size_t O = m->info.output_size;
    *n = (needs){.remembered = remembered_bytes(m, s.training.B)};
    config.threads = s.training.threads = s.validation.threads = threads;

    n->losses = row_losses_bytes(loss_rows_of(m, &s), O,
                                 evaluation_keeps(m, &config.loss), 0);
    if (s.validation.B)
        n->validation =
            evaluation_least(m, &s.validation, validation_beside(m, &s));
    if (s.lead)
        n->lead = bytes_times(m->info.streams ? 1 : s.lead, step_bytes(m, &s));
    TRY(segments_least(m, &s.training, &n->training));
    return measure_beside(t, &config, n);
}

static size_t least_of(const needs *n)
{
    size_t steps = bytes_add(bytes_add(n->losses, n->lead),
                             bytes_add(n->validation, n->training));
    return bytes_add(n->remembered, steps > n->beside ? steps : n->beside);
}

/* What a run is asked for. */
typedef struct request {
    const elman_trainer *t;
    const shapes *shapes;
} request;

static size_t least_with(const void *context, int threads)
{
    const request *r = context;
    needs n;
    return measure(r->t, *r->shapes, threads, &n) ? SIZE_MAX : least_of(&n);
}

/* A budget that is too small is refused with the one number that is enough for
 * everything. */
static elman_status check_budget(const elman_trainer *t, const shapes *s)
{
    const request r = {t, s};
    elman_state_config all = s->training;
    if (s->lead) all.T = s->lead + t->config.k2;
    return budget_check("training", t->config.budget, &all, least_with, &r);
}

/* ---- In the budget ------------------------------------------------------ */

/* What an evaluation while training may take of what is left: a quarter, or
 * less, as training needs it, or as little as it can. */
static size_t evaluation_bytes(size_t left, const needs *n)
{
    size_t most = left / 4, rest = left - n->training - n->lead;
    if (most > rest) most = rest;
    return most > n->validation ? most : n->validation;
}

/* The steps of the lead that are to have room for their outputs: as many as an
 * eighth of what is left holds, or as training leaves. */
static size_t lead_steps(const elman_model *m, const shapes *s, size_t left,
                         const needs *n)
{
    size_t most = lead_most(m, s), step = step_bytes(m, s);
    if (!m->info.streams || !step) return most;
    size_t room = left / 8, rest = left - n->training;
    if (room > rest) room = rest;
    size_t steps = room / step;
    return steps < 1 ? 1 : steps < most ? steps : most;
}

size_t trainer_pass_bytes(const elman_trainer *t)
{
    return t->state->bytes + t->losses->bytes +
           (t->validation_state ? t->validation_state->bytes : 0);
}

/* The state to train with, in what is left of the budget (0: there is none);
 * steps becomes those of the lead that need room for their outputs. */
static elman_status create_training(elman_trainer *t, shapes *s, size_t left,
                                    const needs *n, size_t *steps)
{
    const elman_model *m = t->model;
    elman_state_config *training = &s->training;
    *steps = 0;
    if (left) {
        size_t whole = state_size(m, training);
        if (s->lead && (!whole || whole > left))
            *steps = lead_steps(m, s, left, n);
        training->budget = left - *steps * step_bytes(m, s);
    }
    TRY(state_create(m, training, &t->state));
    t->state->time_first = true;
    if (t->profile) t->state->seconds = t->profile->layers;
    return ELMAN_OK;
}

/* Both states and the losses, in the bytes of the budget if there is one. The
 * outputs of values have to be kept for metrics where a state does not. */
static elman_status create_in_budget(elman_trainer *t, shapes *s)
{
    const elman_trainer_config *c = &t->config;
    const elman_model *m = t->model;
    size_t bytes = 0, left = 0, steps, O = m->info.output_size;
    bool short_of_room = false;
    needs n = {0};
    if (c->budget && m->repeats)
        return failure(
            ELMAN_BAD_VALUE,
            "budget (--memory) is %s, but the model repeats, and what is "
            "behind a repeat needs all its steps: expected none",
            bytes_in_words(c->budget).text);
    if (c->budget) {
        TRY(measure(t, *s, s->training.threads, &n));
        TRY(check_budget(t, s));
        left = c->budget - n.remembered - n.losses;
        bytes = evaluation_bytes(left, &n);
    }

    /* training has what losses and an evaluation leave */
    TRY(row_losses_create(loss_rows_of(m, s), &t->losses));
    if (s->validation.B)
        TRY(evaluation_state(m, &s->validation, bytes, validation_beside(m, s),
                             &t->validation_state, &short_of_room));
    size_t ends = short_of_room ? evaluation_ends(m, s->validation.B) : 0;
    if (left && s->validation.B)
        left -= t->validation_state->bytes + ends * O * sizeof(float);
    TRY(create_training(t, s, left, &n, &steps));

    /* outputs that no state keeps */
    bool cut = t->state->segments.plan.L > 0;
    if (cut || (c->budget && s->lead > s->training.T)) short_of_room = true;
    if (short_of_room)
        TRY(row_losses_keep(t->losses, O, evaluation_keeps(m, &c->loss),
                            ends + steps * s->training.B));
    t->alternate = c->budget && (cut || bytes_add(trainer_pass_bytes(t),
                                                  n.beside) > c->budget);
    return ELMAN_OK;
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

    /* a training window has k1 steps, or k2 with its context; what goes forward
     * alone does so piece by piece in a budget, where the model can */
    size_t steps = c->k2 > c->k1 ? c->k2 : c->k1;
    if (steps == 0 || (longest && steps > longest)) steps = longest;
    shapes s = {.lead = c->k2 < steps && c->k1 ? steps - c->k2 : 0};
    if (c->budget && s.lead && t->model->info.streams) steps = c->k2;
    s.training = (elman_state_config){.T = steps,
                                      .B = width_of(t, t->windows),
                                      .training = true,
                                      .threads = c->threads,
                                      .seed = c->seed,
                                      .block = c->loss.block,
                                      .passes = 1};

    /* a validation window is a whole sequence, or k1 steps of text */
    s.validation = (elman_state_config){.T = longest ? longest : c->k1,
                                        .threads = c->threads,
                                        .seed = c->seed,
                                        .keep_steps = true};
    if (t->validation_windows)
        s.validation.B = width_of(t, t->validation_windows);
    return create_in_budget(t, &s);
}

/* ---- Beside the steps --------------------------------------------------- */

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
    size_t B = t->state->config.B;
    r->block = block_create(remembered_bytes(t->model, B));
    if (!r->block)
        return failure(ELMAN_NO_MEMORY,
                       "no memory for what sequences remember");

    arena carve = {.base = r->block};
    lay_out(t->model, B, r, &carve);
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
        if (config.budget) config.budget -= trainer_pass_bytes(t);
        return work(t, &config, context);
    }

    /* one after the other */
    remembered r = {0};
    TRY(put_away(t, &r));
    if (config.budget) config.budget -= r.bytes;
    elman_status status = work(t, &config, context);
    failure_text kept = failure_keep();
    elman_status back = bring_back(t, &r);
    if (status) failure_restore(&kept);
    return status ? status : back;
}
