/*
 * step.h: a step of a cell: for a few units at a time first the sums into
 * their gates, then the gates, for all rows.
 */
#ifndef KERNEL_STEP_H
#define KERNEL_STEP_H

#include "kernel/gate.h"
#include "kernel/gemm.h"

/* Of one row, vectors side by side go in step as rows do elsewhere. */
static void lstm_one(const fused_step *s, size_t m, size_t first, size_t last)
{
    size_t j = first;
    for (; j + LSTM_ROWS * VLEN <= last; j += LSTM_ROWS * VLEN) {
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
    lstm_units(s->H, j, last, &s->variant, s->c_prev[m], s->gate[m], s->c[m],
               s->h[m]);
}

static void lstm_done(const void *context, size_t first_row, size_t rows,
                      size_t first, size_t last)
{
    const fused_step *s = context;
    const lstm_variant *v = &s->variant;
    const size_t end = first_row + rows;
    size_t m = first_row;
    if (!v->peephole && !v->coupled && v->clip == __builtin_inff()) {
        for (; m + LSTM_ROWS <= end; m += LSTM_ROWS)
            for (size_t j = first; j < last; j += VLEN)
                lstm_plain_units(LSTM_ROWS, s->H, j, last - j, s->c_prev + m,
                                 s->gate + m, s->c + m, s->h + m);
        for (; m < end; m++)
            lstm_one(s, m, first, last);
    }
    for (; m < end; m++)
        lstm_units(s->H, first, last, v, s->c_prev[m], s->gate[m], s->c[m],
                   s->h[m]);
}

static void gru_one(const fused_step *s, size_t m, size_t first, size_t last)
{
    enum { SIDE_BY_SIDE = 2 };
    size_t j = first;
    for (; j + SIDE_BY_SIDE * VLEN <= last; j += SIDE_BY_SIDE * VLEN) {
        const float *q[SIDE_BY_SIDE], *h_prev[SIDE_BY_SIDE];
        float *gate[SIDE_BY_SIDE], *h[SIDE_BY_SIDE];
        for (size_t i = 0; i < SIDE_BY_SIDE; i++) {
            q[i] = s->side[m] + i * VLEN;
            h_prev[i] = s->h_prev[m] + i * VLEN;
            gate[i] = s->gate[m] + i * VLEN;
            h[i] = s->h[m] + i * VLEN;
        }
        gru_plain_units(SIDE_BY_SIDE, s->H, j, VLEN, q, h_prev, gate, h);
    }
    gru_units(s->H, j, last, s->variant.clip, s->side[m], s->h_prev[m],
              s->gate[m], s->h[m]);
}

static void gru_done(const void *context, size_t first_row, size_t rows,
                     size_t first, size_t last)
{
    const fused_step *s = context;
    const size_t end = first_row + rows;
    size_t m = first_row;
    if (s->variant.clip == __builtin_inff()) {
        for (; m + GRU_ROWS <= end; m += GRU_ROWS)
            for (size_t j = first; j < last; j += VLEN)
                gru_plain_units(GRU_ROWS, s->H, j, last - j,
                                (const float *const *)s->side + m,
                                s->h_prev + m, s->gate + m, s->h + m);
        for (; m < end; m++)
            gru_one(s, m, first, last);
    }
    for (; m < end; m++)
        gru_units(s->H, first, last, s->variant.clip, s->side[m], s->h_prev[m],
                  s->gate[m], s->h[m]);
}

/* Elman: gate and h are the same numbers. count vectors from unit j on, a
 * constant; of the last there are n units. */
INLINE void rnn_units(const fused_step *s, size_t m, size_t j, size_t n,
                      size_t count)
{
    const vf low = vf_set(-s->variant.clip), high = vf_set(s->variant.clip);
    vf a[4], y[4];
    UNROLL
    for (size_t i = 0; i < count; i++)
        a[i] = vf_load(s->gate[m] + j + i * VLEN, left(n, i * VLEN));
    UNROLL
    for (size_t i = 0; i < count; i++)
        y[i] = a[i] = vf_bound(s->relu ? vf_set(0) : low, high, a[i]);
    if (!s->relu) {
        vf_squash(0, count, y);
        UNROLL
        for (size_t i = 0; i < count; i++)
            y[i] = vf_sign(y[i] / (y[i] + 2), a[i]);
    }
    UNROLL
    for (size_t i = 0; i < count; i++) {
        vf_store(s->gate[m] + j + i * VLEN, y[i], left(n, i * VLEN));
        vf_store(s->h[m] + j + i * VLEN, y[i], left(n, i * VLEN));
    }
}

static void rnn_done(const void *context, size_t first_row, size_t rows,
                     size_t first, size_t last)
{
    const fused_step *s = context;
    for (size_t m = first_row; m < first_row + rows; m++) {
        size_t j = first;
        for (; j + 4 * VLEN <= last; j += 4 * VLEN)
            rnn_units(s, m, j, 4 * VLEN, 4);
        for (; j < last; j += VLEN)
            rnn_units(s, m, j, last - j, 1);
    }
}

/* The input's part, if it is to be made here, and then the recurrent one. */
INLINE void step_run(const fused_step *s, size_t first, size_t last,
                     group_done *done, bool has_side)
{
    sums sum = {.M = s->M, .w = &s->ih, .start = s->start, .c = s->gate};
    if (s->x) {
        sum.a = s->x;
        sums_run(&sum, first, last, NULL, NULL);
        sum.start = NULL;
    }
    sum.w = &s->hh;
    sum.a = s->h_in;
    if (has_side) {
        sum.last_start = s->bias_hn;
        sum.last_c = s->side;
    }
    sums_run(&sum, first, last, done, s);
}

static void KERNEL(lstm_step)(const fused_step *s, size_t first, size_t last)
{
    step_run(s, first, last, lstm_done, false);
}

static void KERNEL(gru_step)(const fused_step *s, size_t first, size_t last)
{
    step_run(s, first, last, gru_done, true);
}

static void KERNEL(rnn_step)(const fused_step *s, size_t first, size_t last)
{
    step_run(s, first, last, rnn_done, false);
}

#endif
