/* directions.h: two directions, of two nodes, and joined. */
#ifndef TRACE_DIRECTIONS_H
#define TRACE_DIRECTIONS_H

#include "trace/recurrent_node.h"

operator_run trace_merge;

/* Whether a and b are the two directions of the last layer's Y. */
bool directions_meet(const trace *t, const traced_value *a,
                     const traced_value *b);

/* out is their sum or product: how the layer merges them. */
elman_status directions_merge(trace *t, const onnx_node *n,
                              const traced_value *a, traced_value *out);

/* Whether two recurrent layers differ in their weights alone. */
bool recurrent_alike(const elman_layer *a, const elman_layer *b);

/* Whether the node reads in reverse what the last layer's node reads forward.
 */
bool recurrent_has_pair(const trace *t, const recurrent_node *r);

/* Makes that layer one of both directions, whose second has no weights yet. */
elman_status recurrent_pair(trace *t, const recurrent_node *r,
                            traced_value *const *in);

/* Makes layer index, of which only one direction is read, a layer of that;
 * whether it is one. For a trace that is complete, and not run. */
bool direction_prune(trace *t, size_t index);

/* Gives a recurrent layer of one direction a second one. */
void layer_add_direction(trace *t, traced_layer *l);

#endif
