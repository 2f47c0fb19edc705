/*
 * pack.c: puts weights into the order in which a product reads them.
 */
#include "kernel/kernel.h"

#include <string.h>

const float zeros[PANEL] = {0};

extern size_t packed_blocks(size_t gates);
extern size_t packed_groups(const packed *w);
extern bool packed_is_narrow(const packed *w);
extern bool packed_in_blocks(const packed *w);

static size_t round_up(size_t n, size_t step)
{
    return (n + step - 1) / step * step;
}

/* The weight as it is packed: the columns of a narrow one are one gate. */
static packed packed_shape(size_t gates, size_t H, size_t K)
{
    const packed shape = {.gates = gates, .H = H, .K = K};
    if (!packed_is_narrow(&shape)) return shape;
    return (packed){.gates = 1, .H = gates * H, .K = K};
}

size_t packed_size(size_t gates, size_t H, size_t K)
{
    const packed s = packed_shape(gates, H, K);
    return packed_in_blocks(&s) ? NARROW_SUMS * round_up(K, NARROW_SUMS)
                                : s.gates * round_up(s.H, PANEL) * K;
}

static void pack_blocks(size_t N, size_t K, const float *w, size_t row,
                        size_t column, float *to)
{
    memset(to, 0, packed_size(1, N, K) * sizeof *to);
    for (size_t n = 0; n < N; n++)
        for (size_t k = 0; k < K; k += NARROW_SUMS) {
            const float *from = w + n * row + k * column;
            float *block = to + (k + n) * NARROW_SUMS;
            const size_t count = K - k < NARROW_SUMS ? K - k : NARROW_SUMS;

            if (column == 1 && count == NARROW_SUMS)
                memcpy(block, from, NARROW_SUMS * sizeof *block);
            else
                for (size_t i = 0; i < count; i++)
                    block[i] = from[i * column];
        }
}

/* K <= PANEL steps of k of one panel, through a square: w is read along its
 * rows and the panel written line by line. */
static void pack_square(const float *w, size_t row, size_t column,
                        size_t columns, size_t K, size_t step, float *to)
{
    float square[PANEL][PANEL] = {{0}};

    for (size_t j = 0; j < columns; j++)
        for (size_t k = 0; k < K; k++)
            square[k][j] = w[j * row + k * column];

    for (size_t k = 0; k < K; k++)
        memcpy(to + k * step, square[k], sizeof square[k]);
}

/* One panel; it is step floats from one k to the next. */
static void pack_panel(const float *w, size_t row, size_t column,
                       size_t columns, size_t K, size_t step, float *to)
{
    /* transposed weights have a panel's line as it is wanted */
    if (row == 1 && columns == PANEL) {
        for (size_t k = 0; k < K; k++)
            memcpy(to + k * step, w + k * column, PANEL * sizeof *to);
        return;
    }

    for (size_t k = 0; k < K; k += PANEL) {
        const size_t rest = K - k < PANEL ? K - k : PANEL;
        pack_square(w + k * column, row, column, columns, rest, step,
                    to + k * step);
    }
}

void pack_groups(const packed *shape, const float *w, size_t row, size_t column,
                 size_t begin, size_t end, float *to)
{
    const packed s = packed_shape(shape->gates, shape->H, shape->K);
    const size_t gates = s.gates, H = s.H, K = s.K;

    if (packed_in_blocks(&s)) {
        if (begin < end) pack_blocks(H, K, w, row, column, to);
        return;
    }

    /* group by group; the last may have fewer panels */
    const size_t per_gate = packed_blocks(gates), all = round_up(H, PANEL);
    for (size_t i = begin; i < end; i++) {
        const size_t unit = i * per_gate * PANEL;
        const size_t rest = (all - unit) / PANEL;
        const size_t panels = gates * (rest < per_gate ? rest : per_gate);

        /* panel p: gate p % gates, of the units from at on */
        for (size_t p = 0; p < panels; p++) {
            const size_t at = unit + p / gates * PANEL;
            const size_t columns = H - at < PANEL ? H - at : PANEL;
            pack_panel(w + (p % gates * H + at) * row, row, column, columns, K,
                       panels * PANEL, to + gates * unit * K + p * PANEL);
        }
    }
}

void pack(size_t gates, size_t H, size_t K, const float *w, size_t row,
          size_t column, float *to)
{
    const packed shape = {.gates = gates, .H = H, .K = K};
    pack_groups(&shape, w, row, column, 0, packed_groups(&shape), to);
}
