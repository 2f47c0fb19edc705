/* memory.c: blocks and the arena that carves them. */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/system.h"

enum { WIDEN_FIRST = 64, MOST_WASTE = 32 };

bool sizes_multiply(size_t a, size_t b, size_t c, size_t *product)
{
    if (b && a > SIZE_MAX / b) return false;
    if (c && a * b > SIZE_MAX / c) return false;
    *product = a * b * c;
    return true;
}

size_t bytes_add(size_t a, size_t b)
{
    return a < SIZE_MAX - b ? a + b : SIZE_MAX;
}

size_t bytes_times(size_t a, size_t b)
{
    size_t product;
    return sizes_multiply(a, b, 1, &product) ? product : SIZE_MAX;
}

bool size_narrow(uint64_t number, size_t *size)
{
    if (number > SIZE_MAX) return false;
    *size = (size_t)number;
    return true;
}

bool size_append(size_t *size, char digit)
{
    const size_t more = (size_t)(digit - '0');
    if (*size > (SIZE_MAX - more) / 10) return false;
    *size = *size * 10 + more;
    return true;
}

void *arena_take(arena *a, size_t count, size_t size)
{
    size_t at = a->used, bytes;
    if (!sizes_multiply(count, size, 1, &bytes) ||
        bytes > SIZE_MAX - at - ALIGNMENT) {
        a->overflow = true;
        return NULL;
    }
    a->used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return a->base ? a->base + at : NULL;
}

void *block_reserve(size_t bytes)
{
    if (bytes > SIZE_MAX - HUGE_PAGE) return NULL;
    if (bytes == 0) bytes = 1;

    /* from a huge page on, as on small pages products with 4 MB of weights took
     * twice as long; the last one whole, if that wastes little */
    size_t whole = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (whole - bytes <= bytes / MOST_WASTE) bytes = whole;
    return system_block_create(bytes < HUGE_PAGE ? ALIGNMENT : HUGE_PAGE,
                               bytes);
}

void *block_create(size_t bytes)
{
    void *block = block_reserve(bytes);
    if (block) memset(block, 0, bytes);
    return block;
}

void block_destroy(void *block) { system_block_destroy(block); }

const char *bytes_find(const void *all, size_t size, const void *part,
                       size_t part_size)
{
    const char *at = all, *end = at + size;
    if (!part_size) return at;

    while ((size_t)(end - at) >= part_size) {
        at =
            memchr(at, *(const char *)part, (size_t)(end - at) - part_size + 1);
        if (!at || !memcmp(at, part, part_size)) return at;
        at++;
    }
    return NULL;
}

char *text_copy(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = malloc(bytes);
    if (copy) memcpy(copy, text, bytes);
    return copy;
}

bool array_room(size_t *room, size_t needed, size_t bytes, size_t *total)
{
    /* twice as many, so that adding one by one stays cheap */
    size_t wanted = *room > SIZE_MAX / 2 ? SIZE_MAX : *room * 2;
    if (wanted < needed) wanted = needed;
    if (wanted < WIDEN_FIRST) wanted = WIDEN_FIRST;
    *room = wanted;
    return sizes_multiply(wanted, bytes, 1, total);
}

void *array_widen(void *array, size_t *room, size_t needed, size_t bytes)
{
    size_t wanted = *room, total = 0;
    if (needed <= *room && array) return array;
    if (!array_room(&wanted, needed, bytes, &total)) return NULL;
    void *wider = realloc(array, total);
    if (wider) *room = wanted;
    return wider;
}
