/*
 * reference_ligru.c: the light GRU in double (Ravanelli et al. 2018, without
 * batch normalization). reference.c has the letters.
 *
 *   z = s([u_z + v_z])       n = relu([u_n + v_n])
 *   h = z h_prev + (1 - z) n
 */
#include "cell/reference_parts.h"

static void forward(const reference_cell *cell, const double *weights,
                    reference_step *s)
{
    size_t H = cell->H;
    for (size_t j = 0; j < 2 * H; j++)
        s->sum[j] = from_input(cell, weights, j, s->x) +
                    from_memory(cell, weights, j, s->h_in);
    for (size_t j = 0; j < H; j++) {
        double z = activated(cell, FUNCTION_F, s->sum[j]);
        double n = activated(cell, FUNCTION_G, s->sum[H + j]);
        s->gate[j] = z, s->gate[H + j] = n;
        s->h[j] = z * s->h_prev[j] + (1 - z) * n;
    }
}

static void backward(const reference_cell *cell, const double *weights,
                     reference_step *s, double *gradients)
{
    size_t H = cell->H;
    product from_x = input_product(cell, weights, s, gradients);
    product from_h = memory_product(cell, weights, s, gradients);
    for (size_t j = 0; j < H; j++) {
        double z = s->gate[j], n = s->gate[H + j], dh = s->dh[j];
        double dz = dh * (s->h_prev[j] - n), dn = dh * (1 - z);
        s->da[j] = dz * derivative(cell, FUNCTION_F, s->sum[j]);
        s->da[H + j] = dn * derivative(cell, FUNCTION_G, s->sum[H + j]);
        s->dh_prev[j] += dh * z;
    }
    for (size_t j = 0; j < 2 * H; j++) {
        row_backward(&from_x, j, s->da[j]);
        row_backward(&from_h, j, s->da[j]);
    }
}

const reference_kind reference_ligru = {forward, backward};
