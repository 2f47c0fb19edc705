/* unrolled_end.h: its weights and initial states in the end. */
#ifndef TRACE_UNROLLED_END_H
#define TRACE_UNROLLED_END_H

#include "trace/unrolled_step.h"

/* Layer index, if it is an unrolled recurrence, gets its weights and initial
 * states, and is checked to have all steps. */
elman_status unrolled_finish(trace *t, size_t index);

#endif
