/* pool.h: one vector per sequence from all its steps. */
#ifndef TRACE_POOL_H
#define TRACE_POOL_H

#include "trace/trace.h"

/* ReduceMean and ReduceMax over the steps. */
operator_run trace_pool;

/* Whether an axis of a view is all steps of a layer's output. */
bool pool_is_over(const trace *t, const view *of, size_t axis);

#endif
