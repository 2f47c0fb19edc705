/*
 * stage.h: some of the traced layers as a model of ours, or in double.
 */
#ifndef GRAPH_STAGE_H
#define GRAPH_STAGE_H

#include "trace/trace.h"

/* What the layers of a trace gave: dense arrays, time first. */
typedef struct traced_arrays {
    double *y; /* (T,B,O), (B,O) of one vector per sequence; NULL: not needed */
    double *h_n, *c_n; /* (D,B,R) */
} traced_arrays;

/* One forward of a graph. */
typedef struct graph_pass {
    trace *trace;
    size_t T, B;
    double *x;       /* (T,B,I) */
    int32_t *tokens; /* (T,B), or NULL */
    size_t *lengths; /* (B), or NULL: all T */
    traced_arrays layers[ELMAN_MAX_LAYERS];
    size_t steps; /* of a chunk */
    int threads;
    bool in_double;
} graph_pass;

/* The steps of what a layer gives. */
static inline size_t graph_steps(const graph_pass *p, const traced_layer *l)
{
    if (l->per_sequence) return 1;
    return l->repeated && l->repeated < SIZE_MAX ? l->repeated : p->T;
}

/* Runs the layers from begin to before end, on what the layer before them gave
 * or on x or the tokens, and fills their arrays. */
elman_status stage_run(graph_pass *p, size_t begin, size_t end);

#endif
