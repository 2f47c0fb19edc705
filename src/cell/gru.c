/*
 * gru.c: the GRU (Cho et al. 2014), with the reset gate after the product, as
 * torch.nn.GRU and cuDNN have it, and before it, as the paper, ONNX's default
 * and Keras v1 have it.
 *
 *   r = s(W_ir x + b_ir + W_hr h_prev + b_hr)
 *   z = s(W_iz x + b_iz + W_hz h_prev + b_hz)
 *   after:   n = tanh(W_in x + b_in + r q),  q = W_hn h_prev + b_hn
 *   before:  n = tanh(W_in x + b_in + W_hn (r h_prev) + b_hn)
 *   h = n + z (h_prev - n)
 *
 *   da_n = dh (1 - z) (1 - n^2)      da_z = dh (h_prev - n) z (1 - z)
 *   after:   dq = da_n r             da_r = da_n q r (1 - r)
 *            dh_prev = dh z + W_hr^T da_r + W_hz^T da_z + W_hn^T dq
 *   before:  ds = W_hn^T da_n        da_r = ds h_prev r (1 - r)
 *            dh_prev = dh z + ds r + W_hr^T da_r + W_hz^T da_z
 *
 * A config may set f in place of s and g in place of tanh; then derivatives are
 * taken at the sums.
 */
#include "cell/cell.h"

/* Row pointers moved by some floats: to the block n of each row. */
static void point(size_t M, float *const *rows, size_t offset, float **moved)
{
    for (size_t m = 0; m < M; m++)
        moved[m] = rows[m] + offset;
}

static step_kernel *after_step(const kernels *k) { return k->gru_step; }
static stream_kernel *after_stream(const kernels *k) { return k->gru_stream; }

/* Row m with custom functions, after its products. */
static void after_custom(const kernels *k, const cell_weights *w,
                         const cell_rows *r, size_t m)
{
    size_t H = w->H;
    cell_activate(k, w, r, m, 0, 2, 0);
    k->multiply_add(H, r->gate[m], r->saved[m], r->gate[m] + 2 * H);
    cell_activate(k, w, r, m, 2, 1, 1);
    k->gru_mix(H, r->h_prev[m], r->gate[m], r->h[m]);
}

static void after_forward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    if (w->fused) {
        fused_step s = fused_step_of(w, r, r->h);
        cell_step_run(k->gru_step, r, &s);
        return;
    }

    /* r and z from one product, q from another */
    k->product(r->M, &w->hh[0], NULL, r->h_in, r->gate);
    k->product(r->M, &w->hh[1], w->bias_hn, r->h_in, r->saved);

    for (size_t m = 0; m < r->M; m++)
        if (w->custom) after_custom(k, w, r, m);
        else
            k->gru_forward(w->H, w->clip, r->saved[m], r->h_prev[m], r->gate[m],
                           r->h[m]);
}

/* What both kinds share with custom functions: da of z and n, and dh becomes dh
 * z. */
static void mix_backward(const kernels *k, const cell_weights *w,
                         const cell_rows *r, size_t m)
{
    size_t H = w->H;
    const float *z = r->gate[m] + H, *n = r->gate[m] + 2 * H;
    float *dh = r->dh[m], *da_z = r->da[m] + H, *da_n = r->da[m] + 2 * H;
    for (size_t j = 0; j < H; j++) {
        da_z[j] = dh[j] * (r->h_prev[m][j] - n[j]);
        da_n[j] = dh[j] * (1 - z[j]);
        dh[j] *= z[j];
    }

    cell_activate_backward(k, w, r, m, 1, 1, 0, da_z, da_z);
    cell_activate_backward(k, w, r, m, 2, 1, 1, da_n, da_n);
}

static void after_custom_backward(const kernels *k, const cell_weights *w,
                                  const cell_rows *r, size_t m)
{
    size_t H = w->H;

    mix_backward(k, w, r, m);

    /* the product with r, into both of its factors */
    k->multiply(H, r->da[m] + 2 * H, r->gate[m], r->dsaved[m]);
    k->multiply(H, r->da[m] + 2 * H, r->saved[m], r->da[m]);
    cell_activate_backward(k, w, r, m, 0, 1, 0, r->da[m], r->da[m]);
}

/* With the gradient at r h_in in dsaved: da of r, and dh_in += dsaved r. */
static void before_custom_backward(const kernels *k, const cell_weights *w,
                                   const cell_rows *r, size_t m)
{
    k->multiply(w->H, r->dsaved[m], r->h_in[m], r->da[m]);
    cell_activate_backward(k, w, r, m, 0, 1, 0, r->da[m], r->da[m]);
    k->multiply_add(w->H, r->dsaved[m], r->gate[m], r->dh_in[m]);
}

