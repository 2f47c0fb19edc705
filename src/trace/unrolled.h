/* unrolled.h: a recurrence that is written out, step by step. */
#ifndef TRACE_UNROLLED_H
#define TRACE_UNROLLED_H

#include "trace/unrolled_step.h"

/* The end of a step: x is a VALUE_STEP, or what unrolled_begins says. */
elman_status unrolled_activation(trace *t, const onnx_node *n,
                                 const traced_value *x, traced_value *out);

/* A step of y, in one direction, as a value of that rank. */
view unrolled_output(const trace *t, const traced_layer *l, size_t d,
                     size_t rank, size_t index);

/* Makes the linear layer of whose y p is a step a recurrent one, or the other
 * direction of one; nothing if it is that already. Its width is gate_count
 * times its units. */
elman_status unrolled_start(trace *t, const onnx_node *n, const view *p,
                            size_t gate_count, const elman_layer *config);

/* Whether x, which a product with a weight reads, is what the last layer, an
 * unrolled recurrence, reads. */
bool unrolled_has_twin(const trace *t, const view *x);

/* Adds the linear layer that it then is, still without weight; y is its output.
 */
elman_status unrolled_twin(trace *t, const onnx_node *n, size_t O, view *y);

#endif
