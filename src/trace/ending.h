/* ending.h: layers that change how many steps there are. */
#ifndef TRACE_ENDING_H
#define TRACE_ENDING_H

#include "trace/tensor.h"

/* Each adds the layer that a view of the last layer's output stands for, if it
 * stands for one, and makes it a view of the new output: the final states of
 * both directions, one step of all, a vector that is repeated. */
elman_status ending_take_final(trace *t, const onnx_node *n, view *read);
elman_status ending_take_step(trace *t, const onnx_node *n, view *read);
elman_status ending_take_repeat(trace *t, const onnx_node *n, view *read);

/* Points a view of the layer below at the layer that was just added: axis k of
 * the old source is axis to[k] of the new. */
void ending_point_at_last(const trace *t, const size_t *to, view *read);

/* Whether what was added last gives steps that a repeat made. */
bool layer_is_repeated(const trace *t);

/* Adds the layer that gives one vector per sequence. */
elman_status layer_add_last(trace *t, const onnx_node *n, elman_last last);

/* The same for any such layer that reads a view of the last layer's output, but
 * for its steps: none of its axes runs along them any more. It becomes a view
 * of the new output. */
elman_status layer_add_ending(trace *t, const onnx_node *n,
                              const elman_layer *config, view *read);

#endif
