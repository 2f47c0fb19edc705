/*
 * fixed_points_parts.h: what fixed_points.c stands on: a network under a
 * constant input as a map from state to state (fixed_points_map.c), and Newton
 * steps on it (fixed_points_solve.c).
 */
#ifndef INSPECT_FIXED_POINTS_PARTS_H
#define INSPECT_FIXED_POINTS_PARTS_H

#include "inspect/jacobian.h"
#include "model/reference.h"

/* One recurrent level, whose part of a state is h, then c. */
typedef struct map_level {
    size_t index; /* of its layer in the reference */
    const layer *l;
    size_t at, n; /* where its part of a state begins, and its numbers */
    jacobian jacobian;
} map_level;

/* state' = F(state), for a constant input, in the double-precision reference;
 * its Jacobian from the engine's own backward, in float, which is as near as a
 * Newton step needs it. */
typedef struct map {
    const elman_model *model;
    elman_state *state; /* for the engine's pass */
    reference *r;       /* from behind an embedding to the last level */
    size_t I, n;        /* of the input, and of a state */
    double *x;          /* (I) the input; the caller writes it */
    size_t level_count;
    map_level *levels;
    size_t widest;    /* of all inputs, outputs and parts of a state */
    float *in, *from; /* (widest) the input and state of a step */
    float *v, *dx;    /* (CELL_ROWS,widest) rows at the state, at the input */
    double *row, *other; /* (widest) */
} map;

enum { MOST_STATE = 2048 /* numbers of a state: matrices are (n,n) */ };

/* Of a model whose levels all run forward. */
elman_status map_create(const elman_model *model, map *m);
void map_destroy(map *m);

/* to (n) = F(state); to may be state. */
elman_status map_step(map *m, const double *state, double *to);

/* matrix (n,n), row by row, is the Jacobian at state: element (i,j) is what
 * number j does to number i of the next state. */
elman_status map_jacobian(map *m, const double *state, double *matrix);

/* A search for one fixed point. */
typedef enum search_end {
    SEARCH_GOES_ON,
    SEARCH_FOUND,
    SEARCH_LOST
} search_end;

typedef struct search {
    map *map;
    double *state, *next;   /* (n) here, and F there */
    double *trial, *after;  /* (n) the same a step further */
    double *jacobian;       /* (n,n) at the last Newton step */
    float *matrix, *vector; /* (n,n) (n) */
    float **rows;           /* (n) of matrix */
    double speed;           /* |F(state) - state| */
    size_t tries, slides;
} search;

elman_status search_create(map *m, search *s);
void search_destroy(search *s);

/* Begins at what the caller wrote to s->state. */
elman_status search_begin(search *s);

/* One Newton step, or some steps of the map where that does not help. */
elman_status search_step(search *s, search_end *end);

#endif
