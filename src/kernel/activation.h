/*
 * activation.h: the functions that a config may name (elman_activation), as
 * ONNX defines them, and their derivatives. Both are computed from the
 * argument: the derivatives of some do not follow from their value. Lanes do
 * not meet, so any width gives the same bits.
 */
#ifndef KERNEL_ACTIVATION_H
#define KERNEL_ACTIVATION_H

#include "kernel/vec_math.h"

/* One function, its parameters in every lane. */
typedef struct activation {
    elman_activation_kind kind;
    vf alpha, beta;
    vf low, high; /* bounds on the argument */
} activation;

INLINE activation activation_make(const elman_activation *f, float clip)
{
    return (activation){f->kind, vf_set(f->alpha), vf_set(f->beta),
                        vf_set(-clip), vf_set(clip)};
}

/* exp(x) - 1 for x <= 0, without cancellation; below -25 it is -1. */
INLINE vf vf_exp_less_one(vf x)
{
    reduced e = vf_reduce(vf_bound(vf_set(-25), vf_set(0), x));
    vf scale = vf_power2(e.n);
    return vf_fma(scale, e.e1, scale - 1);
}

/* log(1 + exp(x)) = max(x, 0) + log(1 + e) with e = exp(-|x|). The factor
 * e / (u - 1) corrects the rounding of u = 1 + e; where u is 1, the logarithm
 * is e. */
INLINE vf vf_softplus(vf x)
{
    const vf one = vf_set(1);
    vf e = vf_exp(-vf_abs(x)), u = one + e;
    vf rest = vf_select(vf_less(one, u), vf_log(u) * (e / (u - one)), e);
    return vf_max(vf_set(0), x) + rest;
}

INLINE vf activation_value(const activation *f, vf x)
{
    const vf zero = vf_set(0), one = vf_set(1);

    switch (f->kind) {
    case ELMAN_ACTIVATION_TANH:
        return vf_tanh(x);
    case ELMAN_ACTIVATION_SIGMOID:
        return vf_sigmoid(x);
    case ELMAN_ACTIVATION_RELU:
        return vf_max(zero, x);
    case ELMAN_ACTIVATION_AFFINE:
        return vf_fma(f->alpha, x, f->beta);
    case ELMAN_ACTIVATION_LEAKY_RELU:
        return vf_select(vf_less(x, zero), f->alpha * x, x);
    case ELMAN_ACTIVATION_THRESHOLDED_RELU:
        return vf_select(vf_reaches(f->alpha, x), zero, x);
    case ELMAN_ACTIVATION_SCALED_TANH:
        return f->alpha * vf_tanh(f->beta * x);
    case ELMAN_ACTIVATION_HARD_SIGMOID:
        return vf_bound(zero, one, vf_fma(f->alpha, x, f->beta));
    case ELMAN_ACTIVATION_ELU:
        return vf_select(vf_less(x, zero), f->alpha * vf_exp_less_one(x), x);
    case ELMAN_ACTIVATION_SOFTSIGN:
        return x / (one + vf_abs(x));
    case ELMAN_ACTIVATION_SOFTPLUS:
        return vf_softplus(x);
    case ELMAN_ACTIVATION_DEFAULT: /* resolved before a kernel runs */
        break;
    }
    return x;
}

/* d f'(x). At a kink the derivative from the left; where a piece is flat, +0
 * whatever d is. Both as in PyTorch. */
INLINE vf activation_gradient(const activation *f, vf x, vf d)
{
    const vf zero = vf_set(0), one = vf_set(1);
    vf y;

    switch (f->kind) {
    case ELMAN_ACTIVATION_TANH:
        y = vf_tanh(x);
        return d * vf_fma(-y, y, one);
    case ELMAN_ACTIVATION_SIGMOID:
        y = vf_sigmoid(x);
        return d * vf_fma(-y, y, y);
    case ELMAN_ACTIVATION_RELU:
        return vf_select(vf_reaches(zero, x), zero, d);
    case ELMAN_ACTIVATION_AFFINE:
        return d * f->alpha;
    case ELMAN_ACTIVATION_LEAKY_RELU:
        return vf_select(vf_reaches(zero, x), d * f->alpha, d);
    case ELMAN_ACTIVATION_THRESHOLDED_RELU:
        return vf_select(vf_reaches(f->alpha, x), zero, d);
    case ELMAN_ACTIVATION_SCALED_TANH:
        y = vf_tanh(f->beta * x);
        return d * (f->alpha * f->beta * vf_fma(-y, y, one));
    case ELMAN_ACTIVATION_HARD_SIGMOID:
        y = vf_fma(f->alpha, x, f->beta);
        y = vf_select(vf_reaches(zero, y), one, y);
        return vf_select(vf_reaches(y, one), zero, d * f->alpha);
    case ELMAN_ACTIVATION_ELU:
        y = f->alpha * vf_exp(vf_min(zero, x));
        return vf_select(vf_reaches(zero, x), d * y, d);
    case ELMAN_ACTIVATION_SOFTSIGN:
        y = one + vf_abs(x);
        return d * (one / (y * y));
    case ELMAN_ACTIVATION_SOFTPLUS:
        return d * vf_sigmoid(x);
    case ELMAN_ACTIVATION_DEFAULT: /* resolved before a kernel runs */
        break;
    }
    return d;
}

static void KERNEL(activation_forward)(size_t n, const elman_activation *f,
                                       float clip, const float *x, float *y)
{
    const activation g = activation_make(f, clip);
    for (size_t i = 0; i < n; i += VLEN) {
        vf v = vf_bound(g.low, g.high, vf_load(x + i, n - i));
        vf_store(y + i, activation_value(&g, v), n - i);
    }
}

static void KERNEL(activation_backward)(size_t n, const elman_activation *f,
                                        float clip, const float *x,
                                        const float *dy, float *dx)
{
    const activation g = activation_make(f, clip);
    const vf end = vf_end(clip);
    for (size_t i = 0; i < n; i += VLEN) {
        vf v = vf_load(x + i, n - i);
        vf d = activation_gradient(&g, v, vf_load(dy + i, n - i));

        /* a sum at its bound passes nothing on */
        d = vf_select(vf_reaches(vf_abs(v), end), vf_set(0), d);
        vf_store(dx + i, d, n - i);
    }
}

#endif
