/*
 * flow_paths.h: the two ways that a gradient goes back through a cell with c:
 * from c to c alone, or through some h. A step of c is diagonal: the gradient
 * at c of one step is that of the next times a number for each unit.
 */
#ifndef INSPECT_FLOW_PATHS_H
#define INSPECT_FLOW_PATHS_H

#include "inspect/flow_rows.h"

/* The factors of one direction. */
typedef struct flow_paths {
    size_t T, H, R, G;
    float *carry; /* (T,H) at c of the step before, for 1 at c */
    float *gain;  /* (T,H) at c, for 1 at what o lets out */
    float *path;  /* (most,H) of each row, the gradient that came by c alone */
    float *inner; /* (most,R) room of each row, and below (most,H) */
    float *outer, *total, *around;
    float *room; /* (2,G) */
    void *block;
} flow_paths;

/* Takes memory for most rows of T steps of a layer whose cell has c. */
elman_status flow_paths_create(const layer *l, size_t T, size_t most,
                               flow_paths *paths);
void flow_paths_destroy(flow_paths *paths);

/* Fills carry and gain after a forward pass. */
void flow_paths_fill(flow_paths *paths, const flow_forward *forward, size_t i,
                     size_t direction);

/* The norms of some rows as they arrive at a step: (M) of the whole gradient at
 * c, of the part that came by c alone, and of the rest. */
void flow_paths_arrive(const flow_paths *paths, const flow_visit *visit,
                       double *whole, double *by_c, double *rest);

#endif
