/*
 * errors.c: where a model is wrong on data, window by window. Loss, accuracy
 * and confusion are those of learn/evaluate.c, whose loop this is; what is
 * measured beyond them are plain sums in double over the answers in order:
 * sequence by sequence of a batch, step by step.
 */
#include "inspect/errors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/encoding.h"
#include "data/store.h"
#include "data/tokens.h"
#include "inspect/errors_parts.h"
#include "learn/loss.h"

static measuring_errors *measuring_of(elman_errors *errors)
{
    return (measuring_errors *)(void *)errors;
}

static bool has_classes(const measuring_errors *e)
{
    return e->config.loss.kind == ELMAN_LOSS_CROSS_ENTROPY;
}

/* ---- Mistakes ----------------------------------------------------------- */

/* NaN is the worst of all. */
static bool is_worse(double loss, double other)
{
    if (isnan(other)) return false;
    return isnan(loss) || loss > other;
}

void mistake_add(measuring_errors *e, const elman_mistake *mistake)
{
    size_t n = e->errors.mistake_count, at = n;
    while (at > 0 && is_worse(mistake->loss, e->mistakes[at - 1].loss))
        at--;
    if (at == MOST_MISTAKES) return;

    /* those that are less bad move down; the last may fall out */
    size_t last = n < MOST_MISTAKES ? n : MOST_MISTAKES - 1;
    memmove(e->mistakes + at + 1, e->mistakes + at,
            (last - at) * sizeof *e->mistakes);
    e->mistakes[at] = *mistake;
    e->errors.mistake_count = last + 1;
}

/* ---- Life --------------------------------------------------------------- */

/* The loss that a task has where nobody chose one. */
static elman_trainer_config usual_config(const elman_dataset *dataset)
{
    elman_task task = dataset_encoding(dataset)->task;
    bool classes = task == ELMAN_TASK_LANGUAGE || task == ELMAN_TASK_CLASSIFY ||
                   task == ELMAN_TASK_TAG;
    return (elman_trainer_config){.loss.kind = classes
                                                   ? ELMAN_LOSS_CROSS_ENTROPY
                                                   : ELMAN_LOSS_MEAN_SQUARED};
}

/* Into how many parts of how many steps the longest sequence is cut. */
static void plan_positions(measuring_errors *e)
{
    const elman_dataset *dataset = e->on.dataset;
    size_t longest = e->stream_steps;
    if (!longest && !e->on.model->info.per_sequence)
        longest = dataset_longest(dataset);
    if (longest == 0) return;

    size_t steps = (longest + MOST_POSITIONS - 1) / MOST_POSITIONS;
    e->errors.position_steps = steps;
    e->errors.positions = (longest + steps - 1) / steps;
    e->errors.position_loss = e->position_means;
}

static elman_status prepare(measuring_errors *e)
{
    evaluation *on = &e->on;
    TRY(evaluate_check(on->model, on->dataset, on->loss));
    if (dataset_size(on->dataset, on->part) == 0)
        return failure(ELMAN_BAD_VALUE, "that part of the data is empty");
    TRY(evaluation_open(on, &e->config, &e->all));
    TRY(windows_reset(e->all, 0, 0, 0));
    e->windows_count = windows_size(e->all);

    /* the streams of a text, as the windows cut it */
    e->errors.task = dataset_encoding(on->dataset)->task;
    elman_loader_config loading = {.part = on->part,
                                   .batch_size = e->config.batch_size
                                                     ? e->config.batch_size
                                                     : DEFAULT_BATCH,
                                   .steps = DEFAULT_STEPS};
    if (e->errors.task == ELMAN_TASK_LANGUAGE)
        e->stream_steps = loader_longest(on->dataset, &loading);
    plan_positions(e);
    return has_classes(e) ? error_classes_reserve(e) : error_values_reserve(e);
}

elman_status errors_begin(const elman_model *model,
                          const elman_dataset *dataset, elman_part part,
                          const elman_trainer_config *config,
                          elman_errors **errors)
{
    measuring_errors *e = calloc(1, sizeof *e);
    if (!e) return failure(ELMAN_NO_MEMORY, "no memory for errors");

    e->config = config ? *config : usual_config(dataset);
    e->on = (evaluation){.model = model,
                         .dataset = dataset,
                         .part = part,
                         .loss = &e->config.loss};
    e->errors.loss = e->errors.accuracy = e->errors.largest_share = NAN;
    e->errors.calibration_error = NAN;
    elman_status status = prepare(e);
    if (status) errors_end(&e->errors);
    else *errors = &e->errors;
    return status;
}

