/*
 * ligru.c: the light GRU (Ravanelli et al. 2018, without its batch
 * normalization): a GRU without the reset gate, whose candidate is a relu.
 *
 *   z = s(W_iz x + b_iz + W_hz h_prev + b_hz)
 *   n = relu(W_in x + b_in + W_hn h_prev + b_hn)
 *   h = n + z (h_prev - n)
 *
 *   da_z = dh (h_prev - n) z (1 - z)      da_n = dh (1 - z) where n > 0
 *   dh_prev = dh z + W_hz^T da_z + W_hn^T da_n
 *
 * A config may set f in place of s and g in place of relu; then derivatives are
 * taken at the sums.
 */
#include "cell/cell.h"

static void forward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    k->product(r->M, &w->hh[0], NULL, r->h_in, r->gate);

    for (size_t m = 0; m < r->M; m++) {
        const float *z = r->gate[m], *n = z + w->H, *h_prev = r->h_prev[m];
        cell_activate(k, w, r, m, 0, 1, FUNCTION_F);
        cell_activate(k, w, r, m, 1, 1, FUNCTION_G);

        for (size_t j = 0; j < w->H; j++)
            r->h[m][j] = n[j] + z[j] * (h_prev[j] - n[j]);
    }
}

/* d (2,H), the gradients at z and n, from dh. */
static void gates_backward(size_t H, const float *gate, const float *h_prev,
                           const float *dh, float *d)
{
    const float *z = gate, *n = gate + H;

    for (size_t j = 0; j < H; j++) {
        d[j] = dh[j] * (h_prev[j] - n[j]);
        d[H + j] = dh[j] * (1 - z[j]);
    }
}

static void backward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    for (size_t m = 0; m < r->M; m++) {
        float *dh = r->dh[m], *da = r->da[m];
        gates_backward(w->H, r->gate[m], r->h_prev[m], dh, da);
        cell_activate_backward(k, w, r, m, 0, 1, FUNCTION_F, da, da);
        cell_activate_backward(k, w, r, m, 1, 1, FUNCTION_G, da + w->H,
                               da + w->H);

        /* the part of h that was kept */
        k->multiply(w->H, dh, r->gate[m], dh);
    }

    cell_product(k, r, &w->hh_back[0], NULL, r->da, r->dh_in);
}

static void gate_gradients(const kernels *k, const cell_weights *w,
                           const cell_rows *r, size_t m, float *total)
{
    (void)k, (void)total;
    gates_backward(w->H, r->gate[m], r->h_prev[m], r->dh[m], r->dgate[m]);
}

const cell_kind cell_ligru = {
    .gate_count = 2,
    .gates = {{"z", FUNCTION_F}, {"n", FUNCTION_G}},
    .function_count = 2,
    .own = {ELMAN_ACTIVATION_SIGMOID, ELMAN_ACTIVATION_RELU},
    .recurrence = ELMAN_RECURRENCE_MATRIX,
    .split = 2,
    .forward = forward,
};

const cell_gradients cell_ligru_gradients = {
    .backward = backward,
    .gate_gradients = gate_gradients,
};
