/*
 * safetensors.h: named tensors and notes in one file.
 *
 *   8 bytes      N, length of the header, little-endian
 *   N bytes      JSON: {"__metadata__": {key: text}, name: {"dtype": ...,
 *                "shape": [...], "data_offsets": [begin, end]}, ...}, spaces
 *   the rest     the tensors' bytes, without holes
 *
 * Source: github.com/huggingface/safetensors, README. Knows no model.
 */
#ifndef FORMAT_SAFETENSORS_H
#define FORMAT_SAFETENSORS_H

#include "base/status.h"

enum { SAFETENSORS_MAX_RANK = 8 };

typedef enum safetensors_type {
    SAFETENSORS_F32,
    SAFETENSORS_F64,
    SAFETENSORS_F16,
    SAFETENSORS_BF16,
    SAFETENSORS_I64,
    SAFETENSORS_I32,
    SAFETENSORS_I16,
    SAFETENSORS_I8,
    SAFETENSORS_U64,
    SAFETENSORS_U32,
    SAFETENSORS_U16,
    SAFETENSORS_U8,
    SAFETENSORS_BOOL,
    SAFETENSORS_TYPES /* how many */
} safetensors_type;

/* "F32" ... and the bytes of one element. */
const char *safetensors_type_name(safetensors_type type);
size_t safetensors_type_bytes(safetensors_type type);

typedef struct safetensors_tensor {
    const char *name;
    safetensors_type type;
    size_t rank;
    size_t shape[SAFETENSORS_MAX_RANK];
    size_t count;     /* elements */
    const void *data; /* count elements, little-endian. In a file that was read
                         it has no alignment: copy, do not cast */
} safetensors_tensor;

typedef struct safetensors_note {
    const char *key;
    const char *text;
} safetensors_note;

/* A file in memory. Tensors and notes are in the header's order. */
typedef struct safetensors {
    size_t tensors;
    safetensors_tensor *tensor; /* (tensors) */
    size_t notes;
    safetensors_note *note; /* (notes) */
    char *bytes;            /* the file; owner of names, texts and data */
} safetensors;

/* Reads and checks everything before it returns: header within the file and at
 * most 100 MB, strict JSON, no name twice, known types, ranks up to
 * SAFETENSORS_MAX_RANK, shapes that fit the byte ranges, ranges that cover the
 * data without overlap, hole or rest. Every message names the file. */
elman_status safetensors_open(const char *path, safetensors **file);

/* The same from memory: bytes must have been malloc'ed, and are freed by
 * close or by the failure. */
elman_status safetensors_parse(char *bytes, size_t size, safetensors **file);

void safetensors_close(safetensors *file);

/* The tensor or the text of a note of that name, or NULL. */
const safetensors_tensor *safetensors_find(const safetensors *file,
                                           const char *name);
const char *safetensors_text(const safetensors *file, const char *key);

/* All elements as float: exact from F16 and BF16, rounded from F64. Other
 * types are ELMAN_BAD_FORMAT. */
elman_status safetensors_floats(const safetensors_tensor *tensor,
                                float *values);

/* Whether a tensor has this type and shape; else ELMAN_BAD_FORMAT with a
 * sentence that says both. */
elman_status safetensors_expect(const safetensors_tensor *tensor,
                                safetensors_type type, size_t rank,
                                const size_t *shape);

/* Replaces path by a file of these notes and tensors, in this order; only
 * notes, note, tensors and tensor of file are looked at, and count is not. The
 * bytes depend on nothing else. Atomic: see file.h. */
elman_status safetensors_save(const safetensors *file, const char *path);

#endif
