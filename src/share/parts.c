/*
 * parts.c: the sum of a gradient that is not whole yet. Its parts, the last
 * weights first, are summed in that order on all ranks, by a thread that takes
 * all that are complete; what is not when the caller ends it does itself.
 */
#include <stdio.h>
#include <stdlib.h>

#include "share/share.h"

/* ---- How it is cut --------------------------------------------------------
 */

elman_status share_cut(share *s, const size_t *places, size_t count,
                       size_t least)
{
    share_parts *p = &s->parts;
    p->begins = calloc(count + 1, sizeof *p->begins);
    if (!p->begins)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu parts", count);

    /* a part costs rounds of its own, and the last is begun by no one early */
    size_t end = s->n;
    if (least < s->n / 8) least = s->n / 8;
    for (size_t i = count; s->transport.any_thread && i-- > 0;)
        if (places[i] > 0 && places[i] < end && end - places[i] >= least)
            end = p->begins[p->count++] = places[i];
    p->begins[p->count++] = 0;
    return ELMAN_OK;
}

static elman_status sum_part(share *s, size_t part)
{
    const share_parts *p = &s->parts;
    stretch weights = {0, s->n};
    if (part > 0) weights.end = p->begins[part - 1];
    if (p->begins) weights.begin = p->begins[part];
    return share_reduce_weights(s, weights);
}

/* ---- On a thread of its own ---------------------------------------------- */

/* The next part that is complete and not summed; false, for good, if none is.
 */
static bool next_part(share_parts *p, size_t *part)
{
    mutex_lock(&p->lock);
    *part = p->summed;
    bool more = !p->status && p->summed < p->complete;
    p->running = more;
    mutex_unlock(&p->lock);
    return more;
}

static void sum_complete(void *context)
{
    share *s = context;
    share_parts *p = &s->parts;
    size_t part;
    while (next_part(p, &part)) {
        elman_status status = sum_part(s, part);
        if (status)
            snprintf(p->message, sizeof p->message, "%s", elman_message());

        mutex_lock(&p->lock);
        p->summed++;
        p->status = status;
        mutex_unlock(&p->lock);
    }
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
    return share_route(s, leaves, total);
}

elman_status share_reduce_end(share *s)
{
    share_parts *p = &s->parts;
    share_parts_end(p);
    if (p->status) return failure(p->status, "%s", p->message);
    size_t count = p->count ? p->count : 1;
    while (p->summed < count)
        TRY(sum_part(s, p->summed++));
    return ELMAN_OK;
}
