/* per_feature.h: a scale and a shift for each feature. */
#ifndef TRACE_PER_FEATURE_H
#define TRACE_PER_FEATURE_H

#include "trace/trace.h"

/* y = scale x + shift with count numbers each. */
typedef struct per_feature {
    const char *name;  /* of the tensor that they come from */
    element_type type; /* in which the graph computes */
    size_t count;
    double *scale, *shift; /* (count) */
} per_feature;

/* Zeros that go with the trace. */
elman_status per_feature_create(trace *t, size_t count, per_feature *d);

/* Adds the layer that does it to the features of x along an axis: a linear one
 * with a diagonal weight. */
elman_status per_feature_add(trace *t, const onnx_node *n,
                             const traced_value *x, size_t axis,
                             const per_feature *d, traced_value *out);

operator_run trace_batch_norm;

#endif
