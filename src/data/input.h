/*
 * input.h: where a dataset comes from: bytes of a file, of a pipe or of the
 * caller's memory, or the caller's arrays. What comes through a pipe, as
 * standard input, is held first, in memory or, if it is much, in a file without
 * a name.
 */
#ifndef DATA_INPUT_H
#define DATA_INPUT_H

#include "base/status.h"
#include "format/decode.h"
#include "format/file.h"

typedef struct input {
    const char *name;  /* for messages, and its ending for the format */
    const void *bytes; /* the caller's memory; NULL: a file, or "-" */
    size_t size;
    bool pipe;         /* can be read only once, until it is held */
    file_reader *file; /* open already, in place of one of that name; or NULL */
    const elman_arrays *arrays; /* the caller's arrays, which are no bytes; or
                                   NULL */
} input;

/* The input that a path names: "-" is standard input, and a pipe is read like
 * that. */
input input_of(const char *path);

/* All bytes, malloc'ed, with a zero at [size] that size does not count.
 * Messages name the input. */
elman_status input_read(const input *in, char **bytes, size_t *size);

/* The first bytes of a file or of memory, at most `most`, in the same way;
 * whole says whether that was all. Not for a pipe. */
elman_status input_peek(const input *in, size_t most, char **bytes,
                        size_t *size, bool *whole);

/* Whether it is a regular file of more bytes than config->memory, which is read
 * in parts where the kind of data can. */
bool input_is_large(const input *in, const elman_dataset_config *config);

/* Opens such a file. */
elman_status input_open(const input *in, file_reader **reader);

/* Reads a pipe to its end: in becomes what was read, which is memory,
 * or if that would be more than `memory` (0: any) a file. It is the caller's to
 * release, and no pipe any more. */
elman_status input_hold(input *in, size_t memory);
void input_release(input *in);

/* All of it as UTF-8 text, as the config says how to decode it; the caller
 * frees text->text. */
elman_status input_decode(const input *in, const elman_dataset_config *config,
                          decoded *text);

#endif
