/*
 * memory.h: blocks, and the arena that carves them.
 *
 * A layout function runs twice: with an arena that has no base, to measure, and
 * again to hand out pointers. So sizes and pointers cannot disagree.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ALIGNMENT = 64 }; /* bytes: a cache line, the widest vector */

typedef struct arena {
    char *base;    /* NULL: only measure */
    size_t used;   /* bytes taken so far */
    bool overflow; /* a size did not fit in size_t; used is then meaningless */
} arena;

/* Takes count x size bytes, aligned to ALIGNMENT; NULL while measuring. */
void *arena_take(arena *a, size_t count, size_t size);

/* product = a * b * c; false if that does not fit in size_t. */
bool sizes_multiply(size_t a, size_t b, size_t c, size_t *product);

/* a + b and a * b of bytes that are only compared: SIZE_MAX for more. */
size_t bytes_add(size_t a, size_t b);
size_t bytes_times(size_t a, size_t b);

/* Sizes that come from a file are read by one of these two: *size = number, and
 * *size = 10 *size + digit, a character. False if that does not fit in size_t:
 * "... is not " A_SIZE. */
bool size_narrow(uint64_t number, size_t *size);
bool size_append(size_t *size, char digit);

/* For messages: the bits of a size. */
#if SIZE_MAX > UINT32_MAX
#define SIZE_BITS "64"
#else
#define SIZE_BITS "32"
#endif
#define A_SIZE "a number that a machine of " SIZE_BITS " bits can hold"

/* A zeroed block aligned to ALIGNMENT, or NULL; a large one is on huge pages,
 * if the system has them. Freed by block_destroy, which accepts NULL. One that
 * is only reserved holds anything, and what is never written of it costs no
 * memory. */
void *block_create(size_t bytes);
void *block_reserve(size_t bytes);
void block_destroy(void *block);

/* Where the bytes of part begin in all; NULL if nowhere. */
const char *bytes_find(const void *all, size_t size, const void *part,
                       size_t part_size);

/* A copy of text, or NULL. Freed by free. */
char *text_copy(const char *text);

/* Grows array to at least needed elements (bytes each) and returns it,
 * or NULL without memory; room is how many elements it has. */
void *array_widen(void *array, size_t *room, size_t needed, size_t bytes);

/* The room that it gives an array, and the bytes of that; false if no size_t
 * holds them. */
bool array_room(size_t *room, size_t needed, size_t bytes, size_t *total);

#endif
