/* where.h: Where, whose condition is known. */
#ifndef TRACE_WHERE_H
#define TRACE_WHERE_H

#include "trace/trace.h"

/* The input of n, a Where, that it gives, if its condition has been followed
 * and is the same for all elements; 0 if that is not known. */
size_t where_taken(trace *t, const onnx_node *n);

/* Whether n need not follow its input k, which it does not give. */
bool where_passes_over(trace *t, const onnx_node *n, size_t k);

operator_run trace_where;

#endif
