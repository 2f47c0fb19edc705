/* gates_end.h: steps of a cell that is written out, and the weights of it. */
#ifndef TRACE_GATES_END_H
#define TRACE_GATES_END_H

#include "trace/gate_cell.h"

/* The next step of a recurrence: out is its state, a value of that rank. */
elman_status gate_cell_step(trace *t, const onnx_node *n, const gate_cell *cell,
                            size_t rank, element_type type, traced_value *out);

/* Gives the last layer the weights of direction d of what it was: a linear
 * layer and products of the state. */
elman_status gate_cell_weigh(trace *t, const onnx_node *n,
                             const traced_layer *was, size_t d);

#endif
