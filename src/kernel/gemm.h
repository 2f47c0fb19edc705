/*
 * gemm.h: the product. Each output is a sum of chains of CHAIN fused
 * multiply-adds, k ascending, so any shape of the tiles and any cut of k at
 * multiples of CHAIN gives the same bits; few.h has those of few columns.
 * step.h runs on the same tiles.
 *
 * From the outside in: sums_run goes over the groups of panels, group_run over
 * blocks of k, block_run over tiles of rows, group_rows over the panels of a
 * group, as many at once as fit into the registers; tile_run adds up one tile.
 */
#ifndef KERNEL_GEMM_H
#define KERNEL_GEMM_H

#include "kernel/few.h"
#include "kernel/tile.h"

/* Weights of more bytes than this do not stay in the second cache: what comes
 * next is prefetched while this is multiplied, and the tiles of a group share
 * its four lines for each k. */
enum { FAR_BYTES = 512 * 1024, FARTHER_BYTES = 2 * 1024 * 1024 };

/* The k of a group that all rows go over while its weights are in the second
 * cache: 256 kB of them. */
enum { BLOCK_K = 1024 };
_Static_assert(BLOCK_K % CHAIN == 0, "a block of k would cut a chain");

/* So many k, and a tile adds its chains up in a buffer: where rows are a power
 * of two apart, the first cache does not hold a line of each until the next
 * chain. */
enum { MANY_K = 768 };

/* Called with the rows [row_begin,row_end) and the units [begin,end) as soon as
 * all their sums are there. */
typedef void group_done(const void *context, size_t row_begin, size_t row_end,
                        size_t begin, size_t end);

/* A product: see product in kernel.def. The last gate may have rows and a start
 * of its own. */
typedef struct sums {
    size_t M;
    const packed *w;
    const float *const *a;
    const float *start;
    float *const *c;
    const float *last_start;
    float *const *last_c; /* NULL: as the others */
    group_done *done;     /* or NULL */
    const void *context;  /* of done */
} sums;

/* ---- One group of panels, or two side by side ---------------------------- */

typedef struct group {
    const float *w;
    size_t begin, end;           /* units */
    size_t panels, groups;       /* of each group; groups */
    size_t width;                /* floats of weights for each k */
    bool whole;                  /* no panel has less than PANEL columns */
    size_t at[TILE_PANELS];      /* column in its rows */
    size_t columns[TILE_PANELS]; /* of PANEL, less at the end of a gate */
} group;

/* How many of the groups [i,end) to take at once: two if there is only one row,
 * whose few chains would wait for each other. */
INLINE size_t groups_at_once(const sums *s, size_t i, size_t end)
{
    const packed *w = s->w;
    const size_t per_gate = packed_blocks(w->gates);
    const size_t panels = per_gate * w->gates;
    const size_t blocks = (w->H + PANEL - 1) / PANEL;

    if (s->M > 1 || i + 2 > end || (i + 2) * per_gate > blocks) return 1;
    return panels >= 3 && 2 * panels * REGS <= SUMS ? 2 : 1;
}

/* Sets g field by field: a copy of what was just stored would have to wait for
 * it. */
INLINE void group_set(const sums *s, size_t index, size_t groups, group *g)
{
    const packed *w = s->w;
    const size_t gates = w->gates, per_gate = packed_blocks(gates);
    const size_t all = (w->H + PANEL - 1) / PANEL, first = index * per_gate;
    const size_t blocks = all - first < per_gate ? all - first : per_gate;
    const size_t end = (first + per_gate * groups) * PANEL;
    g->w = w->w + first * gates * PANEL * w->K;
    g->begin = first * PANEL;
    g->end = end < w->H ? end : w->H;
    g->panels = blocks * gates;
    g->groups = groups;
    g->width = g->panels * PANEL;
    g->whole = (first + blocks * groups) * PANEL <= w->H;

    /* the panels: all gates of some units, then those of the next units */
    size_t gate = 0, unit = first * PANEL;
    for (size_t p = 0; p < g->panels * groups; p++) {
        g->at[p] = s->last_c && gate == gates - 1 ? unit : gate * w->H + unit;
        g->columns[p] = w->H - unit < PANEL ? w->H - unit : PANEL;
        if (++gate < gates) continue;
        gate = 0;
        unit += PANEL;
    }
}

/* Adds the k that t says, for some rows and all panels of a group: as many
 * panels at once as fit into the registers. */
