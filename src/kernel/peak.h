/*
 * peak.h: the roof that products are measured against.
 */
#ifndef KERNEL_PEAK_H
#define KERNEL_PEAK_H

#include "kernel/vec.h"

static double KERNEL(peak)(size_t rounds)
{
    /* twelve chains hide the latency of any known core; each tends to 1 */
    enum { CHAINS = 12 };
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

    /* looked at, so that nobody may leave the work out */
    float lane[CHAINS][VLEN];
    memcpy(lane, sum, sizeof lane);
    volatile float seen;
    for (size_t i = 0; i < CHAINS; i++)
        for (size_t l = 0; l < VLEN; l++)
            seen = lane[i][l];
    (void)seen;
    return 2.0 * CHAINS * VLEN * (double)rounds;
}

#endif
