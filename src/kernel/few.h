/*
 * few.h: products of fewer than NARROW columns, which fill one panel at
 * most. Few inputs are added in one chain, as everywhere. From NARROW inputs on
 * each output is the sum of NARROW_SUMS chains, one for each k mod NARROW_SUMS,
 * so that a single row does not wait for one multiply-add after the other.
 *
 * Lanes hold columns; where there are no more than NARROW_SUMS columns they
 * hold columns and chains:
 *
 *   strip   w[k][n]                 a row's number meets all columns
 *   block   w[k / 4][n][k % 4]      four numbers of a row meet each column
 */
#ifndef KERNEL_FEW_H
#define KERNEL_FEW_H

#include "kernel/tile.h"

typedef struct few {
    size_t N, k, end;       /* the k from k on, before end */
    const float *w, *start; /* start as in product */
} few;

/* What column n of a row starts from, and the next VLEN - 1. */
INLINE vf strip_start(const few *s, const float *c, size_t n)
{
    const float *from = s->start ? s->start : c;
    return s->start == zeros ? vf_set(0) : vf_load(from + n, left(s->N, n));
}

/* The only output of a row from what it starts from and its sum. */
INLINE void few_end(const few *s, float sum, float *c)
{
    if (s->start == zeros) *c = sum;
    else *c = (s->start ? *s->start : *c) + sum;
}

/* ---- Strips ------------------------------------------------------------- */

/* sum[m][v] += a[m][k] w[k][v], for the k of the block that are first, first +
 * step ... after its first. The counts of rows and vectors are constants, here
 * and below. */
INLINE void strip_add(const few *s, const float *const *a, size_t rows,
                      size_t vectors, size_t first, size_t step,
                      vf sum[TILE_ROWS][REGS])
{
    UNROLL_4
    for (size_t k = s->k + first; k < s->end; k += step) {
        vf held[REGS];
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            held[v] = load_all(s->w + k * PANEL + v * VLEN);

        UNROLL
        for (size_t m = 0; m < rows; m++) {
            const vf x = vf_set(a[m][k]);
            UNROLL
            for (size_t v = 0; v < vectors; v++)
                sum[m][v] = vf_fma(x, held[v], sum[m][v]);
        }
    }
}

/* One chain for each output. */
INLINE void strip_chain(const few *s, const float *const *a, float *const *c,
                        size_t rows, size_t vectors)
{
    vf sum[TILE_ROWS][REGS];

    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            sum[m][v] = vf_set(0);
    }
    strip_add(s, a, rows, vectors, 0, 1, sum);

    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            vf_store(c[m] + v * VLEN,
                     strip_start(s, c[m], v * VLEN) + sum[m][v],
                     left(s->N, v * VLEN));
    }
}

/* Several rows: the chains of k mod NARROW_SUMS one after the other, as those
 * of all rows fill the registers. */
INLINE void strip_parts(const few *s, const float *const *a, float *const *c,
                        size_t rows, size_t vectors)
{
    _Alignas(64) float part[NARROW_SUMS][TILE_ROWS][PANEL];

    UNROLL
    for (size_t i = 0; i < NARROW_SUMS; i++) {
        vf sum[TILE_ROWS][REGS];
        UNROLL
        for (size_t m = 0; m < rows; m++) {
            UNROLL
            for (size_t v = 0; v < vectors; v++)
                sum[m][v] = vf_set(0);
        }
        strip_add(s, a, rows, vectors, i, NARROW_SUMS, sum);
        UNROLL
        for (size_t m = 0; m < rows; m++) {
            UNROLL
            for (size_t v = 0; v < vectors; v++)
                store_all(part[i][m] + v * VLEN, sum[m][v]);
        }
    }

    for (size_t m = 0; m < rows; m++)
        for (size_t v = 0; v < vectors * VLEN; v += VLEN) {
            vf even = load_all(part[0][m] + v) + load_all(part[2][m] + v);
            vf odd = load_all(part[1][m] + v) + load_all(part[3][m] + v);
            vf_store(c[m] + v, strip_start(s, c[m], v) + (even + odd),
                     left(s->N, v));
        }
}

