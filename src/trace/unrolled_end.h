/* unrolled_end.h: the weights and initial states of a recurrence that was
 * written out. */
#ifndef TRACE_UNROLLED_END_H
#define TRACE_UNROLLED_END_H

#include "trace/unrolled_step.h"

/* Gives layer index, if it is an unrolled recurrence, its weights and initial
 * states, and checks that it has all its steps. */
elman_status unrolled_finish(trace *t, size_t index);

#endif
