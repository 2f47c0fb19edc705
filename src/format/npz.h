/*
 * npz.h: NumPy's archives: a zip file of .npy entries (np.savez and
 * np.savez_compressed).
 */
#ifndef FORMAT_NPZ_H
#define FORMAT_NPZ_H

#include "format/file.h"
#include "format/tensor.h"

/* A file in memory. */
typedef struct npz {
    size_t tensor_count;
    named_tensor
        *tensors;   /* (tensor_count) by name: the entry's, without .npy */
    size_t *begins; /* (tensor_count) of one without data: where its elements
                       begin in the file */
    void *block;    /* owner of everything above */
} npz;

/* Reads a file; every entry must be an .npy array of numbers. Messages name
 * the file and the entry. */
elman_status npz_open(const char *path, npz **file);

/* The same of a file that stays where it is, and is the caller's to close after
 * this. Of entries that are stored as they are only the header is read, until
 * load gives one its data, or check goes through it for its CRC. */
elman_status npz_look(const file_reader *reader, npz **file);
elman_status npz_load(npz *file, size_t tensor);
elman_status npz_check(const npz *file, size_t tensor);

/* The same from memory: bytes, malloc'ed, are freed by close or by the
 * failure. */
elman_status npz_parse(char *bytes, size_t size, npz **file);

/* The same, and arrays of texts as npy_view_texts takes them. */
elman_status npz_parse_texts(char *bytes, size_t size, npz **file);
void npz_close(npz *file);

#endif
