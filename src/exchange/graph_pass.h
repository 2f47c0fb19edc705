/*
 * graph_pass.h: what the parts of running a graph share.
 *
 *   graph.c        ports, arrays in and out
 *   graph_run.c    a forward: the trace of the graph with its arrays, layers up
 *                  to the last recurrent one, layers after it
 *   graph_stage.c  a stretch of layers as a model of ours, or in double
 */
#ifndef EXCHANGE_GRAPH_PASS_H
#define EXCHANGE_GRAPH_PASS_H

#include "exchange/graph.h"
#include "exchange/trace.h"

/* An array with its owner. */
typedef struct graph_array {
    named_tensor tensor; /* data NULL: none */
    void *owner;         /* free() it */
} graph_array;

struct elman_graph {
    onnx_graph *onnx;
    size_t ports;
    elman_port *port;    /* (ports): inputs, then outputs */
    named_tensor *bound; /* (inputs) data NULL: not given */
    void **owner;        /* (inputs) of their data; free() it */
    graph_array *output; /* (outputs) of the last forward */
};

/* The ports tell the type and shape of what the last forward gave. */
void graph_tell_outputs(elman_graph *graph);

/* What the layers of a trace gave: dense arrays, time first. */
typedef struct traced_arrays {
    double *y; /* (T,B,O), (B,O) of one vector per sequence; NULL: not needed */
    double *h_n, *c_n; /* (D,B,R) */
} traced_arrays;

typedef struct graph_pass {
    trace *trace;
    size_t T, B;
    double *x;       /* (T,B,I) */
    int32_t *tokens; /* (T,B), or NULL */
    size_t *lengths; /* (B), or NULL: all T */
    traced_arrays layer[ELMAN_MAX_LAYERS];
    size_t steps; /* of a piece */
    int threads;
    bool in_double;
} graph_pass;

/* Runs layers first to last - 1 on what the layer before gave, or on x or the
 * tokens, and fills their arrays. */
elman_status stage_run(graph_pass *p, size_t first, size_t last);

#endif
