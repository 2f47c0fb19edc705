/*
 * metrics.h: what a user wants to know of outputs and targets, summed over
 * batches. Sums are in double and trees (base/tree.h): of a batch over its
 * blocks of sequences, of an evaluation over its batches. So machines that
 * share either can sum what is theirs.
 */
#ifndef LEARN_METRICS_H
#define LEARN_METRICS_H

#include "base/status.h"
#include "base/tree.h"
#include "data/dataset.h"

/* Of nats to bits. */
static const double ln_2 = 0.693147180559945309417232121458;

/* The sums so far; it starts as {0}. */
typedef struct metric_sums {
    double loss, weight; /* before reduction; what its mean divides by */
    double right;
    double squared, absolute;
    double naive_squared, naive_absolute;
    double seasonal_squared, seasonal_absolute;
    uint64_t value_count;  /* outputs that have an error */
    uint64_t naive;        /* of these, those that have a naive forecast */
    uint64_t seasonal;     /* ... a seasonal naive one */
    uint64_t target_count; /* classes or rows that counted */
    uint64_t steps;
    double flops;
} metric_sums;

/* How often a class was right, was there, and was taken: three counts. */
typedef struct class_count {
    uint64_t right, there, taken;
} class_count;
enum { CLASS_COUNTS = sizeof(class_count) / sizeof(uint64_t) };

/* One batch and what came out of it. */
typedef struct outcome {
    const elman_loss_config *loss_config;
    const elman_encoding *encoding;
    const elman_batch *shape; /* T, B and lengths of y */
    size_t O;
    const float *y;       /* (T,B,O), for values */
    const uint32_t *best; /* (T,B) likeliest class, for classes */
    const elman_target *target;
    double loss, weight; /* of the batch: loss_sum_rows, loss_weight */
    const float *naive;  /* (B,targets) last values seen, or NULL */

    /* a forecast with a transform or a season, else NULL */
    const elman_dataset *dataset;
    const uint64_t *ids; /* (B) */
    double *room;        /* (3,O) to work in */
    uint64_t *confusion; /* (O,O) [true][predicted], or NULL */
    class_count *counts; /* (O), or NULL */
} outcome;

/* Adds the sums of a batch. By leaves: writes accuracy and errors of each, to
 * which a loss and a weight belong that are not in the outcome. */
void metrics_add(metric_sums *sums, const outcome *o);
void metrics_list_leaves(const outcome *o, metric_sums *leaves);

/* Adds what all leaves of a batch come to, each with its loss and weight. */
void metrics_add_leaves(metric_sums *sums, const elman_loss_config *config,
                        const metric_sums *leaves, size_t count);

/* Adds more to sums. */
void metrics_join(metric_sums *sums, const metric_sums *more);

/* A tree of sums, as double_tree of base/tree.h is one of numbers. */
typedef struct metric_tree {
    uint64_t count; /* leaves so far */
    metric_sums level[TREE_LEVELS];
} metric_tree;

void metric_tree_add(metric_tree *tree, const metric_sums *leaf);
metric_sums metric_tree_sum(const metric_tree *tree);

/* The metrics of all that was added; counts (class_count) may be NULL. */
elman_metrics metrics_read(const metric_sums *sums,
                           const elman_loss_config *config,
                           const elman_encoding *encoding,
                           const class_count *counts);

#endif
