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

/* An array that holds a sum, or room for a tile of it: row n, column k of dw
 * are at from + n down + k across. */
typedef struct outer_array {
    float *from;
    size_t row;          /* floats from row to row */
    size_t down, across; /* row and 1; 0 where there is but one tile */
} outer_array;

/* One of the sums that a tile makes, or a chain of it. */
typedef struct outer_step {
    size_t R;
    bool fresh, adds; /* the chain starts from 0; it is added to dw */
    outer_array to;
    size_t join_count, near; /* near of the joins are in the first cache */
    const outer_array *joins;
} outer_step;

/* to[m][j] += sum over r of s[r][m] v[r][j] for rows from n on, columns from k
 * on; then the same for the next R of s and v, as many as there are steps. */
typedef struct outer_tile {
    size_t n, k, next_n, next_k; /* next: of the tile after this */
    const float *s;              /* (R,rows) */
    const float *v;              /* (R,panels PANEL) */
    size_t count;
    const outer_step *steps;
} outer_tile;

INLINE float *outer_at(const outer_array *array, size_t n, size_t k)
{
    return array->from + n * array->down + k * array->across;
}

/* Starts the sums of a tile from 0, or from rows of an array. rows and width
 * are constants, here and below. */
INLINE void outer_clear(size_t rows, size_t width,
                        vf sum[TILE_ROWS][GROUP_PANELS * REGS])
{
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t j = 0; j < width; j++)
            sum[m][j] = vf_set(0);
    }
}
INLINE void outer_load(const float *from, size_t row, size_t rows, size_t width,
                       vf sum[TILE_ROWS][GROUP_PANELS * REGS])
{
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t j = 0; j < width; j++)
            sum[m][j] = load_all(from + m * row + j * VLEN);
    }
}

/* Adds rows of an array. */
INLINE void outer_add(const float *from, size_t row, size_t rows, size_t width,
                      vf sum[TILE_ROWS][GROUP_PANELS * REGS])
{
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t j = 0; j < width; j++)
            sum[m][j] += load_all(from + m * row + j * VLEN);
    }
}

/* Adds 0. */
INLINE void outer_close(size_t rows, size_t width,
                        vf sum[TILE_ROWS][GROUP_PANELS * REGS])
{
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t j = 0; j < width; j++)
            sum[m][j] += vf_set(0);
    }
}

INLINE void outer_store(float *to, size_t row, size_t rows, size_t width,
                        vf sum[TILE_ROWS][GROUP_PANELS * REGS])
{
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t j = 0; j < width; j++)
            store_all(to + m * row + j * VLEN, sum[m][j]);
    }
}

/* Adds the products of one r. */
INLINE void outer_products(const float *s, const float *v, size_t rows,
                           size_t panels,
                           vf sum[TILE_ROWS][GROUP_PANELS * REGS])
{
    vf held[GROUP_PANELS * REGS];
    UNROLL
    for (size_t j = 0; j < panels * REGS; j++)
        held[j] = load_all(v + j * VLEN);
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        const vf a = vf_set(s[m]);
        UNROLL
        for (size_t j = 0; j < panels * REGS; j++)
            sum[m][j] = vf_fma(a, held[j], sum[m][j]);
    }
}

/* All r of a step. Where it fetches, rows of what the next tile goes to, and of
 * what joins this one, are prefetched with the first r, one by one, as all at
 * once would wait. */
INLINE void outer_chain(const outer_tile *t, const outer_step *step,
                        const float *s, const float *v, size_t rows,
                        size_t panels, bool fetches, size_t joins,
                        vf sum[TILE_ROWS][GROUP_PANELS * REGS])
{
    const float *next = outer_at(&step->to, t->next_n, t->next_k);
    size_t r = 0;

    /* as many r as a tile has rows, then the others */
    for (; fetches && r < rows && r < step->R; r++) {
        UNROLL
        for (size_t p = 0; p < panels; p++)
            __builtin_prefetch(next + p * PANEL, 1);
        next += step->to.row;
        for (size_t j = step->near; j < joins; j++) {
            const float *from = outer_at(step->joins + j, t->n + r, t->k);
            UNROLL
            for (size_t p = 0; p < panels; p++)
                __builtin_prefetch(from + p * PANEL);
        }

        outer_products(s, v, rows, panels, sum);
        s += rows;
        v += panels * PANEL;
    }
    UNROLL_4
    for (; r < step->R; r++) {
        outer_products(s, v, rows, panels, sum);
        s += rows;
        v += panels * PANEL;
    }
}

