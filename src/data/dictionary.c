/*
 * dictionary.c: open addressing, at most half full.
 */
#include "data/dictionary.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

/* FNV-1a, 64 bits (Fowler, Noll, Vo) */
static size_t hash(const char *text, size_t bytes)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < bytes; i++)
        h = (h ^ (unsigned char)text[i]) * UINT64_C(0x100000001B3);
    return (size_t)(h ^ h >> 32);
}

/* The slot that holds text, or the free one where it belongs. */
static size_t *find_slot(const dictionary *d, const char *text, size_t bytes)
{
    size_t at = hash(text, bytes);
    for (;; at++) {
        size_t *slot = &d->slots[at & (d->slot_count - 1)];
        if (*slot == 0) return slot;

        const dictionary_entry *entry = &d->entries[*slot - 1];
        if (entry->bytes == bytes && !memcmp(entry->text, text, bytes))
            return slot;
    }
}

/* Doubles the room and puts all texts into new slots. */
static bool grow(dictionary *d)
{
    size_t room = d->room ? 2 * d->room : FIRST_ROOM, bytes = 0;
    if (!sizes_multiply(room, sizeof *d->entries, 1, &bytes)) return false;

    /* if the slots fail, the larger list stays: it does no harm */
    dictionary_entry *entries = realloc(d->entries, bytes);
    if (entries) d->entries = entries;
    size_t *slots = entries ? calloc(2 * room, sizeof *slots) : NULL;
    if (!slots) return false;

    free(d->slots);
    d->slots = slots;
    d->slot_count = 2 * room;
    d->room = room;

    /* a slot depends on how many there are, so every text gets a new one */
    for (size_t k = 0; k < d->count; k++)
        *find_slot(d, entries[k].text, entries[k].bytes) = k + 1;
    return true;
}

elman_status dictionary_add(dictionary *d, const char *text, size_t bytes,
                            size_t *number)
{
    if (d->count == d->room && !grow(d))
        return failure(ELMAN_NO_MEMORY, "no memory for %zu different words",
                       d->count + 1);

    /* a new text is copied and gets the next number */
    size_t *slot = find_slot(d, text, bytes);
    if (*slot == 0) {
        char *copy = malloc(bytes + 1);
        if (!copy)
            return failure(ELMAN_NO_MEMORY, "no memory for %zu words",
                           d->count + 1);

        memcpy(copy, text, bytes);
        copy[bytes] = 0;
        d->entries[d->count] = (dictionary_entry){copy, bytes, 0};
        *slot = ++d->count;
    }

    *number = *slot - 1;
    d->entries[*number].uses++;
    return ELMAN_OK;
}

size_t dictionary_find(const dictionary *d, const char *text, size_t bytes)
{
    if (d->slot_count == 0) return d->count;
    size_t found = *find_slot(d, text, bytes);
    return found ? found - 1 : d->count;
}

void dictionary_clear(dictionary *d)
{
    for (size_t k = 0; k < d->count; k++)
        free(d->entries[k].text);
    free(d->entries);
    free(d->slots);
    *d = (dictionary){0};
}
