/*
 * jacobian.h: rows through the Jacobian of one step of one direction of a
 * level, from right to left: v becomes J^T v, where J is what the step does to
 * small changes of its state, h and of an LSTM c after it. By the cells' own
 * backward, so every cell and each of its options is there.
 *
 * A step is evaluated, not trained: zoneout mixes by its chance.
 */
#ifndef INSPECT_JACOBIAN_H
#define INSPECT_JACOBIAN_H

#include "model/model.h"

/* A direction, and room for some of its steps and rows. */
typedef struct jacobian {
    const kernels *k;
    const layer *l;
    cell_weights w;
    int threads;
    size_t n; /* numbers of a state: R, and H of a cell with c */

    /* of the steps at hand */
    const float *h_prev[CELL_ROWS], *c_prev[CELL_ROWS]; /* (R) (H) */
    float *gate, *saved, *sum; /* (CELL_ROWS,G) (CELL_ROWS,H) (CELL_ROWS,G) */
    float *h, *c;              /* (CELL_ROWS,R) (CELL_ROWS,H) */

    /* of the rows at hand */
    float *da, *dsaved, *direct; /* (CELL_ROWS,G) (CELL_ROWS,H) (CELL_ROWS,n) */
    void *block;
} jacobian;

/* Numbers of a state of a recurrent layer's direction. */
size_t jacobian_width(const layer *l);

/* p is a pass of the model, for its weights; borrowed as the layer is. */
elman_status jacobian_create(const layer *l, const pass *p, size_t direction,
                             jacobian *j);
void jacobian_destroy(jacobian *j);

/* Takes up to CELL_ROWS steps forward, each from its x (I), h_prev and c_prev,
 * whose arrays must stay; fills j->h and j->c, and what apply needs. */
void jacobian_step(jacobian *j, size_t count, const float *const *x,
                   const float *const *h_prev, const float *const *c_prev);

/* Replaces up to CELL_ROWS rows v (n), h first, by J^T v of step m of those.
 * j->da then holds the gradients at its sums, row by row. */
void jacobian_apply(jacobian *j, size_t m, size_t count, float *const *rows);

#endif
