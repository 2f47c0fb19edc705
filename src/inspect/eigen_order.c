/* eigen_order.c: eigenvalues in an order that does not depend on rounding. */
#include "inspect/eigen.h"

#include <math.h>
#include <stdlib.h>

#include "base/real.h"

double eigen_modulus(double x, double y)
{
    double most = real_max(fabs(x), fabs(y)),
           least = real_min(fabs(x), fabs(y));
    if (most == 0 || !isfinite(most)) return most;
    double part = least / most;
    return most * sqrt(1 + part * part);
}

bool eigen_finite(size_t n, const double *a)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(a[i])) return false;
    return true;
}

/* One eigenvalue in steps of what counts as equal. */
typedef struct key {
    double modulus, real, imaginary;
    double x, y; /* the eigenvalue itself */
} key;

static int descending(double a, double b) { return (a < b) - (a > b); }

static int compare(const void *first, const void *second)
{
    const key *a = first, *b = second;
    int order = descending(a->modulus, b->modulus);
    if (!order) order = descending(a->real, b->real);
    if (!order) order = descending(a->imaginary, b->imaginary);
    return order;
}

elman_status eigen_sort(size_t n, double *real, double *imaginary)
{
    key *keys = malloc((n ? n : 1) * sizeof *keys);
    if (!keys)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu eigenvalues", n);

    /* what differs by rounding alone counts as equal */
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = real_max(most, eigen_modulus(real[i], imaginary[i]));
    double unit = most > 0 ? most * 1e-10 : 1;

    for (size_t i = 0; i < n; i++)
        keys[i] = (key){.modulus = real_floor(
                            eigen_modulus(real[i], imaginary[i]) / unit + 0.5),
                        .real = real_floor(real[i] / unit + 0.5),
                        .imaginary = real_floor(imaginary[i] / unit + 0.5),
                        .x = real[i],
                        .y = imaginary[i]};
    qsort(keys, n, sizeof *keys, compare);

    for (size_t i = 0; i < n; i++) {
        real[i] = keys[i].x;
        imaginary[i] = keys[i].y;
    }
    free(keys);
    return ELMAN_OK;
}
