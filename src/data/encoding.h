/*
 * encoding.h: how raw data became numbers, as a struct and as text.
 *
 * The text is JSON and goes into the model's note "encoding". Tokens are in
 * ascending order of their bytes, so that a binary search finds them and no
 * token can occur twice.
 */
#ifndef DATA_ENCODING_H
#define DATA_ENCODING_H

#include "base/status.h"

/* Behind elman_encoding_create, _destroy and _read. create checks everything,
 * because a text from a model file may hold anything. */
elman_status encoding_create(const char *text, elman_encoding **encoding);
void encoding_destroy(elman_encoding *encoding);
elman_status encoding_read(const elman_encoding *encoding, const char *text,
                           size_t bytes, size_t capacity, int32_t *tokens,
                           size_t *count, size_t *unknown);

/* The same of a part of a text, before which it has so many bytes. */
elman_status encoding_read_from(const elman_encoding *encoding,
                                const char *text, size_t bytes, size_t before,
                                size_t capacity, int32_t *tokens, size_t *count,
                                size_t *unknown);

/* The JSON text of an encoding; the caller frees it. */
elman_status encoding_write(const elman_encoding *e, char **text);

/* How many outputs a model needs for this encoding: per sequence if
 * encoding_per_sequence, else per step. */
size_t encoding_outputs(const elman_encoding *encoding);
bool encoding_per_sequence(const elman_encoding *encoding);
bool encoding_streams(const elman_encoding *encoding);
size_t encoding_rows(const elman_encoding *encoding);

/* "language", "classify", ... */
const char *task_name(elman_task task);

#endif
