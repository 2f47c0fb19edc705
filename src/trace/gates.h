/*
 * gates.h: an LSTM or a GRU that is written out step by step, as Keras exports
 * it: sums of a step of the input and of products of the state, functions,
 * products and sums of those. They are kept as they come, until one is what a
 * cell gives.
 */
#ifndef TRACE_GATES_H
#define TRACE_GATES_H

#include "trace/gate_cell.h"

/* Whether a product of x with a weight is a part of such a step. */
bool gate_multiplies(const trace *t, const traced_value *x,
                     const strides *weight);
elman_status gate_product(trace *t, const onnx_node *n, traced_value *x,
                          const strides *weight, bool transposed,
                          traced_value *bias, traced_value *out);

/* Any operator that reads a part of a step. */
operator_run gate_run;

#endif
