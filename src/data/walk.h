/*
 * walk.h: rows of numbers in order, some at a time and as double, wherever they
 * are: raw in memory, lent by a program, or in the files of cases.
 */
#ifndef DATA_WALK_H
#define DATA_WALK_H

#include "data/case_file.h"

/* Rows of one array of a dataset. */
typedef struct row_walk {
    const elman_dataset *dataset;
    const double *raw;  /* (rows,columns), */
    const float *lent;  /* or these, */
    const double *fill; /* (columns) with this in place of a NaN, or NULL; */
    size_t columns;     /* or neither: the inputs of cases in files */
    bool targets;       /* or their targets */
    const span *spans;  /* (count) of rows, or of cases in files */
    size_t count;
    size_t at, done; /* the span, and what was read of it */
    case_reader reader;
} row_walk;

/* The walk over the inputs of all training sequences; spans are the caller's to
 * free, and so is the reader to clear. */
elman_status walk_training(const elman_dataset *dataset, row_walk *walk,
                           span **spans);

/* The next rows (count,columns), which are good until the next call; count 0:
 * the end. */
elman_status walk_next(row_walk *walk, const double **rows, size_t *count);

/* Back to the first row. */
void walk_again(row_walk *walk);

#endif
