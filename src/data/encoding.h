/*
 * encoding.h: how raw data became numbers, as a struct and as text.
 *
 * The text is JSON and goes into the model's note "encoding". Tokens are in
 * ascending order of their bytes, so that a piece of text is found by halving,
 * and no token can be there twice.
 */
#ifndef DATA_ENCODING_H
#define DATA_ENCODING_H

#include "base/status.h"

/* Behind elman_encoding_create, _destroy and _read. create checks everything:
 * a text from a model file may hold anything. */
elman_status encoding_create(const char *text, elman_encoding **encoding);
void encoding_destroy(elman_encoding *encoding);
elman_status encoding_read(const elman_encoding *encoding, const char *text,
                           size_t bytes, size_t capacity, int32_t *tokens,
                           size_t *count);

/* The text of an encoding; free() it. */
elman_status encoding_write(const elman_encoding *e, char **text);

/* How many numbers a model must give for it: per sequence if
 * encoding_per_sequence, else per step. */
size_t encoding_outputs(const elman_encoding *encoding);
bool encoding_per_sequence(const elman_encoding *encoding);

/* "language", "classify", ... */
const char *task_name(elman_task task);

#endif
