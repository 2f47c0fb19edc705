/* baseline.c: see baseline.h. */
#include "learn/baseline.h"

#include "data/encoding.h"
#include "data/store.h"
#include "data/tokens.h"
#include "data/truth.h"
#include "learn/metrics.h"

#include "base/real.h"

#include <math.h>
#include <stdlib.h>

/* The part that shares and means come from. */
static elman_part learned_part(const elman_dataset *d, elman_part part)
{
    return d->size[ELMAN_PART_TRAIN] ? ELMAN_PART_TRAIN : part;
}

/* ---- Classes and tokens -------------------------------------------------- */

/* Counts the classes of a part's targets; those of a text are all its tokens
 * but the first. */
static elman_status count_classes(const elman_dataset *d, elman_part part,
                                  uint64_t *counts)
{
    size_t n = d->size[part];
    if (d->encoding->task == ELMAN_TASK_LANGUAGE)
        return tokens_count(d, part, 1, counts);

    for (size_t i = 0; i < n && d->classes; i++) {
        size_t id = d->ids[part][i];
        const span *s = d->sequences + id;
        const int32_t *class = d->classes + (d->per_step ? s->first : id);
        for (size_t t = 0; t < (d->per_step ? s->length : 1); t++)
            if (class[t] >= 0) counts[class[t]]++;
    }
    return ELMAN_OK;
}

static elman_status read_classes(const elman_dataset *d, elman_part part,
                                 elman_baseline *b)
{
    bool is_text = d->encoding->task == ELMAN_TASK_LANGUAGE;
    size_t K = encoding_outputs(d->encoding);
    uint64_t *known = calloc(2 * K + 1, sizeof *known), *asked = known + K;
    if (!known) return failure(ELMAN_NO_MEMORY, "no memory for %zu classes", K);
    elman_status status = count_classes(d, learned_part(d, part), known);
    if (!status) status = count_classes(d, part, asked);
    if (status) {
        free(known);
        return status;
    }

    /* the largest that is known, and how much both parts hold */
    uint64_t all = 0, targets = 0;
    double nats = 0;
    for (size_t k = 0; k < K; k++) {
        all += known[k];
        targets += asked[k];
        if (known[k] > known[b->largest]) b->largest = k;
    }
    for (size_t k = 0; k < K; k++)
        nats -= (double)asked[k] *
                real_log((double)(known[k] + 1) / (double)(all + K));

    b->loss = nats / (double)targets;
    b->accuracy = (double)asked[b->largest] / (double)targets;
    if (is_text) b->vocabulary_bits = real_log((double)K) / ln_2;
    free(known);
    return ELMAN_OK;
}

/* ---- Values -------------------------------------------------------------- */

/* Errors of one way to answer. */
typedef struct error_sums {
    double squared, absolute;
    uint64_t count;
} error_sums;

static void add_error(error_sums *sums, double answer, double truth)
{
    double error = answer - truth;
    if (!isfinite(error)) return;
    sums->squared += error * error;
    sums->absolute += fabs(error);
    sums->count++;
}

static void read_errors(const error_sums *sums, double *mse, double *mae)
{
    if (sums->count == 0) return;
    *mse = sums->squared / (double)sums->count;
    *mae = sums->absolute / (double)sums->count;
}

/* How many steps of a sequence have targets of their own. */
static size_t target_steps(const elman_dataset *d, size_t id)
{
    bool steps = d->per_step && d->encoding->task != ELMAN_TASK_FORECAST;
    return steps ? d->sequences[id].length : 1;
}

/* Sums the truths of a part for each target; counts how many there are. */
static elman_status sum_targets(const elman_dataset *d, elman_part part,
                                truth_reader *reader, double *truth,
                                double *sums, uint64_t *counts)
{
    size_t outputs = encoding_outputs(d->encoding);
    size_t targets = d->encoding->target_count;
    for (size_t i = 0; i < d->size[part]; i++)
        for (size_t t = 0; t < target_steps(d, d->ids[part][i]); t++) {
            TRY(truth_read(reader, d, d->ids[part][i], t, truth));
            for (size_t k = 0; k < outputs; k++) {
                if (isnan(truth[k])) continue;
                sums[k % targets] += truth[k];
                counts[k % targets]++;
            }
        }
    return ELMAN_OK;
}

static void add_forecast(const elman_dataset *d, size_t id, const double *truth,
                         size_t rows, double *answer, error_sums *sums)
{
    dataset_repeat(d, id, rows, answer);
    for (size_t k = 0; k < encoding_outputs(d->encoding); k++)
        add_error(sums, answer[k], truth[k]);
}

/* What the values of a part are measured with. */
typedef struct value_walk {
    truth_reader reader;
    double *truth, *answer; /* (outputs) */
    double *mean;           /* (targets) of what is learned, */
    uint64_t *counts;       /* and of how many */
} value_walk;

