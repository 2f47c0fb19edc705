/* slice.h: Slice, Gather, Split. */
#ifndef TRACE_SLICE_H
#define TRACE_SLICE_H

#include "trace/trace.h"

operator_run view_slice, view_gather, view_split;

#endif
