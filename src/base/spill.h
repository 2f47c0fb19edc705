/*
 * spill.h: lists that may be larger than the memory that they are given.
 *
 * While a thread has a limit, a block that it makes of more than a sixteenth of
 * that (a few dozen lists grow at a time) lies in a file without a name, which
 * is mapped. The system writes and drops its pages as it needs; where it tells
 * how many are loaded, those above the limit are dropped as well. Room on the
 * disk is kept when the block is made, so that a full disk fails here and
 * nowhere else, and nobody can make the file shorter. Without a limit, and of
 * few bytes, blocks are malloc's.
 *
 * In a child of fork such a block is the parent's too: it must not be written.
 */
#ifndef BASE_SPILL_H
#define BASE_SPILL_H

#include <stdbool.h>
#include <stddef.h>

/* Sets the limit in bytes of the blocks that this thread makes, 0 for none; the
 * limit before. */
size_t spill_limit(size_t bytes);

/* A block that holds anything, or zeros, or NULL. Freed by spill_free. */
void *spill_create(size_t bytes);
void *spill_zeroed(size_t count, size_t size);

/* Makes a block, of this header or of malloc, longer or shorter; used bytes of
 * it stay, where it may be another one. NULL and no change without room. */
void *spill_resize(void *block, size_t used, size_t bytes);

/* array_widen of base/memory.h for such a block. */
void *spill_widen(void *array, size_t *room, size_t needed, size_t bytes);

/* Frees a block of this header or of malloc; NULL is fine. */
void spill_free(void *block);

/* qsort of a list in such a block: without a copy of it, and without any work
 * where it is in order. compare says 0 of equal bytes alone. */
void spill_sort(void *list, size_t count, size_t bytes,
                int (*compare)(const void *left, const void *right));

/* Bytes of all blocks that lie in files. */
size_t spill_in_files(void);

/* Why this thread's last block could not lie in a file: the folder, the
 * system's reason and what helps; "" where it could, or none had to. Forgets
 * it. */
const char *spill_reason(void);

#endif
