/*
 * step.h: one step of a cell. For a few units at a time and all rows: the sums
 * into their gates, then the gates themselves, while the sums are in the first
 * cache.
 *
 * The gates of several rows go in two halves, all rows through the first and
 * then through the second. A row's operations are one long chain, from exp to
 * exp, of more instructions than a processor holds at once; in halves it has
 * the next rows to work on while it waits.
 */
#ifndef KERNEL_STEP_H
#define KERNEL_STEP_H

#include "kernel/gate.h"
#include "kernel/gemm.h"

/* The units [begin,end) of one row: vectors side by side take the place of the
 * rows that advance together elsewhere. */
static void lstm_one(const fused_step *s, size_t m, size_t begin, size_t end)
{
    size_t j = begin;

    for (; j + LSTM_ROWS * VLEN <= end; j += LSTM_ROWS * VLEN) {
        const float *c_prev[LSTM_ROWS];
        float *gate[LSTM_ROWS], *c[LSTM_ROWS], *h[LSTM_ROWS];
        for (size_t i = 0; i < LSTM_ROWS; i++) {
            c_prev[i] = s->c_prev[m] + i * VLEN;
            gate[i] = s->gate[m] + i * VLEN;
            c[i] = s->c[m] + i * VLEN;
            h[i] = s->h[m] + i * VLEN;
        }
        lstm_plain_units(LSTM_ROWS, s->H, j, VLEN, c_prev, gate, c, h);
    }

    /* the units that are left, one vector at a time */
    lstm_units(s->H, j, end, &s->variant, s->c_prev[m], s->gate[m], s->c[m],
               s->h[m]);
}

/* The units [begin,end) of some rows of the plain LSTM. */
static void lstm_halves(const fused_step *s, size_t row_begin, size_t row_end,
                        size_t begin, size_t end)
{
    for (size_t j = begin; j < end; j += VLEN) {
        for (size_t m = row_begin; m < row_end; m++)
            lstm_cell_units(s->H, j, end - j, s->c_prev[m], s->gate[m],
                            s->c[m]);

        size_t m = row_begin;
        for (; m + OUTPUT_ROWS <= row_end; m += OUTPUT_ROWS)
            lstm_output_units(OUTPUT_ROWS, s->H, j, end - j, s->gate + m,
                              s->c + m, s->h + m);
        for (; m < row_end; m++)
            lstm_output_units(1, s->H, j, end - j, s->gate + m, s->c + m,
                              s->h + m);
    }
}

static void lstm_done(const void *context, size_t row_begin, size_t row_end,
                      size_t begin, size_t end)
{
    const fused_step *s = context;
    const lstm_variant *v = &s->variant;

    /* the plain LSTM: a row alone, or all together */
    if (!v->peephole && !v->coupled && v->clip == __builtin_inff()) {
        if (row_end - row_begin == 1) lstm_one(s, row_begin, begin, end);
        else lstm_halves(s, row_begin, row_end, begin, end);
        return;
    }

    /* any other variant */
    for (size_t m = row_begin; m < row_end; m++)
        lstm_units(s->H, begin, end, v, s->c_prev[m], s->gate[m], s->c[m],
                   s->h[m]);
}

/* The same for a GRU. */
static void gru_one(const fused_step *s, size_t m, size_t begin, size_t end)
{
    enum { SIDE_BY_SIDE = 2 };
    size_t j = begin;

    for (; j + SIDE_BY_SIDE * VLEN <= end; j += SIDE_BY_SIDE * VLEN) {
        const float *q[SIDE_BY_SIDE], *h_prev[SIDE_BY_SIDE];
        float *gate[SIDE_BY_SIDE], *h[SIDE_BY_SIDE];
        for (size_t i = 0; i < SIDE_BY_SIDE; i++) {
            q[i] = s->q[m] + i * VLEN;
            h_prev[i] = s->h_prev[m] + i * VLEN;
            gate[i] = s->gate[m] + i * VLEN;
            h[i] = s->h[m] + i * VLEN;
        }
        gru_plain_units(SIDE_BY_SIDE, s->H, j, VLEN, q, h_prev, gate, h);
    }

    /* the units that are left, one vector at a time */
    gru_units(s->H, j, end, s->variant.clip, s->q[m], s->h_prev[m], s->gate[m],
              s->h[m]);
}

