/*
 * graph.h: an ONNX graph run as it is, with its own inputs and outputs: behind
 * elman_graph_... of elman_exchange.h.
 */
#ifndef EXCHANGE_GRAPH_H
#define EXCHANGE_GRAPH_H

#include "base/status.h"
#include "format/onnx.h"

elman_status graph_open(const char *path, elman_graph **graph);

/* The same of a graph that was read; it is closed with the graph, or by the
 * failure. */
elman_status graph_create(onnx_graph *onnx, elman_graph **graph);
void graph_close(elman_graph *graph);
const elman_port *graph_ports(const elman_graph *graph, size_t *count);
elman_status graph_load(elman_graph *graph, const char *name, const char *path);
elman_status graph_forward(elman_graph *graph, size_t steps, int threads);
elman_status graph_save(const elman_graph *graph, const char *name,
                        const char *path);

#endif
