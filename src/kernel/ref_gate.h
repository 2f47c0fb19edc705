/*
 * ref_gate.h: the part of ref.c with the gates of cells.
 */
#ifndef KERNEL_REF_GATE_H
#define KERNEL_REF_GATE_H

#include "kernel/kernel.h"

#include <math.h>

#include "base/real.h"

static double sigmoid(double x) { return 1 / (1 + real_exp(-x)); }

static double bounded(double x, double bound)
{
    return x < -bound ? -bound : x > bound ? bound : x;
}

/* Whether y is the result that the bound has, to the rounding of a float. */
static bool at_bound(double y, double result, double clip)
{
    return isfinite(clip) && fabs(y - result) <= 3e-7 * fabs(result);
}

/* f'(x) from y = f(x), 0 where x was at its bound. */
static double sigmoid_derivative(double y, double clip)
{
    if (at_bound(y, sigmoid(clip), clip)) return 0;
    if (at_bound(y, sigmoid(-clip), clip)) return 0;
    return y * (1 - y);
}
static double tanh_derivative(double y, double clip)
{
    return at_bound(fabs(y), real_tanh(clip), clip) ? 0 : 1 - y * y;
}

static const lstm_variant plain = {.clip = INFINITY};

static void ref_lstm_forward(size_t H, const lstm_variant *variant,
                             const float *c_prev, float *gate, float *c,
                             float *h)
{
    const lstm_variant with = variant ? *variant : plain;
    const float *p = with.peephole;
    const double clip = (double)with.clip;
    for (size_t j = 0; j < H; j++) {
        const double before = (double)c_prev[j];
        const double p_i = p ? (double)p[j] : 0;
        const double p_f = p ? (double)p[H + j] : 0;
        const double p_o = p ? (double)p[2 * H + j] : 0;

        double i = (double)gate[j] + p_i * before;
        double f = (double)gate[H + j] + p_f * before;
        double g = real_tanh(bounded((double)gate[2 * H + j], clip));

        i = sigmoid(bounded(i, clip));
        f = with.coupled ? 1 - i : sigmoid(bounded(f, clip));
        const double c_new = f * before + i * g;

        /* o sees the new c */
        double o = (double)gate[3 * H + j] + p_o * c_new;
        o = sigmoid(bounded(o, clip));

        gate[j] = (float)i;
        gate[H + j] = (float)f;
        gate[2 * H + j] = (float)g;
        gate[3 * H + j] = (float)o;
        c[j] = (float)c_new;
        h[j] = (float)(o * real_tanh(c_new));
    }
}

static void ref_lstm_backward(size_t H, const lstm_variant *variant,
                              const float *c_prev, const float *gate,
                              const float *dh, float *dc, float *da)
{
    const lstm_variant with = variant ? *variant : plain;
    const float *p = with.peephole;
    const double clip = (double)with.clip;
    for (size_t j = 0; j < H; j++) {
        const double before = (double)c_prev[j], d_h = (double)dh[j];
        const double i = (double)gate[j], f = (double)gate[H + j];
        const double g = (double)gate[2 * H + j], o = (double)gate[3 * H + j];
        const double tanh_c = real_tanh(f * before + i * g);

        /* o, then c, which also feeds o through its peephole */
        const double da_o = d_h * tanh_c * sigmoid_derivative(o, clip);
        double d_c = (double)dc[j] + d_h * o * (1 - tanh_c * tanh_c);
        if (p) d_c += da_o * (double)p[2 * H + j];

        /* i and f; if f = 1 - i, the gradient at f goes to i */
        const double dc_di = with.coupled ? g - before : g;
        const double da_i = d_c * dc_di * sigmoid_derivative(i, clip);
        const double da_f =
            with.coupled ? 0 : d_c * before * sigmoid_derivative(f, clip);

        /* c_prev, which also feeds i and f through their peepholes */
        double d_before = d_c * f;
        if (p) d_before += da_i * (double)p[j] + da_f * (double)p[H + j];

        da[j] = (float)da_i;
        da[H + j] = (float)da_f;
        da[2 * H + j] = (float)(d_c * i * tanh_derivative(g, clip));
        da[3 * H + j] = (float)da_o;
        dc[j] = (float)d_before;
    }
}

static void ref_gru_mix(size_t H, const float *h_prev, const float *gate,
                        float *h)
{
    for (size_t j = 0; j < H; j++) {
        const double z = (double)gate[H + j], n = (double)gate[2 * H + j];
        h[j] = (float)(n + z * ((double)h_prev[j] - n));
    }
}

static void ref_gru_forward(size_t H, float clip, const float *q,
                            const float *h_prev, float *gate, float *h)
{
    const double bound = (double)clip;
    for (size_t j = 0; j < H; j++) {
        const double r = sigmoid(bounded((double)gate[j], bound));
        const double z = sigmoid(bounded((double)gate[H + j], bound));
        const double a = (double)gate[2 * H + j] + r * (double)q[j];
        const double n = real_tanh(bounded(a, bound));
        gate[j] = (float)r;
        gate[H + j] = (float)z;
        gate[2 * H + j] = (float)n;
        h[j] = (float)(n + z * ((double)h_prev[j] - n));
    }
}

static void ref_gru_mix_backward(size_t H, float clip, const float *h_prev,
                                 const float *gate, float *dh, float *da)
{
    const double bound = (double)clip;
    for (size_t j = 0; j < H; j++) {
        const double z = (double)gate[H + j], n = (double)gate[2 * H + j];
        const double d = (double)dh[j], before = (double)h_prev[j];
        da[H + j] = (float)(d * (before - n) * sigmoid_derivative(z, bound));
        da[2 * H + j] = (float)(d * (1 - z) * tanh_derivative(n, bound));
        dh[j] = (float)(d * z);
    }
}

static void ref_gru_backward(size_t H, float clip, const float *q,
                             const float *h_prev, const float *gate, float *dh,
                             float *da, float *dq)
{
    ref_gru_mix_backward(H, clip, h_prev, gate, dh, da);
    for (size_t j = 0; j < H; j++) {
        const double r = (double)gate[j], da_n = (double)da[2 * H + j];
        da[j] =
            (float)(da_n * (double)q[j] * sigmoid_derivative(r, (double)clip));
        dq[j] = (float)(da_n * r);
    }
}

static void ref_gru_reset_backward(size_t H, float clip, const float *drh,
                                   const float *h_prev, const float *gate,
                                   float *dh, float *da)
{
    for (size_t j = 0; j < H; j++) {
        const double r = (double)gate[j], d = (double)drh[j];
        da[j] = (float)(d * (double)h_prev[j] *
                        sigmoid_derivative(r, (double)clip));
        dh[j] = (float)((double)dh[j] + d * r);
    }
}

#endif
