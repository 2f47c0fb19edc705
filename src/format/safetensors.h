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

#include "format/file.h"
#include "format/tensor.h"

typedef struct safetensors_note {
    const char *key;
    const char *text;
} safetensors_note;

/* A file in memory. Tensors and notes are in the header's order. */
typedef struct safetensors {
    size_t tensor_count;
    named_tensor *tensors; /* (tensor_count) */
    size_t note_count;
    safetensors_note *notes; /* (note_count) */
    char *bytes;             /* the file; owner of names, texts and data */
} safetensors;

/* Reads and checks everything before it returns: header within the file and at
 * most 100 MB, strict JSON, no name twice, known types, ranks up to
 * TENSOR_MAX_RANK, shapes that fit the byte ranges, ranges that cover the
 * data without overlap, hole or rest. Every message names the file. */
elman_status safetensors_open(const char *path, safetensors **file);

/* The same of a file or of memory, which is copied. */
elman_status safetensors_read(const byte_source *source, safetensors **file);

/* The same from memory: bytes must have been malloc'ed, and are freed by
 * close or by the failure. */
elman_status safetensors_parse(char *bytes, size_t size, safetensors **file);

void safetensors_close(safetensors *file);

/* The tensor or the text of a note of that name, or NULL. */
const named_tensor *safetensors_find(const safetensors *file, const char *name);
const char *safetensors_text(const safetensors *file, const char *key);

/* Replaces path by a file of these notes and tensors, in this order; only
 * notes, note, tensors and tensor of file are used, and each tensor's shape,
 * not its count. The bytes depend on nothing else. Atomic: see file.h. */
elman_status safetensors_save(const safetensors *file, const char *path);

/* The same bytes to memory: size receives their number, data the bytes unless
 * it is NULL. Fails, and writes nothing, if room is less. */
elman_status safetensors_save_memory(const safetensors *file, size_t room,
                                     void *data, size_t *size);

#endif
