/*
 * qr.c: the modified Gram-Schmidt method on rows, a few at a time: those of a
 * block are made orthonormal one by one, then what lies along them leaves all
 * later rows at once, with one product. Sums are in the order of all sums
 * (docs/NUMERICS.md), so that the bits are the same everywhere.
 */
#include "inspect/qr.h"

#include <math.h>

#include "base/random.h"
#include "base/real.h"

enum { BLOCK = NARROW_SUMS }; /* columns of the narrowest product */

/* What is left of a row that was lost, and the length that makes a second round
 * necessary. */
static const double lost = 1e-6, least = 1e-30, short_row = 0.1;

/* Short rows are packed less tightly. */
size_t qr_room(size_t n)
{
    size_t narrow = packed_size(1, BLOCK, n);
    size_t most = packed_size(1, BLOCK, NARROW - 1);
    return narrow > most ? narrow : most;
}

static double length_of(const kernels *k, size_t n, const float *row)
{
    return sqrt(k->sum_squares(n, row));
}

/* Takes from row what lies along count others (count,n); returns its length. */
static double reduce(const kernels *k, size_t count, size_t n,
                     const float *others, float *row)
{
    for (size_t i = 0; i < count; i++) {
        const float *other = others + i * n;
        k->add_scaled(n, -(float)k->dot(n, other, row), other, row);
    }
    return length_of(k, n, row);
}

/* The same for later rows (count,n) and the BLOCK rows of block. */
static void reduce_later(const kernels *k, size_t count, size_t n,
                         const float *block, float *later, float *room)
{
    const packed w = {1, BLOCK, n, room};
    const float *row[QR_MOST];
    float *to[QR_MOST], along[QR_MOST][BLOCK];
    for (size_t i = 0; i < count; i++) {
        row[i] = later + i * n;
        to[i] = along[i];
    }

    pack(1, BLOCK, n, block, n, 1, room);
    k->product(count, &w, zeros, row, to);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < BLOCK; j++)
            k->add_scaled(n, -along[i][j], block + j * n, later + i * n);
}

static void scale(size_t n, float by, float *row)
{
    for (size_t j = 0; j < n; j++)
        row[j] *= by;
}

/* Puts an arbitrary direction in place of row index: the next that is not along
 * those before it. */
static void replace(const kernels *k, size_t index, size_t n, float *rows)
{
    random_key key = {.purpose = RANDOM_TEST, .which = (uint32_t)index};
    float *row = rows + index * n;
    double length = 0;
    for (uint64_t first = 0; length < 1e-3; first += n) {
        for (size_t j = 0; j < n; j++)
            row[j] = random_uniform(key, first + j) - 0.5f;
        scale(n, (float)(1 / length_of(k, n, row)), row);
        (void)reduce(k, index, n, rows, row);
        length = reduce(k, index, n, rows, row);
    }
    scale(n, (float)(1 / length), row);
}

void qr_rows(const kernels *k, size_t count, size_t n, float *rows, float *room,
             double *growth)
{
    double whole[QR_MOST];
    for (size_t i = 0; i < count; i++)
        whole[i] = length_of(k, n, rows + i * n);

    for (size_t i = 0, begin = 0; i < count; i++) {
        float *row = rows + i * n;
        double length = reduce(k, i - begin, n, rows + begin * n, row);
        if (length < short_row * whole[i]) length = reduce(k, i, n, rows, row);

        /* a row that nothing is left of has no direction: take another */
        if (length <= lost * whole[i] || length <= least) {
            growth[i] = -INFINITY;
            replace(k, i, n, rows);
        } else {
            growth[i] = real_log(length);
            scale(n, (float)(1 / length), row);
        }

        if (i + 1 - begin < BLOCK || i + 1 == count) continue;
        reduce_later(k, count - i - 1, n, rows + begin * n, row + n, room);
        begin = i + 1;
    }
}
