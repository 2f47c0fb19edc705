/*
 * quantized.h: weights in 8 bits, which become floats, and products that a
 * graph computes in whole numbers, which become those of floats. What flows is
 * rounded only where the graph is run.
 */
#ifndef TRACE_QUANTIZED_H
#define TRACE_QUANTIZED_H

#include "trace/trace.h"

/* scale (x - zero) as floats: of tensors, of an embedding's output, or of what
 * was quantized on the way. */
operator_run dequantize_tensor, dequantize_flow;

/* The other way: tensors are rounded, what flows stays as it is. */
operator_run quantize_tensor, quantize_flow;

operator_run quantize_dynamic, quantized_matmul, quantized_matmul_float,
    quantized_matmul_dynamic, quantized_lstm;

/* A Mul that reads a part of such a product. */
operator_run quantized_multiply;

/* Refuses layer index, if its weight was never dequantized. */
elman_status quantized_finish(trace *t, size_t index);

#endif
