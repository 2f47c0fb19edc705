/*
 * metrics.h: what a user wants to know of outputs and targets, summed over
 * batches. Sums are in double, in the order of the data.
 */
#ifndef LEARN_METRICS_H
#define LEARN_METRICS_H

#include "base/status.h"

/* The sums so far; it starts as {0}. */
typedef struct metric_sums {
    double loss, weight; /* of batches: mean x weight, weight; or sum */
    double right;
    double squared, absolute;
    double naive_squared, naive_absolute;
    uint64_t value_count;  /* outputs that have an error */
    uint64_t naive;        /* of these, those that have a naive forecast */
    uint64_t target_count; /* classes or rows that counted */
    uint64_t steps;
    double flops;
} metric_sums;

/* One batch and what came out of it. */
typedef struct outcome {
    const elman_loss_config *loss_config;
    const elman_encoding *encoding;
    const elman_batch *shape; /* T, B and lengths of y */
    size_t O;
    const float *y;       /* (T,B,O), for values */
    const uint32_t *best; /* (T,B) likeliest class, for classes */
    const elman_target *target;
    double loss, weight; /* of the batch: loss_forward, loss_weight */
    const float *naive;  /* (B,targets) last values seen, or NULL */
    uint64_t *confusion; /* (O,O) [true][predicted], or NULL */
} outcome;

void metrics_add(metric_sums *sums, const outcome *o);

/* Adds more to sums. */
void metrics_join(metric_sums *sums, const metric_sums *more);

/* The metrics of all that was added. */
elman_metrics metrics_read(const metric_sums *sums,
                           const elman_loss_config *config,
                           const elman_encoding *encoding);

#endif
