/*
 * loss.h: how far outputs are from targets, and the gradient of that. A row is
 * one step of one sequence, O outputs. Rows that do not count are those past
 * their sequence's end and those of an ignored class.
 */
#ifndef LEARN_LOSS_H
#define LEARN_LOSS_H

#include "base/status.h"
#include "kernel/kernel.h"

/* Whether config makes sense for O outputs; one sentence if not. */
elman_status loss_check(const elman_loss_config *config, size_t O);

/* Whether a class target does not count: -100, or config's ignore_index. */
bool loss_ignores(const elman_loss_config *config, int32_t target);

/* elman_loss_forward of elman.h. y and dy are (T,B,O), or (B,O) with T = 1;
 * dy may be NULL. Never allocates.
 *
 * Each row's gradient depends on its own numbers and on the divisor alone; the
 * loss is a tree of blocks of sequences (base/tree.h), and so is the weight. So
 * neither depends on threads, nor on padding. If no row counts the mean is NaN
 * and the gradient 0: PyTorch's nll_loss skips ignored rows in its backward as
 * well. If rows count but all their class weights are 0, both give NaN, 0/0. */
elman_status loss_forward(const elman_loss_config *config,
                          const elman_batch *shape, size_t O, const float *y,
                          const elman_target *target, double *loss, float *dy);

/* The rows of a pass: shape (T, B, lengths) says which. */
typedef struct loss_rows {
    const elman_batch *shape;
    size_t O;
    const float *y;      /* (T,B,O) */
    float *dy;           /* the same, or NULL */
    bool batch_first;    /* targets are (B,T) or (B,T,O) */
    bool dy_batch_first; /* dy is (B,T,O) */
    bool keeps_y;        /* y is read later: dy may not be y */

    /* which rows t * B + b count, ascending; NULL: those that lengths say */
    const uint32_t *counting;
    size_t counting_count;
    size_t steps; /* what a length may be, where T is 1 for one vector
                     per sequence, or those of a repeat; 0: T */
    bool whole;   /* a sequence with any step has all T rows */
} loss_rows;

/* Whether rows and target can be those of config, whose arrays do not overlap.
 */
elman_status loss_check_rows(const elman_loss_config *config,
                             const loss_rows *rows, const elman_target *target);

/* elman_loss_weight of elman.h. Also checks everything that loss_forward does,
 * the range of each class included. */
elman_status loss_weight(const elman_loss_config *config, const loss_rows *rows,
                         const elman_target *target, double *weight);

/* The same by leaves (deal_leaf_count): what each adds to the weight. */
elman_status loss_leaf_weights(const elman_loss_config *config,
                               const loss_rows *rows,
                               const elman_target *target, double *weights);

/* loss_forward of such rows; and elman_loss_sum_forward and elman_loss_sum_read
 * of elman.h. */
elman_status loss_take(const elman_loss_config *config, const loss_rows *rows,
                       const elman_target *target, double *loss);
elman_status loss_sum_take(const elman_loss_config *config,
                           const loss_rows *rows, const elman_target *target,
                           elman_loss_sum *sum);
double loss_sum_read(const elman_loss_sum *sum);

/* The loss of one batch, ready to be taken row by row, in any order and on any
 * thread, with the bits of loss_forward. It points to what it was made of. */
typedef struct loss_job {
    const elman_loss_config *config;
    const elman_batch *shape;
    size_t O;
    bool batch_first;         /* of the target */
    const uint32_t *counting; /* as in loss_rows */
    size_t counting_count;
    bool whole;
    const elman_target *target;
    const kernels *k;
    double weight;           /* loss_weight */
    double divisor;          /* config's, or the weight; 1 for the sum */
    double scale;            /* of every gradient: 1 / divisor */
    double class_weight_sum; /* of all classes, where labels are smoothed */
    double delta;            /* Huber */
} loss_job;

/* Checks as loss_weight does and fills job. */
elman_status loss_begin(const elman_loss_config *config,
                        const elman_batch *shape, size_t O,
                        const elman_target *target, loss_job *job);
elman_status loss_begin_rows(const elman_loss_config *config,
                             const loss_rows *rows, const elman_target *target,
                             loss_job *job);

/* The loss of row t * B + b before reduction, from y (O); dy (O), unless NULL,
 * gets its gradient. best gets the first of the likeliest classes, or 0 where
 * there are no classes. A row that does not count has loss 0 and gradient 0. */
double loss_row(const loss_job *job, size_t row, const float *y, float *dy,
                uint32_t *best);

/* The sum of the batch's losses from those of all its rows (T,B). Divided by
 * job's divisor it is the loss of loss_forward. By leaves: what each adds. */
double loss_sum_rows(const loss_job *job, const double *rows);
void loss_leaf_sums(const loss_job *job, const double *rows, double *sums);

#endif
