/* dense.h: linear, embedding, elementwise. */
#ifndef TRACE_DENSE_H
#define TRACE_DENSE_H

#include "trace/trace.h"

operator_run trace_matmul, trace_gemm, trace_fused_gemm, trace_arithmetic,
    trace_embedding, trace_activation, trace_softmax;

/* Adds a layer that computes each number by itself. */
elman_status dense_elementwise(trace *t, const onnx_node *n,
                               const traced_value *x, const elman_layer *config,
                               traced_value *out);

/* Adds what bounds each number by low and high; one of them may be infinite. */
elman_status dense_clip(trace *t, const onnx_node *n, const traced_value *x,
                        double low, double high, traced_value *out);

/* The linear layer of x and a weight (I,O), with a bias or none (NULL). */
elman_status dense_product(trace *t, const onnx_node *n, traced_value *x,
                           traced_value *weight, traced_value *bias,
                           traced_value *out);

#endif
