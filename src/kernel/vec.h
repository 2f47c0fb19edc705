/*
 * vec.h: the vector vocabulary. One word per operation, at any width.
 *
 * A file in isa/ sets ISA and VEC_BYTES and includes the kernels after this;
 * VEC_MASKS as well, where vectors of 32 bytes have AVX-512's masks.
 * Everything is static: code made for one ISA cannot leak into another. The
 * words that matter for speed are the ISA's own intrinsics, which appear
 * nowhere else: with loops over lanes instead, gcc 12 kept the matrix product
 * at a third of its speed.
 *
 * Every ISA gives the same bits: only the word vf_fma fuses, minimum and
 * maximum are a comparison and a choice (so NaN and -0 have one meaning), and a
 * sum runs in LANES lanes, however many registers they fill.
 */
#ifndef KERNEL_VEC_H
#define KERNEL_VEC_H

#include <stdint.h>
#include <string.h>

#include "kernel/kernel.h"

#if VEC_BYTES > 16
#include <immintrin.h>
#elif defined VEC_NEON
#include <arm_neon.h>
#endif

/* A kernel's name in one ISA. */
#define PASTE_NOW(name, isa) name##_##isa
#define PASTE(name, isa)     PASTE_NOW(name, isa)
#define KERNEL(name)         PASTE(name, ISA)

typedef float vf __attribute__((vector_size(VEC_BYTES)));
typedef uint32_t vu __attribute__((vector_size(VEC_BYTES)));
typedef int32_t vi __attribute__((vector_size(VEC_BYTES)));
typedef double vd __attribute__((vector_size(VEC_BYTES)));
typedef int64_t vl __attribute__((vector_size(VEC_BYTES)));
typedef float half __attribute__((vector_size(VEC_BYTES / 2)));

/* REGS registers hold the LANES of a sum, or one row of a panel. */
enum { VLEN = VEC_BYTES / sizeof(float), REGS = LANES / VLEN };

/* Whether fused multiply-adds are made of other instructions, and are calls. */
#if VEC_BYTES > 16 || defined VEC_NEON || defined __FMA__ ||                   \
    defined __FP_FAST_FMAF || defined __ARM_FEATURE_FMA
#define CALLS_FMA 0
#define INLINE    static inline __attribute__((always_inline))
#else
#define CALLS_FMA 1
#define INLINE    static inline
#endif

/* UNROLL unrolls the loop that follows completely, early enough for arrays of
 * vectors to become registers; UNROLL_4 unrolls it four times. Each compiler
 * has its own pragma for that. Under the address sanitizer it would take
 * minutes to compile; around calls it gains nothing and takes most of the
 * room. */
#if defined __has_feature
#define SANITIZED __has_feature(address_sanitizer)
#elif defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#if SANITIZED || CALLS_FMA
#define UNROLL
#define UNROLL_4
#elif defined __clang__
#define UNROLL   _Pragma("clang loop unroll(full)")
#define UNROLL_4 _Pragma("clang loop unroll_count(4)")
#else
#define UNROLL   _Pragma("GCC unroll 32")
#define UNROLL_4 _Pragma("GCC unroll 4")
#endif

/* How many of n are left from at on. */
INLINE size_t left(size_t n, size_t at) { return n > at ? n - at : 0; }

/* ---- Words with an instruction of their own in each ISA ------------------ */

/*   vf_first(n)         mask of the first n lanes, all if n >= VLEN
 *   vf_less(a, b)       mask of a < b
 *   vf_reaches(a, b)    mask of a >= b
 *   vf_select(m, a, b)  m ? a : b
 *   vf_min(a, b)        a < b ? a : b   so b if one is NaN
 *   vf_max(a, b)        a > b ? a : b   likewise
 *   vf_fma(a, b, c)     a b + c, rounded once
 *   vf_repeat(p)        the four floats from p on, again and again
 *   load_some           the first n < VLEN lanes, 0 in the others
 *   store_some          the first n < VLEN lanes, nothing else */

#if VEC_BYTES == 64

typedef __mmask16 vm;

