/*
 * reference_activation.c: the functions that a config may name, as ONNX writes
 * them, and their derivatives; at a kink the left one.
 *
 *   affine      a x + b           leaky relu        x, below 0: a x
 *   scaled tanh a tanh(b x)       thresholded relu  x where x > a, else 0
 *   elu         x, below 0: a (exp(x) - 1)
 *   softsign    x / (1 + |x|)     softplus          log(1 + exp(x))
 *   hard sigmoid  min(max(a x + b, 0), 1)
 */
#include "cell/reference.h"

#include <math.h>

#include "base/real.h"

double reference_activation(elman_activation f, double x)
{
    double a = (double)f.alpha, b = (double)f.beta;
    switch (f.kind) {
    case ELMAN_ACTIVATION_TANH:
        return real_tanh(x);
    case ELMAN_ACTIVATION_SIGMOID:
        return 1 / (1 + real_exp(-x));
    case ELMAN_ACTIVATION_RELU:
        return real_max(x, 0);

    /* with parameters */
    case ELMAN_ACTIVATION_AFFINE:
        return a * x + b;
    case ELMAN_ACTIVATION_LEAKY_RELU:
        return x < 0 ? a * x : x;
    case ELMAN_ACTIVATION_THRESHOLDED_RELU:
        return x > a ? x : 0;
    case ELMAN_ACTIVATION_SCALED_TANH:
        return a * real_tanh(b * x);
    case ELMAN_ACTIVATION_HARD_SIGMOID:
        return real_min(real_max(a * x + b, 0), 1);
    case ELMAN_ACTIVATION_ELU:
        return x < 0 ? a * real_expm1(x) : x;

    /* smooth ones without */
    case ELMAN_ACTIVATION_SOFTSIGN:
        return x / (1 + fabs(x));
    case ELMAN_ACTIVATION_SOFTPLUS:
        return real_max(x, 0) + real_log1p(real_exp(-fabs(x)));
    case ELMAN_ACTIVATION_DEFAULT:
        break;
    }
    return NAN;
}

double reference_activation_derivative(elman_activation f, double x)
{
    double a = (double)f.alpha, b = (double)f.beta;
    switch (f.kind) {
    case ELMAN_ACTIVATION_TANH:
        return 1 - real_tanh(x) * real_tanh(x);
    case ELMAN_ACTIVATION_SIGMOID:
        return 1 / (1 + real_exp(-x)) / (1 + real_exp(x));
    case ELMAN_ACTIVATION_RELU:
        return x > 0 ? 1 : 0;

    /* with parameters */
    case ELMAN_ACTIVATION_AFFINE:
        return a;
    case ELMAN_ACTIVATION_LEAKY_RELU:
        return x > 0 ? 1 : a;
    case ELMAN_ACTIVATION_THRESHOLDED_RELU:
        return x > a ? 1 : 0;
    case ELMAN_ACTIVATION_SCALED_TANH:
        return a * b * (1 - real_tanh(b * x) * real_tanh(b * x));
    case ELMAN_ACTIVATION_HARD_SIGMOID:
        return a * x + b > 0 && a * x + b < 1 ? a : 0;
    case ELMAN_ACTIVATION_ELU:
        return x > 0 ? 1 : a * real_exp(x);

    /* smooth ones without */
    case ELMAN_ACTIVATION_SOFTSIGN:
        return 1 / ((1 + fabs(x)) * (1 + fabs(x)));
    case ELMAN_ACTIVATION_SOFTPLUS:
        return 1 / (1 + real_exp(-x));
    case ELMAN_ACTIVATION_DEFAULT:
        break;
    }
    return NAN;
}

double reference_activation_kink(elman_activation f, double x)
{
    double a = (double)f.alpha, b = (double)f.beta;
    switch (f.kind) {
    case ELMAN_ACTIVATION_RELU:
    case ELMAN_ACTIVATION_LEAKY_RELU:
    case ELMAN_ACTIVATION_ELU:
        return x;
    case ELMAN_ACTIVATION_THRESHOLDED_RELU:
        return x - a;
    case ELMAN_ACTIVATION_HARD_SIGMOID:
        if (a == 0) return INFINITY;
        return real_min(fabs(x + b / a), fabs(x - (1 - b) / a));
    default:
        return INFINITY;
    }
}
