/* cell_loop.h: Loop and Scan around cells. */
#ifndef TRACE_CELL_LOOP_H
#define TRACE_CELL_LOOP_H

#include "trace/trace.h"

/* Puts RNN, GRU and LSTM in the place of each Loop and Scan of the trace's
 * graph whose body is one step of such cells, and of what stands around them. A
 * node that is none stays, and why it is none is noted. */
elman_status cell_loops_open(trace *t);

#endif
