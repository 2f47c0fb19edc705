/* reshape.h: Reshape, Flatten, Expand, Tile. */
#ifndef TRACE_RESHAPE_H
#define TRACE_RESHAPE_H

#include "trace/trace.h"

operator_run view_reshape, view_flatten, view_expand, view_tile;

#endif
