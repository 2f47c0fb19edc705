/*
 * tile.h: a tile of sums in registers: rows x panels of PANEL columns. Each
 * sum is made of chains of its own, so the shape of a tile changes the speed,
 * never a bit.
 *
 *              k ->          panel panel panel panel     for each k: the
 *   a rows   [.......]   x   [...] [...] [...] [...]     panels of a group,
 *            [.......]                                   side by side
 */
#ifndef KERNEL_TILE_H
#define KERNEL_TILE_H

#include "kernel/vec.h"

/* SUMS: registers for sums; the others hold a row of one operand and a
 * broadcast number of the other. The base of x86 calls a function for the
 * multiply-add of each lane: only small code helps there, as under the address
 * sanitizer. */
#if SANITIZED
enum { TILE_ROWS = 2, SUMS = 8 };
#elif VEC_BYTES == 64
enum { TILE_ROWS = 8, SUMS = 24 };
#elif defined VEC_NEON
enum { TILE_ROWS = 6, SUMS = 24 };
#elif VEC_BYTES == 32
enum { TILE_ROWS = 6, SUMS = 12 };
#else
enum { TILE_ROWS = 1, SUMS = 4 };
#endif

/* Panels of a tile at most: those of a group or, for a single row, of two. */
enum { TILE_PANELS = 2 * GROUP_PANELS };

/* The sums of row m and of a panel whose first column is at start from
 * from[m][at & from_at] and go to to[m][at]. Those of the last gate may have
 * rows of their own. */
typedef struct tile {
    size_t K, first;       /* how many k; the first in a */
    const float *const *a; /* rows */
    const float *w;
    size_t w_step;         /* floats from k to k + 1 */
    size_t group_step;     /* to the second group, if the tile has two */
    const float *prefetch; /* what will be read after this tile: far tiles fetch
                              it into the second cache, some lines for each k */
    const float *const *from, *const *last_from;
    float *const *to, *const *last_to; /* last_to NULL: as the others */
    size_t from_at, last_from_at; /* all bits set; 0: every panel starts at 0 */
    const size_t *at;             /* (panels) */
    const size_t *columns; /* (panels) of PANEL, if a tile is not whole */
    bool last; /* the last panel of each group belongs to the last gate */
} tile;

/* sum[m][v] += a[m][at] w[v] for one k. Where this is called, all but the
 * pointers are constants, so that all loops unroll and sum stays in registers.
 * The shorter operand stays there as well, while the longer one is read as it
 * is needed: gcc spills what is loaded too early. */
INLINE void tile_add(size_t rows, size_t panels, const float *const *a,
                     size_t at, const float *w, size_t group_step,
                     vf sum[TILE_ROWS][TILE_PANELS * REGS])
{
    const size_t width = panels * REGS;
    const size_t group = (panels > GROUP_PANELS ? panels / 2 : panels) * REGS;
    vf held[TILE_PANELS * REGS];

    if (rows < width) {
        /* hold a number of each row, read the weights vector by vector */
        UNROLL
        for (size_t m = 0; m < rows; m++)
            held[m] = vf_set(a[m][at]);
        UNROLL
        for (size_t v = 0; v < width; v++) {
            vf b = load_all(w + v / group * group_step + v % group * VLEN);
            UNROLL
            for (size_t m = 0; m < rows; m++)
                sum[m][v] = vf_fma(held[m], b, sum[m][v]);
        }
    } else {
        /* hold the weights, read the rows number by number */
        UNROLL
        for (size_t v = 0; v < width; v++)
            held[v] = load_all(w + v / group * group_step + v % group * VLEN);
        UNROLL
        for (size_t m = 0; m < rows; m++) {
            vf x = vf_set(a[m][at]);
            UNROLL
            for (size_t v = 0; v < width; v++)
                sum[m][v] = vf_fma(x, held[v], sum[m][v]);
        }
    }
}

/* Adds a chain of each sum to what came before: where the sum starts or, from
 * the second chain on, what stands where it goes. */
INLINE void tile_join(const tile *t, size_t rows, size_t panels, bool whole,
                      bool first, vf sum[TILE_ROWS][TILE_PANELS * REGS])
{
    const size_t group = panels > GROUP_PANELS ? panels / 2 : panels;
    const float *const *from = first ? t->from : (const float *const *)t->to;
    const size_t from_mask = first ? t->from_at : SIZE_MAX;
    size_t at[TILE_PANELS], from_at[TILE_PANELS];

    /* the same for the last gate, if it has rows of its own */
    float *const *last_to = t->last ? t->last_to : t->to;
    const float *const *last_from = from;
    size_t last_mask = from_mask;
    if (t->last) {
        last_from = first ? t->last_from : (const float *const *)last_to;
        last_mask = first ? t->last_from_at : SIZE_MAX;
    }

    UNROLL
    for (size_t p = 0; p < panels; p++) {
        at[p] = t->at[p];
        from_at[p] = at[p] & (p % group == group - 1 ? last_mask : from_mask);
    }

    /* row by row: any store might change a pointer */
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        const float *row = from[m], *last_row = last_from[m];
        UNROLL
        for (size_t v = 0; v < panels * REGS; v++) {
            const size_t p = v / REGS, l = v % REGS * VLEN;
            const float *here =
                (p % group == group - 1 ? last_row : row) + from_at[p] + l;
            sum[m][v] = (whole ? load_all(here)
                               : vf_load(here, left(t->columns[p], l))) +
                        sum[m][v];
        }

        float *to = t->to[m], *last = last_to[m];
        UNROLL
        for (size_t v = 0; v < panels * REGS; v++) {
            const size_t p = v / REGS, l = v % REGS * VLEN;
            float *here = (p % group == group - 1 ? last : to) + at[p] + l;
            if (whole) store_all(here, sum[m][v]);
            else vf_store(here, sum[m][v], left(t->columns[p], l));
        }
    }
}