INLINE vm vf_first(size_t n)
{
    return (vm)(0xffffu >> (VLEN - (n < VLEN ? n : VLEN)));
}
INLINE vf vf_set(float x) { return _mm512_set1_ps(x); }
INLINE vf load_all(const float *p) { return _mm512_loadu_ps(p); }
INLINE vf vf_repeat(const float *p)
{
    return _mm512_broadcast_f32x4(_mm_loadu_ps(p));
}
INLINE void store_all(float *p, vf v) { _mm512_storeu_ps(p, v); }
INLINE vf load_some(const float *p, size_t n)
{
    return _mm512_maskz_loadu_ps(vf_first(n), p);
}
INLINE void store_some(float *p, vf v, size_t n)
{
    _mm512_mask_storeu_ps(p, vf_first(n), v);
}
INLINE vm vf_less(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
INLINE vm vf_reaches(vf a, vf b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ);
}
INLINE vf vf_select(vm m, vf a, vf b) { return _mm512_mask_blend_ps(m, b, a); }
INLINE vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
INLINE vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
INLINE vf vf_sqrt(vf a) { return _mm512_sqrt_ps(a); }

#elif VEC_BYTES == 32

INLINE vf vf_set(float x) { return _mm256_set1_ps(x); }
INLINE vf load_all(const float *p) { return _mm256_loadu_ps(p); }
INLINE vf vf_repeat(const float *p)
{
    return _mm256_broadcast_ps((const __m128 *)p);
}
INLINE void store_all(float *p, vf v) { _mm256_storeu_ps(p, v); }
INLINE vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
INLINE vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
INLINE vf vf_sqrt(vf a) { return _mm256_sqrt_ps(a); }

#ifdef VEC_MASKS

typedef __mmask8 vm;

INLINE vm vf_first(size_t n)
{
    return (vm)(0xffu >> (VLEN - (n < VLEN ? n : VLEN)));
}
INLINE vf load_some(const float *p, size_t n)
{
    return _mm256_maskz_loadu_ps(vf_first(n), p);
}
INLINE void store_some(float *p, vf v, size_t n)
{
    _mm256_mask_storeu_ps(p, vf_first(n), v);
}
INLINE vm vf_less(vf a, vf b) { return _mm256_cmp_ps_mask(a, b, _CMP_LT_OQ); }
INLINE vm vf_reaches(vf a, vf b)
{
    return _mm256_cmp_ps_mask(a, b, _CMP_GE_OQ);
}
INLINE vf vf_select(vm m, vf a, vf b) { return _mm256_mask_blend_ps(m, b, a); }

#else

typedef vi vm;

INLINE vm vf_first(size_t n)
{
    vi at = {0, 1, 2, 3, 4, 5, 6, 7};
    return at < (int32_t)(n < VLEN ? n : VLEN);
}
INLINE vf load_some(const float *p, size_t n)
{
    return _mm256_maskload_ps(p, (__m256i)vf_first(n));
}
INLINE void store_some(float *p, vf v, size_t n)
{
    _mm256_maskstore_ps(p, (__m256i)vf_first(n), v);
}
INLINE vm vf_less(vf a, vf b) { return a < b; }
INLINE vm vf_reaches(vf a, vf b) { return a >= b; }
INLINE vf vf_select(vm m, vf a, vf b)
{
    return _mm256_blendv_ps(b, a, (__m256)m);
}

#endif

#else /* four lanes: NEON, and the base, where a fused multiply-add may have   \
         no instruction: the same bits, slowly */

typedef vi vm;