static void gru_halves(const fused_step *s, size_t row_begin, size_t row_end,
                       size_t begin, size_t end)
{
    for (size_t j = begin; j < end; j += VLEN) {
        for (size_t m = row_begin; m < row_end; m++)
            gru_sum_units(s->H, j, end - j, s->q[m], s->gate[m]);

        size_t m = row_begin;
        for (; m + OUTPUT_ROWS <= row_end; m += OUTPUT_ROWS)
            gru_output_units(OUTPUT_ROWS, s->H, j, end - j, s->h_prev + m,
                             s->gate + m, s->h + m);
        for (; m < row_end; m++)
            gru_output_units(1, s->H, j, end - j, s->h_prev + m, s->gate + m,
                             s->h + m);
    }
}

static void gru_done(const void *context, size_t row_begin, size_t row_end,
                     size_t begin, size_t end)
{
    const fused_step *s = context;

    /* without clipping: a row alone, or all together */
    if (s->variant.clip == __builtin_inff()) {
        if (row_end - row_begin == 1) gru_one(s, row_begin, begin, end);
        else gru_halves(s, row_begin, row_end, begin, end);
        return;
    }

    for (size_t m = row_begin; m < row_end; m++)
        gru_units(s->H, begin, end, s->variant.clip, s->q[m], s->h_prev[m],
                  s->gate[m], s->h[m]);
}

/* Elman's cell, whose gate and h are the same numbers: n units from j on, in
 * count vectors, a constant. */
INLINE void rnn_units(const fused_step *s, size_t m, size_t j, size_t n,
                      size_t count)
{
    vf y[RNN_VECTORS];

    UNROLL
    for (size_t i = 0; i < count; i++)
        y[i] = vf_load(s->gate[m] + j + i * VLEN, left(n, i * VLEN));
    rnn_gates(count, s->variant.clip, s->relu, y);
    UNROLL
    for (size_t i = 0; i < count; i++) {
        vf_store(s->gate[m] + j + i * VLEN, y[i], left(n, i * VLEN));
        vf_store(s->h[m] + j + i * VLEN, y[i], left(n, i * VLEN));
    }
}

static void rnn_done(const void *context, size_t row_begin, size_t row_end,
                     size_t begin, size_t end)
{
    const fused_step *s = context;

    for (size_t m = row_begin; m < row_end; m++) {
        size_t j = begin;
        for (; j + RNN_VECTORS * VLEN <= end; j += RNN_VECTORS * VLEN)
            rnn_units(s, m, j, RNN_VECTORS * VLEN, RNN_VECTORS);
        for (; j < end; j += VLEN)
            rnn_units(s, m, j, end - j, 1);
    }
}

/* All units, fewer than a panel has, from weights of one gate. */
INLINE void step_few(const fused_step *s, group_done *done)
{
    const float *start = s->start;

    if (s->x) {
        KERNEL(product)(s->M, &s->ih, start, s->x, s->gate);
        start = NULL;
    }
    KERNEL(product)(s->M, &s->hh, start, s->h_in, s->gate);
    done(s, 0, s->M, 0, s->H);
}

/* The sums of the groups [begin,end): the input's part, if x is given, then the
 * recurrent part; and done for each tile. */
INLINE void step_run(const fused_step *s, size_t begin, size_t end,
                     group_done *done, bool has_q)
{
    sums sum = {.M = s->M, .w = &s->ih, .start = s->start, .c = s->gate};

    if (begin >= end) return;
    if (s->H < PANEL && !has_q) {
        step_few(s, done);
        return;
    }

    /* the recurrent part then goes on from what the input's part has left */
    if (s->x) {
        sum.a = s->x;
        if (s->H >= PANEL) sums_run(&sum, begin, end);
        else KERNEL(product)(s->M, &s->ih, s->start, s->x, s->gate);
        sum.start = NULL;
    }

    /* a GRU's q is the recurrent part of n alone, so it has rows of its own */
    sum.w = &s->hh;
    sum.a = s->h_in;
    if (has_q) {
        sum.last_start = s->bias_hn;
        sum.last_c = s->q;
    }
    sum.done = done;
    sum.context = s;
    sums_run(&sum, begin, end);
}

static void KERNEL(lstm_step)(const fused_step *s, size_t begin, size_t end)
{
    step_run(s, begin, end, lstm_done, false);
}

static void KERNEL(gru_step)(const fused_step *s, size_t begin, size_t end)
{
    step_run(s, begin, end, gru_done, true);
}

static void KERNEL(rnn_step)(const fused_step *s, size_t begin, size_t end)
{
    step_run(s, begin, end, rnn_done, false);
}

#endif
