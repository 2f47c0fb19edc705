/*
 * gemm.h: the product. Each output is one chain of fused multiply-adds with k
 * ascending from what stands in c, so any tile shape and any cut of k gives
 * the same bits. A tile holds rows x panels of sums in registers:
 *
 *              k ->          panel   panel          each k: PANEL floats,
 *   a rows   [.......]   x   [...]   [...]   ...    one after the other
 *            [.......]
 *
 * outer.h runs on the same tiles.
 */
#ifndef KERNEL_GEMM_H
#define KERNEL_GEMM_H

#include "kernel/tile.h"

/* Bytes of weights that all rows go over while they are in the first cache. */
enum { BLOCK_BYTES = 32 * 1024 };

/* k from first to last - 1, for some rows and the columns from n on. */
typedef struct product_part {
    size_t K, first, last;
    const float *const *a;
    size_t stride;  /* if a is turned */
    const float *w; /* the first panel */
    float *const *c;
    size_t n, columns; /* columns from n on: less than a panel, or any */
} product_part;

/* All but part are constants where this is called. turned: a is only one row,
 * in which the others follow side by side, and k goes in steps of stride. */
INLINE void product_tile(const product_part *part, size_t rows, size_t panels,
                         bool whole, bool turned)
{
    const size_t width = panels * REGS, step = part->K * PANEL;
    const float *a[TILE_ROWS];
    float *c[TILE_ROWS];
    vf sum[TILE_ROWS][TILE_PANELS * REGS];

    UNROLL
    for (size_t m = 0; m < rows; m++) {
        a[m] = turned ? part->a[0] : part->a[m];
        c[m] = part->c[m] + part->n;
    }
    tile_load(rows, width, whole, part->columns, c, sum);

    const float *w = part->w + part->first * PANEL;
    UNROLL_4
    for (size_t k = part->first; k < part->last; k++) {
        float x[TILE_ROWS];
        UNROLL
        for (size_t m = 0; m < rows; m++)
            x[m] = turned ? a[0][k * part->stride + m] : a[m][k];
        tile_add(rows, width, x, w, step, sum);
        w += PANEL;
    }
    tile_store(rows, width, whole, part->columns, c, sum);
}

/* rows and turned are constants, panels is a power of two. */
INLINE void product_row(const product_part *part, size_t rows, size_t panels,
                        bool turned)
{
    if (rows > TILE_ROWS) return;
    const size_t most = tile_panels(rows);
    if (part->columns < PANEL) product_tile(part, rows, 1, false, turned);
    else if (most >= 8 && panels == 8)
        product_tile(part, rows, 8, true, turned);
    else if (most >= 4 && panels == 4)
        product_tile(part, rows, 4, true, turned);
    else if (most >= 2 && panels == 2)
        product_tile(part, rows, 2, true, turned);
    else product_tile(part, rows, 1, true, turned);
}

INLINE void product_rows(const product_part *part, size_t rows, size_t panels,
                         bool turned)
{
    switch (rows) {
    case 1:
        product_row(part, 1, panels, turned);
        break;
    case 2:
        product_row(part, 2, panels, turned);
        break;
    case 3:
        product_row(part, 3, panels, turned);
        break;
    case 4:
        product_row(part, 4, panels, turned);
        break;
    case 5:
        product_row(part, 5, panels, turned);
        break;
    default:
        product_row(part, 6, panels, turned);
        break;
    }
}

static void product_straight(const product_part *part, size_t rows,
                             size_t panels)
{
    product_rows(part, rows, panels, false);
}
static void product_turned(const product_part *part, size_t rows, size_t panels)
{
    product_rows(part, rows, panels, true);
}

/* rows x columns dots with lanes over k; both are constants. w is the first
 * column's row of weights. Past K, both sides are 0 at any width. */
INLINE void dot_tile(size_t K, const float *const *a, size_t rows,
                     const float *w, float *const *c, size_t n, size_t columns)
{
    const size_t padded = (K + LANES - 1) / LANES * LANES;
    vf sum[2][4][REGS];
    memset(sum, 0, sizeof sum);

    for (size_t k = 0; k < K; k += LANES) {
        UNROLL
        for (size_t r = 0; r < REGS; r++) {
            const size_t at = k + r * VLEN;
            vf x[2];
            UNROLL
            for (size_t m = 0; m < rows; m++)
                x[m] = vf_load(a[m] + at, left(K, at));
            UNROLL
            for (size_t j = 0; j < columns; j++) {
                vf b = load_all(w + j * padded + at);
                UNROLL
                for (size_t m = 0; m < rows; m++)
                    sum[m][j][r] = vf_fma(x[m], b, sum[m][j][r]);
            }
        }
    }

    for (size_t m = 0; m < rows; m++)
        for (size_t j = 0; j < columns; j++) {
            float lane[LANES];
            memcpy(lane, sum[m][j], sizeof lane);
            for (size_t width = LANES / 2; width > 0; width /= 2)
                for (size_t l = 0; l < width; l++)
                    lane[l] += lane[l + width];
            c[m][n + j] += lane[0];
        }
}

static void product_narrow(size_t M, size_t N, size_t K, const float *const *a,
                           const float *w, float *const *c)
{
    const size_t padded = (K + LANES - 1) / LANES * LANES;
    for (size_t m = 0; m < M; m += 2)
        for (size_t n = 0, columns; n < N; n += columns) {
            const float *row = w + n * padded;
            columns = N - n >= 4 ? 4 : 1;
            if (m + 2 <= M) {
                if (columns == 4) dot_tile(K, a + m, 2, row, c + m, n, 4);
                else dot_tile(K, a + m, 2, row, c + m, n, 1);
            } else {
                if (columns == 4) dot_tile(K, a + m, 1, row, c + m, n, 4);
                else dot_tile(K, a + m, 1, row, c + m, n, 1);
            }
        }
}

static void KERNEL(product)(size_t M, size_t N, size_t K, const float *const *a,
                            const float *w, float *const *c)
{
    if (M == 0 || K == 0) return;
    if (N < NARROW) {
        product_narrow(M, N, K, a, w, c);
        return;
    }

    const size_t tiles = tile_count(M), tallest = (M + tiles - 1) / tiles;
    for (size_t n = 0, panels; n < N; n += panels * PANEL) {
        panels = tile_next(tallest, N - n);

        /* rows that follow find their block of weights in the first cache */
        const size_t block =
            tiles > 1 ? BLOCK_BYTES / (panels * PANEL * sizeof *w) : K;
        for (size_t k = 0; k < K; k += block)
            for (size_t i = 0; i < tiles; i++) {
                const size_t m = tile_begin(M, i), end = tile_begin(M, i + 1);
                product_part part = {.K = K,
                                     .first = k,
                                     .last = K - k > block ? k + block : K,
                                     .a = a + m,
                                     .w = w + n * K,
                                     .c = c + m,
                                     .n = n,
                                     .columns = N - n};
                product_straight(&part, end - m, panels);
            }
    }
}

#endif
