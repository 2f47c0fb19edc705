/*
 * update.h: optimizers. One pass over weights, gradients and moments. The rules
 * are PyTorch's, or Keras's if u->keras; their formulas are in kernel.def.
 */
#ifndef KERNEL_UPDATE_H
#define KERNEL_UPDATE_H

#include "kernel/vec.h"

/* The weight after its decay, and the gradient that the rule uses. */
typedef struct pulled {
    vf p, g;
} pulled;

INLINE pulled update_pull(const update *u, const float *dp, const float *p,
                          size_t n)
{
    pulled v = {vf_load(p, n) * vf_set(u->decay), vf_load(dp, n)};
    v.g = vf_bound(vf_set(-u->clip_value), vf_set(u->clip_value),
                   vf_set(u->scale) * v.g);
    v.g = vf_fma(vf_set(u->weight_decay), v.p, v.g);
    return v;
}

/* sqrt(v) + epsilon, or Keras's sqrt(v + epsilon). */
INLINE vf update_root(const update *u, vf v)
{
    const vf epsilon = vf_set(u->epsilon);
    return u->keras ? vf_sqrt(v + epsilon) : vf_sqrt(v) + epsilon;
}

/* decay v + rest g g: the running mean square. */
INLINE vf update_square(float decay, float rest, vf v, vf g)
{
    return vf_fma(vf_set(rest) * g, g, vf_set(decay) * v);
}

static void KERNEL(sgd)(size_t n, const update *u, const float *dp, float *buf,
                        float *p)
{
    const vf rate = vf_set(u->rate), momentum = vf_set(u->momentum);
    for (size_t i = 0; i < n; i += VLEN) {
        const size_t m = n - i;
        pulled v = update_pull(u, dp + i, p + i, m);
        vf step = v.g;

        /* Keras's buf holds the rate, PyTorch's does not */
        if (buf) {
            vf b = momentum * vf_load(buf + i, m);
            b = u->keras ? vf_fma(-rate, v.g, b)
                         : vf_fma(vf_set(u->damped), v.g, b);
            vf_store(buf + i, b, m);
            step = b;
            if (u->nesterov)
                step = u->keras ? vf_fma(-rate, v.g, momentum * b)
                                : vf_fma(momentum, b, v.g);
        }

        vf_store(p + i, buf && u->keras ? v.p + step : vf_fma(-rate, step, v.p),
                 m);
    }
}

static void KERNEL(adam)(size_t n, const update *u, const float *dp, float *m,
                         float *v, float *top, float *p)
{
    for (size_t i = 0; i < n; i += VLEN) {
        const size_t lanes_left = n - i;
        pulled now = update_pull(u, dp + i, p + i, lanes_left);

        /* the moments */
        vf mean = vf_load(m + i, lanes_left);
        mean = vf_fma(vf_set(u->rest1), now.g - mean, mean);
        vf square = update_square(u->beta2, u->rest2,
                                  vf_load(v + i, lanes_left), now.g);
        vf_store(m + i, mean, lanes_left);
        vf_store(v + i, square, lanes_left);

        /* amsgrad: the largest second moment so far */
        if (top) {
            square = vf_max(vf_load(top + i, lanes_left), square);
            vf_store(top + i, square, lanes_left);
        }

        vf denominator =
            vf_fma(vf_sqrt(square), vf_set(u->root), vf_set(u->epsilon));
        vf step = vf_fma(vf_set(-u->rate), mean / denominator, now.p);
        vf_store(p + i, step, lanes_left);
    }
}

static void KERNEL(adagrad)(size_t n, const update *u, const float *dp,
                            float *s, float *p)
{
    for (size_t i = 0; i < n; i += VLEN) {
        const size_t m = n - i;
        pulled v = update_pull(u, dp + i, p + i, m);
        vf sum = vf_fma(v.g, v.g, vf_load(s + i, m));
        vf step = v.g / update_root(u, sum);
        vf_store(s + i, sum, m);
        vf_store(p + i, vf_fma(vf_set(-u->rate), step, v.p), m);
    }
}

static void KERNEL(rmsprop)(size_t n, const update *u, const float *dp,
                            float *v, float *mean, float *buf, float *p)
{
    const vf rate = vf_set(u->rate);
    for (size_t i = 0; i < n; i += VLEN) {
        const size_t m = n - i;
        pulled now = update_pull(u, dp + i, p + i, m);
        vf square = update_square(u->alpha, u->rest, vf_load(v + i, m), now.g);
        vf_store(v + i, square, m);

        /* centered: the variance instead of the mean square */
        if (u->centered) {
            vf middle = vf_set(u->alpha) * vf_load(mean + i, m);
            middle = vf_fma(vf_set(u->rest), now.g, middle);
            vf_store(mean + i, middle, m);
            square = vf_max(vf_set(0), vf_fma(-middle, middle, square));
        }

        vf step = now.g / update_root(u, square);

        /* Keras's buf holds the rate, PyTorch's does not */
        if (buf) {
            if (u->keras) step = rate * step;
            step = vf_fma(vf_set(u->momentum), vf_load(buf + i, m), step);
            vf_store(buf + i, step, m);
        }

        vf_store(p + i,
                 buf && u->keras ? now.p - step : vf_fma(-rate, step, now.p),
                 m);
    }
}

/* 1, 0 or -1; NaN stays NaN. */
INLINE vf update_sign(vf x)
{
    const vf zero = vf_set(0);
    vf rest = vf_select(vf_less(x, zero), vf_set(-1), x);
    return vf_select(vf_less(zero, x), vf_set(1), rest);
}

static void KERNEL(lion)(size_t n, const update *u, const float *dp, float *m,
                         float *p)
{
    for (size_t i = 0; i < n; i += VLEN) {
        const size_t lanes_left = n - i;
        pulled now = update_pull(u, dp + i, p + i, lanes_left);
        vf mean = vf_load(m + i, lanes_left);

        /* the step goes by one average of the gradient, m keeps another */
        vf step = vf_fma(vf_set(u->rest1), now.g, vf_set(u->beta1) * mean);
        mean = vf_fma(vf_set(u->rest2), now.g, vf_set(u->beta2) * mean);
        vf_store(m + i, mean, lanes_left);
        vf_store(p + i, vf_fma(vf_set(-u->rate), update_sign(step), now.p),
                 lanes_left);
    }
}

#endif
