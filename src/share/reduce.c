/*
 * reduce.c: the sum of a gradient over all leaves, slice by slice. Partial sums
 * travel as nodes of the tree and join as its leaves do, so the sum has the
 * bits that one rank alone would give it; their way is route.h's. What comes
 * back from the owners goes by collect.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/kernel.h"
#include "share/share.h"

static elman_status no_memory(const share *s)
{
    return failure(ELMAN_NO_MEMORY,
                   "no memory to add up %zu gradients of %d "
                   "ranks",
                   s->n, s->size);
}

/* ---- How weights are cut ------------------------------------------------- */

/* A piece is a part of a block, 64 bytes at least, and small enough for ranks
 * to hold nearly as much each. */
size_t share_piece(const share *s, size_t weights)
{
    size_t piece = s->block, enough = 8 * (size_t)s->size;
    while (piece % 2 == 0 && piece > 16 && weights / piece < enough)
        piece /= 2;
    return piece;
}

elman_status share_prepare(share *s, size_t n, size_t block)
{
    size_t bytes, blocks = n / block + (n % block > 0);
    s->n = n;
    s->block = block;
    s->piece = share_piece(s, n);

    /* where most ranks own nothing, a sum that went to owners alone would pass
     * them by in whole blocks, round after round */
    s->spread = blocks < (size_t)s->size;

    /* a rank is in two nodes at once at most */
    if (!sizes_multiply(n, 2, sizeof(float), &bytes)) return no_memory(s);
    s->room = block_reserve(bytes);
    for (size_t i = 1; i < DEAL_NODES; i++) /* 0 between the parameters */
        s->nodes[i] = block_create(n * sizeof **s->nodes);
    if (!s->room || !s->nodes[1] || !s->nodes[2]) return no_memory(s);
    return share_cut(s, NULL, 0, n);
}

/* ---- Summing ------------------------------------------------------------- */

/* Adds the messages of a round to the next exchange. What is to be added comes
 * to the room, one after the other. */
static void add_messages(share *s, const route *way, size_t round)
{
    float *room = s->room;
    for (size_t i = 0; i < way->count; i++) {
        const route_move *m = way->moves + i;
        size_t n = m->weights.end - m->weights.begin;
        float *node = s->nodes[m->node] + m->weights.begin;
        if (m->round != round || m->what == MOVE_JOIN) continue;

        if (m->what == MOVE_GIVE)
            share_send(s, m->rank, node, n * sizeof *node);
        else
            share_receive(s, m->rank, m->what == MOVE_ADD ? room : node,
                          n * sizeof *node);
        if (m->what == MOVE_ADD) room += n;
    }
}

/* Numbers that one thread adds at a time. */
enum { CHUNK = 1 << 15 };

typedef struct add_job {
    size_t n;
    const float *a;
    float *y;
} add_job;

static void add_chunk(void *context, size_t index)
{
    const add_job *job = context;
    size_t begin = index * CHUNK, left = job->n - begin;
    kernels_here()->add(left < CHUNK ? left : CHUNK, job->a + begin,
                        job->y + begin);
}

static void add_with(int threads, size_t n, const float *a, float *y)
{
    add_job job = {n, a, y};
    thread_run(threads, n / CHUNK + (n % CHUNK > 0), add_chunk, &job);
}

/* Adds what has come, or is here. */
static void add_round(share *s, const route *way, size_t round, int threads)
{
    const float *room = s->room;
    for (size_t i = 0; i < way->count; i++) {
        const route_move *m = way->moves + i;
        size_t begin = m->weights.begin, n = m->weights.end - begin;
        float *node = s->nodes[m->node] + begin;
        if (m->round != round) continue;

        if (m->what == MOVE_ADD) add_with(threads, n, room, node);
        if (m->what == MOVE_ADD) room += n;
        if (m->what == MOVE_JOIN)
            add_with(threads, n, s->nodes[m->other] + begin, node);
    }
}

elman_status share_reduce_part(share *s, size_t part, int threads)
{
    const route *way = s->parts.ways + part;
    for (size_t round = 1; round < way->rounds; round++) {
        add_messages(s, way, round);
        TRY(share_exchange(s));
        add_round(s, way, round, threads);
    }
    return ELMAN_OK;
}

elman_status share_reduce_last(share *s)
{
    /* the owners of one part are few, those of all parts are all ranks */
    for (size_t i = 0; i < s->parts.count; i++)
        add_messages(s, s->parts.ways + i, s->parts.ways[i].rounds);
    return share_exchange(s);
}

elman_status share_reduce(share *s, size_t leaves, float *total)
{
    TRY(share_reduce_begin(s, leaves, total));
    return share_reduce_end(s);
}

/* ---- Slices ------------------------------------------------------------- */

/* Calls collect with the slices of data, which are whole blocks of so many
 * weights and hold one value of so many bytes for each unit of them. */
static elman_status with_slices(
    share *s, void *data, size_t block, size_t unit, size_t bytes,
    elman_status (*collect)(share *, void *, const size_t *, const int *))
{
    size_t *begins = calloc((size_t)s->size + 1, sizeof *begins);
    if (!begins) return no_memory(s);
    for (int slice = 0; slice < s->size; slice++) {
        size_t end = deal_slice(s->n, block, s->size, slice).end;
        begins[slice + 1] = (end / unit + (end % unit > 0)) * bytes;
    }
    elman_status status = collect(s, data, begins, s->order);
    free(begins);
    return status;
}

elman_status share_collect_blocks(share *s, void *data, size_t bytes)
{
    return with_slices(s, data, s->block, s->block, bytes, share_collect);
}

/* The owner of a slice gives the rank of another its part of what all are to
 * have, if this rank is one of them. */
static void spread_part(share *s, float *values, int from, int to)
{
    stretch slice = deal_slice(s->n, s->block, s->size, from);
    stretch part = deal_slice(s->n, s->piece, s->size, to);
    size_t begin = slice.begin > part.begin ? slice.begin : part.begin;
    size_t end = slice.end < part.end ? slice.end : part.end;
    if (from == to || begin >= end) return;

    size_t bytes = (end - begin) * sizeof *values;
    if (from == s->place[s->rank])
        share_send(s, s->order[to], values + begin, bytes);
    else share_receive(s, s->order[from], values + begin, bytes);
}

static elman_status spread(share *s, float *values)
{
    int own = s->place[s->rank];
    for (int other = 0; other < s->size; other++) {
        spread_part(s, values, own, other);
        spread_part(s, values, other, own);
    }
    return share_exchange(s);
}

elman_status share_collect_slices(share *s, float *values)
{
    if (s->spread) TRY(spread(s, values));
    return with_slices(s, values, s->spread ? s->piece : s->block, 1,
                       sizeof *values, share_collect);
}

elman_status share_gather_slices(share *s, float *values)
{
    return with_slices(s, values, s->block, 1, sizeof *values, share_gather);
}
