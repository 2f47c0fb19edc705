/*
 * array.h: x (N,T,I) or (N,T) and its y, from .npy files or one .npz:
 *
 *   y whole numbers (N), few of them       a class per sequence
 *   y (N,K), in each row one 1 and zeros   the same, one-hot
 *   y whole numbers (N,T), few of them     a class per step, -100 for none
 *   y (N,T,K) one-hot                      the same
 *   y numbers (N), (N,O), O not T          values per sequence
 *   y numbers (N,T), (N,T,O)               values per step
 *
 * NaN past the end of a row of x makes the sequence shorter. x can be (N,I,T).
 */
#ifndef DATA_ARRAY_H
#define DATA_ARRAY_H

#include "data/case_file.h"

#include "format/file.h"
#include "format/tensor.h"

/* Where the numbers of an array stay, from begin on; file NULL: they are in
 * memory. */
typedef struct array_place {
    const file_reader *file;
    size_t begin;
} array_place;

/* The numbers of y, some at a time, from memory or its file. */
enum { PAGE_NUMBERS = 4096 };
typedef struct target_page {
    size_t first, count;
    double values[PAGE_NUMBERS];
    elman_status status; /* of its file; then all that follows is 0 */
    failure_text said;
} target_page;

/* x and y, and the sizes in their shapes. */
typedef struct pair {
    const named_tensor *x, *y; /* y: NULL where the answers are not known */
    array_place x_at, y_at;
    target_page *page; /* of y, while it is settled and read first */
    size_t N, T, I;
    bool channels_first; /* x is (N,I,T) */
    bool one_hot;        /* y says a class by where its 1 is */
    size_t O;            /* values of a target, or columns of one-hot rows */
} pair;

/* Reads count numbers from first on, row-major, into values. */
elman_status array_numbers(const named_tensor *array, const array_place *at,
                           size_t first, size_t count, case_reader *reader,
                           double *values);

/* Settles the task by y, where the config leaves it open, and checks that y has
 * its shape. */
elman_status target_settle(elman_dataset *dataset, pair *p);

/* Adds the target of sequence n, or those of its steps, of which it has length;
 * y past them is not read. */
elman_status target_read(elman_dataset *dataset, const pair *p, size_t n,
                         size_t length);

#endif
