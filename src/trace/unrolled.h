/* unrolled.h: a recurrence that is written out, step by step. */
#ifndef TRACE_UNROLLED_H
#define TRACE_UNROLLED_H

#include "trace/unrolled_step.h"

/* The end of a step: x is a VALUE_STEP, or what unrolled_begins says. */
elman_status unrolled_activation(trace *t, const onnx_node *n,
                                 const traced_value *x, traced_value *out);

/* Whether n, a product with a weight, reads what the last layer, an unrolled
 * recurrence, reads. */
bool unrolled_has_twin(const trace *t, const onnx_node *n);

/* Adds the linear layer that it then is, still without weight; y is its output.
 */
elman_status unrolled_twin(trace *t, const onnx_node *n, size_t O, view *y);

#endif