/* Runs one tile, CHAIN terms at a time. far is the number of cache lines to
 * prefetch for each k; whole: every panel has PANEL columns. All but t are
 * constants where this is called. */
INLINE void tile_run(const tile *t, size_t rows, size_t panels, size_t far,
                     bool whole)
{
    const size_t K = t->K, w_step = t->w_step, group_step = t->group_step;
    const float *w = t->w, *prefetch = t->prefetch, *a[TILE_ROWS];
    UNROLL
    for (size_t m = 0; m < rows; m++)
        a[m] = t->a[m] + t->first;

    size_t begin = 0, end;
    do {
        end = K - begin < CHAIN ? K : begin + CHAIN;
        vf sum[TILE_ROWS][TILE_PANELS * REGS];
        UNROLL
        for (size_t m = 0; m < rows; m++) {
            UNROLL
            for (size_t v = 0; v < panels * REGS; v++)
                sum[m][v] = vf_set(0);
        }

        /* a chain; meanwhile far tiles fetch what is read after this one */
        UNROLL_4
        for (size_t k = begin; k < end; k++) {
            UNROLL
            for (size_t line = 0; line < far; line++)
                __builtin_prefetch(prefetch + line * LANES, 0, 2);
            prefetch += far * LANES;
            tile_add(rows, panels, a, k, w, group_step, sum);
            w += w_step;
        }

        tile_join(t, rows, panels, whole, begin == 0, sum);
        begin = end;
    } while (end < K);
}

/* ---- The shapes --------------------------------------------------------- */

/* tile_ROWSxPANELS; far tiles prefetch one line for each k, farther ones two,
 * part tiles have panels of less than PANEL columns. Shapes that do not fit in
 * the registers are empty and never called. */
#define TILE(name, rows, panels, far, whole)                                   \
    static void name(const tile *t)                                            \
    {                                                                          \
        if (rows <= TILE_ROWS && rows * panels * REGS <= SUMS)                 \
            tile_run(t, rows, panels, far, whole);                             \
    }
