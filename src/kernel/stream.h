/*
 * stream.h: steps of one sequence through a cell of few units, whose sums and
 * gates stay in registers. The sums are those of step.h: what the input gives,
 * then the recurrent part, each in chains of CHAIN.
 *
 * Units go through in passes of a few vectors. Where one pass takes them all, h
 * is replaced in place; else the old h is read until the last pass is done.
 */
#ifndef KERNEL_STREAM_H
#define KERNEL_STREAM_H

#include <math.h>

#include "kernel/gate.h"

/* Vectors of units in a pass, at most: so many that registers hold their sums.
 * A pass of several vectors begins where a panel does. */
#if VEC_BYTES == 64 || defined VEC_NEON
enum { LSTM_PASS = 4, GRU_PASS = 4, RNN_PASS = 4 };
#elif defined VEC_MASKS
enum { LSTM_PASS = 2, GRU_PASS = 3, RNN_PASS = 3 };
#elif VEC_BYTES == 32 && !SANITIZED
enum { LSTM_PASS = 3, GRU_PASS = 3, RNN_PASS = 4 };
#else
enum { LSTM_PASS = 1, GRU_PASS = 1, RNN_PASS = 1 };
#endif

enum { PASS_MOST = 4 };

#if VEC_BYTES == 64 || defined VEC_MASKS
/* Cells of so few units are faster in vectors of half the size: avx512_half.c
 * runs their steps. */
enum { LSTM_HALF = 16, GRU_HALF = 24, RNN_HALF = 24 };
void lstm_stream_half(const stream_cell *s, const stream_run *r);
void gru_stream_half(const stream_cell *s, const stream_run *r);
void rnn_stream_half(const stream_cell *s, const stream_run *r);
#endif

/* Whether one pass has all units that a cell may have. */
#ifdef VEC_MASKS
enum { ONE_PASS = 1 };
#else
enum { ONE_PASS = 0 };
#endif

/* Vectors whose gates a pass makes together, at most. */
enum { GATE_VECTORS = VEC_BYTES == 32 ? 1 : 2 };

/* The same of an LSTM's count. Two vectors of 64 bytes go one by one: the
 * second waits for the divider anyway. */
INLINE size_t lstm_gate_vectors(size_t count)
{
    return VEC_BYTES == 64 && count < 3 ? 1 : GATE_VECTORS;
}

/* The arrays of a step. */
typedef struct stream_at {
    const float *x;     /* (I) or NULL */
    const float *start; /* (G) */
    const float *h;     /* (R) the old h */
    float *h_now;       /* (H) receives the new one */
    float *h_also;      /* (H) likewise, or NULL; may be h */
    float *c, *c_also;  /* (H) old and new; (H) also receives the new one */
} stream_at;

/* ---- Sums ---------------------------------------------------------------- */

/* Panels side by side where a block of units stands: of all gates, or of one
 * those of its group. */
INLINE size_t stream_panels(const packed *w, size_t gates, size_t block)
{
    const size_t begin = block / GROUP_PANELS * GROUP_PANELS;
    const size_t after = (w->H + PANEL - 1) / PANEL - begin;
    if (gates > 1) return gates;
    return after < GROUP_PANELS ? after : GROUP_PANELS;
}

/* sum[g * count + v] += a times the weights of gate g, vector first + v; gates
 * and count are constants. One gate has its panels side by side, several
 * are side by side themselves. is_short: one chain has all of a. */
INLINE void stream_add(const packed *w, size_t gates, size_t first,
                       size_t count, bool is_short, const float *a, vf *sum)
{
    const size_t K = w->K, block = first / REGS;
    const size_t beside = stream_panels(w, gates, block), line = beside * PANEL;
    const size_t panel = gates > 1 ? K * line : PANEL;
    const float *from = w->w + first % REGS * VLEN;
    if (gates > 1) from += block * panel;
    else
        from += block / GROUP_PANELS * GROUP_PANELS * K * PANEL +
                block % GROUP_PANELS * PANEL;
    size_t k = 0, end;

    do {
        vf chain[4 * PASS_MOST];
        UNROLL
        for (size_t i = 0; i < gates * count; i++)
            chain[i] = vf_set(0);

        end = is_short || K - k < CHAIN ? K : k + CHAIN;
        UNROLL_4
        for (; k < end; k++) {
            const vf x = vf_set(a[k]);
            const float *at = from + k * line;
            UNROLL
            for (size_t i = 0; i < gates * count; i++) {
                const size_t g = i / count, v = i % count;
                chain[i] = vf_fma(x,
                                  load_all(at + v / REGS * panel + g * PANEL +
                                           v % REGS * VLEN),
                                  chain[i]);
            }
        }

        UNROLL
        for (size_t i = 0; i < gates * count; i++)
            sum[i] = sum[i] + chain[i];
    } while (!is_short && k < K);
}

