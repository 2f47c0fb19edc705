/*
 * trainer_step.c: one optimizer step after another: a window forward and back,
 * the update, and an evaluation where one is due.
 */
#include "learn/trainer.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "learn/carried.h"
#include "learn/model_update.h"
#include "learn/ranks.h"
#include "learn/schedule.h"
#include "share/share.h"

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
                        .share = t->share,
                        .stop = part == ELMAN_PART_TRAIN ? NULL : &t->stop};
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

/* What is known at the end of a step that an evaluation is due after. */
static elman_status begin_evaluation(elman_trainer *t)
{
    interval_end(&t->interval, &t->progress);
    TRY(update_ratio(t->model, t->before, &t->progress.update));
    t->due = true;
    return ELMAN_OK;
}

/* The evaluation itself, after which the step is over. */
static elman_status end_evaluation(elman_trainer *t)
{
    elman_progress *p = &t->progress;
    TRY(validate(t, &p->validation));
    t->due = false;

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
    p->done = !t->due &&
              ((c->steps && p->step >= c->steps) ||
               (c->epochs && p->epoch >= c->epochs) || (impatient && waited));
}

/* One window, forward to update, and where training stands then. */
static elman_status run_step(elman_trainer *t)
{
    window w;
    metric_sums sums = {0};
    profile_mark(t->profile);
    TRY(next_window(t, &w));
    profile_lap(t->profile, PROFILE_DATA);
    bool over = is_last_window(t), due = evaluation_due(t, over);
    if (due)
        memcpy(t->before, model_flat(t->model),
               t->model->weight_count * sizeof *t->before);
    TRY(run_window(t, &w, &sums));

    /* what it gave */
    t->progress.last = metrics_read(&sums, &t->config.loss,
                                    dataset_encoding(t->dataset), NULL);
    metrics_join(&t->since, &sums);
    count_step(t, over);
    return due ? begin_evaluation(t) : ELMAN_OK;
}

/* A step, unless the one before has its evaluation still to come. */
static elman_status step(elman_trainer *t)
{
    t->progress.evaluated = t->progress.best = false;
    t->bad = (bad_step){0};
    if (!t->due) TRY(run_step(t));
    profile_mark(t->profile);
    if (t->due) TRY(end_evaluation(t));
    profile_lap(t->profile, PROFILE_EVALUATION);
    trainer_check_limits(t);
    return ELMAN_OK;
}

void trainer_stop(elman_trainer *t, bool stop) { atomic_store(&t->stop, stop); }

elman_status trainer_step(elman_trainer *t)
{
    elman_status status = ranks_tell(t, RANKS_STEP);
    if (!status) status = trainer_take_step(t);
    return ranks_answered(t, status);
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
