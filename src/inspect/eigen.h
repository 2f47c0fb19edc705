/*
 * eigen.h: eigenvalues and the norm of a matrix: eigen.c by LAPACK, which no
 * other file uses; a build without it (ELMAN_LAPACK off) has eigen_absent.c,
 * which knows the largest ones alone. Their last bits are the library's: see
 * docs/NUMERICS.md.
 */
#ifndef INSPECT_EIGEN_H
#define INSPECT_EIGEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Why there are no eigenvalues, and what to do; NULL if there are. */
const char *eigen_absent(void);

/* The eigenvalues of a (n,n), row by row, in canonical order: real and
 * imaginary (n), which nothing is written to without LAPACK; the largest
 * modulus in radius, without LAPACK right to a thousandth; and in residual,
 * unless it is NULL, the largest |A v - lambda v| / (n |A|) of the unit
 * eigenvectors v, where |A| is the root of the sum of squares: 0 of a zero
 * matrix, NaN without LAPACK. All is NaN if a holds a NaN or an infinity, or if
 * LAPACK does not converge. */
elman_status eigen_values(size_t n, const double *a, double *real,
                          double *imaginary, double *radius, double *residual);

/* The largest singular value of a (n,n): NaN as above. Without LAPACK by power
 * iteration, at most a thousandth too small. */
elman_status eigen_norm(size_t n, const double *a, double *norm);

/* eigen_order.c: the canonical order: the largest modulus first; of equal ones
 * the largest real part; of those the largest imaginary part. Numbers that
 * differ by less than 1e-10 of the largest modulus are equal, so that rounding
 * does not decide. */
elman_status eigen_sort(size_t n, double *real, double *imaginary);

/* |x + i y|, without overflow. */
double eigen_modulus(double x, double y);

/* Whether all n numbers are finite. */
bool eigen_finite(size_t n, const double *a);

#endif
