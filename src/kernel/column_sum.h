/*
 * column_sum.h: the sum over rows that makes the gradient of a bias. Each
 * output is one chain, r ascending, from the value already there.
 */
#ifndef KERNEL_COLUMN_SUM_H
#define KERNEL_COLUMN_SUM_H

#include "kernel/vec.h"

/* The columns [n,end), at most width vectors of them; two: the same sums are
 * added to also. width and two are constants. */
INLINE void column_block(size_t R, size_t n, size_t end, size_t width, bool two,
                         const float *const *da, float *db, float *also)
{
    enum { MOST = 8 };
    vf sum[MOST], other[MOST];

    /* from the value already there */
    UNROLL
    for (size_t v = 0; v < width; v++) {
        sum[v] = vf_load(db + n + v * VLEN, left(end, n + v * VLEN));
        if (two)
            other[v] = vf_load(also + n + v * VLEN, left(end, n + v * VLEN));
    }

    /* row by row; both sums share one read */
    for (size_t r = 0; r < R; r++) {
        UNROLL
        for (size_t v = 0; v < width; v++) {
            vf d = vf_load(da[r] + n + v * VLEN, left(end, n + v * VLEN));
            sum[v] += d;
            if (two) other[v] += d;
        }
    }

    UNROLL
    for (size_t v = 0; v < width; v++) {
        vf_store(db + n + v * VLEN, sum[v], left(end, n + v * VLEN));
        if (two)
            vf_store(also + n + v * VLEN, other[v], left(end, n + v * VLEN));
    }
}

static void KERNEL(column_sum)(size_t R, size_t begin, size_t end,
                               const float *const *da, float *db, float *also)
{
    enum { WIDTH = VEC_BYTES == 64 ? 8 : 4 };

    for (size_t n = begin; n < end; n += WIDTH * VLEN)
        if (also) column_block(R, n, end, WIDTH, true, da, db, also);
        else column_block(R, n, end, WIDTH, false, da, db, NULL);
}

#endif
