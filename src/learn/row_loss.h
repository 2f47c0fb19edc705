/*
 * row_loss.h: the loss of a batch, its gradient and the likeliest classes,
 * taken of each row of the output on the thread that makes it, while the row is
 * still in the cache (row_sink of layer/layer.h): no second sweep over a large
 * vocabulary. Rows that no layer handed over are taken afterwards, on as many
 * threads. The bits are those of loss_forward in both cases.
 */
#ifndef LEARN_ROW_LOSS_H
#define LEARN_ROW_LOSS_H

#include <stdatomic.h>

#include "layer/layer.h"
#include "learn/loss.h"

typedef struct row_losses {
    size_t capacity;  /* rows there is room for */
    double *values;   /* the loss of each row of the output, before reduction */
    uint32_t *best;   /* its first likeliest class */
    size_t context;   /* rows before the first one that has a target */
    float *y;         /* (capacity,O) room for outputs that no state keeps, or
                         NULL: none need to be */
    float *part;      /* (.,O) room for those of some steps, or NULL */
    size_t part_rows; /* of it */
    size_t bytes;     /* of all of this, as row_losses_bytes has it */
    const float *out; /* the outputs of the last pass: of its rows, or NULL */
    loss_job job;     /* of the rows after those */
    elman_loss_config config; /* that of job */
    double sum;               /* of their losses, since row_losses_end */
    row_sink sink;

    bool timed;                /* whether to measure the two below */
    atomic_ullong nanoseconds; /* of all threads in the sink, since begin */
    double seconds;            /* of the loss, for a profile to take */
} row_losses;

/* Makes room for that many rows. */
elman_status row_losses_create(size_t rows, row_losses **losses);
void row_losses_destroy(row_losses *losses);

/* Prepares for a pass of context rows without a target, followed by those of
 * shape: checks as loss_weight does. shape and target must stay until
 * row_losses_end.
 */
elman_status row_losses_begin(row_losses *losses,
                              const elman_loss_config *config,
                              const elman_batch *shape, size_t O,
                              const elman_target *target, size_t context);

/* Makes room for outputs of O numbers: of all rows, if all, and of some steps
 * at a time, part rows of them; and what so many rows take with these, SIZE_MAX
 * for more than there can be. */
elman_status row_losses_keep(row_losses *losses, size_t O, bool all,
                             size_t part);
size_t row_losses_bytes(size_t rows, size_t O, bool all, size_t part);

/* Takes the rows from first on, of which y (count,O) and dy, or NULL, are; and
 * the loss of a pass whose rows were all taken in that way. */
void row_losses_take(row_losses *losses, int threads, size_t first,
                     size_t count, const float *y, float *dy);
double row_losses_close(row_losses *losses);

/* After the pass: takes the rows of y (context rows, then shape's, of O) that
 * the sink was not given, and returns the loss. dy, unless NULL, then holds the
 * gradient, 0 for the context. */
double row_losses_end(row_losses *losses, int threads, const float *y,
                      float *dy);

#endif
