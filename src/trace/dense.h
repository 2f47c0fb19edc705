/* dense.h: linear layers and embeddings. */
#ifndef TRACE_DENSE_H
#define TRACE_DENSE_H

#include "trace/trace.h"

operator_run trace_matmul, trace_gemm, trace_fused_gemm, trace_embedding;

/* The linear layer of x and a weight (I,O), with a bias or none (NULL). */
elman_status dense_product(trace *t, const onnx_node *n, traced_value *x,
                           traced_value *weight, traced_value *bias,
                           traced_value *out);

/* Gives the last layer the bias b, which is (O), (1,O) or one number for all.
 */
elman_status dense_bias(trace *t, const onnx_node *n, traced_value *b, size_t O,
                        double scale);

#endif
