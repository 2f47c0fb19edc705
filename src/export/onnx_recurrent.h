/*
 * onnx_recurrent.h: recurrent layers of an ONNX export.
 */
#ifndef EXPORT_ONNX_RECURRENT_H
#define EXPORT_ONNX_RECURRENT_H

#include "export/onnx_build.h"
#include "model/model.h"

/* The memory of a recurrent layer of the config, one value per level; c only
 * of an LSTM. */
typedef struct onnx_memory {
    const char *h_0[ELMAN_MAX_LEVELS], *c_0[ELMAN_MAX_LEVELS];
    const char *h_n[ELMAN_MAX_LEVELS], *c_n[ELMAN_MAX_LEVELS];
} onnx_memory;

typedef struct onnx_export {
    const elman_model *model;
    onnx_builder *b;
    const char *spread; /* shape (2): (B,1), which a state is expanded by */
    onnx_memory memory; /* of the layer whose levels are being written */
} onnx_export;

/* Whether ONNX has an operator for a kind of recurrent layer. */
bool onnx_has_operator(elman_kind kind);

/* Adds one level, which reads the value x (T,B,I). Returns the name of its
 * output, (T,B,O), or (D,T,B,R) with merge none. */
const char *onnx_export_level(onnx_export *e, const layer *l, const char *x);

/* Refuses a level that ONNX cannot express. */
elman_status onnx_export_check(const layer *l);

#endif
