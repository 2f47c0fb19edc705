/*
 * npy.h: NumPy's arrays in a file (format 1.0 to 3.0; numpy/lib/format.py).
 * Numbers and booleans only: an object array is a pickle, and is refused.
 */
#ifndef FORMAT_NPY_H
#define FORMAT_NPY_H

#include "base/status.h"

/* A file in memory. */
typedef struct npy {
    char sort;    /* f i u b: float, signed, unsigned, boolean */
    size_t width; /* bytes of an element: 1 2 4 8 */
    bool swapped; /* the most significant byte first */
    bool fortran; /* the first index runs fastest */
    size_t rank;  /* 0 to ELMAN_MAX_RANK */
    size_t shape[ELMAN_MAX_RANK];
    size_t count;     /* elements */
    const char *data; /* without alignment */
    char *bytes;      /* the file */
} npy;

/* Reads a file; the header is checked against the file's size before anything
 * is believed. Messages name the file. */
elman_status npy_open(const char *path, npy **array);

/* The same from memory: bytes, malloc'ed, are freed by close or by the
 * failure. */
elman_status npy_parse(char *bytes, size_t size, npy **array);

void npy_close(npy *array);

/* Elements first to first+count-1, row-major whatever the file's order. */
void npy_read(const npy *array, size_t first, size_t count, double *values);

#endif
