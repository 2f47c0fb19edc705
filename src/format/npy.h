/*
 * npy.h: NumPy's arrays in a file (format 1.0 to 3.0; numpy/lib/format.py).
 * Numbers and booleans only: an object array is a pickle, and is refused.
 */
#ifndef FORMAT_NPY_H
#define FORMAT_NPY_H

#include "format/tensor.h"

/* A file in memory. The tensor's name is "", the caller's to set. */
typedef struct npy {
    named_tensor tensor;
    char *bytes; /* the file */
} npy;

/* Reads a file; the header is checked against the file's size before anything
 * else is trusted. Messages name the file. */
elman_status npy_open(const char *path, npy **array);

/* The same from memory: bytes, malloc'ed, are freed by close or by the
 * failure. */
elman_status npy_parse(char *bytes, size_t size, npy **array);

void npy_close(npy *array);

/* The array in a file's bytes, which stay the caller's: data points into them.
 * The name is left as it is. */
elman_status npy_view(const char *bytes, size_t size, named_tensor *tensor);

/* The same, and arrays of texts ('<U4', '|S4') as well: as numbers, see
 * named_tensor.text. */
elman_status npy_view_texts(const char *bytes, size_t size,
                            named_tensor *tensor);

/* The same of a file of size bytes, of which the first `have` are at hand: the
 * tensor has no data, which begins at *begin of the file. */
elman_status npy_look(const char *bytes, size_t have, size_t size,
                      named_tensor *tensor, size_t *begin);

/* Replaces path by the tensor, version 1.0, row-major, in its own type; BF16,
 * which NumPy lacks, becomes float32. Atomic: see file.h. */
elman_status npy_save(const char *path, const named_tensor *tensor);

#endif
