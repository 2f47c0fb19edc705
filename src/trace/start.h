/* start.h: how long sequences are and what they begin from. */
#ifndef TRACE_START_H
#define TRACE_START_H

#include "trace/recurrent_node.h"

/* sequence_lens v (NULL if left out) of the layer just added, for T steps of B
 * sequences: all full is as if it were not there. All recurrent layers must
 * have the same. */
elman_status recurrent_lengths(trace *t, const recurrent_node *r,
                               traced_value *v, const extent *T,
                               const extent *B);

/* initial_h and initial_c (NULL if left out) of the last layer: nothing, a
 * parameter, or what the state is to be given. */
elman_status recurrent_starts(trace *t, const recurrent_node *r,
                              traced_value *const *states);

#endif
