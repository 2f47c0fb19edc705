/*
 * trainer.c: the life of a trainer: its config completed, its windows and what
 * is kept from step to step. trainer_step.c takes the steps, trainer_states.c
 * has the states.
 */
#include "learn/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/tree.h"
#include "learn/ranks.h"
#include "learn/saving.h"
#include "learn/schedule.h"
#include "share/share.h"

/* Cuts k1 and k2 to what the data can fill, so that neither takes memory for
 * steps that never come: k1 to the longest stream or sequence, k2 to as many
 * windows. */
static void clamp_truncation(const elman_dataset *dataset,
                             elman_trainer_config *c)
{
    elman_loader_config loading = {
        .part = ELMAN_PART_TRAIN, .batch_size = c->batch_size, .steps = c->k1};
    size_t longest = loader_longest(dataset, &loading);
    if (c->k1 == 0 || longest == 0) return;

    if (c->k1 > longest) {
        c->k1 = longest;
        if (c->k2 > longest) c->k2 = longest;
    }
    size_t most = longest / c->k1 + (longest % c->k1 > 0);
    if (c->k2 / c->k1 > most) c->k2 = most * c->k1;
}

/* Fills in the defaults of config, and checks it. */
static elman_status complete(const elman_model *m, const elman_dataset *dataset,
                             elman_trainer_config *c)
{
    elman_task task = dataset_encoding(dataset)->task;
    if (c->batch_size == 0) c->batch_size = DEFAULT_BATCH;
    if (c->threads == 0) c->threads = 1;
    if (c->loss.block == 0) c->loss.block = TREE_BLOCK;

    /* truncation: both of k1 and k2, or none */
    if (m->info.per_sequence && (c->k1 || c->k2))
        return failure(ELMAN_BAD_VALUE,
                       "k1 is %zu and k2 is %zu, but truncation needs a target "
                       "at each step and this task has one per sequence",
                       c->k1, c->k2);
    if (m->repeats && (c->k1 || c->k2 || task == ELMAN_TASK_LANGUAGE))
        return failure(ELMAN_BAD_VALUE,
                       "the model repeats one vector of a whole sequence, so "
                       "windows of some steps, as k1 and texts make them, can "
                       "not train it");
    if (c->k1 == 0 && task == ELMAN_TASK_LANGUAGE) c->k1 = DEFAULT_STEPS;
    if (c->k2 && c->k1 == 0)
        return failure(ELMAN_BAD_VALUE,
                       "k2 is %zu without k1, expected both or none", c->k2);
    if (c->k2 == 0) c->k2 = c->k1;

    /* a context of whole windows, whose memory is there */
    if (c->k2 > c->k1 && c->k2 % c->k1)
        return failure(ELMAN_BAD_VALUE,
                       "k2 is %zu, expected a multiple of k1 %zu or less than "
                       "it",
                       c->k2, c->k1);
    if (c->fresh_state && c->k2 > c->k1)
        return failure(ELMAN_BAD_VALUE,
                       "k2 %zu reaches past a window of %zu steps, which a "
                       "fresh state cuts off",
                       c->k2, c->k1);

    clamp_truncation(dataset, c);
    return evaluate_check(m, dataset, &c->loss);
}

/* Windows of the training data and, if there are any, of the validation data,
 * whose sequences stay whole: only a text is cut. */
static elman_status create_windows(elman_trainer *t, size_t context_windows)
{
    const elman_trainer_config *c = &t->config;
    size_t O = t->model->info.output_size;
    elman_loader_config training = {.part = ELMAN_PART_TRAIN,
                                    .batch_size = c->batch_size,
                                    .steps = c->k1,
                                    .shuffled = !c->in_order,
                                    .bucketed = !c->no_buckets,
                                    .seed = c->seed};
    TRY(windows_create(t->dataset, &training, c->k1, context_windows, O,
                       &t->windows));
    ranks_deal(t, t->windows);
    if (dataset_size(t->dataset, ELMAN_PART_VALIDATION) == 0) return ELMAN_OK;

    bool is_text = dataset_encoding(t->dataset)->task == ELMAN_TASK_LANGUAGE;
    elman_loader_config validation = {.part = ELMAN_PART_VALIDATION,
                                      .batch_size = c->batch_size,
                                      .steps = c->k1};
    TRY(windows_create(t->dataset, &validation, is_text ? c->k1 : 0, 0, O,
                       &t->validation_windows));
    ranks_deal(t, t->validation_windows);
    return ELMAN_OK;
}