/* A single row: its chains side by side. */
INLINE void strip_row(const few *s, const float *a, float *c, size_t vectors)
{
    vf sum[NARROW_SUMS][REGS];
    UNROLL
    for (size_t i = 0; i < NARROW_SUMS; i++) {
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            sum[i][v] = vf_set(0);
    }

    const float *w = s->w + s->k * PANEL;
    size_t k = s->k;
    for (; k + NARROW_SUMS <= s->end; k += NARROW_SUMS) {
        UNROLL
        for (size_t i = 0; i < NARROW_SUMS; i++, w += PANEL) {
            const vf x = vf_set(a[k + i]);
            UNROLL
            for (size_t v = 0; v < vectors; v++)
                sum[i][v] = vf_fma(x, load_all(w + v * VLEN), sum[i][v]);
        }
    }

    /* the last k, fewer than NARROW_SUMS */
    UNROLL
    for (size_t i = 0; i + 1 < NARROW_SUMS; i++) {
        if (k + i >= s->end) break;
        const vf x = vf_set(a[k + i]);
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            sum[i][v] =
                vf_fma(x, load_all(w + i * PANEL + v * VLEN), sum[i][v]);
    }

    UNROLL
    for (size_t v = 0; v < vectors; v++) {
        vf all = (sum[0][v] + sum[2][v]) + (sum[1][v] + sum[3][v]);
        vf_store(c + v * VLEN, strip_start(s, c, v * VLEN) + all,
                 left(s->N, v * VLEN));
    }
}

/* ---- Blocks -------------------------------------------------------------- */

/* The first n of them, 0 for the others; n is at least 1. */
INLINE quad quad_load(const float *p, size_t n)
{
    return (quad){p[0], n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, n > 3 ? p[3] : 0};
}
INLINE void quad_store(float *p, quad q, size_t n)
{
    p[0] = q[0];
    if (n > 1) p[1] = q[1];
    if (n > 2) p[2] = q[2];
    if (n > 3) p[3] = q[3];
}

/* The outputs of a row, at most four, from what it starts from and their
 * sums. */
INLINE void chains_end(const few *s, quad sum, float *c)
{
    const float *from = s->start ? s->start : c;
    if (s->start != zeros) sum = quad_load(from, s->N) + sum;
    quad_store(c, sum, s->N);
}

/* The sums of four vectors' lanes, each folded 2-1. */
INLINE quad quad_fold(const quad *q)
{
    const quad a = q[0], b = q[1], c = q[2], d = q[3];
    const quad ab =
        (quad){a[0], a[1], b[0], b[1]} + (quad){a[2], a[3], b[2], b[3]};
    const quad cd =
        (quad){c[0], c[1], d[0], d[1]} + (quad){c[2], c[3], d[2], d[3]};
    return (quad){ab[0], ab[2], cd[0], cd[2]} +
           (quad){ab[1], ab[3], cd[1], cd[3]};
}

/* Adds one block of k: four numbers of each row. */
INLINE void fours_add(const float *w, const float *const *a, size_t rows,
                      size_t vectors, size_t k, vf sum[TILE_ROWS][REGS])
{
    vf held[REGS];
    UNROLL
    for (size_t v = 0; v < vectors; v++)
        held[v] = load_all(w + k * NARROW_SUMS + v * VLEN);

    UNROLL
    for (size_t m = 0; m < rows; m++) {
        const vf x = vf_repeat(a[m] + k);
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            sum[m][v] = vf_fma(x, held[v], sum[m][v]);
    }
}

/* The k from first on, fewer than a block: beyond the end both operands are
 * 0. */
INLINE void fours_rest(const few *s, const float *const *a, size_t rows,
                       size_t vectors, size_t first, vf sum[TILE_ROWS][REGS])
{
    float last[TILE_ROWS][NARROW_SUMS] = {{0}};
    const float *row[TILE_ROWS];
    for (size_t m = 0; m < rows; m++) {
        row[m] = last[m];
        for (size_t k = first; k < s->end; k++)
            last[m][k - first] = a[m][k];
    }
    fours_add(s->w + first * NARROW_SUMS, row, rows, vectors, 0, sum);
}

