/*
 * length.h: features divided by their length, |x|: ReduceL2, with a least
 * length by Clip or Max, Expand, and Div.
 */
#ifndef TRACE_LENGTH_H
#define TRACE_LENGTH_H

#include "trace/trace.h"

operator_run length_reduce, length_normalize, length_clip, length_expand,
    length_unsqueeze;

#endif
