/*
 * onnx_level.h: a level that is being written as a node RNN, GRU or LSTM:
 * onnx_recurrent.c has the node, onnx_level_weights.c its weights,
 * onnx_level_gates.c gates that are made before it, onnx_level_projection.c
 * what an LSTM with proj_size has around it.
 */
#ifndef EXPORT_ONNX_LEVEL_H
#define EXPORT_ONNX_LEVEL_H

#include "export/onnx_form.h"
#include "export/onnx_memory.h"

/* A level, and the form of each direction. */
typedef struct onnx_level {
    onnx_export *e;
    const layer *l;
    const float *w; /* the model's weights */
    size_t I;       /* features that the operator reads */
    onnx_form forms[DIRECTIONS];
} onnx_level;

/* The name of one of its tensors. */
const char *onnx_level_name(const onnx_level *v, const char *what);

/* Its weights, as inputs of the node; "" for none. */
const char *onnx_level_W(const onnx_level *v);
const char *onnx_level_R(const onnx_level *v);
const char *onnx_level_B(const onnx_level *v);
const char *onnx_level_peepholes(const onnx_level *v);

/* (T,B,D*2H) of x: what stays of h and n, direction by direction. */
const char *onnx_level_gates(const onnx_level *v, const char *x);

/* h (D,.,R) as that of the operator, (D,.,H). */
const char *onnx_level_start(const onnx_level *v, const char *h);

/* Y (T,D,B,H) as the projections of all directions, (T,B,D*R). */
const char *onnx_level_project(const onnx_level *v, const char *Y);

/* Gives the final h of a projected level: the last steps of y. */
void onnx_level_end(const onnx_level *v, const char *y);

#endif
