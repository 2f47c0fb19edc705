/*
 * assemble.h: from what a graph was found to be to what a model is made of.
 */
#ifndef TRACE_ASSEMBLE_H
#define TRACE_ASSEMBLE_H

#include "trace/trace.h"

/* Fills config from the layers from begin to before end of a trace, and adds
 * the slices of its tensors that are their weights. Recurrent layers that
 * differ in their weights alone become levels of one if merge. */
elman_status assemble(const trace *t, size_t begin, size_t end, bool merge,
                      elman_config *config, weight_source *weights);

/* Whether a layer is recurrent. */
bool traced_is_recurrent(const traced_layer *l);

#endif
