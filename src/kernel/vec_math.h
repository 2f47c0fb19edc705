/*
 * vec_math.h: exp, tanh, sigmoid and log of a vector, from multiply-adds,
 * division and integer shifts: no table, no estimate, no libm. Good over the
 * whole float range, denormal results included; tests/test_kernel_math.c
 * measures the error and asserts the bound. NaN gives NaN.
 *
 * All start by x = n log 2 + r with |r| <= log 2 / 2 (Cody & Waite 1980). The
 * polynomials are minimax in relative error (Remez), rounded to float.
 */
#ifndef KERNEL_VEC_MATH_H
#define KERNEL_VEC_MATH_H

#include "kernel/vec.h"

/* log 2 = LN2_HIGH + LN2_LOW; the high part has 15 bits, so that a product
 * with n has no rounding. */
#define LN2_HIGH 0x1.62e4p-1f
#define LN2_LOW  0x1.7f7d1cp-20f
#define LOG2_E   0x1.715476p+0f

/* 1.5 2^23: adding it rounds to an integer, which stands in the low bits. */
#define ROUNDER 0x1.8p+23f

typedef struct reduced {
    vu n;  /* modulo 2^32 */
    vf r;  /* x - n log 2 */
    vf e1; /* exp(r) - 1 */
} reduced;

/* For |x| < 2^22; n is wrong, and r and e1 are NaN, if x is. */
INLINE reduced vf_reduce(vf x)
{
    vf rounded = vf_fma(x, vf_set(LOG2_E), vf_set(ROUNDER));
    vf n = rounded - vf_set(ROUNDER);
    vf r = vf_fma(n, vf_set(-LN2_HIGH), x);
    r = vf_fma(n, vf_set(-LN2_LOW), r);

    /* (exp(r) - 1 - r) / r^2, relative error of exp(r) - 1 below 2^-26 */
    vf q = vf_set(0x1.6bebeap-10f);
    q = vf_fma(q, r, vf_set(0x1.1227f6p-7f));
    q = vf_fma(q, r, vf_set(0x1.555674p-5f));
    q = vf_fma(q, r, vf_set(0x1.5554bp-3f));
    q = vf_fma(q, r, vf_set(0x1.fffffep-2f));
    return (reduced){(vu)rounded - 0x4b400000, r, vf_fma(r * r, q, r)};
}

/* 2^n for -127 < n < 128. */
INLINE vf vf_power2(vu n) { return (vf)((n + 127) << 23); }

INLINE vf vf_exp(vf x)
{
    /* past these bounds the result is inf, or 0 */
    reduced e = vf_reduce(vf_bound(vf_set(-104), vf_set(89), x));

    /* two steps of 2^(n/2): the first is exact, the second rounds once, also
     * into the denormals */
    vu first = (vu)((vi)e.n >> 1);
    return (e.e1 + 1) * vf_power2(first) * vf_power2(e.n - first);
}

/* exp(-|x|) keeps the relative error small where sigmoid is tiny. */
INLINE vf vf_sigmoid(vf x)
{
    vf e = vf_exp(-vf_abs(x));
    return vf_select(vf_less(x, vf_set(0)), e, vf_set(1)) / (e + 1);
}

/* ---- Leaner ways for the gates of cells --------------------------------- */

/* Several arguments go in step, as each alone would wait for itself; sigmoid
 * and tanh are left as fractions, so that divisions can be shared. Past these
 * bounds on the argument a sigmoid in float is 1, or below 3e-19, and tanh is
 * +-1. */
#define SIGMOID_BOUND 43.0f
#define TANH_BOUND    10.0f
enum { SQUASH_MOST = 8 };

/* The first sigmoids of x (count) become 1 + exp(-x) = 1 / sigmoid(x), the
 * others exp(2|x|) - 1: |tanh x| is that over itself + 2, made without
 * cancellation, so that it is right near 0. The counts are constants. NaN stays
 * NaN. */
