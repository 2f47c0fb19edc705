/*
 * reference.c: the cells as the papers write them.
 *
 *   with  u_* = W_i* x + b_i*   and   v_* = W_h* h_in + b_h*,
 *   [a]   a bounded to [-clip, clip], s the logistic sigmoid
 *
 *   RNN   (Elman 1990)
 *         h = f([u + v])                               f = tanh or relu
 *
 *   LSTM  (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000;
 *         peepholes p: Gers & Schmidhuber 2000; projection: Sak et al. 2014)
 *         i = s([u_i + v_i + p_i c_prev])
 *         f = s([u_f + v_f + p_f c_prev])   or 1 - i if coupled
 *         g = tanh([u_g + v_g])             c = f c_prev + i g
 *         o = s([u_o + v_o + p_o c])        h = o tanh(c), or W_hr (o tanh(c))
 *
 *   GRU   (Cho et al. 2014)
 *         r = s([u_r + v_r])                z = s([u_z + v_z])
 *         n = tanh([u_n + r v_n])           reset after the product
 *         n = tanh([u_n + W_hn (r h_in) + b_hn])        reset before it
 *         h = (1 - z) n + z h_prev
 *
 *   A config may choose other functions: f for s, of the RNN for f; g for the
 *   tanh of g and n; h for that of c.
 *
 *   Backward is the chain rule line by line, last line first. A sum at or past
 *   its bound passes no gradient.
 */
#include "cell/reference.h"

#include <math.h>

size_t reference_gates(elman_kind kind)
{
    return kind == ELMAN_LSTM ? 4 : kind == ELMAN_GRU ? 3 : 1;
}

enum { F, G, OF_CELL };

elman_activation reference_function(const reference_cell *cell, size_t k)
{
    const elman_layer *c = cell->config;
    if (c->activations[cell->way][k].kind) return c->activations[cell->way][k];
    if (c->kind != ELMAN_RNN && k == F)
        return (elman_activation){.kind = ELMAN_ACTIVATION_SIGMOID};
    if (c->kind == ELMAN_RNN && c->nonlinearity == ELMAN_NONLINEARITY_RELU)
        return (elman_activation){.kind = ELMAN_ACTIVATION_RELU};
    return (elman_activation){.kind = ELMAN_ACTIVATION_TANH};
}

static double bounded(const reference_cell *cell, double a)
{
    double clip = (double)cell->config->clip;
    return clip > 0 ? fmin(fmax(a, -clip), clip) : a;
}

/* Function k of a sum within its bound, and the derivative. */
static double squashed(const reference_cell *cell, size_t k, double sum)
{
    return reference_curve(reference_function(cell, k), bounded(cell, sum));
}

static double slope(const reference_cell *cell, size_t k, double sum)
{
    double clip = (double)cell->config->clip;
    if (clip > 0 && fabs(sum) >= clip) return 0;
    return reference_curve_slope(reference_function(cell, k), sum);
}

/* Row j of W n columns wide, times v, plus the bias of row j if there is one */
static double row_times(const double *weights, ptrdiff_t w, ptrdiff_t b,
                        size_t j, size_t n, const double *v)
{
    double sum = b >= 0 ? weights[b + (ptrdiff_t)j] : 0;
    for (size_t k = 0; k < n; k++)
        sum += weights[w + (ptrdiff_t)(j * n + k)] * v[k];
    return sum;
}

static double from_input(const reference_cell *cell, const double *weights,
                         size_t j, const double *x)
{
    return row_times(weights, cell->w_ih, cell->b_ih, j, cell->I, x);
}

static double from_memory(const reference_cell *cell, const double *weights,
                          size_t j, const double *h)
{
    return row_times(weights, cell->w_hh, cell->b_hh, j, cell->R, h);
}

/* A matrix with its bias, the vector it met, and where their gradients go. */
typedef struct product {
    const double *weights;
    double *gradients;
    ptrdiff_t w, b; /* offsets of both */
    size_t n;       /* columns */
    const double *v;
    double *dv;
} product;

