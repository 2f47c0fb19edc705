/*
 * interval.h: what the steps between two evaluations have in common, as means
 * in the progress of a trainer. Sums are chains, so that a checkpoint can keep
 * them.
 */
#ifndef LEARN_INTERVAL_H
#define LEARN_INTERVAL_H

#include "model/model.h"

typedef struct interval {
    uint64_t steps, clipped;
    double loss, norm;
} interval;

/* Adds the step that progress tells of; limit is that of the norm, 0 none. */
void interval_add(interval *sums, const elman_progress *progress, double limit);

/* Ends it: the means go into progress, and the sums begin again. */
void interval_end(interval *sums, elman_progress *progress);

/* The median over the parameters of |change| / |weight| since before
 * (weight_count), which becomes the change. Parameters that were all 0 do not
 * count; NaN if all were. *ratio is not written without memory. */
elman_status update_ratio(const elman_model *model, float *before,
                          double *ratio);

#endif
