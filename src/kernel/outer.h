/*
 * outer.h: the sums of outer products over rows that make the gradient of a
 * weight. r is cut into blocks of at most CHAIN rows, and in each of them an
 * output is one chain, r ascending. The chain of the first block of a sum
 * starts from 0 if the sum is fresh, else from what dw holds; those of the
 * others start from 0 and are added to dw in order. The tiles of the last block
 * close the sum before they store it, so that no pass over dw is left to do
 * that. Short sums are a block together: a tile makes one after the other, and
 * those that a later one joins never leave the first cache.
 *
 * It is a product whose k is r. It is cut into
 *
 *   parts   of dw, which stay in the second cache;
 *   blocks  of r, for which da and x are copied, as the rows of a large array
 *           share cache sets;
 *   groups  of columns, whose x stays in the first cache;
 *   strips  of rows, whose da is copied together and streams past x;
 *   tiles   of rows x panels, whose sums are in registers.
 *
 * The columns after the last whole panel (the tail), or all if they are few,
 * are left to outer_narrow.h.
 */
#ifndef KERNEL_OUTER_H
#define KERNEL_OUTER_H

#include "kernel/outer_block.h"
#include "kernel/outer_narrow.h"

enum {
    OUTER_ROWS = 144,                     /* rows of dw in a strip */
    OUTER_HEIGHT = 1024,                  /* rows of dw in a part */
    OUTER_UNIT = NARROW_PANELS * PANEL,   /* strips are made of: whole tiles */
    TRANSPOSED_ROW = OUTER_HEIGHT + LANES /* a power of two would put its rows
                                             into the same cache sets */
};

/* A part of dw. */
typedef struct outer_part {
    const float *const *da, *const *x;
    size_t first, rows;     /* columns of da, at most OUTER_HEIGHT */
    size_t row;             /* of dw, which is that of first */
    size_t from;            /* column of x, which is that of column */
    size_t column, columns; /* whole panels, at most OUTER_WIDTH */
    size_t tail;            /* columns after those, fewer than OUTER_NARROW */
    float *transposed;      /* (tail,TRANSPOSED_ROW): the tail of dw */
} outer_part;

/* ---- The tail: outer_narrow.h -------------------------------------------- */

/* Floats of a row of the copied tail of x. */
INLINE size_t tail_width(size_t tail)
{
    return (tail + PANEL - 1) / PANEL * PANEL;
}

/* The chain of a piece for the rows [n,end) of the tail: R rows of da, from at
 * on; x is their copied tail. */
static void tail_chain(const outer_part *part, const outer_piece *piece,
                       size_t at, size_t n, size_t end, const float *x)
{
    const size_t tail = part->tail;
    const size_t count = (tail + TILE_ROWS - 1) / TILE_ROWS;

    for (size_t i = 0; i < count; i++) {
        const size_t k = tile_begin(tail, count, i);
        const narrow_tile t = {.R = piece->R,
                               .N = end - n,
                               .at = part->first + n,
                               .da = part->da + at,
                               .x = x + k,
                               .step = tail_width(tail),
                               .c = part->transposed + k * TRANSPOSED_ROW + n,
                               .row = TRANSPOSED_ROW,
                               .fresh = !piece->first || piece->sum->fresh,
                               .adds = !piece->first};
        narrow_tiles[tile_begin(tail, count, i + 1) - k - 1](&t);
    }
}

/* Copies the rows [n,end) of the tail of a sum into transposed. */
static void tail_load(const outer_part *part, const leaf_sum *sum, size_t n,
                      size_t end)
{
    for (; n < end; n++) {
        const float *dw =
            sum->to + (part->row + n) * sum->row + part->column + part->columns;
        for (size_t k = 0; k < part->tail; k++)
            part->transposed[k * TRANSPOSED_ROW + n] = dw[k];
    }
}

/* Stores count floats, from row n of the tail on, closed. */
INLINE void tail_close(const outer_part *part, const leaf_sum *dw, size_t n,
                       size_t count, const float *from)
{
    const size_t joins = dw->closed ? dw->join_count : 0;
    const size_t row = part->row + n, column = part->column + part->columns;
    float *to = dw->to + row * dw->row + column;
    const size_t join = row * dw->join_row + column;

    for (size_t l = 0; l < count; l += VLEN) {
        vf sum = vf_load(from + l, left(count, l));
        if (dw->closed) sum += vf_set(0);
        for (size_t i = 0; i < joins; i++)
            sum += vf_load(dw->joins[i] + join + l, left(count, l));
        vf_store(to + l, sum, left(count, l));
    }
}