/* vectors holds the columns; the others of a block are left out. */
INLINE void fours_run(const few *s, const float *const *a, float *const *c,
                      size_t rows, size_t vectors)
{
    vf sum[TILE_ROWS][REGS];
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            sum[m][v] = vf_set(0);
    }

    size_t k = s->k;
    for (; k + NARROW_SUMS <= s->end; k += NARROW_SUMS)
        fours_add(s->w, a, rows, vectors, k, sum);
    if (k < s->end) fours_rest(s, a, rows, vectors, k, sum);

    for (size_t m = 0; m < rows; m++) {
        quad part[NARROW_SUMS] = {{0}};
        memcpy(part, sum[m], vectors * sizeof(vf));
        quad all = quad_fold(part);

        const float *from = s->start ? s->start : c[m];
        if (s->start != zeros) all = quad_load(from, s->N) + all;
        quad_store(c[m], all, s->N);
    }
}

/* ---- One output ---------------------------------------------------------- */

/* One output of a row: its chains are the lanes. */
INLINE float row_sum(const float *w, size_t K, const float *a)
{
    enum { BLOCK = NARROW_SUMS * NARROW_SUMS };
    const float *end = a + K / NARROW_SUMS * NARROW_SUMS;
    quad sum = {0};

    for (; a < end; a += NARROW_SUMS, w += BLOCK)
        sum = quad_fma(quad_all(a), quad_all(w), sum);
    if (K % NARROW_SUMS)
        sum = quad_fma(quad_load(a, K % NARROW_SUMS), quad_all(w), sum);
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/* One output of four rows, whose chains are folded together. */
INLINE void ones_run(const few *s, const float *const *a, float *const *c)
{
    quad sum[4] = {{0}};
    size_t k = s->k;

    for (; k + NARROW_SUMS <= s->end; k += NARROW_SUMS) {
        const quad w = quad_all(s->w + k * NARROW_SUMS);
        UNROLL
        for (size_t m = 0; m < 4; m++)
            sum[m] = quad_fma(quad_all(a[m] + k), w, sum[m]);
    }

    /* the last k, fewer than a block */
    if (k < s->end) {
        const quad w = quad_all(s->w + k * NARROW_SUMS);
        UNROLL
        for (size_t m = 0; m < 4; m++)
            sum[m] = quad_fma(quad_load(a[m] + k, s->end - k), w, sum[m]);
    }

    const quad all = quad_fold(sum);
    UNROLL
    for (size_t m = 0; m < 4; m++)
        few_end(s, all[m], c[m]);
}

static void ones_rows(const few *s, size_t M, const float *const *a,
                      float *const *c)
{
    size_t m = 0;
    for (; m + 4 <= M; m += 4)
        ones_run(s, a + m, c + m);
    for (; m < M; m++)
        few_end(s,
                row_sum(s->w + s->k * NARROW_SUMS, s->end - s->k, a[m] + s->k),
                c[m]);
}

/* ---- Four outputs, few inputs -------------------------------------------- */

/* Four outputs of few inputs, one chain each. */
INLINE quad row_chain(const float *w, size_t K, const float *a)
{
    quad sum = {0};
    for (size_t k = 0; k < K; k++)
        sum = quad_fma((quad){a[k], a[k], a[k], a[k]}, quad_all(w + k * PANEL),
                       sum);
    return sum;
}

/* The same of four rows. */
INLINE void chains_run(const few *s, const float *const *a, float *const *c)
{
    quad sum[4] = {{0}};

    /* the rows side by side, each from its first k to its last */
    for (size_t k = 0; k < s->end; k++) {
        const quad w = quad_all(s->w + k * PANEL);
        UNROLL
        for (size_t m = 0; m < 4; m++) {
            const float x = a[m][k];
            sum[m] = quad_fma((quad){x, x, x, x}, w, sum[m]);
        }
    }

    for (size_t m = 0; m < 4; m++)
        chains_end(s, sum[m], c[m]);
}

static void chains_rows(const few *s, size_t M, const float *const *a,
                        float *const *c)
{
    size_t m = 0;
    for (; m + 4 <= M; m += 4)
        chains_run(s, a + m, c + m);
    for (; m < M; m++)
        chains_end(s, row_chain(s->w, s->end, a[m]), c[m]);
}

/* ---- All rows ------------------------------------------------------------ */

/* name_V(s, M, a, c) runs all rows, many at once, with V vectors. */
#define ROWS(name, many, one, V)                                               \
    static void name##_##V(const few *s, size_t M, const float *const *a,      \
                           float *const *c)                                    \
    {                                                                          \
        enum { VECTORS = V < REGS ? V : REGS };                                \
        size_t m = 0;                                                          \
        for (; TILE_ROWS > 4 && m + TILE_ROWS <= M; m += TILE_ROWS)            \
            many(s, a + m, c + m, TILE_ROWS, VECTORS);                         \
        for (; TILE_ROWS >= 4 && m + 4 <= M; m += 4)                           \
            many(s, a + m, c + m, TILE_ROWS < 4 ? 1 : 4, VECTORS);             \
        for (; TILE_ROWS >= 2 && m + 2 <= M; m += 2)                           \
            many(s, a + m, c + m, TILE_ROWS < 2 ? 1 : 2, VECTORS);             \
        for (; m < M; m++)                                                     \
            one(s, a + m, c + m, 1, VECTORS);                                  \
    }
