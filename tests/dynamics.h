/*
 * dynamics.h: one step of a level in the double-precision reference, and its
 * Jacobian by finite differences, for what is measured of a network's dynamics.
 */
#ifndef TESTS_DYNAMICS_H
#define TESTS_DYNAMICS_H

#include "check.h"
#include "model/reference.h"

/* Writes the model's weights into the reference. */
static inline void copy_weights(const elman_model *model, reference *r)
{
    size_t at = 0;
    elman_const_tensor view;
    for (size_t i = 0; elman_model_parameter(model, i, &view); i++) {
        size_t n =
            view.rank == 2 ? view.shape[0] * view.shape[1] : view.shape[0];
        for (size_t k = 0; k < n; k++)
            r->weights[at + k] = (double)view.data[k];
        at += n;
    }
    assert_int_equal(at, r->weight_count);
}

/* Numbers of a state: h, and of an LSTM c. */
static inline size_t state_width(const reference_direction *d)
{
    return d->cell.R + (d->cell.config->kind == ELMAN_LSTM ? d->cell.H : 0);
}

/* to (n) is the state after a step from state (n) with input x; returns how far
 * the sums are from the nearest kink. */
static inline double reference_one_step(const reference_direction *d,
                                        const double *weights, const double *x,
                                        const double *state, double *to)
{
    const reference_cell *cell = &d->cell;
    size_t R = cell->R, H = cell->H, G = cell->G;
    double *room = calloc(2 * G + 2 * H + R, sizeof *room);
    assert_non_null(room);
    reference_step s = {.x = x,
                        .h_prev = state,
                        .h_in = state,
                        .c_prev = state + R,
                        .sum = room,
                        .gate = room + G,
                        .saved = room + 2 * G,
                        .c = room + 2 * G + H,
                        .h = room + 2 * G + 2 * H};
    reference_cell_forward(cell, weights, &s);

    double k_h = (double)cell->config->zoneout,
           k_c = (double)cell->config->zoneout_cell;
    for (size_t j = 0; j < R; j++)
        to[j] = k_h * state[j] + (1 - k_h) * s.h[j];
    for (size_t j = 0; R + j < state_width(d); j++)
        to[R + j] = k_c * state[R + j] + (1 - k_c) * s.c[j];

    /* clips, and functions with corners */
    double nearest = INFINITY, clip = (double)cell->config->clip;
    for (size_t j = 0; j < G; j++) {
        for (size_t k = 0; k < 2; k++)
            nearest = fmin(nearest, reference_activation_kink(
                                        reference_function(cell, k), s.sum[j]));
        if (clip > 0) nearest = fmin(nearest, fabs(fabs(s.sum[j]) - clip));
    }
    for (size_t j = 0; R + j < state_width(d); j++)
        nearest = fmin(nearest, reference_activation_kink(
                                    reference_function(cell, 2), s.c[j]));
    free(room);
    return nearest;
}

/* jacobian (n,n), row by row, by central differences. */
static inline void reference_jacobian(const reference_direction *d,
                                      const double *weights, const double *x,
                                      const double *state, double *jacobian)
{
    size_t n = state_width(d);
    double *room = calloc(3 * n, sizeof *room), step = 1e-6;
    assert_non_null(room);
    double *moved = room, *up = room + n, *down = room + 2 * n;
    for (size_t j = 0; j < n; j++) {
        memcpy(moved, state, n * sizeof *moved);
        moved[j] = state[j] + step;
        reference_one_step(d, weights, x, moved, up);
        moved[j] = state[j] - step;
        reference_one_step(d, weights, x, moved, down);
        for (size_t i = 0; i < n; i++)
            jacobian[i * n + j] = (up[i] - down[i]) / (2 * step);
    }
    free(room);
}

#endif