INLINE void group_rows(const group *g, tile *t, size_t rows, size_t far)
{
    const size_t all = g->panels * g->groups;
    const size_t step = g->groups > 1 ? all : tile_panels[rows][all];
    const bool has_last = t->last_to != NULL;

    for (size_t p = 0, panels; p < all; p += panels) {
        panels = all - p < step ? all - p : step;
        t->at = g->at + p;
        t->columns = g->columns + p;
        t->w = g->w + t->first * g->width + p * PANEL;
        t->last = has_last && p + panels == all;

        tile_function *run = rows == 1 ? row_tiles[g->whole][panels]
                                       : tiles[far][rows - 1][panels];
        if (rows == 1 || (g->whole && t->K < MANY_K)) run(t);
        else tile_buffered(t, run, rows, panels, t->columns);
    }
}

/* ---- Rows and k ---------------------------------------------------------- */

/* How the rows and the k of a group are cut. */
typedef struct cut {
    size_t tiles; /* of rows */
    size_t depth; /* k of a block: all tiles go over it before the next one */
    size_t far;   /* lines of later weights that a tile prefetches for each k */
} cut;

INLINE cut cut_of(const sums *s, size_t panels)
{
    const packed *w = s->w;
    const size_t bytes = w->gates * w->H * w->K * sizeof(float);
    const bool unaided =
        bytes <= atomic_load_explicit(&product_unaided, memory_order_relaxed);
    const bool farther = bytes > FARTHER_BYTES && !unaided;
    cut c = {.tiles = tile_count(s->M, panels, farther), .depth = w->K};

    /* several tiles read the same weights: they should still be in a cache */
    if (c.tiles > 1 && w->K > BLOCK_K) c.depth = BLOCK_K;

    /* the fewer tiles, the more each of them has to prefetch */
    const bool alone = c.tiles <= 2;
    if (bytes > FAR_BYTES && !(alone && unaided))
        c.far = farther && alone ? 2 : 1;
    return c;
}

/* Where the sums of a tile's rows start: at the same numbers for all. */
typedef struct starts {
    const float *all[TILE_ROWS], *last[TILE_ROWS];
} starts;

/* Points t at the rows from m on. Their sums start as s says; after the first
 * block of k they go on from where they are. */
INLINE void tile_point(tile *t, const sums *s, const starts *from, size_t m)
{
    const bool begins = t->first == 0;
    t->a = s->a + m;
    t->to = s->c + m;
    t->from = begins && s->start ? from->all : (const float *const *)t->to;
    t->from_at = begins && s->start == zeros ? 0 : SIZE_MAX;

    /* the same for a last gate with rows of its own */
    if (!s->last_c) return;
    t->last_to = s->last_c + m;
    t->last_from =
        begins && s->last_start ? from->last : (const float *const *)t->last_to;
    t->last_from_at = begins && s->last_start == zeros ? 0 : SIZE_MAX;
}

/* Adds one block of k to the sums of all rows; t says which. */
INLINE void block_run(const sums *s, const group *g, const cut *c,
                      const starts *from, tile *t)
{
    const bool is_last = t->first + t->K == s->w->K;

    /* the weights after this block, some for each tile to fetch */
    t->prefetch = g->w + (t->first + t->K) * g->width;
    for (size_t i = 0; i < c->tiles; i++) {
        const size_t m = tile_begin(s->M, c->tiles, i);
        const size_t end = tile_begin(s->M, c->tiles, i + 1);
        tile_point(t, s, from, m);
        group_rows(g, t, end - m, c->far);
        t->prefetch += t->K * LANES * c->far;

        if (s->done && is_last) s->done(s->context, m, end, g->begin, g->end);
    }
}

/* All k of a group, block by block; once even if there is no k. */
INLINE void group_run(const sums *s, const group *g, const starts *from,
                      tile *t)
{
    const size_t K = s->w->K;
    const cut c = cut_of(s, g->panels);

    t->w_step = g->width;
    t->group_step = g->width * K;
    t->first = 0;
    do {
        t->K = K - t->first < c.depth ? K - t->first : c.depth;
        block_run(s, g, &c, from, t);
        t->first += t->K;
    } while (t->first < K);
}

/* The groups [begin,end) of a product. */
INLINE void sums_run(const sums *s, size_t begin, size_t end)
{
    /* what all groups share */
    tile t = {.last = s->last_c != NULL};
    starts from;
    for (size_t m = 0; m < TILE_ROWS; m++) {
        from.all[m] = s->start;
        from.last[m] = s->last_start;
    }

    for (size_t i = begin, groups; i < end; i += groups) {
        group g;
        groups = groups_at_once(s, i, end);
        group_set(s, i, groups, &g);
        group_run(s, &g, &from, &t);
    }
}

static void KERNEL(product)(size_t M, const packed *w, const float *start,
                            const float *const *a, float *const *c)
{
    const size_t N = w->gates * w->H;

    if (packed_is_narrow(w) || (w->gates == 1 && N < NARROW)) {
        few_run(M, w, start, a, c);
        return;
    }

    if (M == 0) return;
    const sums s = {.M = M, .w = w, .a = a, .start = start, .c = c};
    sums_run(&s, 0, packed_groups(w));
}

#endif
