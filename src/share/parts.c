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

/* A part costs rounds of its own, and its sum goes by way of other ranks than
 * its owners: 1 / (2 P) of a ring's bytes more. That pays wherever ranks are no
 * power of two, whose whole sum has rounds with idle cables, and from 8 on
 * (docs/SCALE.md); 2 and 4 ranks would send more than a tenth more than a ring,
 * and on a slow network take longer. */
static bool pays(int size)
{
    enum { MANY = 8 };
    bool halves = (size & (size - 1)) == 0;
    return size >= MANY || !halves;
}

elman_status share_cut(share *s, const size_t *places, size_t count,
                       size_t least)
{
    share_parts *p = &s->parts;
    share_parts_release(p);
    p->begins = calloc(count + 1, sizeof *p->begins);
    p->ways = calloc(count + 1, sizeof *p->ways);
    if (!p->begins || !p->ways) return no_memory(s);

    size_t end = s->n;
    bool beside = s->transport.any_thread && pays(s->size);
    if (least < s->n / 8) least = s->n / 8;
    for (size_t i = count; beside && i-- > 0;)
        if (places[i] > 0 && places[i] < end && end - places[i] >= least)
            end = p->begins[p->count++] = places[i];
    p->begins[p->count++] = 0;
    return ELMAN_OK;
}

void share_parts_release(share_parts *p)
{
    share_parts_end(p);
    for (size_t i = 0; i < p->count; i++)
        route_release(p->ways + i);
    free(p->ways);
    free(p->begins);
    p->ways = NULL;
    p->begins = NULL;
    p->count = 0;
}

/* The way of a part, whose weights few ranks own: so all carry their share of
 * it, as where slices are few. */
static elman_status find_way(share *s, size_t part, size_t leaves)
{
    const share_parts *p = &s->parts;
    stretch weights = {p->begins[part], part ? p->begins[part - 1] : s->n};
    route_map map = {.size = s->size,
                     .rank = s->rank,
                     .order = s->order,
                     .dealt = s->dealt,
                     .n = s->n,
                     .block = s->block,
                     .weights = weights,
                     .piece = share_piece(s, weights.end - weights.begin),
                     .spread = s->spread || p->count > 1};
    return route_find(&map, leaves, p->ways + part);
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
