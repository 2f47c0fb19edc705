/*
 * outer_narrow.h: outer products with few columns. Lanes run over n, the rows
 * of dw, on a transposed copy of it; da is read where it is, since each of its
 * lines is needed only once or a few times. Called by outer.h.
 */
#ifndef KERNEL_OUTER_NARROW_H
#define KERNEL_OUTER_NARROW_H

#include "kernel/tile.h"

enum {
    OUTER_NARROW = 32,   /* columns are fewer than this */
    NARROW_PANELS = 3,   /* of a tile, at most */
    NARROW_DEPTH = CHAIN /* r, at most */
};

/* Copies count floats of each row, from at on, filled up to width with 0. */
INLINE void columns_pack(const float *const *row, size_t R, size_t at,
                         size_t count, size_t width, float *to)
{
    for (size_t r = 0; r < R; r++)
        for (size_t l = 0; l < width; l += VLEN)
            store_all(to + r * width + l,
                      vf_load(row[r] + at + l, left(count, l)));
}

/* c[k][n] += sum over r < R of x[r][k] da[r][at + n], for n < N and some k; =
 * if fresh. */
typedef struct narrow_tile {
    size_t R, N, at;
    const float *const *da;
    const float *x; /* (R,step) */
    size_t step;
    float *c; /* (.,row) */
    size_t row;
    bool fresh, adds; /* c starts from 0; the chain is added to c */
} narrow_tile;

/* Some panels, from n on. rows (of c) and panels are constants where this is
 * called. */
INLINE void narrow_run(const narrow_tile *t, size_t n, size_t rows,
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
            sum[m][v] = t->fresh ? vf_set(0) : load_all(c + m * row + v * VLEN);
    }

    /* a line of da for each r, the one for the panels after these prefetched */
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
        for (size_t v = 0; v < panels * REGS; v++) {
            float *to = c + m * row + v * VLEN;
            store_all(to, t->adds ? load_all(to) + sum[m][v] : sum[m][v]);
        }
    }
}

/* The same on copies, where fewer panels than a tile has are left of N. */
INLINE void narrow_last(const narrow_tile *t, size_t n, size_t rows,
                        size_t panels)
{
    _Alignas(64) float da[NARROW_DEPTH * NARROW_PANELS * PANEL];
    _Alignas(64) float c[TILE_ROWS * NARROW_PANELS * PANEL];
    const float *line[NARROW_DEPTH];
    const size_t width = panels * PANEL, count = t->N - n;

    /* da and c, filled up to whole panels */
    columns_pack(t->da, t->R, t->at + n, count, width, da);
    for (size_t r = 0; r < t->R; r++)
        line[r] = da + r * width;
    for (size_t m = 0; m < rows && (t->adds || !t->fresh); m++)
        for (size_t l = 0; l < width; l += VLEN)
            store_all(c + m * width + l,
                      vf_load(t->c + m * t->row + n + l, left(count, l)));

    const narrow_tile copy = {t->R,    width, 0,     line,     t->x,
                              t->step, c,     width, t->fresh, t->adds};
    narrow_run(&copy, 0, rows, panels);

    for (size_t m = 0; m < rows; m++)
        for (size_t l = 0; l < width; l += VLEN)
            vf_store(t->c + m * t->row + n + l, load_all(c + m * width + l),
                     left(count, l));
}

/* All n. */
INLINE void narrow_all(const narrow_tile *t, size_t rows, size_t panels)
{
    size_t n = 0;
    for (; n + panels * PANEL <= t->N; n += panels * PANEL)
        narrow_run(t, n, rows, panels);
    if (n < t->N) narrow_last(t, n, rows, panels);
}

#define NARROW_ROWS(rows)                                                      \
    static void narrow_##rows(const narrow_tile *t)                            \
    {                                                                          \
        const size_t fit = SUMS / (rows * REGS);                               \
        if (rows <= TILE_ROWS)                                                 \
            narrow_all(t, rows, fit < NARROW_PANELS ? fit : NARROW_PANELS);    \
    }
NARROW_ROWS(1)
NARROW_ROWS(2)
NARROW_ROWS(3)
NARROW_ROWS(4)
NARROW_ROWS(5)
NARROW_ROWS(6)
NARROW_ROWS(7)
NARROW_ROWS(8)
#undef NARROW_ROWS

static void (*const narrow_tiles[8])(const narrow_tile *t) = {
    narrow_1, narrow_2, narrow_3, narrow_4,
    narrow_5, narrow_6, narrow_7, narrow_8};

#endif
