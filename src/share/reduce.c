/*
 * reduce.c: the sum of a gradient over all leaves, slice by slice. Partial sums
 * travel as nodes of the tree and join as its leaves do, so the sum has the
 * bits that one rank alone would give it.
 *
 *   halving   a power of two of ranks with one node each, all of one size:
 *             log2 P rounds with the nearest rank first, half as much each time
 *             (Rabenseifner 2004); n (P - 1) / P floats
 *   directly  each owner of a slice gets all nodes of it in one round and joins
 *             them in order; as much for each node that a rank has
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
    size_t most = 0, bytes;
    s->n = n;
    s->block = block;
    for (int rank = 0; rank < s->size; rank++) {
        stretch slice = share_slice(s, rank);
        if (slice.end - slice.begin > most) most = slice.end - slice.begin;
    }

    /* nodes of all ranks for one slice, or half of everything */
    if (!sizes_multiply(most, (size_t)s->size * DEAL_NODES, sizeof(float),
                        &bytes))
        return no_memory(s);
    s->room_count = bytes / sizeof(float);
    if (s->room_count < n) s->room_count = n;
    s->room = block_reserve(s->room_count * sizeof *s->room);
    for (size_t i = 1; i < DEAL_NODES; i++) /* 0 between the parameters */
        s->nodes[i] = block_create(n * sizeof **s->nodes);
    return s->room && s->nodes[1] && s->nodes[2] ? ELMAN_OK : no_memory(s);
}

/* ---- Halving ------------------------------------------------------------ */

/* Whether each rank has one node, all of the same size. */
static bool can_halve(share *s, size_t leaves)
{
    if (!deal_is_even(s->size) || !leaves || leaves % (size_t)s->size)
        return false;
    size_t each = leaves / (size_t)s->size;
    return (each & (each - 1)) == 0;
}

/* The weights of consecutive slices. */
static stretch slices(const share *s, int first, int count)
{
    stretch begin = deal_slice(s->n, s->block, s->size, first);
    stretch end = deal_slice(s->n, s->block, s->size, first + count - 1);
    return (stretch){begin.begin, end.end};
}

static elman_status halve(share *s, float *total)
{
    int first = 0, count = s->size;
    for (int bit = 1; bit < s->size; bit *= 2) {
        int other = s->rank ^ bit;
        count /= 2;

        /* the later half is that of the rank with the bit */
        int kept = first + (s->rank & bit ? count : 0);
        int given = first + (s->rank & bit ? 0 : count);
        stretch keeps = slices(s, kept, count), gives = slices(s, given, count);
        share_send(s, other, total + gives.begin,
                   (gives.end - gives.begin) * sizeof *total);
        share_receive(s, other, s->room,
                      (keeps.end - keeps.begin) * sizeof *total);
        TRY(share_exchange(s));

        kernels_here()->add(keeps.end - keeps.begin, s->room,
                            total + keeps.begin);
        first = kept;
    }
    return ELMAN_OK;
}

/* ---- Directly ----------------------------------------------------------- */

/* A node and where its slice of the sum is. */
typedef struct summand {
    tree_node what;
    float *sum;
} summand;

/* Joins nodes, which come in order, as leaves join; on top are those that wait
 * for others. */
static void join(size_t n, const summand *all, size_t count, float *total)
{
    enum { MOST = 64 };
    summand waiting[MOST];
    size_t top = 0;

    /* a node takes up the one before it where both are halves of another */
    for (size_t i = 0; i < count; i++) {
        summand at = all[i];
        while (top && waiting[top - 1].what.leaves == at.what.leaves &&
               waiting[top - 1].what.begin % (2 * at.what.leaves) == 0) {
            kernels_here()->add(n, waiting[--top].sum, at.sum);
            at.what.begin = waiting[top].what.begin;
            at.what.leaves *= 2;
        }
        waiting[top++] = at;
    }

    /* what is left, the last first */
    float *sum = top ? waiting[top - 1].sum : NULL;
    while (top > 1)
        kernels_here()->add(n, waiting[--top - 1].sum, sum);
    if (sum && sum != total) memcpy(total, sum, n * sizeof *total);
    if (!sum) memset(total, 0, n * sizeof *total);
}

/* Adds what this rank sends of its nodes to the exchange. */
static void send_nodes(share *s, size_t own_count)
{
    for (int rank = 0; rank < s->size; rank++) {
        stretch slice = share_slice(s, rank);
        for (size_t i = 0; rank != s->rank && i < own_count; i++)
            share_send(s, rank, s->nodes[i] + slice.begin,
                       (slice.end - slice.begin) * sizeof **s->nodes);
    }
}

static elman_status reduce_directly(share *s, size_t leaves, float *total)
{
    tree_node nodes[DEAL_NODES];
    stretch slice = share_own_slice(s);
    size_t n = slice.end - slice.begin, count = 0, arrived = 0;
    summand *all = calloc((size_t)s->size * DEAL_NODES, sizeof *all);
    if (!all) return no_memory(s);

    /* all nodes of this rank's slice, in the order of the ranks */
    send_nodes(s, deal_nodes(share_own_leaves(s, leaves), leaves, nodes));
    for (int rank = 0; rank < s->size; rank++) {
        size_t theirs =
            deal_nodes(share_leaves(s, leaves, rank), leaves, nodes);
        for (size_t i = 0; i < theirs; i++) {
            bool own = rank == s->rank;
            float *to =
                own ? s->nodes[i] + slice.begin : s->room + n * arrived++;
            if (!own) share_receive(s, rank, to, n * sizeof *to);
            all[count++] = (summand){nodes[i], to};
        }
    }

    elman_status status = share_exchange(s);
    if (!status && n) join(n, all, count, total + slice.begin);
    free(all);
    return status;
}

elman_status share_reduce(share *s, size_t leaves, float *total)
{
    s->nodes[0] = total;
    return can_halve(s, leaves) ? halve(s, total)
                                : reduce_directly(s, leaves, total);
}

/* ---- Slices ------------------------------------------------------------- */

/* Calls collect with the slices of data, which holds one value of so many bytes
 * for each unit of weights. */
static elman_status with_slices(share *s, void *data, size_t unit, size_t bytes,
                                elman_status (*collect)(share *, void *,
                                                        const size_t *,
                                                        const int *))
{
    size_t ranks = (size_t)s->size, *begins = calloc(ranks + 1, sizeof *begins);
    int *owner = calloc(ranks, sizeof *owner);
    elman_status status = begins && owner ? ELMAN_OK : no_memory(s);

    for (int slice = 0; !status && slice < s->size; slice++) {
        size_t end = deal_slice(s->n, s->block, s->size, slice).end;
        owner[slice] = deal_slice_of(s->size, slice);
        begins[slice + 1] = (end / unit + (end % unit > 0)) * bytes;
    }
    if (!status) status = collect(s, data, begins, owner);
    free(begins);
    free(owner);
    return status;
}

elman_status share_collect_blocks(share *s, void *data, size_t bytes)
{
    return with_slices(s, data, s->block, bytes, share_collect);
}

elman_status share_collect_slices(share *s, float *values)
{
    return with_slices(s, values, 1, sizeof *values, share_collect);
}

elman_status share_gather_slices(share *s, float *values)
{
    return with_slices(s, values, 1, sizeof *values, share_gather);
}
