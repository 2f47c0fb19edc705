/*
 * eigen.c: eigenvalues and norms by LAPACK (Anderson et al. 1999): dgeev, a
 * Hessenberg form and the QR algorithm; dgesdd for the largest singular value.
 * Each eigenvalue is held by its residual. A build without LAPACKE has
 * eigen_absent.c instead.
 */
#include "inspect/eigen.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"

const char *eigen_absent(void) { return NULL; }

static elman_status no_memory(size_t n)
{
    return failure(ELMAN_NO_MEMORY,
                   "no memory for the eigenvalues of a matrix of %zu rows", n);
}

/* LAPACK counts in int. */
static elman_status check_size(size_t n)
{
    if (n > 30000)
        return failure(ELMAN_BAD_VALUE,
                       "the matrix has %zu rows, expected at most 30000", n);
    return ELMAN_OK;
}

/* |A v - lambda v| of the pair with eigenvalue x + i y and eigenvector re + i
 * im, im NULL if it is real. */
static double pair_residual(size_t n, const double *a, double x, double y,
                            const double *re, const double *im)
{
    double squares = 0;
    for (size_t i = 0; i < n; i++) {
        double u = -x * re[i], v = 0;
        for (size_t j = 0; j < n; j++)
            u += a[i * n + j] * re[j];
        if (im) {
            u += y * im[i];
            v = -x * im[i] - y * re[i];
            for (size_t j = 0; j < n; j++)
                v += a[i * n + j] * im[j];
        }
        squares += u * u + v * v;
    }
    return sqrt(squares);
}

/* The largest over all pairs, from dgeev's vectors: a real eigenvalue has one
 * column, a pair the two of its first. */
static double largest_residual(size_t n, const double *a, const double *real,
                               const double *imaginary, const double *vectors)
{
    double most = 0, squares = 0;
    for (size_t i = 0; i < n * n; i++)
        squares += a[i] * a[i];
    if (squares == 0) return 0;

    for (size_t j = 0; j < n; j++) {
        const double *re = vectors + j * n;
        bool pair = imaginary[j] != 0 && j + 1 < n;
        most = real_max(most, pair_residual(n, a, real[j], imaginary[j], re,
                                            pair ? re + n : NULL));
        if (pair) j++;
    }
    return most / ((double)n * sqrt(squares));
}

static void fill_unknown(size_t n, double *real, double *imaginary,
                         double *radius, double *residual)
{
    for (size_t i = 0; i < n; i++)
        real[i] = imaginary[i] = NAN;
    *radius = NAN;
    if (residual) *residual = NAN;
}

elman_status eigen_values(size_t n, const double *a, double *real,
                          double *imaginary, double *radius, double *residual)
{
    TRY(check_size(n));
    fill_unknown(n, real, imaginary, radius, residual);
    if (n == 0 || !eigen_finite(n * n, a)) return ELMAN_OK;

    /* dgeev overwrites its matrix, which it has column by column */
    double *columns = malloc(n * n * sizeof *columns);
    double *vectors = malloc((residual ? n * n : 1) * sizeof *vectors);
    elman_status status = columns && vectors ? ELMAN_OK : no_memory(n);
    int info = 0, rows = (int)n;
    if (!status) {
        for (size_t i = 0; i < n * n; i++)
            columns[i] = a[i % n * n + i / n];
        info = LAPACKE_dgeev(LAPACK_COL_MAJOR, 'N', residual ? 'V' : 'N', rows,
                             columns, rows, real, imaginary, NULL, 1, vectors,
                             rows);
        if (info == LAPACK_WORK_MEMORY_ERROR) status = no_memory(n);
    }

    if (!status && info != 0)
        fill_unknown(n, real, imaginary, radius, residual);
    else if (!status) {
        if (residual)
            *residual = largest_residual(n, a, real, imaginary, vectors);
        status = eigen_sort(n, real, imaginary);
        *radius = eigen_modulus(real[0], imaginary[0]);
    }
    free(columns);
    free(vectors);
    return status;
}

elman_status eigen_norm(size_t n, const double *a, double *norm)
{
    TRY(check_size(n));
    *norm = NAN;
    if (n == 0 || !eigen_finite(n * n, a)) return ELMAN_OK;

    /* a matrix and its transpose have the same singular values */
    double *copy = malloc(n * n * sizeof *copy);
    double *values = malloc(n * sizeof *values);
    elman_status status = copy && values ? ELMAN_OK : no_memory(n);
    if (!status) {
        memcpy(copy, a, n * n * sizeof *copy);
        int rows = (int)n,
            info = LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'N', rows, rows, copy, rows,
                                  values, NULL, 1, NULL, 1);
        if (info == LAPACK_WORK_MEMORY_ERROR) status = no_memory(n);
        else if (info == 0) *norm = values[0];
    }
    free(copy);
    free(values);
    return status;
}
