/*
 * lstm.c: the LSTM (Hochreiter & Schmidhuber 1997, forget gate of Gers et al.
 * 2000, as torch.nn.LSTM has it), with the peepholes of Gers & Schmidhuber
 * 2000, the projection of Sak et al. 2014, and ONNX's clip and input_forget.
 *
 *   a_* = W_i* x + b_i* + W_h* h_prev + b_h*         for i f g o
 *   i = s(a_i + p_i c_prev)     f = s(a_f + p_f c_prev), coupled: 1 - i
 *   g = tanh(a_g)               c = f c_prev + i g
 *   o = s(a_o + p_o c)          h = o tanh(c), projected: W_hr (o tanh(c))
 *
 *   with k = tanh(c), dm = dh, projected: W_hr^T dh
 *   da_o = dm k o (1 - o)       dc += dm o (1 - k^2) + p_o da_o
 *   da_i = dc g i (1 - i), coupled: dc (g - c_prev) i (1 - i)
 *   da_f = dc c_prev f (1 - f)  da_g = dc i (1 - g^2)
 *   dc_prev = dc f + p_i da_i + p_f da_f             dh_prev = W_hh^T da
 *
 * A config may set f in place of s, g in place of the tanh of g and h in place
 * of that of c; then derivatives are taken at the sums and at c.
 */
#include "cell/cell.h"

#include <math.h>
#include <string.h>

static step_kernel *step(const kernels *k) { return k->lstm_step; }
static stream_kernel *stream(const kernels *k) { return k->lstm_stream; }

/* ---- Custom functions: one row, kernel by kernel ------------------------ */

/* c (H) of a step from its gates and c_prev: the same bits at any time. */
static void make_cell(const kernels *k, size_t H, const float *gate,
                      const float *c_prev, float *c)
{
    k->multiply(H, gate, gate + 2 * H, c);
    k->multiply_add(H, gate + H, c_prev, c);
}

/* out (H) is o h(c). */
static void custom_forward(const kernels *k, const cell_weights *w,
                           const cell_rows *r, size_t m, float *out)
{
    size_t H = w->H;
    const float *p = w->variant.peephole, *c_prev = r->c_prev[m];
    float *i = r->gate[m], *f = i + H, *o = i + 3 * H, *c = r->c[m];

    /* i and f, with what they see of c_prev */
    if (p) k->multiply_add(H, p, c_prev, i);
    if (p) k->multiply_add(H, p + H, c_prev, f);
    cell_activate(k, w, r, m, 0, 2, 0);
    for (size_t j = 0; w->variant.coupled && j < H; j++)
        f[j] = 1 - i[j];

    /* the new cell */
    cell_activate(k, w, r, m, 2, 1, 1);
    make_cell(k, H, i, c_prev, c);

    /* o sees the new cell, and lets it out */
    if (p) k->multiply_add(H, p + 2 * H, c, o);
    cell_activate(k, w, r, m, 3, 1, 0);
    k->activation_forward(H, &w->f[2], INFINITY, c, out);
    k->multiply(H, o, out, out);
}

/* total (H), which may be dc, becomes the whole gradient at c, from dm at the
 * output; leaves h(c) in da's block of f and the gradient at o's sums in its
 * own. */
static void custom_total(const kernels *k, const cell_weights *w,
                         const cell_rows *r, size_t m, const float *dm,
                         float *total)
{
    size_t H = w->H;
    const float *p = w->variant.peephole, *o = r->gate[m] + 3 * H;
    float *c = r->da[m], *h = c + H, *from_h = c + 2 * H, *da_o = c + 3 * H;

    /* what o lets out */
    make_cell(k, H, r->gate[m], r->c_prev[m], c);
    k->activation_forward(H, &w->f[2], INFINITY, c, h);

    /* the gradient at o's sums */
    k->multiply(H, dm, h, da_o);
    cell_activate_backward(k, w, r, m, 3, 1, 0, da_o, da_o);

    /* the gradient at c from the output, from o's peephole and from later steps
     */
    k->multiply(H, dm, o, from_h);
    kernels_train(k)->activation_backward(H, &w->f[2], INFINITY, c, from_h,
                                          from_h);
    if (p) k->multiply_add(H, p + 2 * H, da_o, from_h);
    for (size_t j = 0; j < H; j++)
        total[j] = r->dc[m][j] + from_h[j];
}

static void custom_backward(const kernels *k, const cell_weights *w,
                            const cell_rows *r, size_t m, const float *dm)
{
    size_t H = w->H;
    const float *p = w->variant.peephole, *c_prev = r->c_prev[m];
    const float *i = r->gate[m], *f = i + H, *g = i + 2 * H;
    float *da_i = r->da[m], *da_f = da_i + H, *da_g = da_i + 2 * H;
    float *dc = r->dc[m];

    /* the gradients at the gates */
    custom_total(k, w, r, m, dm, dc);
    for (size_t j = 0; j < H; j++) {
        bool coupled = w->variant.coupled;
        da_i[j] = dc[j] * (coupled ? g[j] - c_prev[j] : g[j]);
        da_f[j] = coupled ? 0 : dc[j] * c_prev[j];
        da_g[j] = dc[j] * i[j];
        dc[j] *= f[j];
    }

    /* and at their sums; peepholes lead to c_prev as well */
    cell_activate_backward(k, w, r, m, 0, 2, 0, da_i, da_i);
    cell_activate_backward(k, w, r, m, 2, 1, 1, da_g, da_g);
    if (p) k->multiply_add(H, p, da_i, dc);
    if (p) k->multiply_add(H, p + H, da_f, dc);
}