/* Vector i of count of a pass: only its last one may have fewer units than
 * VLEN. */
INLINE vf stream_load(const stream_cell *s, const float *row, size_t first,
                      size_t i, size_t count)
{
    const size_t j = (first + i) * VLEN;
    return i + 1 < count ? load_all(row + j) : vf_load_first(row + j, s->H - j);
}

INLINE void stream_store(const stream_cell *s, float *row, size_t first,
                         size_t i, size_t count, vf value)
{
    const size_t j = (first + i) * VLEN;
    if (i + 1 < count) store_all(row + j, value);
    else store_pieces(row + j, value, s->H - j);
}

/* The same of what is not read again soon. */
INLINE void stream_store_once(const stream_cell *s, float *row, size_t first,
                              size_t i, size_t count, vf value)
{
    const size_t j = (first + i) * VLEN;
    if (i + 1 < count) store_all(row + j, value);
    else vf_store(row + j, value, s->H - j);
}

/* Whether the input x (I) changes a sum. Products of less than 1.2e-38 take
 * many times as long, and a start swallows them. */
INLINE bool stream_hears(const stream_cell *s, const float *x)
{
    if (!x) return false;
    for (size_t k = 0; k < s->ih.K; k++)
        if (!(fabsf(x[k]) < *s->hushed)) return true;
    return false;
}

/* What the sums have before the recurrent part. */
INLINE void stream_begin(const stream_cell *s, size_t gates, size_t first,
                         size_t count, const stream_at *at, vf *sum)
{
    UNROLL
    for (size_t i = 0; i < gates * count; i++)
        sum[i] = stream_load(s, at->start + i / count * s->H, first, i % count,
                             count);
    if (stream_hears(s, at->x))
        stream_add(&s->ih, gates, first, count, false, at->x, sum);
}

/* ---- Gates --------------------------------------------------------------- */

INLINE void stream_remember(const stream_cell *s, const stream_at *at,
                            size_t first, size_t i, size_t count, vf h)
{
    stream_store(s, at->h_now, first, i, count, h);
    if (at->h_also) stream_store(s, at->h_also, first, i, count, h);
}

/* Sums that are not for the plain gates go to the room for them. */
INLINE void stream_put(const stream_cell *s, size_t gates, size_t first,
                       size_t count, const vf *sum)
{
    UNROLL
    for (size_t i = 0; i < gates * count; i++)
        stream_store(s, s->gate + i / count * s->H, first, i % count, count,
                     sum[i]);
}

/* What was made in h_now and c goes to the other places as well. */
static void stream_share(const stream_cell *s, size_t first, size_t count,
                         const stream_at *at)
{
    for (size_t i = 0; i < count; i++) {
        const size_t j = (first + i) * VLEN, n = s->H - j;
        if (at->h_also)
            store_pieces(at->h_also + j, vf_load(at->h_now + j, n), n);
        if (at->c) store_pieces(at->c_also + j, vf_load(at->c + j, n), n);
    }
}

static size_t stream_end(const stream_cell *s, size_t first, size_t count)
{
    const size_t end = (first + count) * VLEN;
    return end < s->H ? end : s->H;
}

static void lstm_variant_gates(const stream_cell *s, size_t first, size_t count,
                               const stream_at *at)
{
    lstm_units(s->H, first * VLEN, stream_end(s, first, count), &s->variant,
               at->c, s->gate, at->c, at->h_now);
    stream_share(s, first, count, at);
}

