/*
 * rnn.c: the Elman cell (Elman 1990, as torch.nn.RNN has it).
 *
 *   a = W_ih x + b_ih + W_hh h_prev + b_hh
 *   h = f(a)                              f = tanh, relu, or a custom one
 *
 *   da = dh f'(a)                         from h alone: 1 - h^2, or h > 0;
 *                                         a custom one's from a
 *   dh_prev = W_hh^T da
 */
#include "cell/cell.h"

#include <string.h>

static step_kernel *step(const kernels *k) { return k->rnn_step; }
static stream_kernel *stream(const kernels *k) { return k->rnn_stream; }

static void forward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    if (w->fused) {
        fused_step s = fused_step_of(w, r, r->h);
        cell_step_run(k->rnn_step, r, &s);
        return;
    }

    k->product(r->M, &w->hh[0], NULL, r->h_in, r->gate);
    for (size_t m = 0; m < r->M; m++) {
        cell_activate(k, w, r, m, 0, 1, 0);
        memcpy(r->h[m], r->gate[m], w->H * sizeof(float));
    }
}

static void backward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    for (size_t m = 0; m < r->M; m++) {
        cell_activate_backward(k, w, r, m, 0, 1, 0, r->dh[m], r->da[m]);
        if (r->dh[m] != r->dh_in[m]) memset(r->dh[m], 0, w->R * sizeof(float));
    }

    cell_product(k, r, &w->hh_back[0], zeros, r->da, r->dh_in);
}

/* The one gate is h itself. */
static void gate_gradients(const kernels *k, const cell_weights *w,
                           const cell_rows *r, size_t m, float *total)
{
    (void)k, (void)total;
    memcpy(r->dgate[m], r->dh[m], w->H * sizeof(float));
}

const cell_kind cell_rnn = {
    .gate_count = 1,
    .gates = {{"h", FUNCTION_F}},
    .function_count = 1,
    .own = {ELMAN_ACTIVATION_TANH},
    .recurrence = ELMAN_RECURRENCE_MATRIX,
    .split = 1,
    .forward = forward,
    .step = step,
    .stream = stream,
};

const cell_gradients cell_rnn_gradients = {
    .backward = backward,
    .gate_gradients = gate_gradients,
};
