/* reorder.h: operators that only change the order of axes. */
#ifndef TRACE_REORDER_H
#define TRACE_REORDER_H

#include "trace/trace.h"

/* An order of axes: from[k] is where axis k comes from, NEW_AXIS if it is a new
 * one of size 1. */
typedef struct axis_order {
    size_t rank, from[AXES];
} axis_order;
#define NEW_AXIS SIZE_MAX

/* Makes out v with its axes in that order. */
elman_status view_reorder(trace *t, const onnx_node *n, const traced_value *v,
                          const axis_order *order, traced_value *out);

operator_run view_transpose, view_squeeze, view_unsqueeze, view_same,
    cast_tensor, cast_flow;

#endif