static void after_backward(const kernels *k, const cell_weights *w,
                           cell_rows *r)
{
    const train_kernels *train = kernels_train(k);
    size_t H = w->H;
    for (size_t m = 0; m < r->M; m++)
        if (w->custom) after_custom_backward(k, w, r, m);
        else
            train->gru_backward(H, w->clip, r->saved[m], r->h_prev[m],
                                r->gate[m], r->dh[m], r->da[m], r->dsaved[m]);

    cell_product(k, r, &w->hh_back[0], NULL, r->da, r->dh_in);
    cell_product(k, r, &w->hh_back[1], NULL, r->dsaved, r->dh_in);
}

static void before_forward(const kernels *k, const cell_weights *w,
                           cell_rows *r)
{
    size_t H = w->H;
    float *n[CELL_ROWS];
    point(r->M, r->gate, 2 * H, n);

    /* r and z, and h_prev as far as r lets it through */
    k->product(r->M, &w->hh[0], NULL, r->h_in, r->gate);
    for (size_t m = 0; m < r->M; m++) {
        cell_activate(k, w, r, m, 0, 2, 0);
        k->multiply(H, r->gate[m], r->h_in[m], r->saved[m]);
    }

    /* n from that */
    k->product(r->M, &w->hh[1], NULL, (const float *const *)r->saved, n);
    for (size_t m = 0; m < r->M; m++) {
        cell_activate(k, w, r, m, 2, 1, 1);
        k->gru_mix(H, r->h_prev[m], r->gate[m], r->h[m]);
    }
}

static void before_backward(const kernels *k, const cell_weights *w,
                            cell_rows *r)
{
    const train_kernels *train = kernels_train(k);
    size_t H = w->H;
    float *da_n[CELL_ROWS];
    point(r->M, r->da, 2 * H, da_n);
    for (size_t m = 0; m < r->M; m++)
        if (w->custom) mix_backward(k, w, r, m);
        else
            train->gru_mix_backward(H, w->clip, r->h_prev[m], r->gate[m],
                                    r->dh[m], r->da[m]);

    /* through the product of n to the gradient at r h_in */
    k->product(r->M, &w->hh_back[1], zeros, (const float *const *)da_n,
               r->dsaved);

    for (size_t m = 0; m < r->M; m++)
        if (w->custom) before_custom_backward(k, w, r, m);
        else
            train->gru_reset_backward(H, w->clip, r->dsaved[m], r->h_in[m],
                                      r->gate[m], r->dh_in[m], r->da[m]);

    cell_product(k, r, &w->hh_back[0], NULL, r->da, r->dh_in);
}

/* The gradients at n and z, and da of n, which leads to the one at r. Uses da,
 * which backward overwrites. */
static void direct_gate_gradients(const kernels *k, const cell_weights *w,
                                  const cell_rows *r, size_t m)
{
    size_t H = w->H;
    const float *z = r->gate[m] + H, *n = r->gate[m] + 2 * H;

    for (size_t j = 0; j < H; j++) {
        r->dgate[m][H + j] = r->dh[m][j] * (r->h_prev[m][j] - n[j]);
        r->dgate[m][2 * H + j] = r->dh[m][j] * (1 - z[j]);
    }

    cell_activate_backward(k, w, r, m, 2, 1, 1, r->dgate[m] + 2 * H,
                           r->da[m] + 2 * H);
}

static void after_gate_gradients(const kernels *k, const cell_weights *w,
                                 const cell_rows *r, size_t m, float *total)
{
    (void)total;
    size_t H = w->H;

    direct_gate_gradients(k, w, r, m);
    k->multiply(H, r->da[m] + 2 * H, r->saved[m], r->dgate[m]);
}

static void before_gate_gradients(const kernels *k, const cell_weights *w,
                                  const cell_rows *r, size_t m, float *total)
{
    (void)total;
    size_t H = w->H;
    direct_gate_gradients(k, w, r, m);

    /* r acts through the product of n */
    const float *da_n = r->da[m] + 2 * H;
    float *ds = r->dsaved[m];
    k->product(1, &w->hh_back[1], zeros, &da_n, &ds);

    for (size_t j = 0; j < H; j++)
        r->dgate[m][j] = ds[j] * r->h_in[m][j];
}

/* What both cells are. */
#define GRU                                                                    \
    .gate_count = 3,                                                           \
    .gates = {{"r", FUNCTION_F}, {"z", FUNCTION_F}, {"n", FUNCTION_G}},        \
    .function_count = 2,                                                       \
    .own = {ELMAN_ACTIVATION_SIGMOID, ELMAN_ACTIVATION_TANH},                  \
    .recurrence = ELMAN_RECURRENCE_MATRIX, .has_saved = true, .split = 2

static const cell_kind before = {
    GRU,
    .saved_is_input = true,
    .forward = before_forward,
};

static const cell_gradients before_gradients = {
    .backward = before_backward,
    .gate_gradients = before_gate_gradients,
};

const cell_kind cell_gru = {
    GRU,
    .dsaved_is_gradient = true,
    .reset_before = &before,
    .forward = after_forward,
    .step = after_step,
    .stream = after_stream,
};

const cell_gradients cell_gru_gradients = {
    .reset_before = &before_gradients,
    .backward = after_backward,
    .gate_gradients = after_gate_gradients,
};
