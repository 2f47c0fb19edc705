/* reorder.h: operators that only change the order of axes. */
#ifndef TRACE_REORDER_H
#define TRACE_REORDER_H

#include "trace/trace.h"

operator_run view_transpose, view_squeeze, view_unsqueeze, view_same,
    cast_tensor, cast_flow;

#endif
