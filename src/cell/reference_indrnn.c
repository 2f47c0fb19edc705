/*
 * reference_indrnn.c: the IndRNN in double (Li et al. 2018). reference.c has
 * the letters.
 *
 *   h = f([u + w_hh h_in])                       f = tanh or relu
 */
#include "cell/reference_parts.h"

static void forward(const reference_cell *cell, const double *weights,
                    reference_step *s)
{
    const double *w_hh = weights + cell->w_hh;
    for (size_t j = 0; j < cell->H; j++) {
        s->sum[j] = from_input(cell, weights, j, s->x) + w_hh[j] * s->h_in[j];
        s->gate[j] = activated(cell, FUNCTION_F, s->sum[j]);
        s->h[j] = s->gate[j];
    }
}

static void backward(const reference_cell *cell, const double *weights,
                     reference_step *s, double *gradients)
{
    product from_x = input_product(cell, weights, s, gradients);
    const double *w_hh = weights + cell->w_hh;
    double *dw_hh = gradients + cell->w_hh;
    for (size_t j = 0; j < cell->H; j++) {
        double da = s->dh[j] * derivative(cell, FUNCTION_F, s->sum[j]);
        s->da[j] = da;
        row_backward(&from_x, j, da);
        dw_hh[j] += da * s->h_in[j];
        s->dh_in[j] += da * w_hh[j];
    }
}

const reference_kind reference_indrnn = {forward, backward};
