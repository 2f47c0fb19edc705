/*
 * reference_lstm.c: the LSTM in double (Hochreiter & Schmidhuber 1997; forget
 * gate: Gers et al. 2000; peepholes p: Gers & Schmidhuber 2000; projection: Sak
 * et al. 2014). reference.c has the letters.
 *
 *   i = s([u_i + v_i + p_i c_prev])
 *   f = s([u_f + v_f + p_f c_prev])   or 1 - i if coupled
 *   g = tanh([u_g + v_g])             c = f c_prev + i g
 *   o = s([u_o + v_o + p_o c])        h = o tanh(c), or W_hr (o tanh(c))
 */
#include "cell/reference_parts.h"

/* Element j of the peephole of gate 0 i, 1 f, 2 o; 0 without peepholes */
static double peephole(const reference_cell *cell, const double *weights,
                       size_t gate, size_t j)
{
    if (cell->peephole < 0) return 0;
    return weights[cell->peephole + (ptrdiff_t)(gate * cell->H + j)];
}

static void forward(const reference_cell *cell, const double *weights,
                    reference_step *s)
{
    size_t H = cell->H;
    for (size_t j = 0; j < 4 * H; j++)
        s->sum[j] = from_input(cell, weights, j, s->x) +
                    from_memory(cell, weights, j, s->h_in);

    /* unit by unit: i, f and g, the new cell, o */
    for (size_t j = 0; j < H; j++) {
        double *sum = s->sum + j, *gate = s->gate + j;
        sum[0] += peephole(cell, weights, 0, j) * s->c_prev[j];
        sum[H] += peephole(cell, weights, 1, j) * s->c_prev[j];
        double i = activated(cell, FUNCTION_F, sum[0]);
        double f = activated(cell, FUNCTION_F, sum[H]);
        if (cell->config->coupled) f = 1 - i;
        double g = activated(cell, FUNCTION_G, sum[2 * H]);
        double c = f * s->c_prev[j] + i * g;
        sum[3 * H] += peephole(cell, weights, 2, j) * c;
        double o = activated(cell, FUNCTION_F, sum[3 * H]);

        gate[0] = i, gate[H] = f, gate[2 * H] = g, gate[3 * H] = o;
        s->c[j] = c;
        s->saved[j] =
            o * reference_activation(reference_function(cell, FUNCTION_H), c);
    }

    /* h is what o lets out, projected or not */
    for (size_t j = 0; j < cell->R; j++)
        s->h[j] = cell->w_hr < 0
                      ? s->saved[j]
                      : row_times(weights, cell->w_hr, -1, j, H, s->saved);
}

/* dm (H), the gradient at m = o tanh(c): dh, or W_hr^T dh if projected */
static void unproject(const reference_cell *cell, const double *weights,
                      reference_step *s, double *gradients, double *dm)
{
    for (size_t j = 0; j < cell->H; j++)
        dm[j] = cell->w_hr < 0 ? s->dh[j] : 0;
    if (cell->w_hr < 0) return;
    product from_m = {weights, gradients, cell->w_hr, -1,
                      cell->H, s->saved,  dm};
    for (size_t j = 0; j < cell->R; j++)
        row_backward(&from_m, j, s->dh[j]);
}

/* The peepholes' own gradients for unit j */
static void peephole_backward(const reference_cell *cell,
                              const reference_step *s, size_t j,
                              double *gradients)
{
    size_t H = cell->H;
    if (cell->peephole < 0) return;
    double *dp = gradients + cell->peephole + j;
    dp[0] += s->da[j] * s->c_prev[j];
    dp[H] += s->da[H + j] * s->c_prev[j];
    dp[2 * H] += s->da[3 * H + j] * s->c[j];
}

static void backward(const reference_cell *cell, const double *weights,
                     reference_step *s, double *gradients)
{
    size_t H = cell->H;
    double *dm = s->room;
    elman_activation h = reference_function(cell, FUNCTION_H);
    unproject(cell, weights, s, gradients, dm);

    /* unit by unit, from the output to the sums */
    for (size_t j = 0; j < H; j++) {
        const double *sum = s->sum + j, *gate = s->gate + j;
        double i = gate[0], f = gate[H], g = gate[2 * H], o = gate[3 * H];
        double k = reference_activation(h, s->c[j]), *da = s->da + j;

        da[3 * H] = dm[j] * k * derivative(cell, FUNCTION_F, sum[3 * H]);
        s->dc[j] += dm[j] * o * reference_activation_derivative(h, s->c[j]) +
                    peephole(cell, weights, 2, j) * da[3 * H];

        /* the whole gradient at c goes to the gates and to c_prev */
        double d_i = s->dc[j] * g, d_f = s->dc[j] * s->c_prev[j];
        if (cell->config->coupled) d_i -= d_f, d_f = 0;
        da[0] = d_i * derivative(cell, FUNCTION_F, sum[0]);
        da[H] = d_f * derivative(cell, FUNCTION_F, sum[H]);
        da[2 * H] = s->dc[j] * i * derivative(cell, FUNCTION_G, sum[2 * H]);
        s->dc_prev[j] += s->dc[j] * f + peephole(cell, weights, 0, j) * da[0] +
                         peephole(cell, weights, 1, j) * da[H];
        peephole_backward(cell, s, j, gradients);
    }

    product from_x = input_product(cell, weights, s, gradients);
    product from_h = memory_product(cell, weights, s, gradients);
    for (size_t j = 0; j < 4 * H; j++) {
        row_backward(&from_x, j, s->da[j]);
        row_backward(&from_h, j, s->da[j]);
    }
}

const reference_kind reference_lstm = {forward, backward};