/* Runs one step of a tile. closed is a constant too. */
INLINE void outer_step_run(const outer_tile *t, const outer_step *step,
                           const float *s, const float *v, size_t rows,
                           size_t panels, bool closed)
{
    const size_t width = panels * REGS, row = step->to.row;
    const size_t joins = closed ? step->join_count : 0;
    float *dw = outer_at(&step->to, t->n, t->k);
    vf sum[TILE_ROWS][GROUP_PANELS * REGS];

    if (step->fresh) outer_clear(rows, width, sum);
    else outer_load(dw, row, rows, width, sum);
    outer_chain(t, step, s, v, rows, panels, true, joins, sum);

    if (step->adds) outer_add(dw, row, rows, width, sum);
    if (closed) outer_close(rows, width, sum);
    for (size_t j = 0; j < joins; j++) {
        const outer_array *join = step->joins + j;
        outer_add(outer_at(join, t->n, t->k), join->row, rows, width, sum);
    }
    outer_store(dw, row, rows, width, sum);
}

/* The same for few r: a step that is fresh and closed, without a branch or an
 * address that it can do without. */
INLINE void outer_short_run(const outer_tile *t, const outer_step *step,
                            const float *s, const float *v, size_t rows,
                            size_t panels)
{
    const size_t width = panels * REGS, room = OUTER_PANELS * PANEL;
    const bool kept = step->to.across == 0;
    vf sum[TILE_ROWS][GROUP_PANELS * REGS];

    outer_clear(rows, width, sum);
    outer_chain(t, step, s, v, rows, panels, !kept, step->join_count, sum);
    outer_close(rows, width, sum);

    /* where a tile is kept its rows have one distance */
    for (size_t j = 0; j < step->near; j++)
        outer_add(step->joins[j].from, room, rows, width, sum);
    for (size_t j = step->near; j < step->join_count; j++) {
        const outer_array *join = step->joins + j;
        outer_add(outer_at(join, t->n, t->k), join->row, rows, width, sum);
    }
    if (kept) outer_store(step->to.from, room, rows, width, sum);
    else
        outer_store(outer_at(&step->to, t->n, t->k), step->to.row, rows, width,
                    sum);
}

/* Runs one tile; all but t are constants where this is called. */
INLINE void outer_run(const outer_tile *t, size_t rows, size_t panels,
                      bool closed, bool brief)
{
    const float *s = t->s, *v = t->v;
    for (size_t i = 0; i < t->count; i++) {
        const outer_step *step = t->steps + i;
        if (brief) outer_short_run(t, step, s, v, rows, panels);
        else outer_step_run(t, step, s, v, rows, panels, closed);
        s += step->R * rows;
        v += step->R * panels * PANEL;
    }
}

/* Shapes that do not fit in the registers are empty and never called. */
#define TILE(name, rows, panels, closed)                                       \
    static void name(const outer_tile *t)                                      \
    {                                                                          \
        if (rows <= TILE_ROWS && panels <= OUTER_PANELS)                       \
            outer_run(t, rows, panels, closed, false);                         \
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

#define SHORT(panels)                                                          \
    static void outer_short_##panels(const outer_tile *t)                      \
    {                                                                          \
        if (panels <= OUTER_PANELS)                                            \
            outer_run(t, TILE_ROWS, panels, true, true);                       \
    }
SHORT(1)
SHORT(2)
SHORT(3)
SHORT(4)
#undef SHORT

/* [panels - 1], of TILE_ROWS rows */
static outer_function *const outer_short_tiles[GROUP_PANELS] = {
    outer_short_1, outer_short_2, outer_short_3, outer_short_4};

#endif
