/* flip.h: views whose steps are turned round. */
#ifndef TRACE_FLIP_H
#define TRACE_FLIP_H

#include "trace/trace.h"

/* Turns an axis of a view round, that is all of an axis of its source: within
 * the lengths of each sequence, or all of it (NULL). Turned twice it is as
 * before. False if it is not such an axis. */
bool view_flip(const trace *t, view *of, size_t axis,
               const traced_value *lengths);

operator_run trace_reverse_sequence;

#endif