/* Copies the rows [n,end) of transposed back, closed. */
static void tail_store(const outer_part *part, const leaf_sum *dw, size_t n,
                       size_t end)
{
    const size_t tail = part->tail;

    for (; n < end; n += LANES) {
        float line[LANES * OUTER_NARROW];
        const size_t rows = outer_least(end - n, LANES);

        /* some rows at once, so that what is read again is in the cache */
        for (size_t k = 0; k < tail; k++) {
            const float *from = part->transposed + k * TRANSPOSED_ROW + n;
            UNROLL
            for (size_t i = 0; i < LANES; i++)
                line[i * tail + k] = from[i];
        }

        /* rows that are nothing but tail follow one another */
        const bool joined =
            tail == dw->row && (dw->join_count == 0 || tail == dw->join_row);
        const size_t width = joined ? rows * tail : tail;
        for (size_t i = 0; i < rows; i += joined ? rows : 1)
            tail_close(part, dw, n + i, width, line + i * tail);
    }
}

/* The rows [n,end) of the tail of a block; x is its copied tail. */
static void tail_block(const outer_part *part, const outer_block *b, size_t n,
                       size_t end, const float *x)
{
    size_t r = 0;
    for (size_t i = 0; i < b->count && part->tail > 0; i++) {
        const outer_piece *piece = b->piece + i;
        if (piece->first && !piece->sum->fresh)
            tail_load(part, piece->sum, n, end);
        tail_chain(part, piece, b->at + r, n, end,
                   x + r * tail_width(part->tail));
        if (piece->last) tail_store(part, piece->sum, n, end);
        r += piece->R;
    }
}

/* ---- Blocks -------------------------------------------------------------- */

/* Floats of a copied tile of da: a line more than it needs, or the tiles of 128
 * r would share cache sets. */
INLINE size_t outer_tile_size(size_t R) { return R * TILE_ROWS + LANES; }

/* Copies the columns of da that are these rows of dw, from at on, tile by tile:
 * for each r those of a tile are side by side. */
INLINE void outer_pack_tiles(const float *const *row, size_t R, size_t at,
                             size_t rows, float *to)
{
    const size_t whole = rows / TILE_ROWS, rest = rows % TILE_ROWS;
    const size_t size = outer_tile_size(R);

    /* whole tiles, few at once, since each is a page to write to */
    enum { TILES_AT_ONCE = OUTER_UNIT / TILE_ROWS };
    for (size_t first = 0; first < whole; first += TILES_AT_ONCE) {
        const size_t end = outer_least(whole, first + TILES_AT_ONCE);
        for (size_t r = 0; r < R; r++)
            for (size_t i = first; i < end; i++)
                memcpy(to + i * size + r * TILE_ROWS,
                       row[r] + at + i * TILE_ROWS, TILE_ROWS * sizeof *to);
    }

    /* the rows that are left are a smaller tile */
    for (size_t r = 0; r < R; r++)
        for (size_t l = 0; l < rest; l += VLEN)
            vf_store(to + whole * size + r * rest + l,
                     vf_load(row[r] + at + rows - rest + l, left(rest, l)),
                     left(rest, l));
}

/* The strips of a part; they begin where whole tiles end. */
INLINE size_t outer_strips(const outer_part *part)
{
    return (part->rows + OUTER_ROWS - 1) / OUTER_ROWS;
}
INLINE size_t outer_strip_begin(const outer_part *part, size_t strip)
{
    const size_t units = (part->rows + OUTER_UNIT - 1) / OUTER_UNIT;
    const size_t n = tile_begin(units, outer_strips(part), strip) * OUTER_UNIT;
    return outer_least(n, part->rows);
}

/* What is read after a strip: some columns of R rows of da, and maybe of x.
 * step of the rows at a time are prefetched into the second cache. */
typedef struct outer_next {
    size_t R, done, step;
    const float *const *da, *const *x;
    size_t da_at, da_end, x_at, x_end;
} outer_next;

/* What follows a strip, to be fetched in that many steps: the next strip, or
 * the first one of the next block. */
INLINE outer_next outer_next_of(const outer_part *part, const outer_block *b,
                                size_t strip, size_t steps)
{
    const bool last = strip + 1 == outer_strips(part);
    const size_t then = last ? 0 : strip + 1;
    const size_t R = last ? outer_least(b->after, CHAIN) : b->R;
    outer_next next = {.da = part->da + b->at,
                       .da_at = part->first + outer_strip_begin(part, then),
                       .da_end =
                           part->first + outer_strip_begin(part, then + 1),
                       .step = (R + steps - 1) / steps};

    next.R = R; /* without a next block there is nothing to fetch */
    if (last && R > 0) {
        next.da += b->R;
        next.x = part->x + b->at + b->R;
        next.x_at = part->from;
        next.x_end = part->from + part->columns + part->tail;
    }
    return next;
}

/* Prefetches the rows of one step. */
INLINE void outer_fetch(outer_next *next)
{
    const size_t end = outer_least(next->R, next->done + next->step);
    for (size_t r = next->done; r < end; r++) {
        for (size_t l = next->da_at; l < next->da_end; l += LANES)
            __builtin_prefetch(next->da[r] + l, 0, 2);
        for (size_t l = next->x_at; l < next->x_end; l += LANES)
            __builtin_prefetch(next->x[r] + l, 0, 2);
    }
    next->done = end;
}

/* The columns of a part, cut into groups of as many panels as a tile has. */
INLINE size_t outer_groups(const outer_part *part)
{
    return (part->columns / PANEL + OUTER_PANELS - 1) / OUTER_PANELS;
}

