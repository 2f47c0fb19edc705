/*
 * indrnn.c: the independently recurrent network (Li et al. 2018): each unit
 * sees only its own memory, so its gradient through time is a power of one
 * number, and layers of it can be stacked deep.
 *
 *   a = W_ih x + b_ih + w_hh h_prev       w_hh (H), a product unit by unit
 *   h = f(a)                              f = tanh, relu (the paper's), or a
 *                                         custom one
 *
 *   da = dh f'(a)       dw_hh += da h_prev       dh_prev = w_hh da
 */
#include "cell/cell.h"

#include <string.h>

static void forward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    for (size_t m = 0; m < r->M; m++) {
        k->multiply_add(w->H, w->recurrent, r->h_in[m], r->gate[m]);
        cell_activate(k, w, r, m, 0, 1, 0);
        memcpy(r->h[m], r->gate[m], w->H * sizeof(float));
    }
}

static void backward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    for (size_t m = 0; m < r->M; m++) {
        cell_activate_backward(k, w, r, m, 0, 1, 0, r->dh[m], r->da[m]);

        /* all of dh went through the sum */
        memset(r->dh[m], 0, w->H * sizeof(float));
        k->multiply_add(w->H, w->recurrent, r->da[m], r->dh_in[m]);
    }
}

/* The one gate is h itself. */
static void gate_gradients(const kernels *k, const cell_weights *w,
                           const cell_rows *r, size_t m, float *total)
{
    (void)k, (void)total;
    memcpy(r->dgate[m], r->dh[m], w->H * sizeof(float));
}

const cell_kind cell_indrnn = {
    .gate_count = 1,
    .gates = {{"h", FUNCTION_F}},
    .function_count = 1,
    .own = {ELMAN_ACTIVATION_TANH},
    .recurrence = ELMAN_RECURRENCE_VECTOR,
    .forward = forward,
};

const cell_gradients cell_indrnn_gradients = {
    .backward = backward,
    .gate_gradients = gate_gradients,
};
