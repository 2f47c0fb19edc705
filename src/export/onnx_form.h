/*
 * onnx_form.h: a level of a recurrent layer as one of ONNX's operators, where
 * that is exact. RNN, LSTM and GRU are operators; others are special cases:
 *
 *   IndRNN      RNN whose R is diagonal
 *   Li-GRU      GRU whose r is constant, and R of its candidate divided by that
 *   minGRU      GRU without R, whose z is 1 - z, and whose g gives its sum
 *   minLSTM     the same, of a z that is made before the operator
 *   zoneout     of RNN, IndRNN: a GRU of constant z and r
 *               of minGRU, minLSTM: a part of the z made before
 */
#ifndef EXPORT_ONNX_FORM_H
#define EXPORT_ONNX_FORM_H

#include "model/model.h"

enum { FUNCTIONS = 3, NO_GATE = -1 };

/* A block of the operator's weights: a gate of ours, or none. */
typedef struct onnx_block {
    int gate;
    float scale;      /* of its weights and biases, */
    double recurrent; /* and of its recurrent weights once more */
    float constant;   /* added to its bias */
} onnx_block;

/* One direction of a level. */
typedef struct onnx_form {
    const char *op;
    size_t block_count;
    onnx_block blocks[ELMAN_MAX_GATES]; /* in the operator's order */
    size_t function_count;
    elman_activation functions[FUNCTIONS]; /* f g h of the operator */
    bool own;         /* the operator means what the layer does */
    bool gates_first; /* what it reads are z and n of each direction */
} onnx_form;

/* Refuses a level that no operator is. */
elman_status onnx_form_make(const layer *l, size_t direction, onnx_form *form);

#endif
