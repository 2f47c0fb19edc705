/*
 * rounding.h: numbers that a graph rounds on its way. A graph that is run
 * rounds them as well: what comes before is computed, then rounded, then read.
 * A model computes on without rounding.
 */
#ifndef TRACE_ROUNDING_H
#define TRACE_ROUNDING_H

#include "trace/trace.h"

typedef enum rounding_kind {
    ROUND_NEVER, /* to what a layer computes with anyhow */
    ROUND_HALF,
    ROUND_BFLOAT,
    ROUND_STEPS, /* to a whole number of steps */
    ROUND_RANGE  /* the same in 8 bits, from the least number to the greatest */
} rounding_kind;

struct traced_rounding {
    rounding_kind kind;
    double step, zero, least, most;      /* of ROUND_STEPS */
    const struct traced_rounding *first; /* what was done before, or NULL */
    size_t node;
    bool *done; /* somebody who reads it rounds */
};

/* What a cast to a type rounds to. */
rounding_kind rounding_to(element_type type);

/* out is v, rounded: of a graph that is run, else v as it is. */
elman_status rounding_mark(trace *t, const onnx_node *n, const traced_value *v,
                           const traced_rounding *how, traced_value *out);

/* The same, as a layer of its own, for what needs all numbers to round. */
elman_status rounding_layer(trace *t, const onnx_node *n, const traced_value *v,
                            const traced_rounding *how, traced_value *out);

/* out is the tensor v, rounded. */
elman_status rounding_tensor(trace *t, const onnx_node *n, traced_value *v,
                             rounding_kind kind, traced_value *out);

/* Rounds numbers in place; the second says it was done. */
void rounding_apply(const traced_rounding *how, size_t count, double *numbers);
void rounding_use(const traced_rounding *how, size_t count, double *numbers);

/* Refuses a graph of which something was to be rounded and was not. */
elman_status rounding_finish(const trace *t);

#endif
