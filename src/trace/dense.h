/* dense.h: linear, embedding, elementwise. */
#ifndef TRACE_DENSE_H
#define TRACE_DENSE_H

#include "trace/trace.h"

operator_run trace_matmul, trace_gemm, trace_arithmetic, trace_embedding,
    trace_activation, trace_softmax;

#endif
