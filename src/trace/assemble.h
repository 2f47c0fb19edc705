/*
 * assemble.h: from what a graph was found to be to what a model is made of.
 */
#ifndef TRACE_ASSEMBLE_H
#define TRACE_ASSEMBLE_H

#include "trace/trace.h"

/* Fills config from layers first to last - 1 of a trace, and adds the slices of
 * the trace's tensors that are their weights. Recurrent layers that differ in
 * their weights alone become levels of one if merge. */
elman_status assemble(const trace *t, size_t first, size_t last, bool merge,
                      elman_config *config, weight_source *weights);

/* Whether a layer is recurrent. */
bool traced_is_recurrent(const traced_layer *l);

#endif
