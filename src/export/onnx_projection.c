/*
 * onnx_projection.c: products and the right inverse of a projection.
 *
 *   to = (P P^T)^-1 P       by Cholesky's L L^T = P P^T
 */
#include "export/onnx_projection.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

void projection_multiply(size_t N, size_t R, size_t H, const float *W,
                         const float *P, float *to)
{
    for (size_t n = 0; n < N; n++)
        for (size_t j = 0; j < H; j++) {
            double sum = 0;
            for (size_t r = 0; r < R; r++)
                sum += (double)W[n * R + r] * (double)P[r * H + j];
            to[n * H + j] = (float)sum;
        }
}

static double row_product(size_t n, const float *a, const float *b)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += (double)a[j] * (double)b[j];
    return sum;
}

/* L (R,R), below its diagonal; false if a row is a sum of those before it. */
static bool factorize(size_t R, size_t H, const float *P, double *L)
{
    for (size_t i = 0; i < R; i++)
        for (size_t k = 0; k <= i; k++) {
            double all = row_product(H, P + i * H, P + k * H), rest = all;
            for (size_t j = 0; j < k; j++)
                rest -= L[i * R + j] * L[k * R + j];

            if (k < i) L[i * R + k] = rest / L[k * R + k];
            else if (rest > 1e-10 * all) L[i * R + i] = sqrt(rest);
            else return false;
        }
    return true;
}

/* Column j of to, from that of P, by two triangles. */
static void solve(size_t R, size_t H, const double *L, const float *P, size_t j,
                  double *column, float *to)
{
    for (size_t i = 0; i < R; i++) {
        column[i] = (double)P[i * H + j];
        for (size_t k = 0; k < i; k++)
            column[i] -= L[i * R + k] * column[k];
        column[i] /= L[i * R + i];
    }

    for (size_t i = R; i-- > 0;) {
        for (size_t k = i + 1; k < R; k++)
            column[i] -= L[k * R + i] * column[k];
        column[i] /= L[i * R + i];
        to[i * H + j] = (float)column[i];
    }
}

/* Whether the projection of each row of to is that row of the identity. */
static bool is_inverse(size_t R, size_t H, const float *P, const float *to)
{
    for (size_t i = 0; i < R; i++)
        for (size_t k = 0; k < R; k++) {
            double got = row_product(H, to + i * H, P + k * H);
            if (!(fabs(got - (i == k)) < 1e-4)) return false;
        }
    return true;
}

elman_status projection_invert(size_t R, size_t H, const float *P, float *to)
{
    size_t bytes;
    double *L = NULL;
    if (sizes_multiply(R + 1, R, sizeof *L, &bytes)) L = malloc(bytes);
    if (!L) return failure(ELMAN_NO_MEMORY, "no memory for a projection");

    bool found = factorize(R, H, P, L);
    for (size_t j = 0; j < H && found; j++)
        solve(R, H, L, P, j, L + R * R, to);
    found = found && is_inverse(R, H, P, to);
    free(L);

    return found ? ELMAN_OK
                 : failure(ELMAN_BAD_VALUE, "its rows are not independent");
}
