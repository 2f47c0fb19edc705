/*
 * score.h: the loss of a batch, its gradient and the likeliest classes, taken
 * of each row of the output on the thread that makes it, while the row stands
 * in the cache (row_sink of layer/layer.h): no second sweep over a large
 * vocabulary. Rows that no layer gave are taken afterwards, on as many threads.
 * Either way gives the bits of loss_forward.
 */
#ifndef LEARN_SCORE_H
#define LEARN_SCORE_H

#include <stdatomic.h>

#include "layer/layer.h"
#include "learn/loss.h"

typedef struct score {
    size_t capacity; /* rows there is room for */
    double *losses;  /* of each row of the output, before reduction */
    uint32_t *best;  /* its first likeliest class */
    size_t past;     /* rows before the first one that has a target */
    loss_job job;    /* of the rows after those */
    row_sink sink;

    bool timed;                /* someone wants to know: */
    atomic_ullong nanoseconds; /* of all threads in the sink, since begin */
    double seconds;            /* of the loss, for a profile to take */
} score;

/* Makes room for so many rows. */
elman_status score_create(size_t rows, score **score);
void score_destroy(score *score);

/* Makes ready for a pass of past rows without a target and those of shape
 * after them: checks as loss_weight does. config, shape and target must stay
 * until score_end. */
elman_status score_begin(score *score, const elman_loss_config *config,
                         const elman_batch *shape, size_t O,
                         const elman_target *target, size_t past);

/* After the pass: takes the rows of y (past rows, then shape's, of O) that the
 * sink was not given, and returns the loss. dy, unless NULL, has the gradient
 * then, 0 for the past. */
double score_end(score *score, int threads, const float *y, float *dy);

#endif
