/* concat.h: Concat. */
#ifndef TRACE_CONCAT_H
#define TRACE_CONCAT_H

#include "trace/trace.h"

operator_run view_concat;

#endif