#define TILES(rows)                                                            \
    TILE(tile_##rows##x1, rows, 1, 0, true)                                    \
    TILE(tile_##rows##x2, rows, 2, 0, true)                                    \
    TILE(tile_##rows##x3, rows, 3, 0, true)                                    \
    TILE(tile_##rows##x4, rows, 4, 0, true)                                    \
    TILE(tile_far_##rows##x3, rows, 3, 1, true)                                \
    TILE(tile_far_##rows##x4, rows, 4, 1, true)                                \
    TILE(tile_farther_##rows##x3, rows, 3, 2, true)                            \
    TILE(tile_farther_##rows##x4, rows, 4, 2, true)
TILES(1)
TILES(2)
TILES(3)
TILES(4)
TILES(5)
TILES(6)
TILES(7)
TILES(8)
TILE(tile_1x6, 1, 6, 0, true)
TILE(tile_1x8, 1, 8, 0, true)
TILE(tile_part_1x1, 1, 1, 0, false)
TILE(tile_part_1x2, 1, 2, 0, false)
TILE(tile_part_1x3, 1, 3, 0, false)
TILE(tile_part_1x4, 1, 4, 0, false)
TILE(tile_part_1x6, 1, 6, 0, false)
TILE(tile_part_1x8, 1, 8, 0, false)
#undef TILES
#undef TILE

typedef void tile_function(const tile *t);

#define ROW(rows)                                                              \
    {                                                                          \
        NULL, tile_##rows##x1, tile_##rows##x2, tile_##rows##x3,               \
            tile_##rows##x4                                                    \
    }
#define FAR_ROW(far, rows)                                                     \
    {                                                                          \
        NULL, tile_##rows##x1, tile_##rows##x2, tile_##far##_##rows##x3,       \
            tile_##far##_##rows##x4                                            \
    }
#define FAR_ROWS(far)                                                          \
    {                                                                          \
        FAR_ROW(far, 1), FAR_ROW(far, 2), FAR_ROW(far, 3), FAR_ROW(far, 4),    \
            FAR_ROW(far, 5), FAR_ROW(far, 6), FAR_ROW(far, 7), FAR_ROW(far, 8) \
    }
/* [lines fetched for each k][rows - 1][panels] */
static tile_function *const tiles[3][8][GROUP_PANELS + 1] = {
    {ROW(1), ROW(2), ROW(3), ROW(4), ROW(5), ROW(6), ROW(7), ROW(8)},
    FAR_ROWS(far),
    FAR_ROWS(farther),
};
#undef FAR_ROWS
#undef ROW
#undef FAR_ROW

/* Tiles of one row, whole or not: [whole][panels]. */
static tile_function *const row_tiles[2][TILE_PANELS + 1] = {
    {NULL, tile_part_1x1, tile_part_1x2, tile_part_1x3, tile_part_1x4, NULL,
     tile_part_1x6, NULL, tile_part_1x8},
    {NULL, tile_1x1, tile_1x2, tile_1x3, tile_1x4, NULL, tile_1x6, NULL,
     tile_1x8},
};

/* [panels]: the most rows of a tile, for a group of that many panels. Rows are
 * cut evenly into tiles, as tiles of few rows are slow. */
#define MOST_FIT(panels) (SUMS / ((panels)*REGS))
#define MOST(panels)                                                           \
    (VEC_BYTES < 64 || MOST_FIT(panels) > TILE_ROWS ? TILE_ROWS                \
                                                    : MOST_FIT(panels))
static const unsigned char tile_most[GROUP_PANELS + 1] = {0, MOST(1), MOST(2),
                                                          MOST(3), MOST(4)};
#undef MOST
#undef MOST_FIT

/* [rows][panels]: how many of a group's panels a tile of that many rows takes
 * at once. The passes over the rows are cut evenly, too. A table, so that no
 * division is left for run time. */
#define FIT(rows)            (SUMS / ((rows)*REGS) ? SUMS / ((rows)*REGS) : 1)
#define PASSES(rows, panels) (((panels) + FIT(rows) - 1) / FIT(rows))
#define STEP(rows, panels)                                                     \
    (((panels) + PASSES(rows, panels) - 1) / PASSES(rows, panels))
#define STEPS(rows)                                                            \
    {                                                                          \
        0, STEP(rows, 1), STEP(rows, 2), STEP(rows, 3), STEP(rows, 4)          \
    }
static const unsigned char tile_panels[9][GROUP_PANELS + 1] = {
    {0},      STEPS(1), STEPS(2), STEPS(3), STEPS(4),
    STEPS(5), STEPS(6), STEPS(7), STEPS(8)};
#undef STEPS
#undef STEP
#undef PASSES
#undef FIT

/* How many tiles the rows are cut into. A single tile of all rows, in narrower
 * passes, reads weights from the second cache only once; but weights that do
 * not fit there (farther) are prefetched by wide tiles alone. */
INLINE size_t tile_count(size_t rows, size_t panels, bool farther)
{
    const size_t most = tile_most[panels];
    if (rows <= most || (rows <= TILE_ROWS && !farther)) return 1;
    return (rows + most - 1) / most;
}

/* Where the rows of tile i begin, if they are cut evenly into count tiles. */
INLINE size_t tile_begin(size_t rows, size_t count, size_t i)
{
    return count == 1 ? rows * i : rows * i / count;
}

/* Runs a tile on a buffer: for several rows (and so one group), if some panels
 * have less than PANEL columns. */
INLINE void tile_buffered(const tile *t, tile_function *run, size_t rows,
                          size_t panels, const size_t *columns)
{
    _Alignas(64) float buffer[TILE_ROWS][GROUP_PANELS * PANEL];
    static const size_t in_turn[GROUP_PANELS] = {0, PANEL, 2 * PANEL,
                                                 3 * PANEL};
    float *row[TILE_ROWS];
    const tile inner = {.K = t->K,
                        .first = t->first,
                        .a = t->a,
                        .w = t->w,
                        .w_step = t->w_step,
                        .prefetch = t->prefetch,
                        .from = (const float *const *)row,
                        .to = row,
                        .from_at = SIZE_MAX,
                        .at = in_turn};
    for (size_t m = 0; m < rows; m++)
        row[m] = buffer[m];

    /* copy the starts into the buffer, where all panels are whole */
    for (size_t p = 0; p < panels; p++) {
        const bool last = t->last && p + 1 == panels;
        const float *const *from = last ? t->last_from : t->from;
        const size_t at = t->at[p] & (last ? t->last_from_at : t->from_at);
        for (size_t m = 0; m < rows; m++)
            for (size_t l = 0; l < PANEL; l += VLEN)
                store_all(buffer[m] + p * PANEL + l,
                          vf_load(from[m] + at + l, left(columns[p], l)));
    }
    run(&inner);

    /* copy the sums to where they belong */
    for (size_t p = 0; p < panels; p++) {
        float *const *to = t->last && p + 1 == panels ? t->last_to : t->to;
        for (size_t m = 0; m < rows; m++)
            for (size_t l = 0; l < PANEL; l += VLEN)
                vf_store(to[m] + t->at[p] + l,
                         load_all(buffer[m] + p * PANEL + l),
                         left(columns[p], l));
    }
}

#endif
