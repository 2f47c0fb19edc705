/*
 * hdf5.h: the part of HDF5 that Keras writes: groups, arrays of numbers and
 * texts at both. A reader of our own, for docs/ARCHITECTURE.md says why.
 *
 * Read (File Format Specification 3.0): superblocks 0 to 3; object headers 1
 * and 2; groups as symbol tables (B-trees of version 1, local heaps) and as
 * link messages; arrays stored in one piece, in the header or apart, and in
 * chunks that do not grow, with the filters deflate, shuffle and fletcher32;
 * whole numbers, floats, bfloat16 as h5py keeps it; texts of fixed and of
 * variable length (global heaps). Refused, with the line that saves the file
 * again: everything else, such as other filters, links that are not hard,
 * shared messages, and files in several parts.
 *
 * A file is hostile until it is read: each offset lies inside it, no address is
 * visited twice, no byte belongs to two arrays' worth of data in sum, nothing
 * recurses, and memory is a small multiple of the file: arrays that are
 * compressed are a mebibyte, or a hundred times the file.
 */
#ifndef FORMAT_HDF5_H
#define FORMAT_HDF5_H

#include "format/tensor.h"

/* A text in the file, not zero-terminated. */
typedef struct hdf5_text {
    const char *text; /* (bytes) */
    size_t bytes;
} hdf5_text;

/* Texts that an object carries under a name; others are left out. */
typedef struct hdf5_attribute {
    size_t object;
    hdf5_text name;
    size_t count, first; /* texts [first, first + count) of the file */
} hdf5_attribute;

/* A group or an array. */
typedef struct hdf5_object {
    const char *name; /* from the root: "layers/lstm/cell/vars/0"; "" the root
                       */
    size_t parent;    /* an earlier object; of the root, the root */
    size_t tensor;    /* among the tensors, or SIZE_MAX for a group */
} hdf5_object;

typedef struct hdf5 {
    size_t object_count, tensor_count, attribute_count, text_count;
    hdf5_object *objects;       /* (object_count) each behind its parent */
    named_tensor *tensors;      /* (tensor_count) in the order of objects */
    hdf5_attribute *attributes; /* (attribute_count) in the order of objects */
    hdf5_text *texts;           /* (text_count) */
    char **blocks;              /* (block_count) arrays that were in chunks */
    size_t block_count;
    char *bytes; /* the file, if it is its own */
} hdf5;

/* Reads a file in memory: bytes, malloc'ed, are freed by close or by the
 * failure. */
elman_status hdf5_parse(char *bytes, size_t size, hdf5 **file);

/* The same of bytes that stay the caller's, and outlive the file. */
elman_status hdf5_view(const char *bytes, size_t size, hdf5 **file);
void hdf5_close(hdf5 *file);

/* The object or the attribute of that name; NULL if there is none. */
const hdf5_object *hdf5_find(const hdf5 *file, const char *name);
const hdf5_attribute *hdf5_find_attribute(const hdf5 *file, size_t object,
                                          const char *name);

#endif
