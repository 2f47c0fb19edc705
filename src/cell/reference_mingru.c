/*
 * reference_mingru.c: the minimal GRU in double (Feng et al. 2024).
 * reference.c has the letters.
 *
 *   z = s(u_z)        n = u_n        h = (1 - z) h_prev + z n
 */
#include "cell/reference_parts.h"

static void forward(const reference_cell *cell, const double *weights,
                    reference_step *s)
{
    size_t H = cell->H;
    for (size_t j = 0; j < 2 * H; j++)
        s->sum[j] = from_input(cell, weights, j, s->x);
    for (size_t j = 0; j < H; j++) {
        double z = activated(cell, FUNCTION_F, s->sum[j]), n = s->sum[H + j];
        s->gate[j] = z;
        s->gate[H + j] = n;
        s->h[j] = (1 - z) * s->h_prev[j] + z * n;
    }
}

static void backward(const reference_cell *cell, const double *weights,
                     reference_step *s, double *gradients)
{
    size_t H = cell->H;
    product from_x = input_product(cell, weights, s, gradients);
    for (size_t j = 0; j < H; j++) {
        double z = s->gate[j], n = s->gate[H + j], dh = s->dh[j];
        s->da[j] =
            dh * (n - s->h_prev[j]) * derivative(cell, FUNCTION_F, s->sum[j]);
        s->da[H + j] = dh * z;
        s->dh_prev[j] += dh * (1 - z);
    }
    for (size_t j = 0; j < 2 * H; j++)
        row_backward(&from_x, j, s->da[j]);
}

const reference_kind reference_mingru = {forward, backward};
