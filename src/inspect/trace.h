/* trace.h: from the first bad value to the loss; as elman_trace_... in
 * elman_inspect.h. */
#ifndef INSPECT_TRACE_H
#define INSPECT_TRACE_H

#include "base/status.h"
#include "elman_inspect.h"

elman_status trace_create(const elman_trainer *trainer, elman_trace **trace);
void trace_destroy(elman_trace *trace);

#endif
