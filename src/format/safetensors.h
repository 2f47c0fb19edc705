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

/* To save tensors that are not in memory as one array: sets data to the next
 * bytes of a tensor, some at a time, and returns their number; 0 after the
 * last. */
typedef struct tensor_feed {
    size_t (*next)(void *context, size_t tensor, const void **data);
    void *context;
} tensor_feed;

/* A file in memory, or its header alone. Tensors and notes are in the header's
 * order. */
typedef struct safetensors {
    size_t tensor_count;
    named_tensor *tensors; /* (tensor_count) data is NULL where the file is only
                              begun */
    size_t note_count;
    safetensors_note *notes; /* (note_count) */
    char *bytes; /* the file, or its header; owner of names and texts, and of
                    data unless that is the caller's or in the file */
    size_t size; /* of the whole file */
    file_reader *reader;     /* of a file that is only begun, else NULL */
    char *data;              /* what was fetched of it, or NULL */
    size_t *places;          /* (tensor_count) where in it data begins, or
                                NULL */
    const tensor_feed *feed; /* saving: of tensors without data, or NULL */
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

/* The same, but only the header of a file is read, and that of memory is
 * copied: data of tensors points into memory, which must stay. Of a file it is
 * read by safetensors_floats, or all of it by safetensors_fetch. */
elman_status safetensors_begin(const byte_source *source, safetensors **file);
elman_status safetensors_fetch(safetensors *file);

/* count elements of a tensor of file from first on, as tensor_floats gives
 * them. */
elman_status safetensors_floats(const safetensors *file,
                                const named_tensor *tensor, size_t first,
                                size_t count, float *values);

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
