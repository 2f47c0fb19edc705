/*
 * onnx.h: a model as an ONNX graph. What that cannot express is ELMAN_BAD_VALUE
 * with the layer and the reason.
 */
#ifndef EXPORT_ONNX_H
#define EXPORT_ONNX_H

#include "elman_exchange.h"
#include "model/model.h"

/* Replaces path by ONNX of opset 17, for any T and B: inputs x (T,B,I) or
 * (B,T,I), or tokens; output y as elman_model_forward gives it. The memory of a
 * recurrent layer NAME is the inputs NAME.h_0 and NAME.c_0 (num_layers*D,B,H),
 * (R wide where h is projected), B 1 for all alike, with what is learned or
 * zero as their default, and the outputs NAME.h_n and NAME.c_n; h_0 ... if the
 * layer is all of the model. Levels of different sizes have NAME.h_0_l0 ...
 * each. */
elman_status export_onnx(const elman_model *model, const char *path);

/* Two lines of Python, terminated by zero, that run what export_onnx wrote to
 * path: the first opens it, the second gives y of x. */
elman_status export_onnx_lines(const elman_model *model, const char *path,
                               size_t capacity, char *lines);

#endif
