/*
 * outer.h: sums over rows: the outer products that make a weight's gradient,
 * and the column sum that makes a bias's. Each output is one chain with r
 * ascending from what stands there, so cutting r into blocks and keeping the
 * sums in memory between them changes no bit.
 *
 * An outer product is a product whose k is r: blocks of da and x are copied
 * together (rows of a large array share cache sets: without copies it ran at
 * 55 % of the peak) and the tiles of tile.h go over them.
 */
#ifndef KERNEL_OUTER_H
#define KERNEL_OUTER_H

#include "kernel/tile.h"

enum {
    OUTER_DEPTH = 192,                   /* r in a block */
    OUTER_ROWS = 144,                    /* rows of the sum in a block */
    OUTER_COLUMNS = GROUP_PANELS * PANEL /* columns that are copied at once */
};

/* c[i][j] += sum over r of s[r][i] v[r][j], for i from first_i and j from
 * first_j on. */
typedef struct outer_part {
    size_t R;
    const float *const *s, *const *v;
    size_t first_i, rows; /* at most OUTER_ROWS */
    size_t first_j, columns;
    float **c; /* (rows), from column first_j on */
} outer_part;

/* Columns from j on of v as panels side by side, filled up with 0. */
INLINE void outer_pack(const outer_part *part, size_t j, size_t columns,
                       size_t width, float *to)
{
    for (size_t r = 0; r < part->R; r++) {
        const float *from = part->v[r] + part->first_j + j;
        for (size_t l = 0; l < width; l += VLEN)
            store_all(to + r * width + l, vf_load(from + l, left(columns, l)));
    }
}

/* rows x panels sums from column j on; columns are left of all. */
INLINE void outer_tile(tile *t, size_t rows, size_t panels, size_t j,
                       size_t columns)
{
    tile_function *run = tiles[false][rows - 1][panels];
    size_t at[TILE_PANELS], of_panel[TILE_PANELS];
    t->at = at;
    for (size_t p = 0; p < panels; p++) {
        at[p] = j + p * PANEL;
        of_panel[p] = columns < (p + 1) * PANEL ? columns - p * PANEL : PANEL;
    }
    if (columns >= panels * PANEL) run(t);
    else tile_buffered(t, run, rows, panels, of_panel);
}

/* R is at most OUTER_DEPTH. */
static void outer_block(const outer_part *part)
{
    _Alignas(64) float s[OUTER_DEPTH * OUTER_ROWS];
    _Alignas(64) float v[OUTER_DEPTH * OUTER_COLUMNS];
    for (size_t r = 0; r < part->R; r++)
        memcpy(s + r * part->rows, part->s[r] + part->first_i,
               part->rows * sizeof *s);

    for (size_t j = 0; j < part->columns; j += OUTER_COLUMNS) {
        const size_t rest = part->columns - j;
        const size_t columns = rest < OUTER_COLUMNS ? rest : OUTER_COLUMNS;
        const size_t panels = (columns + PANEL - 1) / PANEL;
        const size_t most = tile_most(panels);
        const size_t count = (part->rows + most - 1) / most;
        outer_pack(part, j, columns, panels * PANEL, v);
        for (size_t i = 0; i < count; i++) {
            const size_t m = tile_begin(part->rows, count, i);
            const size_t rows = tile_begin(part->rows, count, i + 1) - m;
            for (size_t next = m + rows;
                 next < part->rows && next < m + 2 * rows; next++)
                for (size_t l = 0; l < columns; l += LANES)
                    __builtin_prefetch(part->c[next] + j + l, 1);
            const float *a[TILE_ROWS];
            for (size_t r = 0; r < rows; r++)
                a[r] = s + m + r;
            tile t = {.K = part->R,
                      .a = a,
                      .a_step = part->rows,
                      .w_step = panels * PANEL,
                      .from = (const float *const *)(part->c + m),
                      .to = part->c + m,
                      .from_at = SIZE_MAX};
            const size_t step = tile_panels(rows, panels);
            for (size_t p = 0, some; p < panels; p += some) {
                some = panels - p < step ? panels - p : step;
                t.w = v + p * PANEL;
                outer_tile(&t, rows, some, j + p * PANEL, columns - p * PANEL);
            }
        }
    }
}

/* All r of part, block by block. */
static void outer_blocks(outer_part part)
{
    const size_t R = part.R;
    for (size_t r = 0; r < R; r += OUTER_DEPTH) {
        part.R = R - r < OUTER_DEPTH ? R - r : OUTER_DEPTH;
        outer_block(&part);
        part.s += part.R;
        part.v += part.R;
    }
}

/* With K below a panel, lanes run over n: the same with the sides exchanged,
 * on a turned copy of some rows of dw. */
static void outer_narrow(size_t R, size_t first, size_t last, size_t K,
                         const float *const *da, const float *const *x,
                         float *dw)
{
    _Alignas(64) float turned[NARROW * OUTER_COLUMNS];
    float *c[NARROW];
    for (size_t k = 0; k < K; k++)
        c[k] = turned + k * OUTER_COLUMNS;

    for (size_t n = first; n < last; n += OUTER_COLUMNS) {
        const size_t rest = last - n;
        const size_t columns = rest < OUTER_COLUMNS ? rest : OUTER_COLUMNS;
        for (size_t j = 0; j < columns; j++)
            for (size_t k = 0; k < K; k++)
                c[k][j] = dw[(n + j) * K + k];
        outer_blocks((outer_part){R, x, da, 0, K, n, columns, c});
        for (size_t j = 0; j < columns; j++)
            for (size_t k = 0; k < K; k++)
                dw[(n + j) * K + k] = c[k][j];
    }
}

static void KERNEL(outer)(size_t R, size_t first, size_t last, size_t K,
                          const float *const *da, const float *const *x,
                          float *dw)
{
    if (K < NARROW) {
        outer_narrow(R, first, last, K, da, x, dw);
        return;
    }
    if (first >= last) return;

    /* even blocks: a last one with few rows would be slow */
    const size_t N = last - first, blocks = (N + OUTER_ROWS - 1) / OUTER_ROWS;
    for (size_t block = 0; block < blocks; block++) {
        const size_t n = first + N * block / blocks;
        const size_t rows = first + N * (block + 1) / blocks - n;
        float *c[OUTER_ROWS];
        for (size_t i = 0; i < rows; i++)
            c[i] = dw + (n + i) * K;
        outer_blocks((outer_part){R, da, x, n, rows, 0, K, c});
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
