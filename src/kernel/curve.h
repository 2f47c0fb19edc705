/*
 * curve.h: the functions that a config may name (elman_activation), by ONNX's
 * definitions, and their slopes. Both are made from the argument: from the
 * value alone not every one of them can tell its slope. Lanes do not meet, so
 * any width gives the same bits.
 */
#ifndef KERNEL_CURVE_H
#define KERNEL_CURVE_H

#include "kernel/vec_math.h"

/* One function, its numbers in every lane. */
typedef struct curve {
    elman_activation_kind kind;
    vf alpha, beta;
    vf low, high; /* bounds of the argument */
} curve;

INLINE curve curve_make(const elman_activation *f, float clip)
{
    return (curve){f->kind, vf_set(f->alpha), vf_set(f->beta), vf_set(-clip),
                   vf_set(clip)};
}

/* exp(x) - 1 for x <= 0, without cancellation; below -25 it is -1. */
INLINE vf vf_exp_less_one(vf x)
{
    reduced e = vf_reduce(vf_bound(vf_set(-25), vf_set(0), x));
    vf scale = vf_power2(e.n);
    return vf_fma(scale, e.e1, scale - 1);
}

/* log(1 + exp(x)) = max(x, 0) + log(1 + e) with e = exp(-|x|); the rounding of
 * u = 1 + e is mended by e / (u - 1), and where u is 1, the sum is e. */
INLINE vf vf_softplus(vf x)
{
    const vf one = vf_set(1);
    vf e = vf_exp(-vf_abs(x)), u = one + e;
    vf rest = vf_select(vf_less(one, u), vf_log(u) * (e / (u - one)), e);
    return vf_max(vf_set(0), x) + rest;
}

INLINE vf curve_value(const curve *c, vf x)
{
    const vf zero = vf_set(0), one = vf_set(1);
    switch (c->kind) {
    case ELMAN_ACTIVATION_TANH:
        return vf_tanh(x);
    case ELMAN_ACTIVATION_SIGMOID:
        return vf_sigmoid(x);
    case ELMAN_ACTIVATION_RELU:
        return vf_max(zero, x);
    case ELMAN_ACTIVATION_AFFINE:
        return vf_fma(c->alpha, x, c->beta);
    case ELMAN_ACTIVATION_LEAKY_RELU:
        return vf_select(vf_less(x, zero), c->alpha * x, x);
    case ELMAN_ACTIVATION_THRESHOLDED_RELU:
        return vf_select(vf_reaches(c->alpha, x), zero, x);
    case ELMAN_ACTIVATION_SCALED_TANH:
        return c->alpha * vf_tanh(c->beta * x);
    case ELMAN_ACTIVATION_HARD_SIGMOID:
        return vf_bound(zero, one, vf_fma(c->alpha, x, c->beta));
    case ELMAN_ACTIVATION_ELU:
        return vf_select(vf_less(x, zero), c->alpha * vf_exp_less_one(x), x);
    case ELMAN_ACTIVATION_SOFTSIGN:
        return x / (one + vf_abs(x));
    case ELMAN_ACTIVATION_SOFTPLUS:
        return vf_softplus(x);
    case ELMAN_ACTIVATION_DEFAULT:
        break;
    }
    return x;
}

/* At a kink the slope of the left side, as PyTorch has it. */
INLINE vf curve_slope(const curve *c, vf x)
{
    const vf zero = vf_set(0), one = vf_set(1);
    vf y, right = one, left_side = c->alpha;
    switch (c->kind) {
    case ELMAN_ACTIVATION_TANH:
        y = vf_tanh(x);
        return vf_fma(-y, y, one);
    case ELMAN_ACTIVATION_SIGMOID:
        y = vf_sigmoid(x);
        return vf_fma(-y, y, y);
    case ELMAN_ACTIVATION_RELU:
        return vf_select(vf_reaches(zero, x), zero, one);
    case ELMAN_ACTIVATION_AFFINE:
        return c->alpha;
    case ELMAN_ACTIVATION_LEAKY_RELU:
        return vf_select(vf_reaches(zero, x), left_side, right);
    case ELMAN_ACTIVATION_THRESHOLDED_RELU:
        return vf_select(vf_reaches(c->alpha, x), zero, one);
    case ELMAN_ACTIVATION_SCALED_TANH:
        y = vf_tanh(c->beta * x);
        return c->alpha * c->beta * vf_fma(-y, y, one);
    case ELMAN_ACTIVATION_HARD_SIGMOID:
        y = vf_fma(c->alpha, x, c->beta);
        y = vf_select(vf_reaches(zero, y), one, y);
        return vf_select(vf_reaches(y, one), zero, c->alpha);
    case ELMAN_ACTIVATION_ELU:
        left_side = c->alpha * vf_exp(vf_min(zero, x));
        return vf_select(vf_reaches(zero, x), left_side, right);
    case ELMAN_ACTIVATION_SOFTSIGN:
        y = one + vf_abs(x);
        return one / (y * y);
    case ELMAN_ACTIVATION_SOFTPLUS:
        return vf_sigmoid(x);
    case ELMAN_ACTIVATION_DEFAULT:
        break;
    }
    return one;
}

static void KERNEL(curve_forward)(size_t n, const elman_activation *f,
                                  float clip, const float *x, float *y)
{
    const curve c = curve_make(f, clip);
    for (size_t i = 0; i < n; i += VLEN) {
        vf v = vf_bound(c.low, c.high, vf_load(x + i, n - i));
        vf_store(y + i, curve_value(&c, v), n - i);
    }
}

static void KERNEL(curve_backward)(size_t n, const elman_activation *f,
                                   float clip, const float *x, const float *dy,
                                   float *dx)
{
    const curve c = curve_make(f, clip);
    for (size_t i = 0; i < n; i += VLEN) {
        vf v = vf_load(x + i, n - i);
        vf d = vf_load(dy + i, n - i) * curve_slope(&c, v);
        d = vf_select(vf_reaches(vf_abs(v), c.high), vf_set(0), d);
        vf_store(dx + i, d, n - i);
    }
}

#endif
