/* onnx_function.h: activation functions as ONNX calls them. */
#ifndef EXPORT_ONNX_FUNCTION_H
#define EXPORT_ONNX_FUNCTION_H

#include "base/status.h"
#include "export/onnx_build.h"

/* A function of ONNX, its name in activations and how many of alpha and beta
 * it has. */
typedef struct onnx_function {
    const char *name;
    int constants;
} onnx_function;

/* NULL if ONNX has no such function. */
const onnx_function *onnx_function_of(elman_activation_kind kind);

/* Refuses the function of a layer, by name, if ONNX has none such. */
elman_status onnx_function_check(const char *layer, elman_activation_kind kind);

/* Adds the function of x, as operators; returns the name of its result. */
const char *onnx_function_put(onnx_builder *b, elman_activation f,
                              const char *x);

#endif
