/* start.h: how long sequences are and what they begin from. */
#ifndef TRACE_START_H
#define TRACE_START_H

#include "trace/recurrent_node.h"

/* Reads the lengths v of B sequences of T steps; they are NULL if all are full.
 */
elman_status lengths_read(trace *t, const onnx_node *n, traced_value *v,
                          const extent *T, const extent *B,
                          traced_value **lengths);

/* Reads sequence_lens v (NULL if left out) of the layer just added, for T steps
 * of B sequences. If all are full, it is as if it were not there. All recurrent
 * layers must have the same. */
elman_status recurrent_lengths(trace *t, const recurrent_node *r,
                               traced_value *v, const extent *T,
                               const extent *B);

/* Reads initial_h and initial_c (NULL if left out) of the last layer: each is
 * zero, a parameter of the layer, or given with each batch. */
elman_status recurrent_starts(trace *t, const recurrent_node *r,
                              traced_value *const *states);

#endif
