/*
 * outer.h: sums over rows: the outer products that make a weight's gradient,
 * and the column sum that makes a bias's. Each output is one chain with r
 * ascending from what stands there, so cutting r into blocks and keeping the
 * sums in memory between them changes no bit.
 */
#ifndef KERNEL_OUTER_H
#define KERNEL_OUTER_H

#include "kernel/tile.h"

enum {
    OUTER_ROWS = 128,  /* r in a block: its x stays in the second cache */
    OUTER_COLUMNS = 64 /* n at once if K is narrow */
};

/* out[i][j] += sum over r of s[r][i] v[r][j]: s is broadcast, v is loaded. */
typedef struct outer_part {
    size_t R;
    const float *const *s, *const *v;
    size_t i, j, columns; /* the first of each; columns from j on */
    float *out;           /* element (i,j) */
    size_t stride;        /* from one row of out to the next */
} outer_part;

/* rows, panels and whole are constants where this is called; a tile that is
 * not whole has one panel and fewer columns. */
INLINE void outer_tile(const outer_part *part, size_t rows, size_t panels,
                       bool whole)
{
    const size_t width = panels * REGS;
    float *out[TILE_ROWS];
    vf sum[TILE_ROWS][TILE_PANELS * REGS], b[TILE_PANELS * REGS];

    UNROLL
    for (size_t m = 0; m < rows; m++)
        out[m] = part->out + m * part->stride;
    tile_load(rows, width, whole, part->columns, out, sum);

    for (size_t r = 0; r < part->R; r++) {
        const float *from = part->v[r] + part->j;
        UNROLL
        for (size_t v = 0; v < width; v++)
            b[v] =
                whole ? load_all(from + v * VLEN)
                      : vf_load(from + v * VLEN, left(part->columns, v * VLEN));
        tile_add(rows, width, part->s[r] + part->i, b, sum);
    }
    tile_store(rows, width, whole, part->columns, out, sum);
}

/* rows is a constant, panels a power of two. */
INLINE void outer_row(const outer_part *part, size_t rows, size_t panels)
{
    if (rows > TILE_ROWS) return;
    const size_t most = tile_panels(rows);
    if (part->columns < PANEL) outer_tile(part, rows, 1, false);
    else if (most >= 8 && panels == 8) outer_tile(part, rows, 8, true);
    else if (most >= 4 && panels == 4) outer_tile(part, rows, 4, true);
    else if (most >= 2 && panels == 2) outer_tile(part, rows, 2, true);
    else outer_tile(part, rows, 1, true);
}

static void outer_any(const outer_part *part, size_t rows, size_t panels)
{
    switch (rows) {
    case 1:
        outer_row(part, 1, panels);
        break;
    case 2:
        outer_row(part, 2, panels);
        break;
    case 3:
        outer_row(part, 3, panels);
        break;
    case 4:
        outer_row(part, 4, panels);
        break;
    case 5:
        outer_row(part, 5, panels);
        break;
    default:
        outer_row(part, 6, panels);
        break;
    }
}

/* All tiles of whole: rows from whole->i, and its columns. */
static void outer_tiles(const outer_part *whole, size_t rows)
{
    const size_t tiles = tile_count(rows);
    for (size_t tile = 0; tile < tiles; tile++) {
        const size_t i = tile_begin(rows, tile);
        const size_t tall = tile_begin(rows, tile + 1) - i;
        for (size_t j = 0, panels; j < whole->columns; j += panels * PANEL) {
            outer_part part = *whole;
            part.i += i;
            part.j += j;
            part.out += i * whole->stride + j;
            part.columns -= j;
            panels = tile_next(tall, part.columns);
            outer_any(&part, tall, panels);
        }
    }
}

/* With K below a panel, lanes run over n: the same tiles with the sides
 * exchanged, on a turned copy of some columns of dw. */
static void outer_narrow(size_t R, size_t first, size_t last, size_t K,
                         const float *const *da, const float *const *x,
                         float *dw)
{
    float turned[NARROW * OUTER_COLUMNS];
    for (size_t n = first; n < last; n += OUTER_COLUMNS) {
        const size_t columns =
            last - n < OUTER_COLUMNS ? last - n : OUTER_COLUMNS;
        float *from = dw + n * K;
        for (size_t j = 0; j < columns; j++)
            for (size_t k = 0; k < K; k++)
                turned[k * OUTER_COLUMNS + j] = from[j * K + k];

        outer_part part = {R, x, da, 0, n, columns, turned, OUTER_COLUMNS};
        outer_tiles(&part, K);

        for (size_t j = 0; j < columns; j++)
            for (size_t k = 0; k < K; k++)
                from[j * K + k] = turned[k * OUTER_COLUMNS + j];
    }
}

static void KERNEL(outer)(size_t R, size_t first, size_t last, size_t K,
                          const float *const *da, const float *const *x,
                          float *dw)
{
    if (first >= last || K == 0) return;
    if (K < NARROW) {
        outer_narrow(R, first, last, K, da, x, dw);
        return;
    }
    for (size_t r = 0; r < R; r += OUTER_ROWS) {
        const size_t rows = R - r < OUTER_ROWS ? R - r : OUTER_ROWS;
        outer_part part = {rows, da + r, x + r, first, 0, K, dw + first * K, K};
        outer_tiles(&part, last - first);
    }
}

static void KERNEL(column_sum)(size_t R, size_t first, size_t last,
                               const float *const *da, float *db)
{
    enum { WIDTH = 4 };
    for (size_t n = first; n < last; n += WIDTH * VLEN) {
        vf sum[WIDTH];
        UNROLL
        for (size_t v = 0; v < WIDTH; v++)
            sum[v] = vf_load(db + n + v * VLEN, left(last, n + v * VLEN));
        for (size_t r = 0; r < R; r++) {
            UNROLL
            for (size_t v = 0; v < WIDTH; v++)
                sum[v] +=
                    vf_load(da[r] + n + v * VLEN, left(last, n + v * VLEN));
        }
        UNROLL
        for (size_t v = 0; v < WIDTH; v++)
            vf_store(db + n + v * VLEN, sum[v], left(last, n + v * VLEN));
    }
}

#endif
