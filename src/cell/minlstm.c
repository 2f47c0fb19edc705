/*
 * minlstm.c: the minimal LSTM (Feng et al. 2024, "Were RNNs all we needed?",
 * algorithm 3): gates are made from the input alone and scaled to add up to 1,
 * so that the size of h does not depend on the time. The plain form, with a
 * linear candidate; it keeps no c.
 *
 *   f = s(W_if x + b_if)     i = s(W_ii x + b_ii)     n = W_in x + b_in
 *   k = f / (f + i)          h = n + k (h_prev - n)
 *
 * k is computed as s(log f - log i) from the sums, which is the same number and
 * stays one where both gates are too small for a float.
 *
 *   t = dh (h_prev - n) k (1 - k)
 *   da_f = t (1 - f)         da_i = -t (1 - i)        da_n = dh (1 - k)
 *   dh_prev = dh k
 */
#include "cell/cell.h"

#include <math.h>

/* keep (H) = s(log s(a_f) - log s(a_i)), where -log s(a) is softplus(-a). */
static void make_keep(const kernels *k, size_t H, const float *sums,
                      float *room, float *keep)
{
    static const elman_activation softplus = {.kind =
                                                  ELMAN_ACTIVATION_SOFTPLUS};

    /* softplus of both, with their signs turned */
    for (size_t j = 0; j < H; j++) {
        room[j] = -sums[j];
        keep[j] = -sums[H + j];
    }
    k->activation_forward(H, &softplus, INFINITY, room, room);
    k->activation_forward(H, &softplus, INFINITY, keep, keep);

    for (size_t j = 0; j < H; j++)
        keep[j] -= room[j];
    k->sigmoid_forward(H, INFINITY, keep, keep);
}

static void forward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    size_t H = w->H;
    for (size_t m = 0; m < r->M; m++) {
        const float *h_prev = r->h_prev[m], *n = r->gate[m] + 2 * H;
        float *keep = r->saved[m], *h = r->h[m];

        /* h is overwritten below: room for the logarithms until then */
        make_keep(k, H, r->gate[m], h, keep);
        cell_activate(k, w, r, m, 0, 2, FUNCTION_F);
        for (size_t j = 0; j < H; j++)
            h[j] = n[j] + keep[j] * (h_prev[j] - n[j]);
    }
}

static void backward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    (void)k;
    size_t H = w->H;
    for (size_t m = 0; m < r->M; m++) {
        const float *f = r->gate[m], *i = f + H, *n = f + 2 * H;
        const float *keep = r->saved[m], *h_prev = r->h_prev[m];
        float *dh = r->dh[m], *da = r->da[m];

        for (size_t j = 0; j < H; j++) {
            float t = dh[j] * (h_prev[j] - n[j]) * keep[j] * (1 - keep[j]);
            da[j] = t * (1 - f[j]);
            da[H + j] = -t * (1 - i[j]);
            da[2 * H + j] = dh[j] * (1 - keep[j]);
            dh[j] *= keep[j];
        }
    }
}

/* With s = f + i: dk/df = (1 - k) / s, dk/di = -k / s; 0 where both gates are
 * too small for a float. */
static void gate_gradients(const kernels *k, const cell_weights *w,
                           const cell_rows *r, size_t m, float *total)
{
    (void)k, (void)total;
    size_t H = w->H;
    const float *f = r->gate[m], *i = f + H, *n = f + 2 * H;
    const float *keep = r->saved[m], *dh = r->dh[m];
    float *d = r->dgate[m];

    for (size_t j = 0; j < H; j++) {
        float s = f[j] + i[j];
        float dk = s > 0 ? dh[j] * (r->h_prev[m][j] - n[j]) / s : 0;
        d[j] = dk * (1 - keep[j]);
        d[H + j] = -dk * keep[j];
        d[2 * H + j] = dh[j] * (1 - keep[j]);
    }
}

const cell_kind cell_minlstm = {
    .gate_count = 3,
    .gates = {{"f", FUNCTION_F}, {"i", FUNCTION_F}, {"n", FUNCTION_IDENTITY}},
    .function_count = 1,
    .own = {ELMAN_ACTIVATION_SIGMOID},
    .recurrence = ELMAN_RECURRENCE_NONE,
    .has_saved = true,
    .forward = forward,
};

const cell_gradients cell_minlstm_gradients = {
    .backward = backward,
    .gate_gradients = gate_gradients,
};