void errors_end(elman_errors *errors)
{
    if (!errors) return;
    measuring_errors *e = measuring_of(errors);
    evaluation_close(&e->on, e->all);
    error_classes_release(e);
    error_values_release(e);
    free(e);
}

/* ---- One window --------------------------------------------------------- */

/* What an answer weighs in the mean of the loss: values, each of them. */
static double weight_of(const measuring_errors *e, int32_t truth)
{
    const float *weights = e->config.loss.class_weights;
    if (!has_classes(e)) return (double)e->on.model->info.output_size;
    return weights ? (double)weights[truth] : 1;
}

static elman_status add_row(measuring_errors *e, const window *w, size_t b,
                            size_t t)
{
    size_t row = t * w->batch.B + b, O = e->on.model->info.output_size;
    int32_t truth = has_classes(e) ? w->target.classes[row] : -1;
    if (has_classes(e) && loss_ignores(&e->config.loss, truth)) return ELMAN_OK;

    double loss = e->on.losses->values[row], weight = weight_of(e, truth);
    answer_row at = {.id = w->batch.ids[b],
                     .step = e->before + t,
                     .row = row,
                     .loss = weight > 0 ? loss / weight : 0,
                     .y = state_output(e->on.model, e->on.state) + row * O};
    if (e->errors.positions) {
        weighted *mean = e->positions + at.step / e->errors.position_steps;
        mean->sum += loss;
        mean->weight += weight;
    }

    /* what only one of the two kinds of answer has */
    if (!has_classes(e))
        return error_values_add(e, &at, w->target.values + row * O);
    error_classes_add(e, &at, truth);
    return ELMAN_OK;
}

static elman_status add_window(measuring_errors *e, const window *w)
{
    bool one = e->on.model->info.per_sequence;
    if (w->begins) e->before = 0;
    for (size_t b = 0; b < w->batch.B; b++) {
        size_t T = one ? 1 : w->lengths ? w->lengths[b] : w->batch.T;
        for (size_t t = 0; t < T; t++)
            TRY(add_row(e, w, b, t));
    }
    e->before += w->batch.T;
    return ELMAN_OK;
}

/* ---- The end ------------------------------------------------------------ */

/* Reads the tokens that each mistake followed. */
static elman_status read_before(measuring_errors *e)
{
    text_reader reader = {0};
    elman_status status = ELMAN_OK;
    for (size_t i = 0; i < e->errors.mistake_count && !status; i++) {
        elman_mistake *m = &e->mistakes[i];
        status = tokens_read(e->on.dataset, e->on.part, &reader,
                             (size_t)m->id - m->before_count, m->before_count,
                             e->text[i]);
        m->before = e->text[i];
    }
    text_reader_clear(&reader);
    return status;
}

static elman_status finish(measuring_errors *e)
{
    elman_errors *errors = &e->errors;
    const elman_encoding *encoding = dataset_encoding(e->on.dataset);
    metric_sums sums = metric_tree_sum(&e->tree);
    elman_metrics m = metrics_read(&sums, &e->config.loss, encoding, NULL);
    errors->loss = m.loss;
    errors->accuracy = m.accuracy;
    errors->targets = m.targets;
    if (e->stream_steps) TRY(read_before(e));

    for (size_t k = 0; k < errors->positions; k++)
        e->position_means[k] = e->positions[k].sum / e->positions[k].weight;
    errors->mistakes = e->mistakes;
    if (has_classes(e)) error_classes_end(e);
    else error_values_end(e);
    errors->done = true;
    errors->progress = 1;
    return ELMAN_OK;
}

elman_status errors_step(elman_errors *errors)
{
    measuring_errors *e = measuring_of(errors);
    if (errors->done) return ELMAN_OK;

    window w;
    TRY(evaluate_next(&e->on, e->all, &e->tree, &w));
    if (!w.ended) {
        TRY(add_window(e, &w));
        e->windows_done++;
        errors->progress =
            (double)e->windows_done / (double)(e->windows_count + 1);
    }
    if (w.ended || e->windows_done == e->windows_count) return finish(e);
    return ELMAN_OK;
}
