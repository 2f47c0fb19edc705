/*
 * step.h: a step of a cell: for a few units at a time first the sums into
 * their gates, then the gates, for all rows.
 */
#ifndef KERNEL_STEP_H
#define KERNEL_STEP_H

#include "kernel/gate.h"
#include "kernel/gemm.h"

static void lstm_done(const void *context, size_t first_row, size_t rows,
                      size_t first, size_t last)
{
    const fused_step *s = context;
    for (size_t m = first_row; m < first_row + rows; m++)
        lstm_units(s->H, first, last, &s->variant, s->c_prev[m], s->gate[m],
                   s->c[m], s->h[m]);
}

static void gru_done(const void *context, size_t first_row, size_t rows,
                     size_t first, size_t last)
{
    const fused_step *s = context;
    for (size_t m = first_row; m < first_row + rows; m++)
        gru_units(s->H, first, last, s->variant.clip, s->side[m], s->h_prev[m],
                  s->gate[m], s->h[m]);
}

/* Elman: gate and h are the same numbers. */
static void rnn_done(const void *context, size_t first_row, size_t rows,
                     size_t first, size_t last)
{
    const fused_step *s = context;
    const vf low = vf_set(-s->variant.clip), high = vf_set(s->variant.clip);
    for (size_t m = first_row; m < first_row + rows; m++)
        for (size_t j = first; j < last; j += VLEN) {
            const size_t n = last - j;
            vf a = vf_load(s->gate[m] + j, n);
            vf y = s->relu ? vf_bound(vf_set(0), high, a)
                           : vf_tanh(vf_bound(low, high, a));
            vf_store(s->gate[m] + j, y, n);
            vf_store(s->h[m] + j, y, n);
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
