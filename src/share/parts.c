/*
 * parts.c: the sum of a gradient that is not whole yet. Its parts, the last
 * weights first, are summed in that order on all ranks, by a thread that takes
 * all that are complete; what is not when the caller ends it does itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "share/share.h"

/* ---- How it is cut --------------------------------------------------------
 */

static elman_status no_memory(const share *s)
{
    return failure(ELMAN_NO_MEMORY,
                   "no memory to add up %zu gradients of %d ranks in parts",
                   s->n, s->size);
}

stretch share_part(const share *s, size_t part)
{
    const size_t *begins = s->parts.begins;
    return (stretch){begins[part], part ? begins[part - 1] : s->n};
}

/* A piece is a part of a block, 64 bytes at least, and small enough for ranks
 * to hold nearly as much each. */
size_t share_piece(const share *s, size_t part)
{
    stretch weights = share_part(s, part);
    size_t piece = s->block, enough = 8 * (size_t)s->size;
    while (piece % 2 == 0 && piece > 16 &&
           (weights.end - weights.begin) / piece < enough)
        piece /= 2;
    return piece;
}

/* Whether a part has too few blocks for each rank to own as much of it. */
static bool is_short(const share *s, size_t part)
{
    stretch weights = share_part(s, part);
    size_t n = weights.end - weights.begin, ranks = (size_t)s->size;
    size_t blocks = n / s->block + (n % s->block > 0);
    bool several = s->parts.count > 1;
    return blocks < ranks ||
           (several && blocks < 2 * ranks && blocks % ranks != 0);
}

/* Who owns and holds which weights of the parts: where none is short, a stretch
 * of each. Else a rank owns a stretch of all, which few parts have a share in,
 * and holds a piece of each part. The price of that is 1 / (2 P) of a ring's
 * bytes; what went to owners alone would pass most ranks by in whole blocks,
 * round after round. */
static void deal_parts(const share *s)
{
    const share_parts *p = &s->parts;
    size_t width = (size_t)s->size + 1;
    bool spread = false;
    for (size_t part = 0; part < p->count; part++)
        spread = spread || is_short(s, part);

    for (size_t part = 0; part < p->count; part++) {
        stretch weights = share_part(s, part), all = {0, s->n};
        size_t *owned = p->owned + part * width, *held = p->held + part * width;
        deal_part(spread ? all : weights, s->block, s->size, spread ? 0 : part,
                  owned);
        deal_part(weights, spread ? share_piece(s, part) : s->block, s->size,
                  part, held);
        for (size_t i = 0; i < width; i++) {
            if (owned[i] < weights.begin) owned[i] = weights.begin;
            if (owned[i] > weights.end) owned[i] = weights.end;
        }
    }
}

elman_status share_cut(share *s, const size_t *places, size_t count,
                       size_t least)
{
    enum { WHOLE = DEAL_PARTS - 1 };
    share_parts *p = &s->parts;
    share_parts_release(p);

    /* the last weights first; what is left of all is the last part */
    size_t end = s->n, eighth = s->n / WHOLE + (s->n % WHOLE > 0);
    if (least < eighth) least = eighth;
    bool beside = s->transport.any_thread && s->size > 1;
    for (size_t i = count; beside && i-- > 0;) {
        size_t blocks = places[i] / s->block + (places[i] % s->block > 0);
        size_t place = blocks * s->block;
        if (place > 0 && place < end && end - place >= least)
            end = p->begins[p->count++] = place;
    }
    p->begins[p->count++] = 0;

    size_t width = (size_t)s->size + 1;
    p->owned = calloc(p->count * width, sizeof *p->owned);
    p->held = calloc(p->count * width, sizeof *p->held);
    if (!p->owned || !p->held) return no_memory(s);
    deal_parts(s);
    return ELMAN_OK;
}