INLINE vm vf_first(size_t n)
{
    vi at = {0, 1, 2, 3};
    return at < (int32_t)(n < VLEN ? n : VLEN);
}
INLINE vf vf_set(float x) { return (vf){x, x, x, x}; }
INLINE vf load_all(const float *p)
{
    vf v;
    memcpy(&v, p, sizeof v);
    return v;
}
INLINE vf vf_repeat(const float *p) { return load_all(p); }
INLINE void store_all(float *p, vf v) { memcpy(p, &v, sizeof v); }
INLINE vf load_some(const float *p, size_t n)
{
    return (vf){n > 0 ? p[0] : 0, n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, 0};
}
INLINE void store_some(float *p, vf v, size_t n)
{
    if (n > 0) p[0] = v[0];
    if (n > 1) p[1] = v[1];
    if (n > 2) p[2] = v[2];
}
INLINE vm vf_less(vf a, vf b) { return a < b; }
INLINE vm vf_reaches(vf a, vf b) { return a >= b; }
INLINE vf vf_select(vm m, vf a, vf b)
{
    return (vf)(((vi)a & m) | ((vi)b & ~m));
}
INLINE vf vf_min(vf a, vf b) { return vf_select(a < b, a, b); }
INLINE vf vf_max(vf a, vf b) { return vf_select(a > b, a, b); }

#ifdef VEC_NEON
INLINE vf vf_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
INLINE vf vf_sqrt(vf a) { return vsqrtq_f32(a); }
#else
static vf vf_fma(vf a, vf b, vf c); /* below, as it needs double */
INLINE vf vf_sqrt(vf a)
{
    for (size_t l = 0; l < VLEN; l++)
        a[l] = __builtin_sqrtf(a[l]);
    return a;
}
#endif

#endif

/* ---- Words made from these ----------------------------------------------- */

/* The first n of VLEN lanes; lanes beyond n read as 0 and are never written. A
 * whole vector has a branch of its own: with one copy of variable size the code
 * of gcc 12 was ten times slower. */
INLINE vf vf_load(const float *p, size_t n)
{
    return n >= VLEN ? load_all(p) : load_some(p, n);
}
/* The same without a branch, for n from 1 on. */
INLINE vf vf_load_first(const float *p, size_t n)
{
#if VEC_BYTES > 16
    return load_some(p, n);
#else
    return vf_load(p, n);
#endif
}
INLINE void vf_store(float *p, vf v, size_t n)
{
    if (n >= VLEN) store_all(p, v);
    else store_some(p, v, n);
}

/* The same for what is read again at once, number by number: a masked store
 * would have to reach the cache first, whole pieces are forwarded. */
INLINE void store_pieces(float *p, vf v, size_t n)
{
    if (n >= VLEN) {
        store_all(p, v);
        return;
    }
#if VEC_BYTES > 16
#if VEC_BYTES == 64
    __m256 eight = _mm512_castps512_ps256(v);
    if (n == 8) {
        _mm256_storeu_ps(p, eight);
        return;
    }
    if (n & 8) {
        _mm256_storeu_ps(p, eight);
        eight = _mm512_extractf32x8_ps(v, 1);
        p += 8;
    }
#else
    const __m256 eight = v;
#endif
    __m128 four = _mm256_castps256_ps128(eight);
    if (n & 4) {
        _mm_storeu_ps(p, four);
        four = _mm256_extractf128_ps(eight, 1);
        p += 4;
    }
    if (n & 2) {
        _mm_storel_pi((__m64 *)(void *)p, four);
        four = _mm_movehl_ps(four, four);
        p += 2;
    }
    if (n & 1) _mm_store_ss(p, four);
#else
    store_some(p, v, n);
#endif
}

INLINE vf vf_abs(vf a) { return (vf)((vu)a & 0x7fffffff); }

/* The magnitude of a with the sign of b; a must not be negative. */
INLINE vf vf_sign(vf a, vf b) { return (vf)((vu)a | ((vu)b & 0x80000000)); }

/* x bounded to [low,high]; NaN stays NaN. */
INLINE vf vf_bound(vf low, vf high, vf x)
{
    return vf_max(low, vf_min(high, x));
}

/* What a value reaches where clip stops its gradient: of no clip NaN, which
 * nothing reaches, not even infinity. */
INLINE vf vf_end(float clip)
{
    return vf_set(clip < __builtin_inff() ? clip : __builtin_nanf(""));
}

/* ---- Four lanes, at any width -------------------------------------------- */

typedef float quad __attribute__((vector_size(16)));

