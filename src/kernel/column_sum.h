/*
 * column_sum.h: the sum over rows that makes the gradient of a bias. Each
 * output is one chain, r ascending, of a leaf.
 */
#ifndef KERNEL_COLUMN_SUM_H
#define KERNEL_COLUMN_SUM_H

#include "kernel/vec.h"

/* The columns [n,end), at most width vectors of them; width is a constant. */
INLINE void column_block(size_t R, size_t n, size_t end, size_t width,
                         const float *const *da, const leaf_sum *db,
                         float *also)
{
    enum { MOST = 8 };
    const size_t joins = db->closed ? db->join_count : 0;
    float *to = db->to;
    vf sum[MOST];

    UNROLL
    for (size_t v = 0; v < width; v++) {
        const size_t at = n + v * VLEN;
        sum[v] = db->fresh ? vf_set(0) : vf_load(to + at, left(end, at));
    }

    for (size_t r = 0; r < R; r++) {
        UNROLL
        for (size_t v = 0; v < width; v++)
            sum[v] += vf_load(da[r] + n + v * VLEN, left(end, n + v * VLEN));
    }

    /* closed, and joined by what came before */
    UNROLL
    for (size_t v = 0; v < width; v++) {
        const size_t at = n + v * VLEN;
        if (db->closed) sum[v] += vf_set(0);
        for (size_t j = 0; j < joins; j++)
            sum[v] += vf_load(db->joins[j] + at, left(end, at));
    }

    UNROLL
    for (size_t v = 0; v < width; v++) {
        const size_t at = n + v * VLEN;
        vf_store(to + at, sum[v], left(end, at));
        if (also) vf_store(also + at, sum[v], left(end, at));
    }
}

static void KERNEL(column_sum)(size_t R, size_t begin, size_t end,
                               const float *const *da, const leaf_sum *db,
                               float *also)
{
    enum { WIDTH = VEC_BYTES == 64 ? 8 : 4 };

    for (size_t n = begin; n < end; n += WIDTH * VLEN)
        column_block(R, n, end, WIDTH, da, db, also);
}

#endif
