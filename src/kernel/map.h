/*
 * map.h: elementwise kernels. Lanes do not meet, so any width gives the same
 * bits. Each loop reads a vector before it writes it: y may be x.
 */
#ifndef KERNEL_MAP_H
#define KERNEL_MAP_H

#include "kernel/gate.h"

static void KERNEL(tanh_forward)(size_t n, float clip, const float *x, float *y)
{
    const clipping s = clipping_make(clip);
    for (size_t i = 0; i < n; i += VLEN)
        vf_store(y + i, clipped_tanh(&s, vf_load(x + i, n - i)), n - i);
}

static void KERNEL(sigmoid_forward)(size_t n, float clip, const float *x,
                                    float *y)
{
    const clipping s = clipping_make(clip);
    for (size_t i = 0; i < n; i += VLEN)
        vf_store(y + i, clipped_sigmoid(&s, vf_load(x + i, n - i)), n - i);
}

static void KERNEL(relu_forward)(size_t n, float clip, const float *x, float *y)
{
    for (size_t i = 0; i < n; i += VLEN) {
        vf v = vf_bound(vf_set(0), vf_set(clip), vf_load(x + i, n - i));
        vf_store(y + i, v, n - i);
    }
}

static void KERNEL(tanh_backward)(size_t n, float clip, const float *y,
                                  const float *dy, float *dx)
{
    const clipping s = clipping_make(clip);
    for (size_t i = 0; i < n; i += VLEN) {
        vf dy_dx = tanh_derivative(&s, vf_load(y + i, n - i));
        vf_store(dx + i, vf_load(dy + i, n - i) * dy_dx, n - i);
    }
}

static void KERNEL(sigmoid_backward)(size_t n, float clip, const float *y,
                                     const float *dy, float *dx)
{
    const clipping s = clipping_make(clip);
    for (size_t i = 0; i < n; i += VLEN) {
        vf dy_dx = sigmoid_derivative(&s, vf_load(y + i, n - i));
        vf_store(dx + i, vf_load(dy + i, n - i) * dy_dx, n - i);
    }
}

static void KERNEL(relu_backward)(size_t n, float clip, const float *y,
                                  const float *dy, float *dx)
{
    const vf zero = vf_set(0), end = vf_end(clip);
    for (size_t i = 0; i < n; i += VLEN) {
        vf v = vf_load(y + i, n - i), d = vf_load(dy + i, n - i);
        d = vf_select(vf_reaches(zero, v), zero, d);
        vf_store(dx + i, vf_select(vf_reaches(v, end), zero, d), n - i);
    }
}

static void KERNEL(exp_forward)(size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i += VLEN)
        vf_store(y + i, vf_exp(vf_load(x + i, n - i)), n - i);
}

static void KERNEL(log_forward)(size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i += VLEN)
        vf_store(y + i, vf_log(vf_load(x + i, n - i)), n - i);
}

static void KERNEL(copy)(size_t n, const float *from, float *to)
{
    for (size_t i = 0; i < n; i += VLEN)
        vf_store(to + i, vf_load(from + i, n - i), n - i);
}

static void KERNEL(multiply)(size_t n, const float *a, const float *b, float *y)
{
    for (size_t i = 0; i < n; i += VLEN)
        vf_store(y + i, vf_load(a + i, n - i) * vf_load(b + i, n - i), n - i);
}

static void KERNEL(add)(size_t n, const float *a, float *y)
{
    for (size_t i = 0; i < n; i += VLEN)
        vf_store(y + i, vf_load(y + i, n - i) + vf_load(a + i, n - i), n - i);
}

static void KERNEL(multiply_add)(size_t n, const float *a, const float *b,
                                 float *y)
{
    for (size_t i = 0; i < n; i += VLEN) {
        vf v = vf_fma(vf_load(a + i, n - i), vf_load(b + i, n - i),
                      vf_load(y + i, n - i));
        vf_store(y + i, v, n - i);
    }
}

static void KERNEL(add_scaled)(size_t n, float s, const float *a, float *y)
{
    for (size_t i = 0; i < n; i += VLEN) {
        vf v = vf_fma(vf_set(s), vf_load(a + i, n - i), vf_load(y + i, n - i));
        vf_store(y + i, v, n - i);
    }
}

static void KERNEL(blend)(size_t n, const float *m, const float *a,
                          const float *b, float *y)
{
    for (size_t i = 0; i < n; i += VLEN) {
        vf weight = vf_load(m + i, n - i);
        vf rest = (vf_set(1) - weight) * vf_load(b + i, n - i);
        vf_store(y + i, vf_fma(weight, vf_load(a + i, n - i), rest), n - i);
    }
}

#endif
