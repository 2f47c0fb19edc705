/* operators.h: the table of operators. */
#ifndef TRACE_OPERATORS_H
#define TRACE_OPERATORS_H

#include "trace/trace.h"

/* The operator of that node, checked; how many inputs it needs and how many it
 * may have, and outputs. */
elman_status operator_find(const trace *t, const onnx_node *n,
                           operator_run **run);

#endif
