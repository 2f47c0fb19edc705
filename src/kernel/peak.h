/*
 * peak.h: the limits of a machine that everything is measured against:
 * operations in registers, and reading memory.
 */
#ifndef KERNEL_PEAK_H
#define KERNEL_PEAK_H

#include "kernel/vec.h"

/* Twelve chains hide the latency of any known core. */
enum { CHAINS = 12 };

/* Reads what a measurement has computed, so that no compiler may leave the work
 * out. */
INLINE void use(size_t bytes, const void *memory)
{
    const unsigned char *at = memory;
    volatile unsigned char seen;
    for (size_t i = 0; i < bytes; i++)
        seen = at[i];
    (void)seen;
}

static double KERNEL(peak)(size_t rounds)
{
    /* each chain tends to 1 */
    const vf half_of = vf_set(0.5f);
    vf sum[CHAINS];
    UNROLL
    for (size_t i = 0; i < CHAINS; i++)
        sum[i] = vf_set((float)i);

    for (size_t round = 0; round < rounds; round++) {
        UNROLL
        for (size_t i = 0; i < CHAINS; i++)
            sum[i] = vf_fma(sum[i], half_of, half_of);
    }

    use(sizeof sum, sum);
    return 2.0 * (double)(CHAINS * VLEN) * (double)rounds;
}

#if VEC_BYTES == 64

/* A processor with AVX-512 may still lack these two instructions. So the
 * attribute permits them in one function each, which first asks the processor.
 */
__attribute__((target("avx512bf16"))) static double
KERNEL(peak_bf16)(size_t rounds)
{
    if (!__builtin_cpu_supports("avx512bf16")) return 0;
    const __m512bh half_of = (__m512bh)_mm512_set1_epi16(0x3f00);
    __m512 sum[CHAINS];
    UNROLL
    for (size_t i = 0; i < CHAINS; i++)
        sum[i] = _mm512_set1_ps((float)i);

    for (size_t round = 0; round < rounds; round++) {
        UNROLL
        for (size_t i = 0; i < CHAINS; i++)
            sum[i] = _mm512_dpbf16_ps(sum[i], half_of, half_of);
    }

    use(sizeof sum, sum);
    return 4.0 * (double)(CHAINS * VLEN) * (double)rounds;
}

__attribute__((target("avx512vnni"))) static double
KERNEL(peak_int8)(size_t rounds)
{
    if (!__builtin_cpu_supports("avx512vnni")) return 0;
    const __m512i ones = _mm512_set1_epi8(1);
    __m512i sum[CHAINS];
    UNROLL
    for (size_t i = 0; i < CHAINS; i++)
        sum[i] = _mm512_set1_epi32((int)i);

    for (size_t round = 0; round < rounds; round++) {
        UNROLL
        for (size_t i = 0; i < CHAINS; i++)
            sum[i] = _mm512_dpbusd_epi32(sum[i], ones, ones);
    }

    use(sizeof sum, sum);
    return 8.0 * (double)(CHAINS * VLEN) * (double)rounds;
}

#else

static double KERNEL(peak_bf16)(size_t rounds) { return 0.0 * (double)rounds; }

static double KERNEL(peak_int8)(size_t rounds) { return 0.0 * (double)rounds; }

#endif

static double KERNEL(read)(size_t rounds, size_t n, const float *x)
{
    /* added up in enough chains to hide the latency of an addition; no compiler
     * may leave out a later round, since the order of a float sum counts */
    enum { READS = 8 };
    vf sum[READS];
    UNROLL
    for (size_t i = 0; i < READS; i++)
        sum[i] = vf_set(0);

    for (size_t round = 0; round < rounds; round++)
        for (const float *at = x; at < x + n; at += READS * VLEN) {
            UNROLL
            for (size_t i = 0; i < READS; i++)
                sum[i] += load_all(at + i * VLEN);
        }

    use(sizeof sum, sum);
    return (double)rounds * (double)n * sizeof *x;
}

#endif