static elman_status walk_open(const elman_dataset *d, value_walk *w)
{
    size_t outputs = encoding_outputs(d->encoding);
    size_t targets = d->encoding->target_count;
    w->truth = calloc(2 * outputs + targets + 1, sizeof *w->truth);
    w->counts = calloc(targets + 1, sizeof *w->counts);
    if (!w->truth || !w->counts)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu targets", targets);
    w->mean = w->truth + outputs;
    w->answer = w->mean + targets;
    return ELMAN_OK;
}

static void walk_close(value_walk *w)
{
    truth_reader_clear(&w->reader);
    free(w->truth);
    free(w->counts);
}

static elman_status walk_values(const elman_dataset *d, elman_part part,
                                value_walk *w, elman_baseline *b)
{
    bool forecast = d->encoding->task == ELMAN_TASK_FORECAST;
    size_t outputs = encoding_outputs(d->encoding);
    size_t targets = d->encoding->target_count;
    TRY(sum_targets(d, learned_part(d, part), &w->reader, w->truth, w->mean,
                    w->counts));
    for (size_t j = 0; j < targets; j++)
        w->mean[j] /= (double)w->counts[j];
    if (forecast) b->season = d->encoding->season;

    /* how far off each way to answer is */
    error_sums of_mean = {0}, naive = {0}, seasonal = {0};
    for (size_t i = 0; i < d->size[part]; i++) {
        size_t id = d->ids[part][i];
        for (size_t t = 0; t < target_steps(d, id); t++) {
            TRY(truth_read(&w->reader, d, id, t, w->truth));
            for (size_t k = 0; k < outputs; k++)
                add_error(&of_mean, w->mean[k % targets], w->truth[k]);
        }
        if (forecast) add_forecast(d, id, w->truth, 1, w->answer, &naive);
        if (forecast && b->season)
            add_forecast(d, id, w->truth, b->season, w->answer, &seasonal);
    }

    read_errors(&of_mean, &b->mean_mse, &b->mean_mae);
    read_errors(&naive, &b->naive_mse, &b->naive_mae);
    read_errors(&seasonal, &b->seasonal_mse, &b->seasonal_mae);
    return ELMAN_OK;
}

static elman_status read_values(const elman_dataset *d, elman_part part,
                                elman_baseline *b)
{
    value_walk walk = {0};
    elman_status status = walk_open(d, &walk);
    if (!status) status = walk_values(d, part, &walk, b);
    walk_close(&walk);
    return status;
}

/* ---- All of it ----------------------------------------------------------- */

elman_status baseline_check(const elman_dataset *d,
                            const elman_baseline_config *config)
{
    if ((unsigned)config->part >= PART_COUNT)
        return failure(ELMAN_BAD_VALUE, "part is %d, expected 0 to %d",
                       (int)config->part, (int)PART_COUNT - 1);
    if (d->size[config->part] == 0)
        return failure(ELMAN_BAD_VALUE, "the %s part of the data is empty",
                       part_name(config->part));
    if (!(config->warp >= 0 && config->warp <= 1))
        return failure(ELMAN_BAD_VALUE, "warp is %g, expected from 0 to 1",
                       config->warp);
    if (config->neighbour && d->encoding->task != ELMAN_TASK_CLASSIFY)
        return failure(ELMAN_BAD_VALUE, "neighbour is set, but the data has no "
                                        "class for each sequence");
    return ELMAN_OK;
}

elman_status baseline_shared(const elman_dataset *d,
                             const elman_baseline_config *config,
                             struct share *s, elman_baseline *baseline)
{
    elman_task task = d->encoding->task;
    bool classes = task == ELMAN_TASK_LANGUAGE || task == ELMAN_TASK_CLASSIFY ||
                   task == ELMAN_TASK_TAG;
    TRY(baseline_check(d, config));

    /* NaN stays where the task has nothing of the kind */
    elman_baseline b = {.accuracy = NAN,
                        .loss = NAN,
                        .vocabulary_bits = NAN,
                        .mean_mse = NAN,
                        .mean_mae = NAN,
                        .naive_mse = NAN,
                        .naive_mae = NAN,
                        .seasonal_mse = NAN,
                        .seasonal_mae = NAN,
                        .neighbour_accuracy = NAN};
    TRY(classes ? read_classes(d, config->part, &b)
                : read_values(d, config->part, &b));
    if (config->neighbour)
        TRY(neighbour_accuracy(d, config, s, &b.neighbour_accuracy));
    *baseline = b;
    return ELMAN_OK;
}

elman_status baseline_read(const elman_dataset *d,
                           const elman_baseline_config *config,
                           elman_baseline *baseline)
{
    return baseline_shared(d, config, NULL, baseline);
}
