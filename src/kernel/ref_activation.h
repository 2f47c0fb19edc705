/*
 * ref_activation.h: the part of ref.c with the functions that a config may
 * name. As in activation.h, a derivative at a kink is the one from the left.
 */
#ifndef KERNEL_REF_ACTIVATION_H
#define KERNEL_REF_ACTIVATION_H

#include "base/real.h"
#include "kernel/ref_gate.h"

static double activation_value(const elman_activation *f, double x)
{
    const double a = (double)f->alpha, b = (double)f->beta;

    switch (f->kind) {
    case ELMAN_ACTIVATION_TANH:
        return real_tanh(x);
    case ELMAN_ACTIVATION_SIGMOID:
        return sigmoid(x);
    case ELMAN_ACTIVATION_RELU:
        return x < 0 ? 0 : x;
    case ELMAN_ACTIVATION_AFFINE:
        return a * x + b;
    case ELMAN_ACTIVATION_LEAKY_RELU:
        return x < 0 ? a * x : x;
    case ELMAN_ACTIVATION_THRESHOLDED_RELU:
        return x <= a ? 0 : x;
    case ELMAN_ACTIVATION_SCALED_TANH:
        return a * real_tanh(b * x);
    case ELMAN_ACTIVATION_HARD_SIGMOID:
        return a * x + b < 0 ? 0 : a * x + b > 1 ? 1 : a * x + b;
    case ELMAN_ACTIVATION_ELU:
        return x < 0 ? a * real_expm1(x) : x;
    case ELMAN_ACTIVATION_SOFTSIGN:
        return x / (1 + fabs(x));
    case ELMAN_ACTIVATION_SOFTPLUS:
        return (x > 0 ? x : 0) + real_log1p(real_exp(-fabs(x)));
    case ELMAN_ACTIVATION_DEFAULT: /* resolved before a kernel runs */
        break;
    }
    return x;
}

static double activation_derivative(const elman_activation *f, double x)
{
    const double a = (double)f->alpha, b = (double)f->beta;
    const double y = activation_value(f, x);

    switch (f->kind) {
    case ELMAN_ACTIVATION_TANH:
        return 1 - y * y;
    case ELMAN_ACTIVATION_SIGMOID:
        return y * (1 - y);
    case ELMAN_ACTIVATION_RELU:
        return x <= 0 ? 0 : 1; /* NaN is not flat */
    case ELMAN_ACTIVATION_AFFINE:
        return a;
    case ELMAN_ACTIVATION_LEAKY_RELU:
        return x > 0 ? 1 : a;
    case ELMAN_ACTIVATION_THRESHOLDED_RELU:
        return x <= a ? 0 : 1;
    case ELMAN_ACTIVATION_SCALED_TANH:
        return a * b * (1 - real_tanh(b * x) * real_tanh(b * x));
    case ELMAN_ACTIVATION_HARD_SIGMOID:
        return y <= 0 || y >= 1 ? 0 : a;
    case ELMAN_ACTIVATION_ELU:
        return x > 0 ? 1 : a * real_exp(x);
    case ELMAN_ACTIVATION_SOFTSIGN:
        return 1 / ((1 + fabs(x)) * (1 + fabs(x)));
    case ELMAN_ACTIVATION_SOFTPLUS:
        return sigmoid(x);
    case ELMAN_ACTIVATION_DEFAULT: /* resolved before a kernel runs */
        break;
    }
    return 1;
}

/* Whether f has flat pieces, where its gradient is +0 whatever dy is. */
static bool has_flat_pieces(elman_activation_kind kind)
{
    return kind == ELMAN_ACTIVATION_RELU ||
           kind == ELMAN_ACTIVATION_THRESHOLDED_RELU ||
           kind == ELMAN_ACTIVATION_HARD_SIGMOID;
}

static void ref_activation_forward(size_t n, const elman_activation *f,
                                   float clip, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (float)activation_value(f, bounded((double)x[i], (double)clip));
}

static void ref_activation_backward(size_t n, const elman_activation *f,
                                    float clip, const float *x, const float *dy,
                                    float *dx)
{
    for (size_t i = 0; i < n; i++) {
        const double derivative = activation_derivative(f, (double)x[i]);
        const bool at_end = isfinite(clip) && fabsf(x[i]) >= clip;
        const bool flat = derivative == 0 && has_flat_pieces(f->kind);
        dx[i] = at_end || flat ? 0 : (float)((double)dy[i] * derivative);
    }
}

#endif
