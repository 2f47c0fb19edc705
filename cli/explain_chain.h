/*
 * explain_chain.h: one unit that hands its state from step to step, for
 * experiments.
 */
#ifndef EXPLAIN_CHAIN_H
#define EXPLAIN_CHAIN_H

#include "elman.h"

/* One unit, and the memory of its pass. */
typedef struct chain {
    elman_model *model;
    elman_state *state;
    size_t T;
    float *x, *y, *dy, *dx; /* (T) x is 1, dy 1 at the last step */
} chain;

/* A unit whose weights are number and whose biases 0, with room for T steps.
 * 0 or an exit code after an error line; close either way. */
int chain_open(elman_kind kind, bool relu, double number, size_t T, chain *c);
void chain_close(chain *c);

/* All steps in one pass, forward and backward. 0 or an exit code. */
int chain_run(chain *c);

/* Number n of a view; NaN if there is no such view. */
double chain_value(chain *c, const char *view, size_t n);

#endif
