/*
 * errors_classes.c: answers that are classes or tokens. An answer's confidence
 * is its softmax probability; the expected calibration error is the sum over
 * ten equal bins of n_bin / n |accuracy - mean confidence| (Guo et al. 2017, On
 * calibration of modern neural networks).
 */
#include "inspect/errors_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/real.h"

elman_status error_classes_reserve(measuring_errors *e)
{
    size_t O = e->on.model->info.output_size, cells = 0;
    bool shown = e->errors.task != ELMAN_TASK_LANGUAGE || O <= MOST_CONFUSED;
    if (shown && sizes_multiply(O, O, sizeof *e->confusion, &cells))
        e->confusion = calloc(O * O, sizeof *e->confusion);

    e->there = calloc(O, sizeof *e->there);
    if ((shown && !e->confusion) || !e->there)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu classes", O);
    e->on.confusion = e->confusion;
    e->errors.confusion = e->confusion;
    e->errors.class_count = shown ? O : 0;
    return ELMAN_OK;
}

void error_classes_release(measuring_errors *e)
{
    free(e->confusion);
    free(e->there);
}

void error_classes_add(measuring_errors *e, const answer_row *at, int32_t truth)
{
    size_t O = e->on.model->info.output_size;
    size_t answer = e->on.losses->best[at->row];
    double lse = e->on.losses->job.k->softmax(O, at->y, NULL);
    double probability = real_exp((double)at->y[answer] - lse);
    e->there[truth]++;

    /* the bin of its probability; 1 is in the last one, NaN in the first */
    double place = probability * ELMAN_CALIBRATION_BINS;
    size_t bin = place >= 0 ? (size_t)place : 0;
    if (bin >= ELMAN_CALIBRATION_BINS) bin = ELMAN_CALIBRATION_BINS - 1;
    e->errors.calibration_counts[bin]++;
    e->bin_right[bin] += answer == (size_t)truth;
    e->bin_sum[bin] += probability;

    if (answer == (size_t)truth) return;
    elman_mistake mistake = {.id = at->id,
                             .step = at->step,
                             .loss = at->loss,
                             .truth = truth,
                             .answer = (int32_t)answer,
                             .probability = probability,
                             .wanted = NAN,
                             .given = NAN};

    /* a token by its number in the part, behind those that it follows */
    if (e->stream_steps) {
        size_t read = at->step + 1;
        mistake.id = at->id * e->stream_steps + read;
        mistake.before_count = read < MOST_BEFORE ? read : MOST_BEFORE;
    }
    mistake_add(e, &mistake);
}

void error_classes_end(measuring_errors *e)
{
    elman_errors *errors = &e->errors;
    double targets = (double)errors->targets, error = 0;
    for (size_t k = 0; k < ELMAN_CALIBRATION_BINS; k++) {
        double n = (double)errors->calibration_counts[k];
        double accuracy = (double)e->bin_right[k] / n;
        double confidence = e->bin_sum[k] / n;
        errors->calibration_accuracy[k] = accuracy;
        errors->calibration_confidence[k] = confidence;
        if (n > 0) error += n / targets * fabs(accuracy - confidence);
    }
    errors->calibration_error = targets > 0 ? error : NAN;

    uint64_t most = 0;
    for (size_t k = 0; k < e->on.model->info.output_size; k++)
        if (e->there[k] > most) most = e->there[k];
    errors->largest_share = (double)most / targets;
}
