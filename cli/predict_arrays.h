/*
 * predict_arrays.h: `elman predict` by a model that does not say how data
 * becomes its numbers.
 */
#ifndef PREDICT_ARRAYS_H
#define PREDICT_ARRAYS_H

#include "arrays.h"

typedef struct array_job {
    const array_values *values;
    const char *path;   /* of x, NULL or "-" for standard input */
    const char *output; /* of y, NULL: lines on standard output */
    int threads;
    bool stepped; /* one step at a time */
} array_job;

/* Returns 0 or an exit code after an error line. */
int predict_arrays(const network *net, const array_job *job);

#endif
