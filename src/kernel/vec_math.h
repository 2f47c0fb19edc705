/*
 * vec_math.h: exp, tanh, sigmoid and log of a vector, from multiply-adds,
 * division and integer shifts: no table, no estimate, no libm. Accurate over
 * the whole float range, denormal results included; tests/test_kernel_math.c
 * measures the errors and asserts their bounds. NaN gives NaN.
 *
 * The exponentials start from x = n log 2 + r with |r| <= log 2 / 2 (Cody &
 * Waite 1980). The polynomials are minimax in relative error (Remez), rounded
 * to float.
 */
#ifndef KERNEL_VEC_MATH_H
#define KERNEL_VEC_MATH_H

#include "kernel/vec.h"

/* log 2 = LN2_HIGH + LN2_LOW; the high part has 15 bits, so that its product
 * with n is exact. */
#define LN2_HIGH 0x1.62e4p-1f
#define LN2_LOW  0x1.7f7d1cp-20f
#define LOG2_E   0x1.715476p+0f

/* 1.5 2^23: adding it rounds to an integer, which is left in the low bits. */
#define ROUNDER 0x1.8p+23f

typedef struct reduced {
    vu n;  /* modulo 2^32 */
    vf r;  /* x - n log 2 */
    vf e1; /* exp(r) - 1 */
} reduced;

