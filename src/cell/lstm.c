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
 */
#include "cell/cell.h"

#include <math.h>
#include <string.h>

static step_kernel *step(const kernels *k) { return k->lstm_step; }

static void forward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    if (w->fused) {
        fused_step s = fused_step_of(w, r, w->hr.w ? r->side : r->h);
        cell_step_run(k->lstm_step, r, &s);
    } else {
        k->product(r->M, &w->hh[0], NULL, r->h_in, r->gate);
        for (size_t m = 0; m < r->M; m++)
            k->lstm_forward(w->H, &w->variant, r->c_prev[m], r->gate[m],
                            r->c[m], w->hr.w ? r->side[m] : r->h[m]);
    }
    if (w->hr.w)
        k->product(r->M, &w->hr, zeros, (const float *const *)r->side, r->h);
}

static void backward(const kernels *k, const cell_weights *w, cell_rows *r)
{
    /* dm, the gradient at o tanh(c), for a projected cell in dside */
    float *const *dm = w->hr.w ? r->dside : r->dh;
    if (w->hr.w)
        k->product(r->M, &w->hr_back, zeros, (const float *const *)r->dh,
                   r->dside);
    for (size_t m = 0; m < r->M; m++) {
        k->lstm_backward(w->H, &w->variant, r->c_prev[m], r->gate[m], dm[m],
                         r->dc[m], r->da[m]);
        if (r->dh[m] != r->dh_in[m]) memset(r->dh[m], 0, w->R * sizeof(float));
    }
    cell_product(k, r, &w->hh_back[0], zeros, r->da, r->dh_in);
}

static void look(const kernels *k, const cell_weights *w, const cell_rows *r,
                 size_t m, float *total)
{
    size_t H = w->H;
    const float *gate = r->gate[m], *c_prev = r->c_prev[m];
    const float *i = gate, *f = gate + H, *g = gate + 2 * H, *o = gate + 3 * H;
    const float *p = w->variant.peephole;
    float *dgate = r->dgate[m];
    const float *dm = r->dh[m];
    if (w->hr.w) {
        k->product(1, &w->hr_back, zeros, (const float *const *)&r->dh[m],
                   &r->dside[m]);
        dm = r->dside[m];
    }

    for (size_t j = 0; j < H; j++)
        total[j] = f[j] * c_prev[j] + i[j] * g[j];
    k->tanh_forward(H, INFINITY, total, total);

    /* da is free until the cell goes back */
    float *da_o = r->da[m] + 3 * H;
    k->multiply(H, dm, total, dgate + 3 * H);
    k->sigmoid_backward(H, w->clip, o, dgate + 3 * H, da_o);
    for (size_t j = 0; j < H; j++) {
        float tanh_c = total[j];
        total[j] = r->dc[m][j] + dm[j] * o[j] * (1 - tanh_c * tanh_c) +
                   (p ? p[2 * H + j] * da_o[j] : 0);
        dgate[j] = total[j] * g[j];
        dgate[H + j] = total[j] * c_prev[j];
        dgate[2 * H + j] = total[j] * i[j];
    }
}

const cell cell_lstm = {
    .gates = 4,
    .split = 4,
    .has_cell = true,
    .forward = forward,
    .step = step,
    .backward = backward,
    .look = look,
};