void share_parts_release(share_parts *p)
{
    share_parts_end(p);
    for (size_t i = 0; i < p->count; i++)
        route_release(p->ways + i);
    free(p->owned);
    free(p->held);
    p->owned = p->held = NULL;
    p->count = 0;
}

weight_slice share_own_slice(const share *s)
{
    weight_slice own = {0};
    size_t width = (size_t)s->size + 1, place = (size_t)s->place[s->rank];
    for (size_t part = s->parts.count; part-- > 0;) {
        const size_t *cuts = s->parts.owned + part * width + place;
        if (cuts[0] < cuts[1])
            own.of[own.count++] = (stretch){cuts[0], cuts[1]};
    }
    return own;
}

static elman_status find_way(share *s, size_t part, size_t leaves)
{
    size_t row = part * ((size_t)s->size + 1);
    route_map map = {.size = s->size,
                     .rank = s->rank,
                     .order = s->order,
                     .dealt = s->dealt,
                     .weights = share_part(s, part),
                     .piece = share_piece(s, part),
                     .owned = s->parts.owned + row,
                     .held = s->parts.held + row};
    return route_find(&map, leaves, s->parts.ways + part);
}

/* ---- On a thread of its own ---------------------------------------------- */

/* Whether a part is complete and not summed; false is for good. */
static bool has_next(share_parts *p)
{
    mutex_lock(&p->lock);
    bool more = !p->status && p->summed < p->complete;
    p->running = more;
    mutex_unlock(&p->lock);
    return more;
}

elman_status share_reduce_next(share *s, int threads)
{
    share_parts *p = &s->parts;
    elman_status status = share_reduce_part(s, p->summed, threads);
    if (status) snprintf(p->message, sizeof p->message, "%s", elman_message());
    mutex_lock(&p->lock);
    p->summed++;
    p->status = status;
    mutex_unlock(&p->lock);
    return status;
}

/* The other threads are those of the pass. */
static void sum_complete(void *context)
{
    share *s = context;
    while (has_next(&s->parts))
        (void)share_reduce_next(s, 1);
}

void share_parts_end(share_parts *p)
{
    if (p->task) thread_end(p->task);
    p->task = NULL;
}

void share_reduce_complete(share *s, size_t place)
{
    share_parts *p = &s->parts;
    mutex_lock(&p->lock);
    while (p->complete + 1 < p->count && p->begins[p->complete] >= place)
        p->complete++;
    bool start = !p->running && !p->status && p->summed < p->complete;
    if (start) p->running = true;
    mutex_unlock(&p->lock);
    if (!start) return;

    /* without memory for a thread it is done in the end */
    share_parts_end(p);
    if (!thread_begin(sum_complete, s, &p->task)) return;
    mutex_lock(&p->lock);
    p->running = false;
    mutex_unlock(&p->lock);
}

/* ---- From begin to end ----------------------------------------------------
 */

elman_status share_reduce_begin(share *s, size_t leaves, float *total)
{
    share_parts *p = &s->parts;
    share_parts_end(p);
    p->complete = p->summed = 0;
    p->running = false;
    p->status = ELMAN_OK;

    /* without leaves nobody has anything */
    s->nodes[0] = total;
    (void)share_own_leaves(s, leaves);
    if (leaves == 0) memset(total, 0, s->n * sizeof *total);
    for (size_t i = 0; i < p->count; i++) {
        if (leaves == 0 || s->n == 0) route_release(p->ways + i);
        else if (p->ways[i].leaves != leaves) TRY(find_way(s, i, leaves));
    }
    return ELMAN_OK;
}

elman_status share_reduce_end(share *s)
{
    share_parts *p = &s->parts;

    /* from here on all threads are free: the one beside ends with its part */
    mutex_lock(&p->lock);
    p->complete = 0;
    mutex_unlock(&p->lock);
    share_parts_end(p);
    if (p->status) return failure(p->status, "%s", p->message);
    while (p->summed < p->count)
        TRY(share_reduce_next(s, s->threads ? s->threads : 1));
    return share_reduce_last(s);
}
