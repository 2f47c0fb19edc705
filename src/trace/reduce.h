/* reduce.h: sums and means over steps, directions or features. */
#ifndef TRACE_REDUCE_H
#define TRACE_REDUCE_H

#include "trace/trace.h"

operator_run trace_reduce_sum, trace_reduce_mean;

#endif
