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

elman_status share_prepare(share *s, size_t n, size_t block)
{
    size_t bytes;
    s->n = n;
    s->block = block;

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
    /* only parts that are held by others than their owners have one */
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

/* Calls collect with the slices of data, which begin at these weights (cuts)
 * and hold one value of so many bytes for each unit of them. */
static elman_status
with_slices(share *s, void *data, const size_t *cuts, size_t unit, size_t bytes,
            elman_status (*collect)(share *, void *, const size_t *, size_t,
                                    const int *))
{
    size_t rows = s->parts.count, count = rows * ((size_t)s->size + 1);
    size_t *begins = calloc(count, sizeof *begins);
    if (!begins) return no_memory(s);
    for (size_t i = 0; i < count; i++)
        begins[i] = (cuts[i] / unit + (cuts[i] % unit > 0)) * bytes;
    elman_status status = collect(s, data, begins, rows, s->order);
    free(begins);
    return status;
}

elman_status share_collect_blocks(share *s, void *data, size_t bytes)
{
    return with_slices(s, data, s->parts.owned, s->block, bytes,
                       share_collect_rows);
}

/* The owner of a slice of a part gives the rank of another what it holds of
 * that, if this rank is one of them. */
static void spread_slice(share *s, float *values, size_t part, int from, int to)
{
    size_t row = part * ((size_t)s->size + 1);
    const size_t *owned = s->parts.owned + row + from;
    const size_t *held = s->parts.held + row + to;
    size_t begin = owned[0] > held[0] ? owned[0] : held[0];
    size_t end = owned[1] < held[1] ? owned[1] : held[1];
    if (from == to || begin >= end) return;

    size_t bytes = (end - begin) * sizeof *values;
    if (from == s->place[s->rank])
        share_send(s, s->order[to], values + begin, bytes);
    else share_receive(s, s->order[from], values + begin, bytes);
}

/* The slices of values come from owners to holders. */
static elman_status spread(share *s, float *values)
{
    int own = s->place[s->rank];
    for (size_t part = 0; part < s->parts.count; part++)
        for (int other = 0; other < s->size; other++) {
            spread_slice(s, values, part, own, other);
            spread_slice(s, values, part, other, own);
        }
    return share_exchange(s);
}

elman_status share_collect_slices(share *s, float *values)
{
    const share_parts *p = &s->parts;
    size_t blocks = s->n / s->block + (s->n % s->block > 0);

    /* owners of a few blocks would send all there is */
    bool few = blocks < (size_t)s->size;
    if (few) TRY(spread(s, values));
    return with_slices(s, values, few ? p->held : p->owned, 1, sizeof *values,
                       share_collect_rows);
}

elman_status share_gather_slices(share *s, float *values)
{
    return with_slices(s, values, s->parts.owned, 1, sizeof *values,
                       share_gather_rows);
}