INLINE void lstm_pass(const stream_cell *s, size_t first, size_t count,
                      const stream_at *at)
{
    const size_t most = lstm_gate_vectors(count);
    vf sum[4 * PASS_MOST];
    stream_begin(s, 4, first, count, at, sum);
    stream_add(&s->hh, 4, first, count, true, at->h, sum);

    if (!s->plain) {
        stream_put(s, 4, first, count, sum);
        const stream_at copy = *at;
        lstm_variant_gates(s, first, count, &copy);
        return;
    }

    UNROLL
    for (size_t v = 0; v < count; v += most) {
        const size_t n = count - v < most ? 1 : most;
        vf all[4 * GATE_VECTORS], c[GATE_VECTORS], h[GATE_VECTORS];

        UNROLL
        for (size_t i = 0; i < 4 * n; i++)
            all[i] = sum[lstm_block[i / n] * count + v + i % n];
        UNROLL
        for (size_t i = 0; i < n; i++)
            c[i] = stream_load(s, at->c, first, v + i, count);
        lstm_gates(n, all, c, h);

        UNROLL
        for (size_t i = 0; i < n; i++) {
            stream_remember(s, at, first, v + i, count, h[i]);
            stream_store(s, at->c, first, v + i, count, c[i]);
            stream_store_once(s, at->c_also, first, v + i, count, c[i]);
        }
    }
}

static void gru_clipped_gates(const stream_cell *s, size_t first, size_t count,
                              const stream_at *at)
{
    gru_units(s->H, first * VLEN, stream_end(s, first, count), s->variant.clip,
              s->q, at->h, s->gate, at->h_now);
    stream_share(s, first, count, at);
}

INLINE void gru_pass(const stream_cell *s, size_t first, size_t count,
                     const stream_at *at)
{
    vf sum[3 * PASS_MOST], all[3 * PASS_MOST];
    stream_begin(s, 3, first, count, at, sum);

    /* r and z go on; of n the recurrent part is a sum of its own */
    UNROLL
    for (size_t i = 0; i < 2 * count; i++)
        all[i] = sum[i];
    UNROLL
    for (size_t i = 0; i < count; i++)
        all[2 * count + i] = stream_load(s, s->bias_hn, first, i, count);
    stream_add(&s->hh, 3, first, count, true, at->h, all);

    if (!s->plain) {
        UNROLL
        for (size_t i = 0; i < count; i++) {
            stream_store(s, s->q, first, i, count, all[2 * count + i]);
            all[2 * count + i] = sum[2 * count + i];
        }
        stream_put(s, 3, first, count, all);
        const stream_at copy = *at;
        gru_clipped_gates(s, first, count, &copy);
        return;
    }

    UNROLL
    for (size_t v = 0; v < count; v += GATE_VECTORS) {
        const size_t n = count - v < GATE_VECTORS ? 1 : GATE_VECTORS;
        vf rz[2 * GATE_VECTORS], h[GATE_VECTORS];

        UNROLL
        for (size_t i = 0; i < 2 * n; i++)
            rz[i] = all[i / n * count + v + i % n];
        UNROLL
        for (size_t i = 0; i < n; i++)
            h[i] = stream_load(s, at->h, first, v + i, count);
        gru_gates(n, rz, all + 2 * count + v, sum + 2 * count + v, h);

        UNROLL
        for (size_t i = 0; i < n; i++)
            stream_remember(s, at, first, v + i, count, h[i]);
    }
}

INLINE void rnn_pass(const stream_cell *s, size_t first, size_t count,
                     const stream_at *at)
{
    vf sum[PASS_MOST];
    stream_begin(s, 1, first, count, at, sum);
    stream_add(&s->hh, 1, first, count, true, at->h, sum);

    UNROLL
    for (size_t v = 0; v < count; v += RNN_VECTORS)
        rnn_gates(count - v < RNN_VECTORS ? count - v : RNN_VECTORS,
                  s->variant.clip, s->relu, sum + v);
    UNROLL
    for (size_t i = 0; i < count; i++)
        stream_remember(s, at, first, i, count, sum[i]);
}

/* ---- Steps --------------------------------------------------------------- */

/* The units of the vectors from first on in the steps from begin to before
 * end. */
typedef void stream_steps(const stream_cell *s, size_t first,
                          const stream_run *r, size_t begin, size_t end);

