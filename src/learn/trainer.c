/* trainer.c: one optimizer step after another. */
#include "learn/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/tree.h"
#include "learn/carried.h"
#include "learn/model_update.h"
#include "learn/ranks.h"
#include "learn/saving.h"
#include "learn/schedule.h"
#include "share/share.h"

/* ---- Life --------------------------------------------------------------- */

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

/* A state for training windows, one for validation windows, if there are any,
 * and losses for the rows of either. */
static elman_status create_states(elman_trainer *t)
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

static elman_status create_parts(elman_trainer *t)
{
    const elman_trainer_config *c = &t->config;
    size_t context_windows = c->k2 > c->k1 ? c->k2 / c->k1 - 1 : 0;
    if (dataset_size(t->dataset, ELMAN_PART_TRAIN) == 0)
        return failure(ELMAN_BAD_VALUE, "there is no data to train on");

    TRY(model_check_own(t->model));
    TRY(model_make_flat(t->model));
    TRY(ranks_open(t));
    stretch slice = {0, t->model->weight_count};
    if (t->share) slice = share_own_slice(t->share);
    TRY(optimizer_create_slice(&c->optimizer, t->model, c->frozen, slice,
                               &t->optimizer));
    t->config.optimizer.groups = NULL; /* they were borrowed, and so */
    t->config.frozen = NULL;           /* were these names */
    if (c->profile) TRY(profile_create(t->model, &t->profile));
    TRY(create_windows(t, context_windows));
    TRY(create_states(t));

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

/* ---- One step ----------------------------------------------------------- */

/* Counts the steps of the forward just run. */
static void count_work(const elman_trainer *t, const window *w, bool backward)
{
    const elman_batch *in = &w->batch;
    uint64_t steps = 0;
    if (!t->profile || in->B == 0) return;
    for (size_t b = 0; b < in->B; b++)
        steps += in->lengths ? in->lengths[b] : in->T;
    t->profile->forward_steps += steps;
    if (backward) t->profile->backward_steps += steps;
}

/* How windows of training or of validation data run. */
static evaluation evaluation_of(const elman_trainer *t, elman_part part)
{
    return (evaluation){.model = t->model,
                        .state = part == ELMAN_PART_TRAIN ? t->state
                                                          : t->validation_state,
                        .dataset = t->dataset,
                        .part = part,
                        .loss = &t->config.loss,
                        .losses = t->losses,
                        .share = t->share};
}

/* With k2 < k1: runs the first steps of a window, through which no gradient
 * flows; their loss counts in the sums. rest becomes the last k2 steps, or all
 * of a window that has no more. */
static elman_status run_lead(elman_trainer *t, const window *w, window *rest,
                             metric_sums *sums)
{
    *rest = *w;
    size_t T = w->batch.T, k2 = t->config.k2;
    if (k2 >= t->config.k1 || T <= k2) return ELMAN_OK;

    /* cut it in two */
    size_t lead = T - k2;
    window first = windows_slice(t->windows, w, 0, lead, t->lengths);
    *rest = windows_slice(t->windows, w, lead, T, t->lengths + w->batch.B);

    /* the first part goes forward only */
    double loss;
    evaluation on = evaluation_of(t, ELMAN_PART_TRAIN);
    TRY(evaluate_window(&on, &first, sums, &loss));
    count_work(t, &first, false);
    return ELMAN_OK;
}

finite_pass trainer_pass(const elman_trainer *t)
{
    return (finite_pass){.model = t->model,
                         .state = t->state,
                         .targets = t->bad.targets,
                         .losses = t->losses->values,
                         .context = t->losses->context};
}

static elman_status not_finite(elman_trainer *t, const char *what, double value)
{
    const elman_optimizer_config *o = optimizer_config(t->optimizer);
    t->bad.what = what;
    t->bad.value = value;
    if (t->share)
        return failure(ELMAN_NOT_FINITE,
                       "the %s is %g at step %llu of epoch %llu on all ranks: "
                       "the same run in one process says where that began",
                       what, value, (unsigned long long)t->progress.step,
                       (unsigned long long)t->progress.epoch);
    finite_where where = {t->progress.epoch, t->progress.step, what, value,
                          o->learning_rate,  o->clip_norm > 0};
    finite_pass left = trainer_pass(t);
    return finite_trace(&left, &where);
}

/* Before a window that all ranks have so many sequences of. */
static elman_status begin_gradients(elman_trainer *t, size_t whole)
{
    if (t->share) return ranks_begin(t, whole);
    gradients_zero(t->state);
    return ELMAN_OK;
}

/* Clips the gradients in the state and moves the weights by them. */
static elman_status run_update(elman_trainer *t)
{
    elman_progress *p = &t->progress;
    double norm, base = optimizer_config(t->optimizer)->learning_rate;
    double rate = schedule_rate(&t->config.schedule, &t->schedule, base);

    profile_mark(t->profile);
    elman_status status = t->share
                              ? ranks_update(t, rate, &norm)
                              : model_update(t->optimizer, t->model, t->state,
                                             rate, &norm, t->profile);

    /* nothing has moved: find where it began */
    if (status == ELMAN_NOT_FINITE && t->share)
        return not_finite(t, "gradient's norm", NAN);
    if (status == ELMAN_NOT_FINITE) {
        const float *gradients = gradients_join(t->state);
        norm = sqrt(
            kernels_here()->sum_squares(t->model->weight_count, gradients));
        return not_finite(t, "gradient", norm);
    }
    TRY(status);

    profile_lap(t->profile, PROFILE_REPACK);
    p->learning_rate = rate;
    p->norm = norm;
    recent_add(&t->recent, norm);
    return ELMAN_OK;
}

static elman_status run_window(elman_trainer *t, window *w, metric_sums *sums)
{
    /* the memory before the window, or before its context */
    if (w->begins || t->config.fresh_state) {
        state_reset(t->model, t->state);
        carried_clear(t, w->batch.B);
        history_clear(&t->history);
    }
    history_push(&t->history, t->state);
    history_restore(&t->history, w->context_windows, t->state);

    /* forward */
    window rest;
    w->batch.draw = t->progress.step + 1;
    TRY(run_lead(t, w, &rest, sums));
    double loss, before = sums->weight;
    evaluation on = evaluation_of(t, ELMAN_PART_TRAIN);
    on.backward = true;
    TRY(begin_gradients(t, w->whole));
    TRY(evaluate_window(&on, &rest, sums, &loss));
    t->bad.targets = rest.target.values;
    count_work(t, &rest, true);
    if (!isfinite(loss) && sums->weight > before)
        return not_finite(t, "loss", loss);

    /* backward, unless that was by segments, and update */
    bool back = t->state->segments.plan.L && !t->model->info.per_sequence;
    if (!back && w->batch.B)
        TRY(model_backward(t->model, t->state, NULL, NULL));
    return run_update(t);
}

/* ---- Evaluation --------------------------------------------------------- */

/* The metrics of the validation data; without any, of what training has seen
 * since the last time. */
static elman_status validate(elman_trainer *t, elman_metrics *metrics)
{
    metric_sums sums = t->since;
    const elman_encoding *e = dataset_encoding(t->dataset);
    class_count *counts = t->validation_windows ? t->counts : NULL;
    if (counts) memset(counts, 0, e->class_count * sizeof *counts);
    if (t->validation_windows) {
        sums = (metric_sums){0};
        evaluation on = evaluation_of(t, ELMAN_PART_VALIDATION);
        on.counts = counts;
        TRY(evaluate_all(&on, t->validation_windows, &sums));
        if (counts && t->share)
            TRY(share_add_counts(t->share, &counts->right,
                                 CLASS_COUNTS * e->class_count));
        sums.flops = model_flops(t->model, sums.steps, false);
    }

    *metrics = metrics_read(&sums, &t->config.loss, e, counts);
    t->since = (metric_sums){0};
    return ELMAN_OK;
}

static elman_status evaluate_now(elman_trainer *t)
{
    elman_progress *p = &t->progress;
    interval_end(&t->interval, p);
    TRY(update_ratio(t->model, t->before, &p->update));
    TRY(validate(t, &p->validation));

    /* NaN is never the best, and anything is better than none; a training loss
     * decides nothing, so that the last weights are the best */
    double loss = p->validation.loss;
    p->evaluated = true;
    p->best =
        isfinite(loss) && (!t->validation_windows || !(loss >= p->best_loss));
    schedule_seen(&t->config.schedule, &t->schedule, loss);

    t->waited++;
    if (p->best) {
        p->best_loss = loss;
        p->best_step = p->step;
        t->waited = 0;
        memcpy(t->best, model_flat(t->model),
               t->model->weight_count * sizeof *t->best);
    }
    return ELMAN_OK;
}

/* The next window, of the next epoch if this one is over. */
static elman_status next_window(elman_trainer *t, window *w)
{
    TRY(windows_read(t->windows, w));
    if (!w->ended) return ELMAN_OK;
    return windows_read(t->windows, w);
}

/* Whether the window just read is the epoch's last. */
static bool is_last_window(const elman_trainer *t)
{
    uint64_t batch, step;
    windows_position(t->windows, &batch, &step);
    return step == 0 && batch == t->progress.batches;
}

/* Whether the step in progress, the epoch's last or not, ends with an
 * evaluation. */
static bool evaluation_due(const elman_trainer *t, bool last)
{
    uint64_t every = t->config.evaluate_every;
    return every ? (t->progress.step + 1) % every == 0 : last;
}

/* Counts the step just done; over: it was the last of the epoch. */
static void count_step(elman_trainer *t, bool over)
{
    elman_progress *p = &t->progress;
    uint64_t step;
    interval_add(&t->interval, p, optimizer_config(t->optimizer)->clip_norm);
    windows_position(t->windows, &p->batch, &step);
    p->step++;
    t->schedule.step++;
    if (!over) return;

    p->epoch++;
    p->batch = 0;
    t->schedule.epoch++;
}

void trainer_check_limits(elman_trainer *t)
{
    const elman_trainer_config *c = &t->config;
    elman_progress *p = &t->progress;

    /* patience ends when both of its limits are reached */
    bool impatient =
        t->validation_windows && (c->patience || c->patience_steps);
    bool waited =
        t->waited >= c->patience && p->step - p->best_step >= c->patience_steps;
    p->done = (c->steps && p->step >= c->steps) ||
              (c->epochs && p->epoch >= c->epochs) || (impatient && waited);
}

static elman_status step(elman_trainer *t)
{
    elman_progress *p = &t->progress;
    window w;
    metric_sums sums = {0};
    p->evaluated = p->best = false;
    t->bad = (bad_step){0};

    /* one window, forward to update */
    profile_mark(t->profile);
    TRY(next_window(t, &w));
    profile_lap(t->profile, PROFILE_DATA);
    bool over = is_last_window(t), due = evaluation_due(t, over);
    if (due)
        memcpy(t->before, model_flat(t->model),
               t->model->weight_count * sizeof *t->before);
    TRY(run_window(t, &w, &sums));

    /* what it gave, and where training stands */
    p->last = metrics_read(&sums, &t->config.loss, dataset_encoding(t->dataset),
                           NULL);
    metrics_join(&t->since, &sums);
    count_step(t, over);

    /* evaluation, if it is due */
    profile_mark(t->profile);
    if (due) TRY(evaluate_now(t));
    profile_lap(t->profile, PROFILE_EVALUATION);
    trainer_check_limits(t);
    return ELMAN_OK;
}

elman_status trainer_step(elman_trainer *t)
{
    elman_status status = ranks_tell(t, RANKS_STEP);
    if (!status) status = trainer_take_step(t);
    if (status) t->telling = false;
    return status;
}

elman_status trainer_take_step(elman_trainer *t)
{
    double begin = clock_seconds();
    profile_start(t->profile);
    elman_status status = step(t);
    profile_stop(t->profile, t->losses);
    t->progress.seconds += clock_seconds() - begin;
    return status;
}

const elman_profile *trainer_profile(const elman_trainer *t)
{
    return t->profile ? profile_read(t->profile) : NULL;
}