/* da is the gradient at row j's sum: dW_j += da v, db_j += da, dv += W_j da */
static void row_backward(const product *p, size_t j, double da)
{
    if (p->b >= 0) p->gradients[p->b + (ptrdiff_t)j] += da;
    for (size_t k = 0; k < p->n; k++) {
        ptrdiff_t at = p->w + (ptrdiff_t)(j * p->n + k);
        p->gradients[at] += da * p->v[k];
        p->dv[k] += p->weights[at] * da;
    }
}

static product input_product(const reference_cell *cell, const double *weights,
                             reference_step *s, double *gradients)
{
    return (product){weights, gradients, cell->w_ih, cell->b_ih,
                     cell->I, s->x,      s->dx};
}

static product memory_product(const reference_cell *cell, const double *weights,
                              reference_step *s, double *gradients)
{
    return (product){weights, gradients, cell->w_hh, cell->b_hh,
                     cell->R, s->h_in,   s->dh_in};
}

/* ---- RNN ---------------------------------------------------------------- */

static void rnn_forward(const reference_cell *cell, const double *weights,
                        reference_step *s)
{
    for (size_t j = 0; j < cell->H; j++) {
        s->sum[j] = from_input(cell, weights, j, s->x) +
                    from_memory(cell, weights, j, s->h_in);
        s->gate[j] = squashed(cell, F, s->sum[j]);
        s->h[j] = s->gate[j];
    }
}

static void rnn_backward(const reference_cell *cell, const double *weights,
                         reference_step *s, double *gradients)
{
    product from_x = input_product(cell, weights, s, gradients);
    product from_h = memory_product(cell, weights, s, gradients);
    for (size_t j = 0; j < cell->H; j++) {
        double da = s->dh[j] * slope(cell, F, s->sum[j]);
        s->da[j] = da;
        row_backward(&from_x, j, da);
        row_backward(&from_h, j, da);
    }
}

/* ---- LSTM --------------------------------------------------------------- */

/* Element j of the peephole of gate 0 i, 1 f, 2 o; 0 without peepholes */
static double peephole(const reference_cell *cell, const double *weights,
                       size_t gate, size_t j)
{
    if (cell->peephole < 0) return 0;
    return weights[cell->peephole + (ptrdiff_t)(gate * cell->H + j)];
}

static void lstm_forward(const reference_cell *cell, const double *weights,
                         reference_step *s)
{
    size_t H = cell->H;
    for (size_t j = 0; j < 4 * H; j++)
        s->sum[j] = from_input(cell, weights, j, s->x) +
                    from_memory(cell, weights, j, s->h_in);

    for (size_t j = 0; j < H; j++) {
        double *sum = s->sum + j, *gate = s->gate + j;
        sum[0] += peephole(cell, weights, 0, j) * s->c_prev[j];
        sum[H] += peephole(cell, weights, 1, j) * s->c_prev[j];
        double i = squashed(cell, F, sum[0]);
        double f = squashed(cell, F, sum[H]);
        if (cell->config->coupled) f = 1 - i;
        double g = squashed(cell, G, sum[2 * H]);
        double c = f * s->c_prev[j] + i * g;
        sum[3 * H] += peephole(cell, weights, 2, j) * c;
        double o = squashed(cell, F, sum[3 * H]);

        gate[0] = i, gate[H] = f, gate[2 * H] = g, gate[3 * H] = o;
        s->c[j] = c;
        s->side[j] = o * reference_curve(reference_function(cell, OF_CELL), c);
    }
    for (size_t j = 0; j < cell->R; j++)
        s->h[j] = cell->w_hr < 0
                      ? s->side[j]
                      : row_times(weights, cell->w_hr, -1, j, H, s->side);
}

