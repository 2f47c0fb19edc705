/* elementwise.h: functions of each number by itself, and softmax. */
#ifndef TRACE_ELEMENTWISE_H
#define TRACE_ELEMENTWISE_H

#include "trace/trace.h"

operator_run trace_activation, trace_scaled_elu, trace_softmax;

/* Adds a layer that computes each number by itself. */
elman_status elementwise_add(trace *t, const onnx_node *n,
                             const traced_value *x, const elman_layer *config,
                             traced_value *out);

/* Adds the function of that name, whose numbers are the attributes alpha and
 * beta, or others. */
elman_status elementwise_function(trace *t, const onnx_node *n, const char *op,
                                  const char *alpha, const char *beta,
                                  const traced_value *x, traced_value *out);

/* Adds what bounds each number by low and high; one of them may be infinite. */
elman_status elementwise_clip(trace *t, const onnx_node *n,
                              const traced_value *x, double low, double high,
                              traced_value *out);

#endif
