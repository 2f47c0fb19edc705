/*
 * reference_minlstm.c: the minimal LSTM in double (Feng et al. 2024).
 * reference.c has the letters.
 *
 *   f = s(u_f)        i = s(u_i)        n = u_n
 *   f' = f / (f + i)  i' = i / (f + i)  h = f' h_prev + i' n
 */
#include "cell/reference_parts.h"

static void forward(const reference_cell *cell, const double *weights,
                    reference_step *s)
{
    size_t H = cell->H;
    for (size_t j = 0; j < 3 * H; j++)
        s->sum[j] = from_input(cell, weights, j, s->x);

    for (size_t j = 0; j < H; j++) {
        double f = activated(cell, FUNCTION_F, s->sum[j]);
        double i = activated(cell, FUNCTION_F, s->sum[H + j]);
        double n = s->sum[2 * H + j];
        s->gate[j] = f, s->gate[H + j] = i, s->gate[2 * H + j] = n;
        s->h[j] = f / (f + i) * s->h_prev[j] + i / (f + i) * n;
    }
}

static void backward(const reference_cell *cell, const double *weights,
                     reference_step *s, double *gradients)
{
    size_t H = cell->H;
    product from_x = input_product(cell, weights, s, gradients);
    for (size_t j = 0; j < H; j++) {
        double f = s->gate[j], i = s->gate[H + j], n = s->gate[2 * H + j];
        double sum = f + i, dh = s->dh[j], h_prev = s->h_prev[j];

        /* both quotients change with each gate */
        double df = dh * (h_prev - n) * i / (sum * sum);
        double di = dh * (n - h_prev) * f / (sum * sum);
        s->da[j] = df * derivative(cell, FUNCTION_F, s->sum[j]);
        s->da[H + j] = di * derivative(cell, FUNCTION_F, s->sum[H + j]);
        s->da[2 * H + j] = dh * i / sum;
        s->dh_prev[j] += dh * f / sum;
    }

    for (size_t j = 0; j < 3 * H; j++)
        row_backward(&from_x, j, s->da[j]);
}

const reference_kind reference_minlstm = {forward, backward};
