/* flip.h: views whose steps are turned round. */
#ifndef TRACE_FLIP_H
#define TRACE_FLIP_H

#include "trace/trace.h"

/* Turns an axis of a view round, that is all of an axis of its source: within
 * the lengths of each sequence, or all of it (NULL). Turned twice it is as
 * before. False if it is not such an axis. */
bool view_flip(const trace *t, view *of, size_t axis,
               const traced_value *lengths);

/* The same of one factor of an axis. */
bool view_flip_factor(const trace *t, view *of, factor *f,
                      const traced_value *lengths);

/* Finds a factor that is turned round, of an axis that is not the last, and its
 * number in that axis. */
bool view_find_flip(const trace *t, const view *of, size_t *axis,
                    size_t *number);

operator_run trace_reverse_sequence;

#endif
