/*
 * gemm.h: the product. Each output is one chain of fused multiply-adds with k
 * ascending from where it starts, so any tile shape and any cut of k gives the
 * same bits. step.h runs on the same tiles.
 */
#ifndef KERNEL_GEMM_H
#define KERNEL_GEMM_H

#include "kernel/tile.h"

/* Weights of more bytes than this do not stay in the second cache: what comes
 * next is fetched while this is multiplied, a group's four lines for each k
 * shared out among its tiles. */
enum { FAR_BYTES = 512 * 1024, FARTHER_BYTES = 2 * 1024 * 1024 };

/* What a product means for its groups: see product in kernel.def. The last
 * gate may have rows and a start of its own. */
typedef struct sums {
    size_t M;
    const packed *w;
    const float *const *a;
    const float *start;
    float *const *c;
    const float *last_start;
    float *const *last_c; /* NULL: as the others */
} sums;

/* One group, or two side by side. */
typedef struct group {
    const float *w;
    size_t panels, groups;       /* of each group; groups */
    size_t width;                /* floats of weights for each k */
    bool whole;                  /* no panel has less than PANEL columns */
    size_t at[TILE_PANELS];      /* column in its rows */
    size_t columns[TILE_PANELS]; /* of PANEL, less at a gate's end */
} group;

/* Sets g field by field: a copy of what was just stored makes it wait. */
INLINE void group_set(const sums *s, size_t index, size_t groups, group *g)
{
    const packed *w = s->w;
    const size_t gates = w->gates, per_gate = packed_blocks(gates);
    const size_t all = (w->H + PANEL - 1) / PANEL, first = index * per_gate;
    const size_t blocks = all - first < per_gate ? all - first : per_gate;
    g->w = w->w + first * gates * PANEL * w->K;
    g->panels = blocks * gates;
    g->groups = groups;
    g->width = g->panels * PANEL;
    g->whole = (first + blocks * groups) * PANEL <= w->H;
    size_t gate = 0, unit = first * PANEL;
    for (size_t p = 0; p < g->panels * groups; p++) {
        g->at[p] = s->last_c && gate == gates - 1 ? unit : gate * w->H + unit;
        g->columns[p] = w->H - unit < PANEL ? w->H - unit : PANEL;
        if (++gate < gates) continue;
        gate = 0;
        unit += PANEL;
    }
}

/* Some rows of a group's sums; t has what all groups share, of its rows. */
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
        if (g->whole || rows == 1) run(t);
        else tile_buffered(t, run, rows, panels, t->columns);
    }
}

/* What is done with each tile's rows of some units as soon as all their sums
 * are there. */
typedef void group_done(const void *context, size_t first_row, size_t rows,
                        size_t first_unit, size_t last_unit);

/* How many groups from i on are taken at once: two if there is only one row,
 * for whose few chains would wait for themselves. */
INLINE size_t groups_at_once(const sums *s, size_t i, size_t last)
{
    const packed *w = s->w;
    const size_t per_gate = packed_blocks(w->gates);
    const size_t panels = per_gate * w->gates;
    const size_t blocks = (w->H + PANEL - 1) / PANEL;
    if (s->M > 1 || i + 2 > last || (i + 2) * per_gate > blocks) return 1;
    return panels >= 3 && 2 * panels * REGS <= SUMS ? 2 : 1;
}

/* k of a group that all rows go over while the second cache holds its weights:
 * 256 kB. */
enum { BLOCK_K = 1024 };

/* Where sums begin: the same for all rows, or where they go. */
typedef struct starts {
    const float *all[TILE_ROWS], *last[TILE_ROWS];
} starts;

/* Points t at rows m on; from s's start, or, further on in k, from the sums
 * themselves. */
INLINE void tile_point(tile *t, const sums *s, const starts *from, size_t m)
{
    const bool begins = t->first == 0;
    t->a = s->a + m;
    t->to = s->c + m;
    t->from = begins && s->start ? from->all : (const float *const *)t->to;
    t->from_at = begins && s->start == zeros ? 0 : SIZE_MAX;
    if (!s->last_c) return;
    t->last_to = s->last_c + m;
    t->last_from =
        begins && s->last_start ? from->last : (const float *const *)t->last_to;
    t->last_from_at = begins && s->last_start == zeros ? 0 : SIZE_MAX;
}

/* Groups first to last - 1 of s; then done, unless that is NULL. */
INLINE void sums_run(const sums *s, size_t first, size_t last, group_done *done,
                     const void *context)
{
    const packed *w = s->w;
    const size_t units = packed_blocks(w->gates) * PANEL, M = s->M, K = w->K;
    const size_t bytes = w->gates * w->H * K * sizeof(float);
    const bool farther = bytes > FARTHER_BYTES;
    tile t = {.last = s->last_c != NULL};
    starts from;
    for (size_t m = 0; m < TILE_ROWS; m++) {
        from.all[m] = s->start;
        from.last[m] = s->last_start;
    }

    for (size_t i = first, groups; i < last; i += groups) {
        groups = groups_at_once(s, i, last);
        group g;
        group_set(s, i, groups, &g);
        const size_t count = tile_count(M, g.panels, farther);
        const size_t end = (i + groups) * units;
        const size_t far = bytes <= FAR_BYTES      ? 0
                           : farther && count <= 2 ? 2
                                                   : 1;
        const size_t block = count > 1 && K > BLOCK_K ? BLOCK_K : K;
        t.w_step = g.width;
        t.group_step = g.width * K;
        t.first = 0;
        do {
            t.K = K - t.first < block ? K - t.first : block;
            t.ahead = g.w + (t.first + t.K) * g.width;
            for (size_t j = 0; j < count; j++) {
                const size_t m = tile_begin(M, count, j);
                const size_t rows = tile_begin(M, count, j + 1) - m;
                tile_point(&t, s, &from, m);
                group_rows(&g, &t, rows, far);
                t.ahead += t.K * LANES * far;
                if (done && t.first + t.K == K)
                    done(context, m, rows, i * units, end < w->H ? end : w->H);
            }
            t.first += t.K;
        } while (t.first < K);
    }
}

/* ---- Few columns -------------------------------------------------------- */

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

static void KERNEL(product)(size_t M, const packed *w, const float *start,
                            const float *const *a, float *const *c)
{
    const size_t N = w->gates * w->H;
    if (N < NARROW) {
        for (size_t m = 0; m < M && start; m++)
            for (size_t n = 0; n < N; n++)
                c[m][n] = start == zeros ? 0 : start[n];
        product_narrow(M, N, w->K, a, w->w, c);
        return;
    }
    if (M == 0) return;
    const sums s = {.M = M, .w = w, .a = a, .start = start, .c = c};
    sums_run(&s, 0, packed_groups(w), NULL, NULL);
}

#endif
