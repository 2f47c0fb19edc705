/*
 * input.h: where a dataset comes from: bytes of a file, of standard input or of
 * the caller's memory, or the caller's arrays.
 */
#ifndef DATA_INPUT_H
#define DATA_INPUT_H

#include "base/status.h"
#include "format/decode.h"

typedef struct input {
    const char *name;  /* for messages, and its ending for the format */
    const void *bytes; /* the caller's memory; NULL: a file, or "-" */
    size_t size;
    const elman_arrays *arrays; /* the caller's arrays, which are no bytes; or
                                   NULL */
} input;

/* The input that a path names: "-" is standard input. */
input input_of(const char *path);

/* All bytes, malloc'ed, with a zero at [size] that size does not count.
 * Messages name the input. */
elman_status input_read(const input *in, char **bytes, size_t *size);

/* The first bytes of a file or of memory, at most `most`, in the same way;
 * whole says whether that was all. Not for a pipe. */
elman_status input_peek(const input *in, size_t most, char **bytes,
                        size_t *size, bool *whole);

/* The size of a regular file, which can be read in parts; false for all else.
 */
bool input_file_bytes(const input *in, size_t *bytes);

/* All of it as UTF-8 text, as the config says how to decode it; the caller
 * frees text->text. */
elman_status input_decode(const input *in, const elman_dataset_config *config,
                          decoded *text);

/* Whether the input is standard input, which can be read only once. */
bool input_is_pipe(const input *in);

#endif
