/*
 * onnx_recurrent.h: recurrent layers of an ONNX export.
 */
#ifndef EXPORT_ONNX_RECURRENT_H
#define EXPORT_ONNX_RECURRENT_H

#include "export/onnx_memory.h"

/* Adds one level, which reads the value x (T,B,I). Returns the name of its
 * output, (T,B,O), or (D,T,B,R) with merge none. */
const char *onnx_export_level(onnx_export *e, const layer *l, const char *x);

/* Refuses a level that ONNX cannot express. */
elman_status onnx_export_check(const layer *l);

#endif
