/*
 * flow_rows.h: the gradients of many loss steps go back through the layers of
 * one forward pass, each as a row of its own: a cell takes a step of up to
 * CELL_ROWS of them at once, all with the same forward numbers. Rows never meet
 * in a sum, so neither blocks nor threads change a bit.
 *
 * Only what can flow is computed: of a forward direction, the steps before each
 * loss, which is a triangle of half the square.
 */
#ifndef INSPECT_FLOW_ROWS_H
#define INSPECT_FLOW_ROWS_H

#include "inspect/flow_forward.h"
#include "layer/recurrent.h"

/* Some rows at one step of a direction. */
typedef struct flow_visit {
    const flow_forward *forward;
    const layer *l;
    const direction_state *d;
    const cell_weights *weights;
    size_t direction, index; /* of the layer; among all directions */
    size_t entry, step;      /* in the order of reading; in time */
    size_t M;
    size_t row[CELL_ROWS];         /* less than flow_rows_most */
    size_t t[CELL_ROWS];           /* loss step of each */
    bool begins[CELL_ROWS];        /* its first visit in this direction */
    const float *above[CELL_ROWS]; /* (R) arrive, of a cell with c: what came
                                      from the layer above at this step, or
                                      NULL: nothing */
    float *dh[CELL_ROWS];          /* (R) arrive: the whole gradient at h */
    float *dc[CELL_ROWS];          /* (H) arrive: at c, from later steps */
    float *da[CELL_ROWS];          /* (G) leave: at the sums */
    float *dsaved[CELL_ROWS];      /* (H) leave: as struct cell_kind has it */
} flow_visit;

/* Who looks at the rows: before a cell goes back through its step, and after.
 * Either may be NULL. Called on several threads, for different rows. */
typedef struct flow_sink {
    void *context;
    void (*arrive)(void *context, const flow_visit *visit);
    void (*leave)(void *context, const flow_visit *visit);
} flow_sink;

typedef struct flow_rows flow_rows;

/* All memory is taken here. sink is copied. */
elman_status flow_rows_create(const flow_forward *forward, int threads,
                              const flow_sink *sink, flow_rows **rows);
void flow_rows_destroy(flow_rows *rows);

/* Rows that go back at once. */
size_t flow_rows_most(const flow_rows *rows);

/* A little further; false when all is done. */
bool flow_rows_step(flow_rows *rows);

/* 0 to 1. */
double flow_rows_progress(const flow_rows *rows);

#endif
