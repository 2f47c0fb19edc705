/*
 * reduce.h: sums over one array, in double: LANES lanes, folded 8-4-2-1. The
 * product of two floats is exact in double, so a lane rounds only when it adds.
 * The loops of all sums go over whole blocks of LANES, register by register.
 */
#ifndef KERNEL_REDUCE_H
#define KERNEL_REDUCE_H

#include "base/real.h"
#include "kernel/vec_math.h"

static double KERNEL(sum_squares)(size_t n, const float *x)
{
    lanes sum = {0};
    for (size_t i = 0; i < n; i += LANES) {
        UNROLL
        for (size_t r = 0; r < REGS; r++) {
            const size_t at = i + r * VLEN;
            wide v = vf_widen(vf_load(x + at, left(n, at)));
            lanes_add(&sum, r, (wide){v.low * v.low, v.high * v.high});
        }
    }
    return lanes_fold(&sum);
}

static double KERNEL(dot)(size_t n, const float *x, const float *y)
{
    lanes sum = {0};
    for (size_t i = 0; i < n; i += LANES) {
        UNROLL
        for (size_t r = 0; r < REGS; r++) {
            const size_t at = i + r * VLEN;
            wide v = vf_widen(vf_load(x + at, left(n, at)));
            wide w = vf_widen(vf_load(y + at, left(n, at)));
            lanes_add(&sum, r, (wide){v.low * w.low, v.high * w.high});
        }
    }
    return lanes_fold(&sum);
}

/* The largest of x, and in best the index of the first one; -inf and 0 if there
 * is none. NaN is skipped here: it will show in the sum. */
INLINE float largest(size_t n, const float *x, size_t *best)
{
    vf most = vf_set(-__builtin_inff());
    vu at = {0}, here;
    float value[VLEN];
    uint32_t index[VLEN];
    for (size_t l = 0; l < VLEN; l++)
        index[l] = (uint32_t)l;
    memcpy(&here, index, sizeof here);

    /* the largest of each lane and its index; here are the indices of v */
    for (size_t i = 0; i < n; i += VLEN) {
        vf v = vf_select(vf_first(n - i), vf_load(x + i, n - i),
                         vf_set(-__builtin_inff()));
        vm more = vf_less(most, v);
        most = vf_select(more, v, most);
        at = (vu)vf_select(more, (vf)here, (vf)at);
        here += VLEN;
    }

    /* the largest of the lanes; of equal ones that with the least index */
    memcpy(value, &most, sizeof value);
    memcpy(index, &at, sizeof index);
    size_t first = 0;
    for (size_t l = 1; l < VLEN; l++)
        if (value[l] > value[first] ||
            (value[l] == value[first] && index[l] < index[first]))
            first = l;
    *best = index[first];
    return value[first] + 0.0f; /* -0 counts as 0 at any width */
}

/* y = exp(x - most), unless y is NULL; returns the sum. */
INLINE double exp_sum(size_t n, const float *x, float most, float *y)
{
    lanes sum = {0};
    for (size_t i = 0; i < n; i += LANES) {
        UNROLL
        for (size_t r = 0; r < REGS; r++) {
            const size_t at = i + r * VLEN, m = left(n, at);
            vf e = vf_exp(vf_load(x + at, m) - vf_set(most));
            if (y) vf_store(y + at, e, m);
            lanes_add(&sum, r, vf_widen(vf_select(vf_first(m), e, vf_set(0))));
        }
    }
    return lanes_fold(&sum);
}

static double KERNEL(softmax)(size_t n, const float *x, float *y)
{
    size_t best;
    const float most = largest(n, x, &best);
    const double total = exp_sum(n, x, most, y);

    if (y)
        for (size_t i = 0; i < n; i += VLEN)
            vf_store(y + i, vf_load(y + i, n - i) / vf_set((float)total),
                     n - i);
    return (double)most + real_log(total);
}

static double KERNEL(cross_entropy)(size_t n, const float *x, float scale,
                                    float *dx, size_t *best)
{
    const float most = largest(n, x, best);
    const double total = exp_sum(n, x, most, dx);

    if (dx)
        for (size_t i = 0; i < n; i += VLEN) {
            vf y = vf_load(dx + i, n - i) / vf_set((float)total);
            vf_store(dx + i, y * vf_set(scale), n - i);
        }
    return (double)most + real_log(total);
}

static void KERNEL(softmax_backward)(size_t n, const float *y, const float *dy,
                                     float *dx)
{
    /* the sum of y dy, that is the mean of dy weighted by y */
    lanes sum = {0};
    for (size_t i = 0; i < n; i += LANES) {
        UNROLL
        for (size_t r = 0; r < REGS; r++) {
            const size_t at = i + r * VLEN;
            wide v = vf_widen(vf_load(y + at, left(n, at)));
            wide d = vf_widen(vf_load(dy + at, left(n, at)));
            lanes_add(&sum, r, (wide){v.low * d.low, v.high * d.high});
        }
    }

    const vf mean = vf_set((float)lanes_fold(&sum));
    for (size_t i = 0; i < n; i += VLEN) {
        vf d = vf_load(dy + i, n - i) - mean;
        vf_store(dx + i, vf_load(y + i, n - i) * d, n - i);
    }
}

static void KERNEL(log_softmax)(size_t n, const float *x, float *y)
{
    size_t best;
    const float most = largest(n, x, &best);
    const double sum = (double)most + real_log(exp_sum(n, x, most, NULL));

    for (size_t i = 0; i < n; i += VLEN) {
        wide v = vf_widen(vf_load(x + i, n - i));
        v = (wide){v.low - sum, v.high - sum};
        vf_store(y + i, vf_narrow(v), n - i);
    }
}

