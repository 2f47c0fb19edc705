/* walk.h: follows a graph, node after node. */
#ifndef TRACE_WALK_H
#define TRACE_WALK_H

#include "trace/trace.h"

typedef struct walker {
    size_t *stack;
    unsigned char *marks; /* of nodes */
    size_t done;          /* nodes */
} walker;

/* Begins with the names of a trace's graph, its inputs and tensors. Close it in
 * any case. */
elman_status walk_open(trace *t, walker *w);
void walk_close(walker *w);

/* Follows the graph to a value. Messages name the node, its operator and the
 * reason. */
elman_status walk_to(trace *t, walker *w, const char *name);

#endif
