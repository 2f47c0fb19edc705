/*
 * lent.h: the arrays of a program as the numbers of a dataset, read where they
 * lie: nothing is copied or scaled before a batch is gathered. Of arrays that
 * are to be copied after all, the scaled inputs and the targets are kept.
 */
#ifndef DATA_LENT_H
#define DATA_LENT_H

#include "data/store.h"

/* The row of the lent arrays where sequence id begins. */
size_t lent_row(const elman_dataset *dataset, size_t id);

/* The training sequences as spans of those rows; the caller frees them. */
elman_status lent_spans(const elman_dataset *dataset, span **spans,
                        size_t *count);

/* A value of lent x, or the mean in its place. */
double lent_input(const elman_dataset *dataset, size_t row, size_t column);

/* Scales step t of sequence id to x (I); its target, or that of the sequence,
 * to values (targets). */
void lent_inputs(const elman_dataset *dataset, size_t id, size_t t, float *x);
void lent_targets(const elman_dataset *dataset, size_t id, size_t t,
                  float *values);

/* The same target as it is, (targets); NULL if there is none. */
const float *lent_truth(const elman_dataset *dataset, size_t id, size_t t);

/* Widens low and high by all known values of lent targets. */
void lent_range(const elman_dataset *dataset, double *low, double *high);

/* Checks that all that was lent can be scaled, and ends the loan unless the
 * arrays are borrowed for good. */
elman_status lent_settle(elman_dataset *dataset);

#endif
