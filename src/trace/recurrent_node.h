/*
 * recurrent_node.h: an RNN, GRU or LSTM being read: recurrent_attributes.c has
 * the attributes, recurrent.c the weights, start.c lengths and initial states,
 * directions.c what two directions have in common.
 */
#ifndef TRACE_RECURRENT_NODE_H
#define TRACE_RECURRENT_NODE_H

#include "trace/tensor.h"

/* An operator: how many gates and functions it has, and which of its gates each
 * of ours is, in words as well. */
typedef struct recurrent_row {
    const char *op;
    elman_kind kind;
    size_t order[SLICE_BLOCKS];
    const char *how;
} recurrent_row;

/* A node being read. */
typedef struct recurrent_node {
    const recurrent_row *row;
    const cell_kind *cell;
    const onnx_node *n;
    size_t direction_count, H, I;
    size_t base;      /* its first direction is this one of the layer */
    bool batch_first; /* layout 1 */
    const traced_order *order;  /* of its sequences */
    bool flipped;               /* it reads its steps from the last one on, */
    const traced_value *within; /* of these lengths, or all */
    view x;                     /* (T,B,I), with steps forward */
    elman_layer config;
    strides W, R, B, P;
    bool has_B, has_P;
    bool grown;       /* it stands for a cell that is written out: */
    recurrent_row of; /* its gates are in an order of their own, and */
    strides more;     /* the state's bias is by itself, B without it */
    bool has_more;
} recurrent_node;

/* Reads the attributes of the node into its config. */
elman_status recurrent_attributes(recurrent_node *r);

#endif
