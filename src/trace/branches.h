/*
 * branches.h: If. The graphs of its branches stand beside the nodes of the
 * graph that it is in, and only the one that is taken is followed.
 */
#ifndef TRACE_BRANCHES_H
#define TRACE_BRANCHES_H

#include "trace/trace.h"

/* Puts the nodes and tensors of all branches behind those of t's graph. */
elman_status branches_open(trace *t);

/* Makes a graph of t's and of one inside a node of it, with its branches. */
elman_status branches_join(trace *t, const onnx_graph *inner,
                           const onnx_graph **joined);

/* The branch that n, an If, takes, once its condition has been followed. Where
 * that depends on a free size, both must give the same numbers. */
elman_status branch_taken(trace *t, const onnx_node *n,
                          const onnx_graph **branch);

operator_run trace_if;

#endif
