/*
 * trace_recurrent.h: an RNN, GRU or LSTM being read: trace_recurrent.c has the
 * attributes and weights, trace_start.c lengths and initial states,
 * trace_ways.c what two directions have in common.
 */
#ifndef EXCHANGE_TRACE_RECURRENT_H
#define EXCHANGE_TRACE_RECURRENT_H

#include "exchange/trace.h"

/* An operator: our gates' places among its own, in words as well. */
typedef struct recurrent_row {
    const char *op;
    elman_kind kind;
    size_t gates, functions;
    size_t order[PIECE_BLOCKS];
    const char *how;
} recurrent_row;

/* A node being read. */
typedef struct recurrent_node {
    const recurrent_row *row;
    const onnx_node *n;
    size_t ways, H, I;
    size_t base;      /* the direction of the layer that its first is */
    bool batch_first; /* layout 1 */
    elman_layer config;
    strides W, R, B, P;
    bool has_B, has_P;
} recurrent_node;

/* sequence_lens v (NULL if left out) of the layer just added, for T steps of B
 * sequences: all full is as if it were not there. All recurrent layers must
 * have the same. */
elman_status recurrent_lengths(trace *t, const recurrent_node *r,
                               traced_value *v, const extent *T,
                               const extent *B);

/* initial_h and initial_c (NULL if left out) of the last layer: nothing, a
 * parameter, or what the state is to be given. */
elman_status recurrent_starts(trace *t, const recurrent_node *r,
                              traced_value *const *states);

/* Whether the node reads in reverse what the last layer's node reads forward;
 * makes that layer one of both directions, whose second has no weights yet. */
bool recurrent_has_pair(const trace *t, const recurrent_node *r);
elman_status recurrent_pair(trace *t, const recurrent_node *r,
                            traced_value *const *in);

/* A recurrent layer of one direction gets a second. */
void layer_add_way(trace *t, traced_layer *l);

#endif
