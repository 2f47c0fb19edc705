/*
 * reference.c: what the reference cells share, and their table. Each cell is in
 * a file of its own, with its equations; those use
 *
 *   u_* = W_i* x + b_i*   and   v_* = W_h* h_in + b_h*,
 *   [a]   a bounded to [-clip, clip], s the logistic sigmoid
 *
 * A config may name other functions than those in the equations: f for s, of
 * the RNN for f; g for the tanh of g and n; h for that of c.
 *
 * Backward is the chain rule line by line, last line first.
 */
#include "base/kind.h"
#include "base/real.h"
#include "cell/reference_parts.h"

#include <math.h>

elman_activation reference_function(const reference_cell *cell, size_t k)
{
    return cell_activation(cell->config, cell->direction, k);
}

static double bounded(const reference_cell *cell, double a)
{
    double clip = (double)cell->config->clip;
    return clip > 0 ? real_min(real_max(a, -clip), clip) : a;
}

double activated(const reference_cell *cell, size_t k, double sum)
{
    return reference_activation(reference_function(cell, k),
                                bounded(cell, sum));
}

double derivative(const reference_cell *cell, size_t k, double sum)
{
    double clip = (double)cell->config->clip;
    if (clip > 0 && fabs(sum) >= clip) return 0;
    return reference_activation_derivative(reference_function(cell, k), sum);
}

/* ---- Products ----------------------------------------------------------- */

double row_times(const double *weights, ptrdiff_t w, ptrdiff_t b, size_t j,
                 size_t n, const double *v)
{
    double sum = b >= 0 ? weights[b + (ptrdiff_t)j] : 0;
    for (size_t k = 0; k < n; k++)
        sum += weights[w + (ptrdiff_t)(j * n + k)] * v[k];
    return sum;
}

double from_input(const reference_cell *cell, const double *weights, size_t j,
                  const double *x)
{
    return row_times(weights, cell->w_ih, cell->b_ih, j, cell->I, x);
}

double from_memory(const reference_cell *cell, const double *weights, size_t j,
                   const double *h)
{
    return row_times(weights, cell->w_hh, cell->b_hh, j, cell->R, h);
}

void row_backward(const product *p, size_t j, double da)
{
    if (p->b >= 0) p->gradients[p->b + (ptrdiff_t)j] += da;
    for (size_t k = 0; k < p->n; k++) {
        ptrdiff_t at = p->w + (ptrdiff_t)(j * p->n + k);
        p->gradients[at] += da * p->v[k];
        p->dv[k] += p->weights[at] * da;
    }
}

product input_product(const reference_cell *cell, const double *weights,
                      reference_step *s, double *gradients)
{
    return (product){weights, gradients, cell->w_ih, cell->b_ih,
                     cell->I, s->x,      s->dx};
}

product memory_product(const reference_cell *cell, const double *weights,
                       reference_step *s, double *gradients)
{
    return (product){weights, gradients, cell->w_hh, cell->b_hh,
                     cell->R, s->h_in,   s->dh_in};
}

/* ---- The table ---------------------------------------------------------- */

static const reference_kind *const kinds[] = {
#define CELL(value, NAME, word, ...) [value] = &reference_##word,
#define LAYER(...)
#include "base/kind.def"
};

void reference_cell_forward(const reference_cell *cell, const double *weights,
                            reference_step *s)
{
    kinds[cell->config->kind]->forward(cell, weights, s);
}

void reference_cell_backward(const reference_cell *cell, const double *weights,
                             reference_step *s, double *gradients)
{
    kinds[cell->config->kind]->backward(cell, weights, s, gradients);
}
