/*
 * reference.h: one step of every cell in double and in the plainest words. The
 * fast cells are checked against it, so it shares their facts (struct
 * cell_kind) and none of their code: no kernels, no packing, one row at a time.
 */
#ifndef CELL_REFERENCE_H
#define CELL_REFERENCE_H

#include "elman.h"

/* One direction of one level: sizes, and where its parameters begin in the
 * weights; an offset is negative where there is none. */
typedef struct reference_cell {
    const elman_layer *config; /* kind, nonlinearity, clip, coupled ... */
    size_t direction;          /* 1: the second of two directions */
    size_t I, H, R, G;
    ptrdiff_t w_ih, w_hh, b_ih, b_hh, w_hr, peephole;
} reference_cell;

/* One sequence at one step. */
typedef struct reference_step {
    const double *x;      /* (I) */
    const double *h_prev; /* (R) */
    const double *h_in;   /* (R) what enters the product: h_prev, or h_prev
                             with units dropped */
    const double *c_prev; /* (H) LSTM */

    double *sum;   /* (G) sums into the gates, before any bound */
    double *gate;  /* (G) gates after activation: i f g o, r z n, h */
    double *saved; /* (H) LSTM: o tanh(c); GRU: q reset after, r h_in before */
    double *c;     /* (H) LSTM */
    double *h;     /* (R) */

    const double *dh; /* (R) gradient at h */
    double *dc;       /* (H) LSTM: gradient at c from later steps; backward
                         makes it the whole gradient at c */
    double *da;       /* (G) gradient at sum; written */
    double *room;     /* (H) scratch of backward */
    double *dx;       /* (I) added to */
    double *dh_prev;  /* (R) added to: what passes by the product */
    double *dh_in;    /* (R) added to: what passes through it */
    double *dc_prev;  /* (H) LSTM: added to */
} reference_step;

/* A function that a config names, its derivative, and how far x is from the
 * nearest jump of the derivative: INFINITY if it has none. */
double reference_activation(elman_activation f, double x);
double reference_activation_derivative(elman_activation f, double x);
double reference_activation_kink(elman_activation f, double x);

/* Function k, of f g h, of the cell. */
elman_activation reference_function(const reference_cell *cell, size_t k);

/* From x, h_prev, h_in and c_prev to sum, gate, saved, c and h. */
void reference_cell_forward(const reference_cell *cell, const double *weights,
                            reference_step *s);

/* Back through one step that forward has filled; adds to gradients, which lie
 * as weights do. */
void reference_cell_backward(const reference_cell *cell, const double *weights,
                             reference_step *s, double *gradients);

/* The two for a kind of cell: reference_rnn, reference_lstm ... */
typedef struct reference_kind {
    void (*forward)(const reference_cell *cell, const double *weights,
                    reference_step *s);
    void (*backward)(const reference_cell *cell, const double *weights,
                     reference_step *s, double *gradients);
} reference_kind;

#define CELL(value, NAME, word, ...)                                           \
    extern const reference_kind reference_##word;
#define LAYER(...)
#include "base/kind.def"

#endif
