/* deal.c: see deal.h. */
#include "base/deal.h"

#include <string.h>

/* ---- Leaves ------------------------------------------------------------- */

/* The leaves of the node that begins at begin, in what ends at end, of so many
 * leaves in all: the largest power of two that divides begin and fits; or all
 * that are left, where that would go beyond the last leaf. */
static size_t node_at(size_t begin, size_t end, size_t leaves)
{
    size_t count = 1;
    while (begin % (2 * count) == 0 && count < leaves - begin)
        count *= 2;
    if (end == leaves && count >= leaves - begin) return leaves - begin;

    while (count > end - begin)
        count /= 2;
    return count;
}

static size_t count_nodes(stretch own, size_t leaves)
{
    size_t count = 0;
    for (size_t at = own.begin; at < own.end; count++)
        at += node_at(at, own.end, leaves);
    return count;
}

stretch deal_leaves(size_t leaves, size_t unit, int size, int rank)
{
    size_t units = leaves / unit + (leaves % unit > 0);
    size_t ranks = (size_t)size, at = (size_t)rank;

    /* units * at / ranks, without overflow */
    size_t each = units / ranks, rest = units % ranks;
    size_t begin = unit * (each * at + rest * at / ranks);
    size_t end = unit * (each * (at + 1) + rest * (at + 1) / ranks);
    return (stretch){begin < leaves ? begin : leaves,
                     end < leaves ? end : leaves};
}

size_t deal_unit(size_t leaves, int size)
{
    for (size_t unit = 1;; unit *= 2) {
        bool fits = true;
        for (int rank = 0; rank < size && fits; rank++)
            fits = count_nodes(deal_leaves(leaves, unit, size, rank), leaves) <=
                   DEAL_NODES;
        if (fits) return unit;
    }
}

size_t deal_leaf_count(size_t B, size_t block)
{
    return B / block + (B % block > 0);
}

stretch deal_sequences(size_t B, size_t block, int size, int rank)
{
    size_t leaves = deal_leaf_count(B, block);
    stretch own = deal_leaves(leaves, deal_unit(leaves, size), size, rank);
    size_t begin = own.begin * block, end = own.end * block;
    return (stretch){begin < B ? begin : B, end < B ? end : B};
}

size_t deal_most_sequences(size_t B, size_t block, int size, int rank)
{
    size_t most = 0;
    for (size_t leaves = deal_leaf_count(B, block); leaves > 0; leaves--) {
        stretch own = deal_leaves(leaves, deal_unit(leaves, size), size, rank);
        size_t count = (own.end - own.begin) * block;
        if (count > most) most = count;
    }
    return most < B ? most : B;
}

size_t deal_nodes(stretch own, size_t leaves, tree_node nodes[DEAL_NODES])
{
    size_t count = 0;
    for (size_t at = own.begin; at < own.end; count++) {
        nodes[count] = (tree_node){at, node_at(at, own.end, leaves)};
        at += nodes[count].leaves;
    }
    return count;
}

/* ---- Weights ------------------------------------------------------------ */

void deal_part(stretch weights, size_t block, int size, size_t part,
               size_t *cuts)
{
    size_t n = weights.end - weights.begin, ranks = (size_t)size;
    size_t blocks = n / block + (n % block > 0), at = 0;
    for (size_t slice = 0; slice < ranks; slice++) {
        size_t begin = at * block;
        cuts[slice] = weights.begin + (begin < n ? begin : n);
        stretch own =
            deal_leaves(blocks, 1, size, (int)((slice + part) % ranks));
        at += own.end - own.begin;
    }
    cuts[ranks] = weights.end;
}

weight_slice slice_of_all(size_t n)
{
    return (weight_slice){.count = n > 0, .of = {{0, n}}};
}

size_t slice_size(const weight_slice *slice)
{
    size_t size = 0;
    for (size_t i = 0; i < slice->count; i++)
        size += slice->of[i].end - slice->of[i].begin;
    return size;
}

void slice_take(const weight_slice *slice, const float *all, float *own)
{
    for (size_t i = 0; i < slice->count; i++) {
        size_t n = slice->of[i].end - slice->of[i].begin;
        memcpy(own, all + slice->of[i].begin, n * sizeof *own);
        own += n;
    }
}

void slice_put(const weight_slice *slice, const float *own, float *all)
{
    for (size_t i = 0; i < slice->count; i++) {
        size_t n = slice->of[i].end - slice->of[i].begin;
        memcpy(all + slice->of[i].begin, own, n * sizeof *own);
        own += n;
    }
}

void deal_order(int size, int *order)
{
    int bits = 0, count = 0;
    while ((size - 1) >> bits)
        bits++;
    for (int i = 0; i < 1 << bits; i++) {
        int rank = 0;
        for (int bit = 0; bit < bits; bit++)
            rank |= (i >> bit & 1) << (bits - 1 - bit);
        if (rank < size) order[count++] = rank;
    }
}
