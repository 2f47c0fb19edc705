/* cell_step.h: one step of a cell that a graph is written out as. */
#ifndef TRACE_CELL_STEP_H
#define TRACE_CELL_STEP_H

#include "trace/trace.h"

/* Puts an RNN, GRU or LSTM of one step in the place of each cell that the
 * trace's graph writes out, as exporters do with nn.RNNCell, nn.GRUCell and
 * nn.LSTMCell: its state is an input of the graph. */
elman_status cell_steps_open(trace *t);

#endif
