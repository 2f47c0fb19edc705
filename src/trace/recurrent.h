/* recurrent.h: RNN, GRU, LSTM. */
#ifndef TRACE_RECURRENT_H
#define TRACE_RECURRENT_H

#include "trace/trace.h"

operator_run trace_recurrent;

#endif
