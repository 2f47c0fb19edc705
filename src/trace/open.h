/* open.h: what a graph is as a stack of layers. */
#ifndef TRACE_OPEN_H
#define TRACE_OPEN_H

#include "trace/trace.h"

/* Follows graph to its outputs. With bound arrays all sizes are known, and
 * inputs may be weights; each array fits what the graph declares. graph and
 * bound must outlive the trace. Messages name the node, its operator and the
 * reason. */
elman_status trace_open(const onnx_graph *graph, const named_tensor *bound,
                        trace **trace);

#endif
