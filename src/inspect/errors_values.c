/*
 * errors_values.c: answers that are values, in the units of the data: residuals
 * are truth less answer, and the naive ones those of repeating the last value.
 * The correlation is Pearson's, from means and products that are updated value
 * by value (Welford 1962), so that a large mean takes no digits.
 */
#include "inspect/errors_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/dataset.h"

elman_status error_values_reserve(measuring_errors *e)
{
    const elman_encoding *encoding = dataset_encoding(e->on.dataset);
    size_t O = e->on.model->info.output_size, shown = 0, bytes;
    size_t targets = encoding->target_count;
    bool fits = sizes_multiply(O, sizeof *e->residuals, 1, &bytes) &&
                sizes_multiply(MOST_SHOWN, targets, sizeof(double), &shown);
    e->errors.target_count = targets;
    e->errors.horizon = O / targets;

    /* sums, what they come to, and the answer at hand */
    if (fits) {
        e->residuals = calloc(O, sizeof *e->residuals);
        e->truth = calloc(3 * O, sizeof *e->truth);
        e->mean = calloc(3 * O, sizeof *e->mean);
        e->moments = calloc(targets, sizeof *e->moments);
        e->correlation = calloc(targets, sizeof *e->correlation);
        e->shown_truth = calloc(2, shown);
    }
    if (!e->residuals || !e->truth || !e->mean || !e->moments ||
        !e->correlation || !e->shown_truth)
        return failure(ELMAN_NO_MEMORY,
                       "no memory for the errors of %zu values", O);

    e->answer = e->truth + O;
    e->naive = e->answer + O;
    e->rms = e->mean + O;
    e->naive_rms = e->rms + O;
    e->shown_answer = e->shown_truth + MOST_SHOWN * targets;
    return ELMAN_OK;
}

void error_values_release(measuring_errors *e)
{
    truth_reader_clear(&e->reader);
    free(e->residuals);
    free(e->truth);
    free(e->mean);
    free(e->moments);
    free(e->correlation);
    free(e->shown_truth);
}

static void moments_add(moments *m, double answer, double truth)
{
    m->n++;
    double a = answer - m->a, t = truth - m->t;
    m->a += a / m->n;
    m->t += t / m->n;
    m->aa += a * (answer - m->a);
    m->tt += t * (truth - m->t);
    m->at += a * (truth - m->t);
}

/* Keeps the answer to be plotted, if there is room. */
static void show(measuring_errors *e)
{
    size_t targets = e->errors.target_count, n = e->errors.shown;
    if (n == MOST_SHOWN) return;
    for (size_t j = 0; j < targets; j++) {
        e->shown_truth[n * targets + j] = e->truth[j];
        e->shown_answer[n * targets + j] = e->answer[j];
    }
    e->errors.shown++;
}

/* The output that is farthest off, as the model sees it. */
static size_t worst_output(size_t O, const float *y, const float *target)
{
    size_t worst = 0;
    double most = -1;
    for (size_t k = 0; k < O; k++) {
        double off = fabs((double)y[k] - (double)target[k]);
        if (!(off > most)) continue;
        most = off;
        worst = k;
    }
    return worst;
}

elman_status error_values_add(measuring_errors *e, const answer_row *at,
                              const float *target)
{
    const elman_dataset *dataset = e->on.dataset;
    size_t O = e->on.model->info.output_size, targets = e->errors.target_count;
    bool forecast = e->errors.task == ELMAN_TASK_FORECAST;
    dataset_values(dataset, at->id, at->step, at->y, e->answer);
    TRY(truth_read(&e->reader, dataset, at->id, at->step, e->truth));
    if (forecast) dataset_repeat(dataset, at->id, 1, e->naive);
    show(e);

    for (size_t k = 0; k < O; k++) {
        double residual = e->truth[k] - e->answer[k];
        if (isnan(residual)) continue;
        residual_sums *sums = e->residuals + k;
        sums->count++;
        sums->sum += residual;
        sums->squares += residual * residual;
        moments_add(e->moments + k % targets, e->answer[k], e->truth[k]);

        double naive = e->truth[k] - e->naive[k];
        if (!forecast || isnan(naive)) continue;
        sums->naive_count++;
        sums->naive += naive * naive;
    }

    /* the step of a forecast is the one in the horizon */
    size_t worst = worst_output(O, at->y, target);
    size_t steps = dataset_encoding(dataset)->window;
    mistake_add(e, &(elman_mistake){.id = at->id,
                                    .step = forecast ? steps + worst / targets
                                                     : at->step,
                                    .loss = at->loss,
                                    .truth = -1,
                                    .answer = -1,
                                    .probability = NAN,
                                    .wanted = e->truth[worst],
                                    .given = e->answer[worst],
                                    .target = worst % targets});
    return ELMAN_OK;
}

void error_values_end(measuring_errors *e)
{
    elman_errors *errors = &e->errors;
    bool forecast = errors->task == ELMAN_TASK_FORECAST;
    for (size_t k = 0; k < e->on.model->info.output_size; k++) {
        const residual_sums *sums = e->residuals + k;
        e->mean[k] = sums->sum / (double)sums->count;
        e->rms[k] = sqrt(sums->squares / (double)sums->count);
        e->naive_rms[k] = sqrt(sums->naive / (double)sums->naive_count);
    }

    /* nothing that never changes is correlated with anything */
    for (size_t j = 0; j < errors->target_count; j++) {
        const moments *m = e->moments + j;
        bool changes = m->aa > 0 && m->tt > 0;
        e->correlation[j] = changes ? m->at / sqrt(m->aa) / sqrt(m->tt) : NAN;
    }

    errors->residual_mean = e->mean;
    errors->residual_rms = e->rms;
    errors->naive_rms = forecast ? e->naive_rms : NULL;
    errors->correlation = e->correlation;
    errors->truth = e->shown_truth;
    errors->answer = e->shown_answer;
}
