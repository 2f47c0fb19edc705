/*
 * column_sum.h: the sum over rows that makes the gradient of a bias: chains of
 * ROW_CHAIN rows, each from 0, added in order.
 */
#ifndef KERNEL_COLUMN_SUM_H
#define KERNEL_COLUMN_SUM_H

#include "kernel/vec.h"

enum { COLUMN_VECTORS = VEC_BYTES == 64 ? 8 : 4 };

/* Adds da[r][n ...] of one chain to sum; count columns are left. */
INLINE void column_chain(size_t R, size_t n, size_t count,
                         const float *const *da, vf *sum)
{
    for (size_t r = 0; r < R; r++) {
        UNROLL
        for (size_t v = 0; v < COLUMN_VECTORS; v++)
            sum[v] += vf_load(da[r] + n + v * VLEN, left(count, v * VLEN));
    }
}

/* The columns [n,n + count), as far as vectors go. */
INLINE void column_block(size_t R, size_t n, size_t count,
                         const float *const *da, const leaf_sum *db, size_t at,
                         float *also)
{
    const size_t joins = db->closed ? db->join_count : 0;
    float *to = db->to + at;
    vf sum[COLUMN_VECTORS];

    /* the first chain, then the others */
    UNROLL
    for (size_t v = 0; v < COLUMN_VECTORS; v++)
        sum[v] = db->fresh ? vf_set(0)
                           : vf_load(to + v * VLEN, left(count, v * VLEN));
    column_chain(R < ROW_CHAIN ? R : ROW_CHAIN, n, count, da, sum);

    for (size_t r = ROW_CHAIN; r < R; r += ROW_CHAIN) {
        vf chain[COLUMN_VECTORS];
        UNROLL
        for (size_t v = 0; v < COLUMN_VECTORS; v++)
            chain[v] = vf_set(0);
        column_chain(R - r < ROW_CHAIN ? R - r : ROW_CHAIN, n, count, da + r,
                     chain);
        UNROLL
        for (size_t v = 0; v < COLUMN_VECTORS; v++)
            sum[v] += chain[v];
    }

    /* closed, and joined by what came before */
    UNROLL
    for (size_t v = 0; v < COLUMN_VECTORS; v++) {
        const size_t l = v * VLEN;
        if (db->closed) sum[v] += vf_set(0);
        for (size_t j = 0; j < joins; j++)
            sum[v] += vf_load(db->joins[j] + at + l, left(count, l));
        vf_store(to + l, sum[v], left(count, l));
        if (also) vf_store(also + at + l, sum[v], left(count, l));
    }
}

static void KERNEL(column_sum)(size_t R, size_t begin, size_t end,
                               const float *const *da, const leaf_sum *db,
                               float *also)
{
    for (size_t n = begin; n < end; n += COLUMN_VECTORS * VLEN)
        column_block(R, n, end - n, da, db, n - begin, also);
}

#endif