static elman_status create_parts(elman_trainer *t)
{
    const elman_trainer_config *c = &t->config;
    size_t context_windows = c->k2 > c->k1 ? c->k2 / c->k1 - 1 : 0;
    if (dataset_size(t->dataset, ELMAN_PART_TRAIN) == 0)
        return failure(ELMAN_BAD_VALUE, "there is no data to train on");

    TRY(model_check_own(t->model));
    TRY(model_make_flat(t->model));
    TRY(ranks_open(t));
    weight_slice slice = t->share ? share_own_slice(t->share)
                                  : slice_of_all(t->model->weight_count);
    TRY(optimizer_create_slice(&c->optimizer, t->model, c->frozen, &slice,
                               &t->optimizer));
    t->config.optimizer.groups = NULL; /* they were borrowed, and so */
    t->config.frozen = NULL;           /* were these names */
    if (c->profile) TRY(profile_create(t->model, &t->profile));
    TRY(create_windows(t, context_windows));
    TRY(trainer_create_states(t));

    /* what is kept from step to step */
    size_t B = t->state->config.B;
    TRY(history_init(&t->history, t->model, B, context_windows));
    size_t bytes = t->model->weight_count * sizeof *t->best;
    t->best = block_create(bytes);
    t->before = block_reserve(bytes);
    size_t classes = dataset_encoding(t->dataset)->class_count;
    if (classes) t->counts = calloc(classes, sizeof *t->counts);
    t->lengths = calloc(2 * B, sizeof *t->lengths);
    if (!t->best || !t->before || !t->lengths || (classes && !t->counts))
        return failure(ELMAN_NO_MEMORY, "no memory to train with");
    return ELMAN_OK;
}

elman_status trainer_create(elman_model *model, const elman_dataset *dataset,
                            const elman_trainer_config *config,
                            elman_trainer **trainer)
{
    elman_trainer *t = calloc(1, sizeof *t);
    if (!t) return failure(ELMAN_NO_MEMORY, "no memory for a trainer");

    t->model = model;
    t->dataset = dataset;
    t->config = *config;
    elman_status status = complete(model, dataset, &t->config);
    if (!status) status = schedule_check(&config->schedule);
    if (!status) status = create_parts(t);
    if (status) {
        trainer_destroy(t);
        return status;
    }

    /* until an evaluation the weights of the start are the best */
    memcpy(t->best, model_flat(model), model->weight_count * sizeof *t->best);
    t->progress.batches = windows_size(t->windows);
    t->progress.best_loss = t->progress.validation.loss = NAN;
    t->progress.train_loss = t->progress.mean_norm = NAN;
    t->progress.clipped = t->progress.update = NAN;
    t->telling = true;
    *trainer = t;
    return ELMAN_OK;
}

void trainer_destroy(elman_trainer *t)
{
    if (!t) return;
    (void)saving_end(t, true, NULL);
    ranks_close(t);

    optimizer_destroy(t->optimizer);
    windows_destroy(t->windows);
    windows_destroy(t->validation_windows);
    state_destroy(t->state);
    state_destroy(t->validation_state);
    row_losses_destroy(t->losses);
    profile_destroy(t->profile);
    block_destroy(t->best);
    block_destroy(t->before);
    free(t->counts);
    history_release(&t->history);
    free(t->lengths);
    free(t);
}

const elman_progress *trainer_progress(const elman_trainer *t)
{
    return &t->progress;
}

void trainer_take_best(elman_trainer *t)
{
    memcpy(model_flat(t->model), t->best,
           t->model->weight_count * sizeof *t->best);
    model_repack(t->model, 1);
}

const elman_profile *trainer_profile(const elman_trainer *t)
{
    return t->profile ? profile_read(t->profile) : NULL;
}
