/*
 * trainer_states.c: the states that a trainer trains and evaluates with, in a
 * budget of bytes if there is one.
 */
#include "learn/trainer.h"

/* The bytes of what is left that an evaluation may take. */
static size_t evaluation_bytes(const elman_model *m,
                               const elman_state_config *validation,
                               size_t left)
{
    elman_state_config least = *validation;
    if (m->info.streams) least.T = 1;
    size_t bytes = state_size(m, &least);
    if (!left) return 0;
    return bytes > left / 4 && bytes < left ? bytes : left / 4;
}

/* What a budget leaves, of which need bytes are spent. */
static elman_status spend(const elman_trainer_config *c, size_t need,
                          size_t *left)
{
    if (need < *left) {
        *left -= need;
        return ELMAN_OK;
    }
    return failure(
        ELMAN_BAD_VALUE,
        "budget (--memory) is %zu bytes, but losses and the evaluation take "
        "%zu before any training: expected more",
        c->budget, c->budget - *left + need);
}

/* The state to train with, in the bytes that are left. */
static elman_status create_state(elman_trainer *t, elman_state_config *training,
                                 size_t left)
{
    size_t least, spent = t->config.budget - left;
    if (t->config.budget) {
        TRY(segments_least(t->model, training, &least));
        if (least > left)
            return failure(
                ELMAN_BAD_VALUE,
                "budget (--memory) is %zu bytes, but training takes %zu at "
                "least: a state of T %zu and B %zu %zu, losses and "
                "the evaluation %zu: expected as many, or smaller "
                "batches",
                t->config.budget, least + spent, training->T, training->B,
                least, spent);
        training->budget = left;
    }
    TRY(state_create(t->model, training, &t->state));
    t->state->time_first = true;
    if (t->profile) t->state->seconds = t->profile->layers;
    return ELMAN_OK;
}

/* Both states and the losses, in the bytes of the budget if there is one. The
 * outputs of values have to be kept for metrics where a state does not. */
static elman_status create_in_budget(elman_trainer *t,
                                     elman_state_config *training,
                                     const elman_state_config *validation)
{
    const elman_trainer_config *c = &t->config;
    size_t rows = training->T * training->B, part = 0, left = c->budget;
    size_t others = validation->T * validation->B;
    size_t O = t->model->info.output_size;
    if (others > rows) rows = others;
    TRY(row_losses_create(rows, &t->losses));
    bool values = c->loss.kind != ELMAN_LOSS_CROSS_ENTROPY;
    bool one = t->model->info.per_sequence;
    if (left && t->model->repeats)
        return failure(
            ELMAN_BAD_VALUE,
            "budget (--memory) is %zu, but the model repeats, and what is "
            "behind a repeat needs all its steps: expected none",
            c->budget);
    if (left) TRY(spend(c, rows * (12 + (values && !one ? 4 * O : 0)), &left));

    /* an evaluation takes a quarter, or as little as it can */
    if (validation->B) {
        TRY(evaluation_state(t->model, validation,
                             evaluation_bytes(t->model, validation, left),
                             &t->validation_state, &part));
        size_t used = t->validation_state->bytes;
        if (left) TRY(spend(c, used + part * O * sizeof(float), &left));
    }
    TRY(create_state(t, training, left));

    /* outputs that no state keeps: the lead of a window, k2 < k1, is some steps
     * at a time */
    bool lead = c->k2 < c->k1 && t->state->segments.plan.L;
    if (lead && part < state_steps(t->state) * training->B)
        part = state_steps(t->state) * training->B;
    if (!left || (!part && !t->state->segments.plan.L)) return ELMAN_OK;
    return row_losses_keep(t->losses, O, values && !one, part);
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
