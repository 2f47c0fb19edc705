/*
 * collect.c: what one rank has comes to all. A broadcast is a binomial tree.
 * Collecting takes log2 P rounds, rounded up, each with twice as much as the
 * one before (Bruck et al. 1997): P - 1 parts for each rank to send and to
 * receive.
 */
#include <stdlib.h>
#include <string.h>

#include "share/share.h"

elman_status share_broadcast(share *s, void *data, size_t bytes)
{
    int bit = 1;

    /* from the rank without the lowest bit of this one ... */
    for (; bit < s->size; bit *= 2)
        if (s->rank & bit) {
            share_receive(s, s->rank - bit, data, bytes);
            TRY(share_exchange(s));
            break;
        }

    /* ... to those with one lower bit more */
    for (bit /= 2; bit > 0; bit /= 2)
        if (s->rank + bit < s->size) share_send(s, s->rank + bit, data, bytes);
    return share_exchange(s);
}

/* The rank that has a part. */
static int owner_of(const int *owner, int part)
{
    return owner ? owner[part] : part;
}

/* What is collected: rows of parts, begins (rows,size + 1). */
typedef struct collection {
    char *data;
    const size_t *begins;
    size_t rows;
} collection;

/* Adds the bytes of some parts of a row to the next exchange; first is brought
 * back to where parts are, and after the last comes part 0. */
static void add_row(share *s, int rank, bool receives, char *data,
                    const size_t *begins, int first, int count)
{
    first = (first + s->size) % s->size;
    int end = first + count < s->size ? first + count : s->size;
    size_t begin = begins[first], bytes = begins[end] - begin;
    if (receives) share_receive(s, rank, data + begin, bytes);
    else share_send(s, rank, data + begin, bytes);
    int rest = first + count - end;
    if (rest > 0) add_row(s, rank, receives, data, begins, 0, rest);
}

/* The same of all rows. */
static void add_parts(share *s, int rank, bool receives, const collection *of,
                      int first, int count)
{
    size_t width = (size_t)s->size + 1;
    for (size_t row = 0; row < of->rows; row++)
        add_row(s, rank, receives, of->data, of->begins + row * width, first,
                count);
}

/* The part that this rank has. */
static int own_part(const share *s, const int *owner)
{
    int part = 0;
    while (owner_of(owner, part) != s->rank)
        part++;
    return part;
}

elman_status share_collect_rows(share *s, void *data, const size_t *begins,
                                size_t rows, const int *owner)
{
    const collection of = {data, begins, rows};
    int own = own_part(s, owner), size = s->size;

    /* who has count parts from its own on passes them down and gets more */
    for (int count = 1; count < size; count *= 2) {
        int more = count < size - count ? count : size - count;
        int below = owner_of(owner, (own - count + size) % size);
        int above = owner_of(owner, (own + count) % size);
        add_parts(s, below, false, &of, own, more);
        add_parts(s, above, true, &of, own + count, more);
        TRY(share_exchange(s));
    }
    return ELMAN_OK;
}

elman_status share_gather_rows(share *s, void *data, const size_t *begins,
                               size_t rows, const int *owner)
{
    const collection of = {data, begins, rows};
    int own = own_part(s, owner);
    if (s->rank != 0) add_parts(s, 0, false, &of, own, 1);
    else
        for (int part = 0; part < s->size; part++)
            if (part != own)
                add_parts(s, owner_of(owner, part), true, &of, part, 1);
    return share_exchange(s);
}

elman_status share_collect(share *s, void *data, const size_t *begins,
                           const int *owner)
{
    return share_collect_rows(s, data, begins, 1, owner);
}

elman_status share_gather(share *s, void *data, const size_t *begins,
                          const int *owner)
{
    return share_gather_rows(s, data, begins, 1, owner);
}

/* Leaves behind so many others that rank 0 has. */
static elman_status collect_behind(share *s, void *data, size_t before,
                                   size_t leaves, size_t bytes)
{
    size_t *begins = calloc((size_t)s->size + 1, sizeof *begins);
    if (!begins) return failure(ELMAN_NO_MEMORY, "no memory to train with");
    for (int rank = 0; rank < s->size; rank++)
        begins[rank + 1] = (before + share_leaves(s, leaves, rank).end) * bytes;
    elman_status status = share_collect(s, data, begins, NULL);
    free(begins);
    return status;
}

elman_status share_collect_leaves(share *s, void *data, size_t leaves,
                                  size_t bytes)
{
    return collect_behind(s, data, 0, leaves, bytes);
}

elman_status share_collect_told(share *s, void *data, size_t leaves,
                                size_t bytes)
{
    return collect_behind(s, data, 1, leaves, bytes);
}

elman_status share_collect_each(share *s, void *data, size_t bytes)
{
    size_t ranks = (size_t)s->size, *begins = calloc(ranks + 1, sizeof *begins);
    if (!begins)
        return failure(ELMAN_NO_MEMORY, "no memory for %d ranks", s->size);
    for (size_t rank = 0; rank < ranks; rank++)
        begins[rank + 1] = begins[rank] + bytes;
    elman_status status = share_collect(s, data, begins, NULL);
    free(begins);
    return status;
}

elman_status share_add_counts(share *s, uint64_t *counts, size_t count)
{
    size_t ranks = (size_t)s->size, bytes = count * sizeof *counts;
    uint64_t *all = calloc(ranks * count + 1, sizeof *all);
    if (!all)
        return failure(ELMAN_NO_MEMORY,
                       "no memory to add up %zu counts of %d ranks", count,
                       s->size);
    memcpy(all + (size_t)s->rank * count, counts, bytes);
    elman_status status = share_collect_each(s, all, bytes);

    for (size_t i = 0; !status && i < ranks * count; i++)
        if (i / count != (size_t)s->rank) counts[i % count] += all[i];
    free(all);
    return status;
}
