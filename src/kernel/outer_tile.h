/*
 * outer_tile.h: one tile of an outer product: some rows by some panels of dw,
 * whose sums are in registers while one chain of r goes by. It starts from 0 or
 * from what dw holds, and closes what it sums before it stores it. Called by
 * outer.h.
 */
#ifndef KERNEL_OUTER_TILE_H
#define KERNEL_OUTER_TILE_H

#include "kernel/tile.h"

enum { OUTER_PANELS = SUMS / (TILE_ROWS * REGS) /* of a tile, at most */ };

/* dw[m][j] += sum over r of s[r][m] v[r][j]; next is dw of the tile after this.
 */
typedef struct outer_tile {
    size_t R, K;    /* K: floats from row to row of dw */
    const float *s; /* (R,rows) */
    const float *v; /* (R,panels PANEL) */
    float *dw;
    const float *next;
    const leaf_sum *leaf; /* dw is in its to */
    bool adds;
} outer_tile;

/* What the sums of a tile start from. rows and width are constants. */
INLINE void outer_start(const outer_tile *t, size_t rows, size_t width,
                        vf sum[TILE_ROWS][GROUP_PANELS * REGS])
{
    /* two loops: a choice for each vector would be a branch for each */
    if (t->leaf->fresh) {
        UNROLL
        for (size_t m = 0; m < rows; m++) {
            UNROLL
            for (size_t j = 0; j < width; j++)
                sum[m][j] = vf_set(0);
        }
        return;
    }

    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t j = 0; j < width; j++)
            sum[m][j] = load_all(t->dw + m * t->K + j * VLEN);
    }
}

/* Adds what dw holds. rows and width are constants. */
INLINE void outer_add(const outer_tile *t, size_t rows, size_t width,
                      vf sum[TILE_ROWS][GROUP_PANELS * REGS])
{
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t j = 0; j < width; j++)
            sum[m][j] += load_all(t->dw + m * t->K + j * VLEN);
    }
}

/* Closes the sums of a tile: adds 0 and what joins them. rows and width are
 * constants. */
INLINE void outer_close(const outer_tile *t, size_t rows, size_t width,
                        vf sum[TILE_ROWS][GROUP_PANELS * REGS])
{
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t j = 0; j < width; j++)
            sum[m][j] += vf_set(0);
    }

    for (size_t i = 0; i < t->leaf->join_count; i++) {
        const float *join = t->leaf->joins[i] + (t->dw - t->leaf->to);
        UNROLL
        for (size_t m = 0; m < rows; m++) {
            UNROLL
            for (size_t j = 0; j < width; j++)
                sum[m][j] += load_all(join + m * t->K + j * VLEN);
        }
    }
}

/* Runs one tile; all but t are constants where this is called. */
INLINE void outer_run(const outer_tile *t, size_t rows, size_t panels,
                      bool closed)
{
    const size_t width = panels * REGS, K = t->K;
    const float *s = t->s, *v = t->v, *next = t->next;
    const size_t joins = closed ? t->leaf->join_count : 0;
    vf sum[TILE_ROWS][GROUP_PANELS * REGS];

    outer_start(t, rows, width, sum);

    /* all r; between them the rows of the next tile are prefetched, one by one,
     * as all at once would wait */
    for (size_t i = 0, r = 0; i < rows; i++) {
        const size_t end = tile_begin(t->R, rows, i + 1);
        UNROLL
        for (size_t p = 0; p < panels; p++)
            __builtin_prefetch(next + p * PANEL, 1);
        next += K;
        for (size_t j = 0; j < joins; j++) {
            const float *join =
                t->leaf->joins[j] + (t->dw - t->leaf->to) + i * K;
            UNROLL
            for (size_t p = 0; p < panels; p++)
                __builtin_prefetch(join + p * PANEL);
        }

        UNROLL_4
        for (; r < end; r++) {
            vf held[GROUP_PANELS * REGS];
            UNROLL
            for (size_t j = 0; j < width; j++)
                held[j] = load_all(v + j * VLEN);
            UNROLL
            for (size_t m = 0; m < rows; m++) {
                const vf a = vf_set(s[m]);
                UNROLL
                for (size_t j = 0; j < width; j++)
                    sum[m][j] = vf_fma(a, held[j], sum[m][j]);
            }
            s += rows;
            v += panels * PANEL;
        }
    }

    if (t->adds) outer_add(t, rows, width, sum);
    if (closed) outer_close(t, rows, width, sum);
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t j = 0; j < width; j++)
            store_all(t->dw + m * K + j * VLEN, sum[m][j]);
    }
}

/* Shapes that do not fit in the registers are empty and never called. */
#define TILE(name, rows, panels, closed)                                       \
    static void name(const outer_tile *t)                                      \
    {                                                                          \
        if (rows <= TILE_ROWS && panels <= OUTER_PANELS)                       \
            outer_run(t, rows, panels, closed);                                \
    }
#define TILES(rows)                                                            \
    TILE(outer_##rows##x1, rows, 1, false)                                     \
    TILE(outer_##rows##x2, rows, 2, false)                                     \
    TILE(outer_##rows##x3, rows, 3, false)                                     \
    TILE(outer_##rows##x4, rows, 4, false)                                     \
    TILE(outer_closed_##rows##x1, rows, 1, true)                               \
    TILE(outer_closed_##rows##x2, rows, 2, true)                               \
    TILE(outer_closed_##rows##x3, rows, 3, true)                               \
    TILE(outer_closed_##rows##x4, rows, 4, true)
TILES(1)
TILES(2)
TILES(3)
TILES(4)
TILES(5)
TILES(6)
TILES(7)
TILES(8)
#undef TILES
#undef TILE

typedef void outer_function(const outer_tile *t);

#define COLUMN(name, panels)                                                   \
    {                                                                          \
        name##_1x##panels, name##_2x##panels, name##_3x##panels,               \
            name##_4x##panels, name##_5x##panels, name##_6x##panels,           \
            name##_7x##panels, name##_8x##panels                               \
    }
#define COLUMNS(name)                                                          \
    {                                                                          \
        COLUMN(name, 1), COLUMN(name, 2), COLUMN(name, 3), COLUMN(name, 4)     \
    }
/* [closed][panels - 1][rows - 1] */
static outer_function *const outer_tiles[2][GROUP_PANELS][8] = {
    COLUMNS(outer), COLUMNS(outer_closed)};
#undef COLUMNS
#undef COLUMN

#endif
