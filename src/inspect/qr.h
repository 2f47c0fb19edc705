/*
 * qr.h: what keeps directions apart that a product of many matrices would turn
 * into one.
 */
#ifndef INSPECT_QR_H
#define INSPECT_QR_H

#include "kernel/kernel.h"

enum { QR_MOST = 64 }; /* rows */

/* Floats of room for rows of n, or shorter ones. */
size_t qr_room(size_t n);

/* Makes rows (count,n) orthonormal, in order, where count is at most n and
 * QR_MOST, by the modified Gram-Schmidt method, a second time where a row lost
 * most of its length (Bjorck 1967; Daniel et al. 1976). growth (count) receives
 * the logarithm of the length of each row without the parts along those before
 * it: the diagonal of R. A row of which less than 1e-6 is left, which is
 * rounding, or less than 1e-30, was lost: its growth is -INFINITY, and an
 * arbitrary direction takes its place, so that the others go on. NaN stays NaN.
 */
void qr_rows(const kernels *k, size_t count, size_t n, float *rows, float *room,
             double *growth);

#endif
