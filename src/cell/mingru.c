/*
 * mingru.c: the minimal GRU (Feng et al. 2024, "Were RNNs all we needed?",
 * algorithm 1): gate and candidate are made from the input alone, so a step is
 * a product with x and a mix. The plain form, with a linear candidate.
 *
 *   z = s(W_iz x + b_iz)
 *   n = W_in x + b_in
 *   h = h_prev + z (n - h_prev)           z = 1 takes all of n, unlike a GRU's
 *
 *   da_z = dh (n - h_prev) z (1 - z)      da_n = dh z
 *   dh_prev = dh (1 - z)
 *
 * A config may set f in place of s; then its derivative is taken at the sum.
 */
#include "cell/cell.h"

static void forward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    for (size_t m = 0; m < r->M; m++) {
        const float *z = r->gate[m], *n = z + w->H, *h_prev = r->h_prev[m];
        cell_activate(k, w, r, m, 0, 1, FUNCTION_F);

        for (size_t j = 0; j < w->H; j++)
            r->h[m][j] = h_prev[j] + z[j] * (n[j] - h_prev[j]);
    }
}

/* d (2,H), the gradients at z and n, from dh. */
static void gates_backward(size_t H, const float *gate, const float *h_prev,
                           const float *dh, float *d)
{
    const float *z = gate, *n = gate + H;

    for (size_t j = 0; j < H; j++) {
        d[j] = dh[j] * (n[j] - h_prev[j]);
        d[H + j] = dh[j] * z[j];
    }
}

static void backward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    for (size_t m = 0; m < r->M; m++) {
        float *dh = r->dh[m], *da = r->da[m];
        gates_backward(w->H, r->gate[m], r->h_prev[m], dh, da);
        cell_activate_backward(k, w, r, m, 0, 1, FUNCTION_F, da, da);

        /* the part of h that was kept */
        for (size_t j = 0; j < w->H; j++)
            dh[j] *= 1 - r->gate[m][j];
    }
}

static void gate_gradients(const kernels *k, const cell_weights *w,
                           const cell_rows *r, size_t m, float *total)
{
    (void)k, (void)total;
    gates_backward(w->H, r->gate[m], r->h_prev[m], r->dh[m], r->dgate[m]);
}

const cell_kind cell_mingru = {
    .gate_count = 2,
    .gates = {{"z", FUNCTION_F}, {"n", FUNCTION_IDENTITY}},
    .function_count = 1,
    .own = {ELMAN_ACTIVATION_SIGMOID},
    .recurrence = ELMAN_RECURRENCE_NONE,
    .forward = forward,
};

const cell_gradients cell_mingru_gradients = {
    .backward = backward,
    .gate_gradients = gate_gradients,
};
