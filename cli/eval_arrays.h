/*
 * eval_arrays.h: `elman eval` of a model that does not say how data becomes its
 * numbers, on arrays.
 */
#ifndef EVAL_ARRAYS_H
#define EVAL_ARRAYS_H

#include "arrays.h"

/* The words of --loss: "auto" and elman_loss_kind in its order. */
extern const char array_losses[];

typedef struct array_trial {
    const array_values *values;
    const char *x, *y; /* files; y is NULL if it was left out */
    int loss;          /* index in array_losses, 0 for auto */
    int threads;
} array_trial;

/* Returns 0 or an exit code after an error line. */
int eval_arrays(const network *net, const array_trial *trial);

#endif
