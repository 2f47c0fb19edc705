/*
 * pack.c: weights in the order in which a product reads them.
 */
#include "kernel/kernel.h"

static size_t round_up(size_t n, size_t step)
{
    return (n + step - 1) / step * step;
}

size_t packed_size(size_t N, size_t K)
{
    return N >= NARROW ? round_up(N, PANEL) * K : N * round_up(K, LANES);
}

void pack(size_t N, size_t K, const float *w, size_t row, size_t column,
          float *packed)
{
    if (N < NARROW) {
        const size_t padded = round_up(K, LANES);
        for (size_t n = 0; n < N; n++)
            for (size_t k = 0; k < padded; k++)
                *packed++ = k < K ? w[n * row + k * column] : 0;
        return;
    }

    size_t n = 0;
    for (; n + PANEL <= N; n += PANEL)
        for (size_t k = 0; k < K; k++)
            for (size_t j = 0; j < PANEL; j++)
                *packed++ = w[(n + j) * row + k * column];
    if (n == N) return;

    for (size_t k = 0; k < K; k++)
        for (size_t j = 0; j < PANEL; j++)
            *packed++ = n + j < N ? w[(n + j) * row + k * column] : 0;
}
