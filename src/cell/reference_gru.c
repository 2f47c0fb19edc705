/*
 * reference_gru.c: the GRU in double (Cho et al. 2014). reference.c has the
 * letters.
 *
 *   r = s([u_r + v_r])                z = s([u_z + v_z])
 *   n = tanh([u_n + r v_n])           reset after the product
 *   n = tanh([u_n + W_hn (r h_in) + b_hn])        reset before it
 *   h = (1 - z) n + z h_prev
 */
#include "cell/reference_parts.h"

static void forward(const reference_cell *cell, const double *weights,
                    reference_step *s)
{
    size_t H = cell->H;
    for (size_t j = 0; j < 2 * H; j++) {
        s->sum[j] = from_input(cell, weights, j, s->x) +
                    from_memory(cell, weights, j, s->h_in);
        s->gate[j] = activated(cell, FUNCTION_F, s->sum[j]);
    }

    /* what the reset gate acts on */
    bool before = cell->config->reset_before;
    for (size_t j = 0; j < H; j++)
        s->saved[j] = before ? s->gate[j] * s->h_in[j]
                             : from_memory(cell, weights, 2 * H + j, s->h_in);

    /* the candidate, and the mix of old and new */
    for (size_t j = 0; j < H; j++) {
        double r = s->gate[j], z = s->gate[H + j];
        double a = from_input(cell, weights, 2 * H + j, s->x);
        a += before ? from_memory(cell, weights, 2 * H + j, s->saved)
                    : r * s->saved[j];
        double n = activated(cell, FUNCTION_G, a);
        s->sum[2 * H + j] = a;
        s->gate[2 * H + j] = n;
        s->h[j] = (1 - z) * n + z * s->h_prev[j];
    }
}

/* da of n and z, and the direct path from h to h_prev */
static void mix_backward(const reference_cell *cell, reference_step *s)
{
    size_t H = cell->H;
    for (size_t j = 0; j < H; j++) {
        double z = s->gate[H + j], n = s->gate[2 * H + j], dh = s->dh[j];
        s->da[2 * H + j] =
            dh * (1 - z) * derivative(cell, FUNCTION_G, s->sum[2 * H + j]);
        s->da[H + j] = dh * (s->h_prev[j] - n) *
                       derivative(cell, FUNCTION_F, s->sum[H + j]);
        s->dh_prev[j] += dh * z;
    }
}

static void backward(const reference_cell *cell, const double *weights,
                     reference_step *s, double *gradients)
{
    size_t H = cell->H;
    bool before = cell->config->reset_before;
    product from_x = input_product(cell, weights, s, gradients);
    product from_h = memory_product(cell, weights, s, gradients);
    mix_backward(cell, s);

    /* the recurrent rows of n, and with them the gradient at r */
    double *d_r = s->room;
    for (size_t j = 0; j < H; j++)
        d_r[j] = before ? 0 : s->da[2 * H + j] * s->saved[j];
    if (before) {
        product from_reset = from_h;
        from_reset.v = s->saved;
        from_reset.dv = d_r; /* gradient at r h_in, until below */
        for (size_t j = 0; j < H; j++)
            row_backward(&from_reset, 2 * H + j, s->da[2 * H + j]);
        for (size_t j = 0; j < H; j++) {
            s->dh_in[j] += d_r[j] * s->gate[j];
            d_r[j] *= s->h_in[j];
        }
    } else {
        for (size_t j = 0; j < H; j++)
            row_backward(&from_h, 2 * H + j, s->da[2 * H + j] * s->gate[j]);
    }

    for (size_t j = 0; j < H; j++)
        s->da[j] = d_r[j] * derivative(cell, FUNCTION_F, s->sum[j]);
    for (size_t j = 0; j < 3 * H; j++)
        row_backward(&from_x, j, s->da[j]);
    for (size_t j = 0; j < 2 * H; j++)
        row_backward(&from_h, j, s->da[j]);
}

const reference_kind reference_gru = {forward, backward};