/* For |x| < 2^22. If x is NaN, r and e1 are NaN and n means nothing. */
INLINE reduced vf_reduce(vf x)
{
    /* n log 2 is subtracted in two parts, so that r loses nothing */
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

/* ---- Sigmoid and tanh ---------------------------------------------------- */

/* Several arguments advance together, since each operation on one alone would
 * wait for the one before. Above these bounds a sigmoid is 1, and tanh is +-1.
 * Below -0x1.61814cp+6 (-88.376) the exponent n of exp(-x) rounds to 128, so
 * that 2^n is infinite: there a sigmoid is 0 instead of a denormal of at most
 * 4.156e-39. The lower bound is beyond that. */
#define SIGMOID_HIGH 87.0f
#define SIGMOID_LOW  (-89.0f)
#define TANH_BOUND   10.0f
enum { GATE_EXP_MAX = 8 };

/* Where comparing and choosing are cheap, what is beyond the bounds is replaced
 * at the end: nothing waits for the comparisons then. */
#if VEC_BYTES == 64 || defined VEC_MASKS
enum { BOUNDS_LAST = 1 };
#else
enum { BOUNDS_LAST = 0 };
#endif

INLINE vf vf_gate_bound(bool is_sigmoid, vf a)
{
    return is_sigmoid ? vf_bound(vf_set(SIGMOID_LOW), vf_set(SIGMOID_HIGH), a)
                      : vf_min(vf_set(TANH_BOUND), a);
}

/* The same of e, which was made of an a that was not bounded: a sigmoid of 1 or
 * 0, |tanh| of 1. NaN stays NaN. */
INLINE vf vf_gate_end(bool is_sigmoid, vf a, vf e)
{
    if (!is_sigmoid)
        return vf_select(vf_less(vf_set(TANH_BOUND), a), vf_set(0x1p+30f), e);
    e = vf_select(vf_less(vf_set(SIGMOID_HIGH), a), vf_set(1), e);
    return vf_select(vf_less(a, vf_set(SIGMOID_LOW)), vf_set(__builtin_inff()),
                     e);
}

/* The first sigmoid_count of x (count) become 1 + exp(-x) = 1 / sigmoid(x).
 * The others become e = exp(2|x|) - 1, of which |tanh x| = e / (e + 2);
 * computed without cancellation, so that it is accurate near 0. The counts are
 * constants. NaN stays NaN. */
INLINE void vf_gate_exp(size_t sigmoid_count, size_t count, vf *x)
{
    enum { DEGREE = 5 };
    static const float c[DEGREE] = {0x1.6bebeap-10f, 0x1.1227f6p-7f,
                                    0x1.555674p-5f, 0x1.5554bp-3f,
                                    0x1.fffffep-2f};
    vf a[GATE_EXP_MAX], rounded[GATE_EXP_MAX];
    vf r[GATE_EXP_MAX], q[GATE_EXP_MAX];

    /* the exponents -x and 2|x|, and what they are rounded to */
    UNROLL
    for (size_t i = 0; i < count; i++) {
        const float factor = i < sigmoid_count ? -LOG2_E : 2 * LOG2_E;
        a[i] = i < sigmoid_count ? x[i] : vf_abs(x[i]);
        if (!BOUNDS_LAST) a[i] = vf_gate_bound(i < sigmoid_count, a[i]);
        rounded[i] = vf_fma(a[i], vf_set(factor), vf_set(ROUNDER));
        r[i] = i < sigmoid_count ? -a[i] : a[i] + a[i];
    }

    /* their reduction to r, as in vf_reduce */
    UNROLL
    for (size_t i = 0; i < count; i++) {
        vf n = rounded[i] - vf_set(ROUNDER);
        r[i] = vf_fma(n, vf_set(-LN2_HIGH), r[i]);
        r[i] = vf_fma(n, vf_set(-LN2_LOW), r[i]);
        q[i] = vf_set(c[0]);
    }

    /* q = (exp(r) - 1 - r) / r^2, the same polynomial */
    UNROLL
    for (size_t d = 1; d < DEGREE; d++) {
        UNROLL
        for (size_t i = 0; i < count; i++)
            q[i] = vf_fma(q[i], r[i], vf_set(c[d]));
    }

    /* times 2^n, plus 1 or minus 1 */
    UNROLL
    for (size_t i = 0; i < count; i++) {
        vf scale = (vf)(((vu)rounded[i] << 23) + 0x3f800000);
        if (i < sigmoid_count) {
            q[i] = vf_fma(vf_fma(q[i], r[i], vf_set(1)), r[i], vf_set(1));
            x[i] = vf_fma(scale, q[i], vf_set(1));
        } else {
            q[i] = vf_fma(r[i] * r[i], q[i], r[i]);
            x[i] = vf_fma(scale, q[i], scale - 1);
        }
        if (BOUNDS_LAST) x[i] = vf_gate_end(i < sigmoid_count, a[i], x[i]);
    }
}

INLINE vf vf_sigmoid(vf x)
{
    vf e = x;
    vf_gate_exp(1, 1, &e);
    return 1 / e;
}

INLINE vf vf_tanh(vf x)
{
    vf e = x;
    vf_gate_exp(0, 1, &e);
    return vf_sign(e / (e + 2), x);
}

/* log(m 2^n) = n log 2 + log(1 + f) with sqrt(1/2) <= 1 + f < sqrt(2). */
INLINE vf vf_log(vf x)
{
    /* n and f from the bits of x; a denormal number is scaled up first */
    vm tiny = vf_less(x, vf_set(0x1p-126f));
    vf scaled = vf_select(tiny, x * vf_set(0x1p+24f), x);
    vu bits = (vu)scaled - 0x3f3504f3;
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

    /* added up from the smallest part to the largest */
    vf square = f * f;
    vf rest = vf_fma(n, vf_set(LN2_LOW), square * (f * p));
    vf y = vf_fma(n, vf_set(LN2_HIGH), vf_fma(vf_set(-0.5f), square, rest) + f);

    /* inf and NaN stay, 0 gives -inf, a negative x NaN */
    vf infinity = vf_set(__builtin_inff());
    y = vf_select(vf_less(x, infinity), y, x);
    y = vf_select(vf_less(vf_abs(x), vf_set(0x1p-149f)), -infinity, y);
    return vf_select(vf_less(x, vf_set(0)), vf_set(__builtin_nanf("")), y);
}

#endif