static void KERNEL(log_softmax_backward)(size_t n, const float *y,
                                         const float *dy, float *dx)
{
    /* the sum of dy */
    lanes sum = {0};
    for (size_t i = 0; i < n; i += LANES) {
        UNROLL
        for (size_t r = 0; r < REGS; r++) {
            const size_t at = i + r * VLEN;
            lanes_add(&sum, r, vf_widen(vf_load(dy + at, left(n, at))));
        }
    }

    const vf total = vf_set((float)lanes_fold(&sum));
    for (size_t i = 0; i < n; i += VLEN) {
        vf p = vf_exp(vf_load(y + i, n - i));
        vf_store(dx + i, vf_fma(-p, total, vf_load(dy + i, n - i)), n - i);
    }
}

/* The mean of x, and that of (x - mean)^2. */
INLINE double mean_of(size_t n, const float *x)
{
    lanes sum = {0};
    for (size_t i = 0; i < n; i += LANES) {
        UNROLL
        for (size_t r = 0; r < REGS; r++) {
            const size_t at = i + r * VLEN;
            lanes_add(&sum, r, vf_widen(vf_load(x + at, left(n, at))));
        }
    }
    return lanes_fold(&sum) / (double)n;
}

INLINE double variance_of(size_t n, const float *x, double mean)
{
    lanes sum = {0};
    for (size_t i = 0; i < n; i += LANES) {
        UNROLL
        for (size_t r = 0; r < REGS; r++) {
            const size_t at = i + r * VLEN, m = left(n, at);
            wide v = vf_widen(vf_load(x + at, m));
            v.low -= mean;
            v.high -= mean;
            if (m < VLEN) v = wide_first(v, m); /* 0 - mean does not count */
            lanes_add(&sum, r, (wide){v.low * v.low, v.high * v.high});
        }
    }
    return lanes_fold(&sum) / (double)n;
}

static float KERNEL(norm_forward)(size_t n, float eps, const float *x,
                                  const float *w, const float *b, float *x_hat,
                                  float *y)
{
    const double mean = mean_of(n, x);
    const double rstd =
        1 / __builtin_sqrt(variance_of(n, x, mean) + (double)eps);

    /* x_hat in double, rounded once; then y from it in float */
    for (size_t i = 0; i < n; i += VLEN) {
        wide v = vf_widen(vf_load(x + i, n - i));
        v.low = (v.low - mean) * rstd;
        v.high = (v.high - mean) * rstd;
        vf z = vf_narrow(v);
        vf_store(x_hat + i, z, n - i);
        z = vf_fma(z, vf_load(w + i, n - i), vf_load(b + i, n - i));
        vf_store(y + i, z, n - i);
    }
    return (float)rstd;
}

static void KERNEL(norm_backward)(size_t n, float rstd, const float *x_hat,
                                  const float *w, const float *dy, float *dx)
{
    /* the sums of g and of g x_hat, with g = w dy */
    lanes sum = {0}, along = {0};
    for (size_t i = 0; i < n; i += LANES) {
        UNROLL
        for (size_t r = 0; r < REGS; r++) {
            const size_t at = i + r * VLEN, m = left(n, at);
            wide g = vf_widen(vf_load(w + at, m) * vf_load(dy + at, m));
            wide z = vf_widen(vf_load(x_hat + at, m));
            lanes_add(&sum, r, g);
            lanes_add(&along, r, (wide){g.low * z.low, g.high * z.high});
        }
    }

    /* dx = rstd (g - mean(g) - x_hat mean(g x_hat)) */
    const vf mean = vf_set((float)(lanes_fold(&sum) / (double)n));
    const vf along_mean = vf_set((float)(lanes_fold(&along) / (double)n));
    for (size_t i = 0; i < n; i += VLEN) {
        vf g = vf_load(w + i, n - i) * vf_load(dy + i, n - i) - mean;
        g = vf_fma(-vf_load(x_hat + i, n - i), along_mean, g);
        vf_store(dx + i, vf_set(rstd) * g, n - i);
    }
}

/* What x is divided by: its length, or eps if that is more. NaN stays. */
INLINE double length_of(double squares, float eps)
{
    const double length = __builtin_sqrt(squares);
    return length < (double)eps ? (double)eps : length;
}

static void KERNEL(l2_norm_forward)(size_t n, float eps, const float *x,
                                    float *y)
{
    const double scale = 1 / length_of(KERNEL(sum_squares)(n, x), eps);
    for (size_t i = 0; i < n; i += VLEN) {
        wide v = vf_widen(vf_load(x + i, n - i));
        v = (wide){v.low * scale, v.high * scale};
        vf_store(y + i, vf_narrow(v), n - i);
    }
}

static void KERNEL(l2_norm_backward)(size_t n, float eps, const float *x,
                                     const float *dy, float *dx)
{
    const double squares = KERNEL(sum_squares)(n, x);
    const double scale = 1 / length_of(squares, eps);

    /* how far x goes along in dy; not at all where it is divided by eps */
    const bool divided_by_eps = __builtin_sqrt(squares) <= (double)eps;
    const double along =
        divided_by_eps ? 0 : KERNEL(dot)(n, x, dy) * scale * scale;

    for (size_t i = 0; i < n; i += VLEN) {
        wide v = vf_widen(vf_load(x + i, n - i));
        wide d = vf_widen(vf_load(dy + i, n - i));
        v.low = (d.low - v.low * along) * scale;
        v.high = (d.high - v.high * along) * scale;
        vf_store(dx + i, vf_narrow(v), n - i);
    }
}

#endif
