/*
 * reference_parts.h: what the reference cells are written with: sums into
 * gates, functions within their bound, and a matrix product backward.
 */
#ifndef CELL_REFERENCE_PARTS_H
#define CELL_REFERENCE_PARTS_H

#include "cell/cell.h"
#include "cell/reference.h"

/* Function k of a sum within its bound. */
double activated(const reference_cell *cell, size_t k, double sum);

/* Its derivative: a sum at or past its bound passes no gradient. */
double derivative(const reference_cell *cell, size_t k, double sum);

/* Row j of W n columns wide, times v, plus the bias of row j if there is one;
 * w and b are offsets in weights. */
double row_times(const double *weights, ptrdiff_t w, ptrdiff_t b, size_t j,
                 size_t n, const double *v);

/* The sum into row j of the gates from x, and from h. */
double from_input(const reference_cell *cell, const double *weights, size_t j,
                  const double *x);
double from_memory(const reference_cell *cell, const double *weights, size_t j,
                   const double *h);

/* A matrix with its bias, the vector it met, and where their gradients go. */
typedef struct product {
    const double *weights;
    double *gradients;
    ptrdiff_t w, b; /* offsets of both */
    size_t n;       /* columns */
    const double *v;
    double *dv;
} product;

product input_product(const reference_cell *cell, const double *weights,
                      reference_step *s, double *gradients);
product memory_product(const reference_cell *cell, const double *weights,
                       reference_step *s, double *gradients);

/* da is the gradient at row j's sum: dW_j += da v, db_j += da, dv += W_j da. */
void row_backward(const product *p, size_t j, double da);

#endif