/* The first panel of a group. */
INLINE size_t outer_group_begin(const outer_part *part, size_t i)
{
    return tile_begin(part->columns / PANEL, outer_groups(part), i);
}

/* The whole panels of a strip; v holds the copied groups of x. */
static void outer_strip(const outer_part *part, const outer_block *b,
                        const outer_steps *steps, size_t strip, const float *v)
{
    _Alignas(64) float s[(CHAIN + LANES) * (OUTER_ROWS + TILE_ROWS)];
    const size_t first = outer_strip_begin(part, strip);
    const size_t end = outer_strip_begin(part, strip + 1);
    const size_t groups = outer_groups(part);
    const size_t count = (end - first + TILE_ROWS - 1) / TILE_ROWS;
    outer_next next = outer_next_of(part, b, strip, groups * count);
    outer_pack_tiles(part->da + b->at, b->R, part->first + first, end - first,
                     s);

    /* each group of columns stays in the first cache while all rows pass */
    for (size_t g = 0; g < groups; g++) {
        const size_t panel = outer_group_begin(part, g);
        const size_t panels = outer_group_begin(part, g + 1) - panel;
        outer_function *const *run = outer_tiles[b->closed][panels - 1];
        outer_tile t = {.k = part->column + panel * PANEL,
                        .next_n = part->row + first,
                        .v = v + panel * PANEL * b->R,
                        .count = b->count,
                        .steps = steps->step};
        t.next_k = t.k;

        for (size_t i = 0; i < count; i++) {
            const size_t m = first + i * TILE_ROWS;
            const size_t rows = outer_least(end - m, TILE_ROWS);
            t.s = s + i * outer_tile_size(b->R);
            t.n = t.next_n;
            t.next_n += rows;
            if (i + 1 == count) {
                t.next_n = part->row + first;
                t.next_k += panels * PANEL;
            }

            outer_fetch(&next);
            if (b->count > 1 && rows == TILE_ROWS) /* whole sums */
                outer_short_tiles[panels - 1](&t);
            else run[rows - 1](&t);
        }
    }
}

/* One block of r: copies its columns of x, then goes strip by strip. */
static void outer_block_run(const outer_part *part, const outer_block *b)
{
    _Alignas(64) float v[CHAIN * OUTER_WIDTH];
    _Alignas(64) float x[CHAIN * OUTER_NARROW];
    const float *const *rows = part->x + b->at;
    const size_t R = b->R;
    outer_steps steps;
    outer_steps_make(&steps, b);

    /* x, group by group, then its tail */
    for (size_t g = 0; g < outer_groups(part); g++) {
        const size_t at = outer_group_begin(part, g) * PANEL;
        const size_t width = outer_group_begin(part, g + 1) * PANEL - at;
        columns_pack(rows, R, part->from + at, width, width, v + at * R);
    }
    if (part->tail > 0)
        columns_pack(rows, R, part->from + part->columns, part->tail,
                     tail_width(part->tail), x);

    for (size_t strip = 0; strip < outer_strips(part); strip++) {
        tail_block(part, b, outer_strip_begin(part, strip),
                   outer_strip_begin(part, strip + 1), x);
        if (part->columns > 0) outer_strip(part, b, &steps, strip, v);
    }
}

/* All sums of a part, block by block. */
static void outer_part_run(outer_part part, outer_walk walk)
{
    _Alignas(64) float transposed[OUTER_NARROW * TRANSPOSED_ROW];
    outer_block block;

    part.transposed = transposed;
    while (outer_next_block(&walk, &block))
        outer_block_run(&part, &block);
}

static void KERNEL(outer)(const outer_product *o, size_t count,
                          const size_t *row, const leaf_sum *dw)
{
    if (o->begin >= o->end) return;

    /* cut dw evenly: a last part with few rows or columns would be slow */
    const size_t N = o->end - o->begin, K = o->right - o->left;
    const size_t panels = K < OUTER_NARROW ? 0 : K / PANEL;
    const size_t heights = (N + OUTER_HEIGHT - 1) / OUTER_HEIGHT;
    const size_t fit = (panels * PANEL + OUTER_WIDTH - 1) / OUTER_WIDTH;
    const size_t widths = fit > 0 ? fit : 1;

    const outer_walk walk = {.count = count, .row = row, .sums = dw};
    outer_part part = {.da = o->da, .x = o->x};
    for (size_t i = 0; i < heights; i++)
        for (size_t j = 0; j < widths; j++) {
            const size_t after = tile_begin(panels, widths, j + 1) * PANEL;
            part.row = tile_begin(N, heights, i);
            part.rows = tile_begin(N, heights, i + 1) - part.row;
            part.first = o->begin + part.row;
            part.column = tile_begin(panels, widths, j) * PANEL;
            part.columns = after - part.column;
            part.from = o->left + part.column;
            part.tail = j + 1 == widths ? K - after : 0;
            outer_part_run(part, walk);
        }
}

#endif