/* The arrays of step t; whole: one pass has all units. */
INLINE stream_at stream_at_step(const stream_run *r, size_t t, bool whole)
{
    stream_at at = {.x = r->x,
                    .start = r->start,
                    .h = r->h,
                    .h_now = r->h_all,
                    .h_also = whole && !r->keeps_h ? r->h : NULL,
                    .c = r->c,
                    .c_also = r->c_all};
    if (t == 0) return at;

    if (r->x) at.x += t * r->x_step;
    at.start += t * r->start_step;
    at.h_now += t * r->h_step;
    if (!whole) at.h = at.h_now - r->h_step;
    if (r->c) at.c_also += t * r->c_step;
    return at;
}

/* cell_whole_COUNT and cell_part_COUNT, of type stream_steps; empty where a
 * pass has fewer vectors. */
#define STEPS(cell, most, kind, is_whole, COUNT)                               \
    static void cell##_##kind##_##COUNT(const stream_cell *s, size_t first,    \
                                        const stream_run *r, size_t begin,     \
                                        size_t end)                            \
    {                                                                          \
        const bool has = COUNT <= most && (is_whole || !ONE_PASS);             \
        for (size_t t = begin; t < end && has; t++) {                          \
            const stream_at at = stream_at_step(r, t, is_whole);               \
            cell##_pass(s, is_whole ? 0 : first, COUNT, &at);                  \
        }                                                                      \
    }
#define STEPS_ALL(cell, most, kind, whole)                                     \
    STEPS(cell, most, kind, whole, 1)                                          \
    STEPS(cell, most, kind, whole, 2)                                          \
    STEPS(cell, most, kind, whole, 3)                                          \
    STEPS(cell, most, kind, whole, 4)                                          \
    static stream_steps *const cell##_##kind[] = {                             \
        NULL, cell##_##kind##_1, cell##_##kind##_2, cell##_##kind##_3,         \
        cell##_##kind##_4};
STEPS_ALL(lstm, LSTM_PASS, whole, true)
STEPS_ALL(lstm, LSTM_PASS, part, false)
STEPS_ALL(gru, GRU_PASS, whole, true)
STEPS_ALL(gru, GRU_PASS, part, false)
STEPS_ALL(rnn, RNN_PASS, whole, true)
STEPS_ALL(rnn, RNN_PASS, part, false)
#undef STEPS_ALL
#undef STEPS

/* All steps of all units, at most `most` vectors in a pass; all passes but the
 * last end where a panel does. */
static __attribute__((noinline)) void stream_parts(const stream_cell *s,
                                                   const stream_run *r,
                                                   size_t most,
                                                   stream_steps *const *part)
{
    const size_t all = (s->H + VLEN - 1) / VLEN;
    const size_t count = most < REGS ? most : most / REGS * REGS;
    for (size_t t = 0; t < r->T; t++) {
        size_t first = 0;
        for (; all - first > most; first += count)
            part[count](s, first, r, t, t + 1);
        part[all - first](s, first, r, t, t + 1);
    }

    /* the last h becomes the memory */
    const stream_at at = {.h_now = r->h_all + (r->T - 1) * r->h_step,
                          .h_also = r->h};
    if (!r->keeps_h) stream_share(s, 0, all, &at);
}

INLINE void stream_all(const stream_cell *s, const stream_run *r, size_t most,
                       stream_steps *const *whole, stream_steps *const *part)
{
    const size_t all = (s->H + VLEN - 1) / VLEN;
    if (all <= most) whole[all](s, 0, r, 0, r->T);
    else stream_parts(s, r, most, part);
}

static void KERNEL(lstm_stream)(const stream_cell *s, const stream_run *r)
{
#if VEC_BYTES == 64
    if (s->H <= LSTM_HALF) {
        lstm_stream_half(s, r);
        return;
    }
#endif
    stream_all(s, r, LSTM_PASS, lstm_whole, lstm_part);
}

static void KERNEL(gru_stream)(const stream_cell *s, const stream_run *r)
{
#if VEC_BYTES == 64
    if (s->H <= GRU_HALF) {
        gru_stream_half(s, r);
        return;
    }
#endif
    stream_all(s, r, GRU_PASS, gru_whole, gru_part);
}

static void KERNEL(rnn_stream)(const stream_cell *s, const stream_run *r)
{
#if VEC_BYTES == 64
    if (s->H <= RNN_HALF) {
        rnn_stream_half(s, r);
        return;
    }
#endif
    stream_all(s, r, RNN_PASS, rnn_whole, rnn_part);
}

#endif
