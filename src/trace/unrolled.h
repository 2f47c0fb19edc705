/* unrolled.h: a recurrence that is written out, step by step. */
#ifndef TRACE_UNROLLED_H
#define TRACE_UNROLLED_H

#include "trace/unrolled_step.h"

/* The end of a step: x is a VALUE_STEP, or begins. */
elman_status unrolled_activation(trace *t, const onnx_node *n,
                                 const traced_value *x, traced_value *out);

/* Whether n, a product with a weight, reads what the last layer, an unrolled
 * recurrence, reads; the linear layer without weight that it then is, and
 * its output. */
bool unrolled_has_twin(const trace *t, const onnx_node *n);
elman_status unrolled_twin(trace *t, const onnx_node *n, size_t O, view *y);

#endif
