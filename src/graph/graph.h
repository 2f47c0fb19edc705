/*
 * graph.h: an ONNX graph run as it is, with its own inputs and outputs: behind
 * elman_graph_... of elman_exchange.h.
 *
 *   graph      ports, arrays in and out
 *   stage      some layers as a model of ours, or in double
 *   forward    the trace of the graph with its arrays, layers up to the last
 *              recurrent one, layers after it
 */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H

#include "elman.h"
#include "format/onnx.h"

/* An array with its owner. */
typedef struct graph_array {
    named_tensor tensor; /* data NULL: none */
    void *owner;         /* free() it */
} graph_array;

struct elman_graph {
    onnx_graph *onnx;
    size_t port_count;
    elman_port *ports;    /* (port_count): inputs, then outputs */
    named_tensor *bound;  /* (inputs) data NULL: not given */
    void **owners;        /* (inputs) of their data, NULL: the caller; free()
                             it */
    graph_array *outputs; /* (outputs) of the last forward */
};

/* As elman_graph_... in elman_exchange.h; open reads a file or memory. */
elman_status graph_open(const byte_source *source, elman_graph **graph);

/* The same of a graph that was read; it is closed with the graph, or by the
 * failure. */
elman_status graph_create(onnx_graph *onnx, elman_graph **graph);
void graph_close(elman_graph *graph);
const elman_port *graph_ports(const elman_graph *graph, size_t *count);
elman_status graph_load(elman_graph *graph, const char *name, const char *path);
elman_status graph_write(elman_graph *graph, const char *name, const void *data,
                         size_t rank, const size_t *shape);
elman_status graph_read(const elman_graph *graph, const char *name,
                        size_t bytes, void *data);
elman_status graph_save(const elman_graph *graph, const char *name,
                        const char *path);

/* The ports say the type and shape of what the last forward gave. */
void graph_describe_outputs(elman_graph *graph);

#endif