#define ROWS_ALL(name, many, one)                                              \
    ROWS(name, many, one, 1)                                                   \
    ROWS(name, many, one, 2)                                                   \
    ROWS(name, many, one, 3)                                                   \
    ROWS(name, many, one, 4)                                                   \
    static void name##_rows(const few *s, size_t M, const float *const *a,     \
                            float *const *c, size_t vectors)                   \
    {                                                                          \
        if (vectors == 1) name##_1(s, M, a, c);                                \
        else if (REGS > 1 && vectors == 2) name##_2(s, M, a, c);               \
        else if (REGS > 2 && vectors == 3) name##_3(s, M, a, c);               \
        else if (REGS > 2) name##_4(s, M, a, c);                               \
    }
#define STRIP_ROW(s, a, c, rows, vectors) strip_row(s, *(a), *(c), vectors)
ROWS_ALL(chain, strip_chain, strip_chain)
ROWS_ALL(parts, strip_parts, STRIP_ROW)
ROWS_ALL(blocks, fours_run, fours_run)
#undef STRIP_ROW
#undef ROWS_ALL
#undef ROWS

/* A product of w, one gate of fewer than NARROW columns or a narrow weight:
 * blocks of k, so that no chain has more than CHAIN terms. */
INLINE void few_run(size_t M, const packed *w, const float *start,
                    const float *const *a, float *const *c)
{
    enum { BLOCK = NARROW_SUMS * CHAIN };
    few s = {.N = w->gates * w->H, .w = w->w, .start = start};
    const size_t vectors = (s.N + VLEN - 1) / VLEN;

    do {
        s.end = w->K - s.k < BLOCK ? w->K : s.k + BLOCK;
        if (packed_in_blocks(w) && s.N == 1) ones_rows(&s, M, a, c);
        else if (packed_in_blocks(w))
            blocks_rows(&s, M, a, c, (s.N * NARROW_SUMS + VLEN - 1) / VLEN);
        else if (w->K < NARROW && s.N <= 4) chains_rows(&s, M, a, c);
        else if (packed_is_narrow(w)) parts_rows(&s, M, a, c, vectors);
        else chain_rows(&s, M, a, c, vectors);
        s.k = s.end;
        s.start = NULL;
    } while (s.k < w->K);
}

/* ---- One row ------------------------------------------------------------- */

/* Any other shape. By itself, so that the registers that it saves cost the
 * common ones nothing. */
static __attribute__((noinline)) void
row_any(const packed *w, const float *start, const float *a, float *c)
{
    few_run(1, w, start, &a, &c);
}

static void KERNEL(product_row)(const packed *w, const float *start,
                                const float *a, float *c)
{
    const size_t N = w->gates * w->H, K = w->K;

    if (N == 1 && K >= NARROW && K <= NARROW_SUMS * CHAIN) {
        const few s = {.start = start};
        few_end(&s, row_sum(w->w, K, a), c);
    } else if (N <= 4 && K < NARROW) {
        const few s = {.N = N, .start = start};
        chains_end(&s, row_chain(w->w, K, a), c);
    } else row_any(w, start, a, c);
}

#endif
