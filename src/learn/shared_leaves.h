/*
 * shared_leaves.h: the leaves of a window's losses where several ranks have
 * some of its sequences each: weights and sums of all of them come to all, who
 * join them in order.
 */
#ifndef LEARN_SHARED_LEAVES_H
#define LEARN_SHARED_LEAVES_H

#include "learn/evaluate.h"
#include "learn/metrics.h"
#include "share/share.h"

typedef struct shared_leaves {
    stretch own; /* this rank's */
    size_t count;
    double *told;      /* (1 + count) what rank 0 says to all, and then */
    double *values;    /* (count) of one thing */
    metric_sums *sums; /* (count) */
} shared_leaves;

/* The weight of all ranks' rows becomes the divisor of this rank's losses,
 * whose batch is shape. ELMAN_STOPPED on all of them if the evaluation is to be
 * left, as rank 0 says. release frees what there is, also after a failure. */
elman_status shared_leaves_open(const evaluation *on, const window *w,
                                const elman_batch *shape,
                                elman_loss_config *config, shared_leaves *all);
void shared_leaves_release(shared_leaves *all);

/* Fills in the sums of this rank's leaves; returns the first of them. */
metric_sums *shared_leaves_fill(const shared_leaves *all,
                                const row_losses *losses, const outcome *o);

/* Adds the sums of all ranks' leaves. */
elman_status shared_leaves_close(const evaluation *on, const shared_leaves *all,
                                 double divisor, metric_sums *sums,
                                 double *loss);

#endif
