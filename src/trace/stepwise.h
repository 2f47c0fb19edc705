/*
 * stepwise.h: the steps of a recurrence that is written out, each multiplied by
 * the input's weight by itself, as Keras exports a SimpleRNN: Split gives them,
 * and the linear layer of the first is that of all.
 */
#ifndef TRACE_STEPWISE_H
#define TRACE_STEPWISE_H

#include "trace/tensor.h"

/* Whether x is one of the steps that a Split gave. */
bool stepwise_is(const traced_value *x);

/* All steps of what one is of, along a first axis of their own, and which one
 * it is; false if they cannot be told. */
bool stepwise_all(const trace *t, const view *one, view *all, size_t *index);

/* A step of all of them. */
view stepwise_one(const view *all, size_t index);

/* What the linear layer of a step before gave of all steps, NULL if there is
 * none of that weight. */
const view *stepwise_known(const trace *t, const view *all,
                           const strides *weight, bool transposed);

/* Notes that y is what the last layer gives of all steps. */
elman_status stepwise_note(trace *t, const view *all, const strides *weight,
                           bool transposed, const view *y);

/* Whether b is added to a step x of that as it is to all: first says that the
 * layer has no bias yet, and gets it before the next call. */
elman_status stepwise_needs_bias(const trace *t, const onnx_node *n,
                                 const traced_value *x, const traced_value *b,
                                 bool *first);

/* out is that step with the layer's bias b. */
elman_status stepwise_add_bias(trace *t, const onnx_node *n,
                               const traced_value *x, const traced_value *b,
                               traced_value *out);

#endif
