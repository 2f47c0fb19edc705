/*
 * onnx_memory.h: what recurrent layers of an ONNX export begin from and end
 * with.
 *
 * The memory of a layer is one input with a default, NAME.h_0 (L*D,B,R), cut
 * into levels, and one output, NAME.h_n, put together again. Levels of
 * different sizes have one each: NAME.h_0_l1 (D,B,R).
 */
#ifndef EXPORT_ONNX_MEMORY_H
#define EXPORT_ONNX_MEMORY_H

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
    const char *spread;  /* shape (2): (B,1), which a state is expanded by */
    const char *x;       /* the input, steps first */
    onnx_memory memory;  /* of the layer whose levels are being written */
    elman_status status; /* the first failure; then nothing is to be saved */
} onnx_export;

/* Adds the inputs of the level l, if they are its own or it is the first of its
 * layer: memory.h_0[depth] is (D,.,R), and so on. */
void onnx_memory_begin(onnx_export *e, const layer *l);

/* The names under which the level's final states are to be given. */
void onnx_memory_name(onnx_export *e, const layer *l);

/* Adds the outputs, if they are the level's own or it is the last. */
void onnx_memory_end(onnx_export *e, const layer *l);

#endif
