/*
 * grow.h: a graph that grows by nodes, which stand for others: what is written
 * out as a cell becomes an RNN, GRU or LSTM. Names, attributes and nodes live
 * as long as the trace.
 */
#ifndef TRACE_GROW_H
#define TRACE_GROW_H

#include "trace/trace.h"

typedef struct grown_graph {
    trace *t;                /* owner of all memory */
    const onnx_node *origin; /* that the next nodes stand for */
    onnx_node *nodes;        /* (count) those of the graph, then new ones */
    size_t count, room;
    size_t named;               /* values that got a name */
    bool failed;                /* there was no memory */
    const onnx_node *named_for; /* whose text is */
    const char *origin_name;
} grown_graph;

/* Begins with the nodes of the trace's graph. */
elman_status grow_open(grown_graph *b, trace *t);

/* Adds a node of one output, of grow_domain, and gives the name of that; ""
 * where there was no memory. */
const char *grow_node(grown_graph *b, const char *op, size_t input_count,
                      const char *const *inputs, size_t attribute_count,
                      const onnx_attribute *attributes);

/* The same with names for its outputs; and any node. */
void grow_own(grown_graph *b, const onnx_node *node);
void grow_named(grown_graph *b, const onnx_node *node);

/* A new name, and a new text. */
const char *grow_name(grown_graph *b);
const char *grow_text(grown_graph *b, const char *text);

/* Attributes. */
onnx_attribute grow_whole(const char *name, int64_t number);
onnx_attribute grow_wholes(grown_graph *b, const char *name, size_t count,
                           const int64_t *numbers);

/* Takes a value away from the node that makes it, so that another one may. */
void grow_replace(grown_graph *b, size_t node, const char *value);

/* Makes the trace's graph what was built. */
elman_status grow_close(grown_graph *b);

#endif
