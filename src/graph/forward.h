/* forward.h: a forward of a graph: arrays to layers to arrays. */
#ifndef GRAPH_FORWARD_H
#define GRAPH_FORWARD_H

#include "graph/graph.h"

elman_status graph_forward(elman_graph *graph, size_t steps, int threads);

#endif
