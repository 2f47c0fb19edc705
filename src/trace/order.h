/*
 * order.h: sequences in another order, as packing them by length asks for. A
 * layer computes the same for each sequence whichever comes first, so a value
 * in another order is the value, with a note of that order on its axis; putting
 * it back takes the note away.
 */
#ifndef TRACE_ORDER_H
#define TRACE_ORDER_H

#include "trace/trace.h"

/* Whether two orders are the same; NULL is that of the graph's inputs. */
bool order_same(const trace *t, const traced_order *a, const traced_order *b);

/* out is v without a note of its order. */
elman_status order_strip(trace *t, const traced_value *v, traced_value *out);

/* Gather by an order, and the operators that make one. */
operator_run order_gather, order_top, order_scatter;

#endif
