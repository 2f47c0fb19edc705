/*
 * eigen_absent.c: in place of eigen.c where LAPACKE is missing: the largest
 * modulus and the norm, from powers of the matrix.
 *
 *   |A^2p v| / |A^p v| is radius^p but for a factor that stays bounded while p
 *   grows (Gelfand 1941), so its p-th root comes as near as 1/p. A is squared a
 *   few times, and the power of it applied to a vector many times.
 *   |A v| / |v| after many steps v = A^T A v is the norm from below.
 */
#include "inspect/eigen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/real.h"

enum { SQUARINGS = 4, STEPS = 500, NORM_STEPS = 2000 };

const char *eigen_absent(void)
{
    return "this build of elman has no LAPACK, which gives eigenvalues: "
           "install liblapacke-dev and build again (ELMAN_LAPACK)";
}

static elman_status no_memory(size_t n)
{
    return failure(ELMAN_NO_MEMORY,
                   "no memory for the powers of a matrix of %zu rows", n);
}

static double length(size_t n, const double *v)
{
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += v[i] * v[i];
    return sqrt(squares);
}

/* Divides v by its length and returns the logarithm of that; -INFINITY leaves
 * v as it is. */
static double shorten(size_t n, double *v)
{
    double by = length(n, v);
    if (by == 0) return -INFINITY;
    for (size_t i = 0; i < n; i++)
        v[i] /= by;
    return real_log(by);
}

static void apply(size_t n, const double *a, const double *v, double *to)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = 0;
        for (size_t j = 0; j < n; j++)
            to[i] += a[i * n + j] * v[j];
    }
}

static void apply_transposed(size_t n, const double *a, const double *v,
                             double *to)
{
    memset(to, 0, n * sizeof *to);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            to[j] += a[i * n + j] * v[i];
}

/* to = a a */
static void square(size_t n, const double *a, double *to)
{
    memset(to, 0, n * n * sizeof *to);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            for (size_t j = 0; j < n; j++)
                to[i * n + j] += a[i * n + k] * a[k * n + j];
}

/* An arbitrary direction, the same for every matrix. */
static void fill_start(size_t n, double *v)
{
    random_fill_gaussian((random_key){.purpose = RANDOM_TEST}, 0, n, v);
    (void)shorten(n, v);
}

/* The radius, with room for two matrices and two vectors. */
static double power_radius(size_t n, const double *a, double *power,
                           double *next, double *v, double *w)
{
    /* power stays of length 1; its logarithm is that of a^p over p */
    double scale = 0, p = 1;
    memcpy(power, a, n * n * sizeof *power);
    scale = shorten(n * n, power);
    for (size_t i = 0; i < SQUARINGS && scale > -INFINITY; i++) {
        square(n, power, next);
        memcpy(power, next, n * n * sizeof *power);
        p *= 2;
        scale += shorten(n * n, power) / p;
    }
    if (scale == -INFINITY) return 0;

    /* growth over the second half of the steps */
    double growth = 0;
    fill_start(n, v);
    for (size_t i = 0; i < STEPS && growth > -INFINITY; i++) {
        apply(n, power, v, w);
        double step = shorten(n, w);
        if (i >= STEPS / 2 || step == -INFINITY) growth += step;
        memcpy(v, w, n * sizeof *v);
    }
    if (growth == -INFINITY) return 0;
    return real_exp(scale + growth / (STEPS / 2) / p);
}

elman_status eigen_values(size_t n, const double *a, double *real,
                          double *imaginary, double *radius, double *residual)
{
    (void)real;
    (void)imaginary;
    *radius = NAN;
    if (residual) *residual = NAN;
    if (!eigen_finite(n * n, a)) return ELMAN_OK;

    double *room = malloc((2 * n * n + 2 * n + 1) * sizeof *room);
    if (!room) return no_memory(n);
    double *v = room + 2 * n * n;
    *radius = power_radius(n, a, room, room + n * n, v, v + n);
    free(room);
    return ELMAN_OK;
}

elman_status eigen_norm(size_t n, const double *a, double *norm)
{
    *norm = NAN;
    if (!eigen_finite(n * n, a)) return ELMAN_OK;
    double *v = malloc((2 * n + 1) * sizeof *v), *w = v + n;
    if (!v) return no_memory(n);

    fill_start(n, v);
    *norm = 0;
    for (size_t i = 0; i < NORM_STEPS; i++) {
        apply(n, a, v, w);
        double last = *norm;
        *norm = length(n, w);
        if (*norm == 0 || fabs(*norm - last) <= 1e-15 * *norm) break;
        apply_transposed(n, a, w, v);
        (void)shorten(n, v);
    }
    free(v);
    return ELMAN_OK;
}
