/* operators.h: the table of operators. */
#ifndef TRACE_OPERATORS_H
#define TRACE_OPERATORS_H

#include "trace/trace.h"

/* Finds what the operator of that node does with such operands, and checks how
 * many inputs and outputs the node has. */
elman_status operator_find(const trace *t, const onnx_node *n,
                           operator_run **run);

#endif