/* ---- A step ------------------------------------------------------------- */

static void forward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    if (w->fused) {
        fused_step s = fused_step_of(w, r, w->hr.w ? r->saved : r->h);
        cell_step_run(k->lstm_step, r, &s);
    } else {
        k->product(r->M, &w->hh[0], NULL, r->h_in, r->gate);
        for (size_t m = 0; m < r->M; m++) {
            float *out = w->hr.w ? r->saved[m] : r->h[m];
            if (w->custom) custom_forward(k, w, r, m, out);
            else
                k->lstm_forward(w->H, &w->variant, r->c_prev[m], r->gate[m],
                                r->c[m], out);
        }
    }

    /* the projection */
    if (w->hr.w)
        k->product(r->M, &w->hr, zeros, (const float *const *)r->saved, r->h);
}

static void backward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    const train_kernels *train = kernels_train(k);
    /* dm is the gradient at o tanh(c); of a projected cell in dsaved */
    float *const *dm = w->hr.w ? r->dsaved : r->dh;
    if (w->hr.w)
        k->product(r->M, &w->hr_back, zeros, (const float *const *)r->dh,
                   r->dsaved);

    for (size_t m = 0; m < r->M; m++) {
        if (w->custom) custom_backward(k, w, r, m, dm[m]);
        else
            train->lstm_backward(w->H, &w->variant, r->c_prev[m], r->gate[m],
                                 dm[m], r->dc[m], r->da[m]);
        if (r->dh[m] != r->dh_in[m]) memset(r->dh[m], 0, w->R * sizeof(float));
    }

    cell_product(k, r, &w->hh_back[0], zeros, r->da, r->dh_in);
}

/* The gradient at o, and in total the whole one at c. Uses da, which backward
 * overwrites. */
static void direct_gate_gradients(const kernels *k, const cell_weights *w,
                                  const cell_rows *r, size_t m, const float *dm,
                                  float *total)
{
    size_t H = w->H;
    const float *i = r->gate[m], *f = i + H, *g = i + 2 * H, *o = i + 3 * H;
    const float *p = w->variant.peephole, *c_prev = r->c_prev[m];
    float *dgate = r->dgate[m], *da_o = r->da[m] + 3 * H;

    if (w->custom) {
        custom_total(k, w, r, m, dm, total);
        k->multiply(H, dm, r->da[m] + H, dgate + 3 * H);
        return;
    }

    /* the gradient at o, from the same cell made again */
    for (size_t j = 0; j < H; j++)
        total[j] = f[j] * c_prev[j] + i[j] * g[j];
    k->tanh_forward(H, INFINITY, total, total);
    k->multiply(H, dm, total, dgate + 3 * H);
    kernels_train(k)->sigmoid_backward(H, w->clip, o, dgate + 3 * H, da_o);

    /* the gradient at c: from later steps, from the output, from o's peephole
     */
    for (size_t j = 0; j < H; j++) {
        float tanh_c = total[j];
        total[j] = r->dc[m][j] + dm[j] * o[j] * (1 - tanh_c * tanh_c) +
                   (p ? p[2 * H + j] * da_o[j] : 0);
    }
}

static void gate_gradients(const kernels *k, const cell_weights *w,
                           const cell_rows *r, size_t m, float *total)
{
    size_t H = w->H;
    const float *gate = r->gate[m], *c_prev = r->c_prev[m], *dm = r->dh[m];
    float *dgate = r->dgate[m];

    if (w->hr.w) {
        k->product(1, &w->hr_back, zeros, (const float *const *)&r->dh[m],
                   &r->dsaved[m]);
        dm = r->dsaved[m];
    }

    direct_gate_gradients(k, w, r, m, dm, total);
    for (size_t j = 0; j < H; j++) {
        dgate[j] = total[j] * gate[2 * H + j];
        dgate[H + j] = total[j] * c_prev[j];
        dgate[2 * H + j] = total[j] * gate[j];
    }
}

const cell_kind cell_lstm = {
    .gate_count = 4,
    .gates = {{"i", FUNCTION_F},
              {"f", FUNCTION_F},
              {"g", FUNCTION_G},
              {"o", FUNCTION_F}},
    .function_count = 3,
    .own = {ELMAN_ACTIVATION_SIGMOID, ELMAN_ACTIVATION_TANH,
            ELMAN_ACTIVATION_TANH},
    .recurrence = ELMAN_RECURRENCE_MATRIX,
    .has_cell = true,
    .split = 4,
    .forward = forward,
    .step = step,
    .stream = stream,
};

const cell_gradients cell_lstm_gradients = {
    .backward = backward,
    .gate_gradients = gate_gradients,
};