INLINE quad quad_all(const float *p)
{
    quad q;
    memcpy(&q, p, sizeof q);
    return q;
}
INLINE quad quad_fma(quad a, quad b, quad c)
{
#if VEC_BYTES > 16
    return _mm_fmadd_ps(a, b, c);
#else
    return vf_fma(a, b, c);
#endif
}

/* ---- Double, for sums --------------------------------------------------- */

typedef struct wide {
    vd low, high;
} wide;

/* gcc 12 makes an instruction for each quarter of __builtin_convertvector. */
INLINE wide vf_widen(vf v)
{
#if VEC_BYTES == 64
    return (wide){_mm512_cvtps_pd(_mm512_castps512_ps256(v)),
                  _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1))};
#elif VEC_BYTES == 32
    return (wide){_mm256_cvtps_pd(_mm256_castps256_ps128(v)),
                  _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1))};
#else
    half part[2];
    memcpy(part, &v, sizeof v);
    return (wide){__builtin_convertvector(part[0], vd),
                  __builtin_convertvector(part[1], vd)};
#endif
}

INLINE vf vf_narrow(wide w)
{
    half part[2] = {__builtin_convertvector(w.low, half),
                    __builtin_convertvector(w.high, half)};
    vf v;
    memcpy(&v, part, sizeof v);
    return v;
}

#if VEC_BYTES == 16 && !defined VEC_NEON
#if !CALLS_FMA
INLINE vf vf_fma(vf a, vf b, vf c)
{
    for (size_t l = 0; l < VLEN; l++)
        c[l] = __builtin_fmaf(a[l], b[l], c[l]);
    return c;
}
#else
/* a b + c, of floats, rounded to odd in double: if it is not exact, of the two
 * doubles around it the one whose last bit is 1. Rounding that to float, of at
 * most half the digits, gives what rounding once would (Boldo and Melquiond
 * 2008). It does not call libm's fmaf, which some systems do not fuse. */
INLINE vd vd_fma_odd(vd a, vd b, vd c)
{
    /* a product of two floats is exact in double; so is what the sum lost */
    const vd product = a * b, sum = product + c, rest = sum - product;
    const vd lost = (product - (sum - rest)) + (c - rest);

    /* the last bit is 1 already, or the exact sum is on one side of the even
     * one; towards 0 the bits count down. NaN is on no side */
    const vl bits = (vl)sum, even = (bits & 1) - 1;
    const vl up = (vl)(lost > 0), down = (vl)(lost < 0);
    const vl negative = (vl)(sum < 0);
    const vl away = (up & ~negative) | (down & negative);
    const vl in = (up & negative) | (down & ~negative);
    return (vd)(bits + (even & (in - away)));
}

/* A function of its own, as it is long. */
static __attribute__((noinline)) vf vf_fma(vf a, vf b, vf c)
{
    const wide x = vf_widen(a), y = vf_widen(b), z = vf_widen(c);
    return vf_narrow((wide){vd_fma_odd(x.low, y.low, z.low),
                            vd_fma_odd(x.high, y.high, z.high)});
}
#endif
#endif

/* The first n lanes, 0 in the others. */
INLINE wide wide_first(wide w, size_t n)
{
    double lane[VLEN];
    memcpy(lane, &w, sizeof lane);
    for (size_t l = n; l < VLEN; l++)
        lane[l] = 0;
    memcpy(&w, lane, sizeof lane);
    return w;
}

/* A sum in LANES lanes. Every ISA adds whole blocks of LANES, with 0 beyond the
 * end, so that a lane gets the same additions at any width. */
typedef struct lanes {
    wide part[REGS];
} lanes;

INLINE void lanes_add(lanes *s, size_t part, wide w)
{
    s->part[part].low += w.low;
    s->part[part].high += w.high;
}

/* Folds the lanes 8-4-2-1. */
INLINE double lanes_fold(const lanes *s)
{
    double sum[LANES];
    memcpy(sum, s, sizeof sum);
    for (size_t half_width = LANES / 2; half_width > 0; half_width /= 2)
        for (size_t l = 0; l < half_width; l++)
            sum[l] += sum[l + half_width];
    return sum[0];
}

#endif
