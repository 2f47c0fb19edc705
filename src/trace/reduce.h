/* reduce.h: sums and means over steps, directions or features. */
#ifndef TRACE_REDUCE_H
#define TRACE_REDUCE_H

#include "trace/trace.h"

operator_run trace_reduce_sum, trace_reduce_mean;

/* A mean over the features that n, whose inputs are in, does not read as a part
 * of a layer norm is a layer by itself: makes v that. Without in it is an
 * output of the graph, which n makes. */
elman_status reduce_settle(trace *t, const onnx_node *n,
                           traced_value *const *in, traced_value *v);

#endif