INLINE void vf_squash(size_t sigmoids, size_t count, vf *x)
{
    enum { DEGREE = 5 };
    static const float c[DEGREE] = {0x1.6bebeap-10f, 0x1.1227f6p-7f,
                                    0x1.555674p-5f, 0x1.5554bp-3f,
                                    0x1.fffffep-2f};
    vf rounded[SQUASH_MOST], r[SQUASH_MOST], q[SQUASH_MOST];
    UNROLL
    for (size_t i = 0; i < count; i++) {
        const vf most = vf_set(i < sigmoids ? SIGMOID_BOUND : TANH_BOUND);
        r[i] = i < sigmoids ? -vf_bound(-most, most, x[i])
                            : vf_min(most, vf_abs(x[i]));
    }
    UNROLL
    for (size_t i = 0; i < count; i++) {
        if (i >= sigmoids) r[i] += r[i];
        rounded[i] = vf_fma(r[i], vf_set(LOG2_E), vf_set(ROUNDER));
    }
    UNROLL
    for (size_t i = 0; i < count; i++) {
        vf n = rounded[i] - vf_set(ROUNDER);
        r[i] = vf_fma(n, vf_set(-LN2_HIGH), r[i]);
        r[i] = vf_fma(n, vf_set(-LN2_LOW), r[i]);
        q[i] = vf_set(c[0]);
    }
    UNROLL
    for (size_t d = 1; d < DEGREE; d++) {
        UNROLL
        for (size_t i = 0; i < count; i++)
            q[i] = vf_fma(q[i], r[i], vf_set(c[d]));
    }
    UNROLL
    for (size_t i = 0; i < count; i++) {
        vf scale = (vf)(((vu)rounded[i] << 23) + 0x3f800000);
        if (i < sigmoids) {
            q[i] = vf_fma(vf_fma(q[i], r[i], vf_set(1)), r[i], vf_set(1));
            x[i] = vf_fma(scale, q[i], vf_set(1));
        } else {
            q[i] = vf_fma(r[i] * r[i], q[i], r[i]);
            x[i] = vf_fma(scale, q[i], scale - 1);
        }
    }
}

INLINE vf vf_tanh(vf x)
{
    vf over = x;
    vf_squash(0, 1, &over);
    return vf_sign(over / (over + 2), x);
}

/* x (count) become their inverses, by one division for x[i] and x[i + apart]:
 * each is mended by its remainder, so 1 / 1 is 1. count is twice apart, both
 * are constants; products of pairs must not overflow. */
INLINE void vf_invert(size_t count, size_t apart, vf *x)
{
    vf both[SQUASH_MOST], inverse[SQUASH_MOST], rest[SQUASH_MOST];
    UNROLL
    for (size_t i = 0; i < apart; i++)
        both[i] = 1 / (x[i] * x[i + apart]);
    UNROLL
    for (size_t i = 0; i < count; i++)
        inverse[i] = both[i % apart] * x[(i + apart) % count];
    UNROLL
    for (size_t i = 0; i < count; i++)
        rest[i] = vf_fma(-x[i], inverse[i], vf_set(1));
    UNROLL
    for (size_t i = 0; i < count; i++)
        x[i] = vf_fma(inverse[i], rest[i], inverse[i]);
}

/* log(m 2^n) = n log 2 + log(1 + f) with sqrt(1/2) <= 1 + f < sqrt(2). */
INLINE vf vf_log(vf x)
{
    vm tiny = vf_less(x, vf_set(0x1p-126f));
    vf normal = vf_select(tiny, x * vf_set(0x1p+24f), x);
    vu bits = (vu)normal - 0x3f3504f3;
    vf n = __builtin_convertvector((vi)bits >> 23, vf) -
           vf_select(tiny, vf_set(24), vf_set(0));
    vf f = (vf)((bits & 0x7fffff) + 0x3f3504f3) - 1;

    /* (log(1 + f) - f + f^2 / 2) / f^3, relative error of log below 2^-30 */
    vf p = vf_set(0x1.1457dep-4f);
    p = vf_fma(p, f, vf_set(-0x1.de3c6ap-4f));
    p = vf_fma(p, f, vf_set(0x1.e6f082p-4f));
    p = vf_fma(p, f, vf_set(-0x1.fc21fcp-4f));
    p = vf_fma(p, f, vf_set(0x1.233766p-3f));
    p = vf_fma(p, f, vf_set(-0x1.555c4ep-3f));
    p = vf_fma(p, f, vf_set(0x1.99a4b6p-3f));
    p = vf_fma(p, f, vf_set(-0x1.000006p-2f));
    p = vf_fma(p, f, vf_set(0x1.555548p-2f));
    vf square = f * f;
    vf rest = vf_fma(n, vf_set(LN2_LOW), square * (f * p));
    vf y = vf_fma(n, vf_set(LN2_HIGH), vf_fma(vf_set(-0.5f), square, rest) + f);

    /* inf and NaN stay, 0 gives -inf, below is NaN */
    vf infinity = vf_set(__builtin_inff());
    y = vf_select(vf_less(x, infinity), y, x);
    y = vf_select(vf_less(vf_abs(x), vf_set(0x1p-149f)), -infinity, y);
    return vf_select(vf_less(x, vf_set(0)), vf_set(__builtin_nanf("")), y);
}

#endif
