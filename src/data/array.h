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

#include "data/store.h"

#include "format/file.h"
#include "format/tensor.h"

/* x and y, and the sizes in their shapes. */
typedef struct pair {
    const named_tensor *x, *y; /* y: NULL where the answers are not known */
    const file_reader *file;   /* where the numbers of x stay, from begin on; */
    size_t begin;              /* NULL: x has them */
    size_t N, T, I;
    bool channels_first; /* x is (N,I,T) */
    bool one_hot;        /* y says a class by where its 1 is */
    size_t O;            /* values of a target, or columns of one-hot rows */
} pair;

/* Settles the task by y, where the config leaves it open, and checks that y has
 * its shape. */
elman_status target_settle(elman_dataset *dataset, pair *p);

/* Adds the target of sequence n, or those of its steps, of which it has length;
 * y past them is not read. */
elman_status target_read(elman_dataset *dataset, const pair *p, size_t n,
                         size_t length);

#endif
