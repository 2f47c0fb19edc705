/*
 * npz.h: NumPy's archives: a zip file of .npy entries (np.savez and
 * np.savez_compressed).
 */
#ifndef FORMAT_NPZ_H
#define FORMAT_NPZ_H

#include "format/tensor.h"

/* A file in memory. */
typedef struct npz {
    size_t tensor_count;
    named_tensor
        *tensors; /* (tensor_count) by name: the entry's, without .npy */
    void *block;  /* owner of everything above */
} npz;

/* Reads a file; every entry must be an .npy array of numbers. Messages name
 * the file and the entry. */
elman_status npz_open(const char *path, npz **file);

/* The same from memory: bytes, malloc'ed, are freed by close or by the
 * failure. */
elman_status npz_parse(char *bytes, size_t size, npz **file);

/* The same, and arrays of texts as npy_view_texts takes them. */
elman_status npz_parse_texts(char *bytes, size_t size, npz **file);
void npz_close(npz *file);

#endif
