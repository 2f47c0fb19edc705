/*
 * assemble.h: from what a graph was found to be to what a model is made of.
 */
#ifndef EXCHANGE_ASSEMBLE_H
#define EXCHANGE_ASSEMBLE_H

#include "exchange/trace.h"

/* Fills import's config and pieces, of the trace's tensors, from layers first
 * to last - 1 of a trace. Recurrent layers that differ in their weights alone
 * become levels of one if merge. */
elman_status assemble(const trace *t, size_t first, size_t last, bool merge,
                      elman_import *import);

/* Whether a layer is recurrent. */
bool traced_is_recurrent(const traced_layer *l);

#endif