/* dm (H), the gradient at m = o tanh(c): dh, or W_hr^T dh if projected */
static void unproject(const reference_cell *cell, const double *weights,
                      reference_step *s, double *gradients, double *dm)
{
    for (size_t j = 0; j < cell->H; j++)
        dm[j] = cell->w_hr < 0 ? s->dh[j] : 0;
    if (cell->w_hr < 0) return;
    product from_m = {weights, gradients, cell->w_hr, -1, cell->H, s->side, dm};
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

static void lstm_backward(const reference_cell *cell, const double *weights,
                          reference_step *s, double *gradients)
{
    size_t H = cell->H;
    double *dm = s->room;
    elman_activation h = reference_function(cell, OF_CELL);
    unproject(cell, weights, s, gradients, dm);
    for (size_t j = 0; j < H; j++) {
        const double *sum = s->sum + j, *gate = s->gate + j;
        double i = gate[0], f = gate[H], g = gate[2 * H], o = gate[3 * H];
        double k = reference_curve(h, s->c[j]), *da = s->da + j;

        da[3 * H] = dm[j] * k * slope(cell, F, sum[3 * H]);
        s->dc[j] += dm[j] * o * reference_curve_slope(h, s->c[j]) +
                    peephole(cell, weights, 2, j) * da[3 * H];
        double d_i = s->dc[j] * g, d_f = s->dc[j] * s->c_prev[j];
        if (cell->config->coupled) d_i -= d_f, d_f = 0;
        da[0] = d_i * slope(cell, F, sum[0]);
        da[H] = d_f * slope(cell, F, sum[H]);
        da[2 * H] = s->dc[j] * i * slope(cell, G, sum[2 * H]);
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

/* ---- GRU ---------------------------------------------------------------- */

static void gru_forward(const reference_cell *cell, const double *weights,
                        reference_step *s)
{
    size_t H = cell->H;
    for (size_t j = 0; j < 2 * H; j++) {
        s->sum[j] = from_input(cell, weights, j, s->x) +
                    from_memory(cell, weights, j, s->h_in);
        s->gate[j] = squashed(cell, F, s->sum[j]);
    }

    bool before = cell->config->reset_before;
    for (size_t j = 0; j < H; j++)
        s->side[j] = before ? s->gate[j] * s->h_in[j]
                            : from_memory(cell, weights, 2 * H + j, s->h_in);
    for (size_t j = 0; j < H; j++) {
        double r = s->gate[j], z = s->gate[H + j];
        double a = from_input(cell, weights, 2 * H + j, s->x);
        a += before ? from_memory(cell, weights, 2 * H + j, s->side)
                    : r * s->side[j];
        double n = squashed(cell, G, a);
        s->sum[2 * H + j] = a;
        s->gate[2 * H + j] = n;
        s->h[j] = (1 - z) * n + z * s->h_prev[j];
    }
}

/* da of n and z, and the way from h to h_prev past the product */
static void mix_backward(const reference_cell *cell, reference_step *s)
{
    size_t H = cell->H;
    for (size_t j = 0; j < H; j++) {
        double z = s->gate[H + j], n = s->gate[2 * H + j], dh = s->dh[j];
        s->da[2 * H + j] = dh * (1 - z) * slope(cell, G, s->sum[2 * H + j]);
        s->da[H + j] = dh * (s->h_prev[j] - n) * slope(cell, F, s->sum[H + j]);
        s->dh_prev[j] += dh * z;
    }
}

static void gru_backward(const reference_cell *cell, const double *weights,
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
        d_r[j] = before ? 0 : s->da[2 * H + j] * s->side[j];
    if (before) {
        product from_reset = from_h;
        from_reset.v = s->side;
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
        s->da[j] = d_r[j] * slope(cell, F, s->sum[j]);
    for (size_t j = 0; j < 3 * H; j++)
        row_backward(&from_x, j, s->da[j]);
    for (size_t j = 0; j < 2 * H; j++)
        row_backward(&from_h, j, s->da[j]);
}

/* ---- Any of them -------------------------------------------------------- */

void reference_cell_forward(const reference_cell *cell, const double *weights,
                            reference_step *s)
{
    if (cell->config->kind == ELMAN_LSTM) lstm_forward(cell, weights, s);
    else if (cell->config->kind == ELMAN_GRU) gru_forward(cell, weights, s);
    else rnn_forward(cell, weights, s);
}

void reference_cell_backward(const reference_cell *cell, const double *weights,
                             reference_step *s, double *gradients)
{
    if (cell->config->kind == ELMAN_LSTM)
        lstm_backward(cell, weights, s, gradients);
    else if (cell->config->kind == ELMAN_GRU)
        gru_backward(cell, weights, s, gradients);
    else rnn_backward(cell, weights, s, gradients);
}
