/*
 * turned.h: outer products with few columns. Lanes run over n, the rows of
 * dw, on a copy of it that is turned; da is read as it stands, since each of
 * its lines is needed once or a few times only. outer.h is what calls this.
 */
#ifndef KERNEL_TURNED_H
#define KERNEL_TURNED_H

#include "kernel/tile.h"

enum {
    TURNED = 32,       /* columns are fewer than this */
    TURNED_PANELS = 3, /* of a tile, at most */
    TURNED_DEPTH = 176 /* r, at most */
};

/* count floats of each row from at on, filled up to width with 0. */
INLINE void columns_pack(const float *const *row, size_t R, size_t at,
                         size_t count, size_t width, float *to)
{
    for (size_t r = 0; r < R; r++)
        for (size_t l = 0; l < width; l += VLEN)
            store_all(to + r * width + l,
                      vf_load(row[r] + at + l, left(count, l)));
}

/* c[k][n] += sum over r of x[r][k] da[r][at + n], for n < N and some k. */
typedef struct turned_tile {
    size_t R, N, at;
    const float *const *da;
    const float *x; /* (R,step) */
    size_t step;
    float *c; /* (.,row) */
    size_t row;
} turned_tile;

/* Panels of n from n on; rows (of c) and panels are constants where this is
 * called. */
INLINE void turned_run(const turned_tile *t, size_t n, size_t rows,
                       size_t panels)
{
    const size_t R = t->R, at = t->at + n, row = t->row, step = t->step;
    float *c = t->c + n;
    const float *a[TILE_ROWS];
    vf sum[TILE_ROWS][TILE_PANELS * REGS];
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        a[m] = t->x + m;
        UNROLL
        for (size_t v = 0; v < panels * REGS; v++)
            sum[m][v] = load_all(c + m * row + v * VLEN);
    }
    for (size_t r = 0; r < R; r++) {
        const float *w = t->da[r] + at;
        UNROLL
        for (size_t p = 0; p < panels; p++)
            __builtin_prefetch(w + (panels + p) * PANEL);
        tile_add(rows, panels, a, r * step, w, 0, sum);
    }
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t v = 0; v < panels * REGS; v++)
            store_all(c + m * row + v * VLEN, sum[m][v]);
    }
}

/* The same where less than panels are left of N: on copies. */
INLINE void turned_last(const turned_tile *t, size_t n, size_t rows,
                        size_t panels)
{
    _Alignas(64) float da[TURNED_DEPTH * TURNED_PANELS * PANEL];
    _Alignas(64) float c[TILE_ROWS * TURNED_PANELS * PANEL];
    const float *line[TURNED_DEPTH];
    const size_t width = panels * PANEL, count = t->N - n;
    columns_pack(t->da, t->R, t->at + n, count, width, da);
    for (size_t r = 0; r < t->R; r++)
        line[r] = da + r * width;
    for (size_t m = 0; m < rows; m++)
        for (size_t l = 0; l < width; l += VLEN)
            store_all(c + m * width + l,
                      vf_load(t->c + m * t->row + n + l, left(count, l)));
    const turned_tile copy = {t->R, width, 0, line, t->x, t->step, c, width};
    turned_run(&copy, 0, rows, panels);
    for (size_t m = 0; m < rows; m++)
        for (size_t l = 0; l < width; l += VLEN)
            vf_store(t->c + m * t->row + n + l, load_all(c + m * width + l),
                     left(count, l));
}

INLINE void turned_all(const turned_tile *t, size_t rows, size_t panels)
{
    size_t n = 0;
    for (; n + panels * PANEL <= t->N; n += panels * PANEL)
        turned_run(t, n, rows, panels);
    if (n < t->N) turned_last(t, n, rows, panels);
}

#define TURN(rows)                                                             \
    static void turned_##rows(const turned_tile *t)                            \
    {                                                                          \
        const size_t fit = SUMS / (rows * REGS);                               \
        if (rows <= TILE_ROWS)                                                 \
            turned_all(t, rows, fit < TURNED_PANELS ? fit : TURNED_PANELS);    \
    }
TURN(1)
TURN(2)
TURN(3)
TURN(4)
TURN(5)
TURN(6)
TURN(7)
TURN(8)
#undef TURN

static void (*const turned_tiles[8])(const turned_tile *t) = {
    turned_1, turned_2, turned_3, turned_4,
    turned_5, turned_6, turned_7, turned_8};

#endif
