/*
 * tile.h: how large a tile of sums fits the registers. A tile is rows x panels
 * of PANEL columns; each sum is a chain of its own, so its shape never changes
 * a bit, only the speed.
 */
#ifndef KERNEL_TILE_H
#define KERNEL_TILE_H

#include "kernel/vec.h"

/* SUMS: registers for sums, the rest hold one operand's row and a broadcast.
 * The base of x86 calls a function for each lane's multiply-add: small code is
 * all that helps there, as it is under the address sanitizer. */
#if SANITIZED
enum { TILE_ROWS = 2, SUMS = 8 };
#elif VEC_BYTES == 64 || defined VEC_NEON
enum { TILE_ROWS = 6, SUMS = 24 };
#elif VEC_BYTES == 32
enum { TILE_ROWS = 6, SUMS = 12 };
#else
enum { TILE_ROWS = 1, SUMS = 4 };
#endif

enum { TILE_PANELS = 8 };

/* Panels of a tile of so many rows: a power of two. */
INLINE size_t tile_panels(size_t rows)
{
    const size_t one = rows * REGS;
    return 8 * one <= SUMS ? 8 : 4 * one <= SUMS ? 4 : 2 * one <= SUMS ? 2 : 1;
}

/* Panels of the next tile, with so many columns left: the same, but not more
 * than there are whole ones; 1 for the last, partial one. */
INLINE size_t tile_next(size_t rows, size_t columns)
{
    size_t panels = tile_panels(rows);
    while (panels > 1 && panels * PANEL > columns)
        panels /= 2;
    return panels;
}

/* sum[m][v] += s[m] w[v], where w[v] is vector v of panels that lie step floats
 * apart. rows and width are constants where this is called: all loops over them
 * unroll, and sum lives in registers. The shorter side is held there as well,
 * the longer one streams past it: gcc spills what is loaded too early. */
INLINE void tile_add(size_t rows, size_t width, const float *s, const float *w,
                     size_t step, vf sum[TILE_ROWS][TILE_PANELS * REGS])
{
    vf held[TILE_PANELS * REGS];
    if (rows < width) {
        UNROLL
        for (size_t m = 0; m < rows; m++)
            held[m] = vf_set(s[m]);
        UNROLL
        for (size_t v = 0; v < width; v++) {
            vf b = load_all(w + v / REGS * step + v % REGS * VLEN);
            UNROLL
            for (size_t m = 0; m < rows; m++)
                sum[m][v] = vf_fma(held[m], b, sum[m][v]);
        }
    } else {
        UNROLL
        for (size_t v = 0; v < width; v++)
            held[v] = load_all(w + v / REGS * step + v % REGS * VLEN);
        UNROLL
        for (size_t m = 0; m < rows; m++) {
            vf x = vf_set(s[m]);
            UNROLL
            for (size_t v = 0; v < width; v++)
                sum[m][v] = vf_fma(x, held[v], sum[m][v]);
        }
    }
}

/* Sums from and to the columns at c[m]. whole is a constant: a tile that is not
 * has one panel, of which there are so many columns. */
INLINE void tile_load(size_t rows, size_t width, bool whole, size_t columns,
                      float *const *c, vf sum[TILE_ROWS][TILE_PANELS * REGS])
{
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t v = 0; v < width; v++)
            sum[m][v] = whole
                            ? load_all(c[m] + v * VLEN)
                            : vf_load(c[m] + v * VLEN, left(columns, v * VLEN));
    }
}

INLINE void tile_store(size_t rows, size_t width, bool whole, size_t columns,
                       float *const *c, vf sum[TILE_ROWS][TILE_PANELS * REGS])
{
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t v = 0; v < width; v++) {
            if (whole) store_all(c[m] + v * VLEN, sum[m][v]);
            else vf_store(c[m] + v * VLEN, sum[m][v], left(columns, v * VLEN));
        }
    }
}

/* Rows are cut evenly: 7 into 4 and 3, as a single row is slow. */
INLINE size_t tile_count(size_t rows)
{
    return (rows + TILE_ROWS - 1) / TILE_ROWS;
}
INLINE size_t tile_begin(size_t rows, size_t tile)
{
    return rows * tile / tile_count(rows);
}

#endif
