/*
 * reference_rnn.c: the Elman cell in double (Elman 1990). reference.c has the
 * letters.
 *
 *   h = f([u + v])                               f = tanh or relu
 */
#include "cell/reference_parts.h"

static void forward(const reference_cell *cell, const double *weights,
                    reference_step *s)
{
    for (size_t j = 0; j < cell->H; j++) {
        s->sum[j] = from_input(cell, weights, j, s->x) +
                    from_memory(cell, weights, j, s->h_in);
        s->gate[j] = activated(cell, FUNCTION_F, s->sum[j]);
        s->h[j] = s->gate[j];
    }
}

static void backward(const reference_cell *cell, const double *weights,
                     reference_step *s, double *gradients)
{
    product from_x = input_product(cell, weights, s, gradients);
    product from_h = memory_product(cell, weights, s, gradients);
    for (size_t j = 0; j < cell->H; j++) {
        double da = s->dh[j] * derivative(cell, FUNCTION_F, s->sum[j]);
        s->da[j] = da;
        row_backward(&from_x, j, da);
        row_backward(&from_h, j, da);
    }
}

const reference_kind reference_rnn = {forward, backward};
