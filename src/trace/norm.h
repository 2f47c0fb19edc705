/* norm.h: layer norm. */
#ifndef TRACE_NORM_H
#define TRACE_NORM_H

#include "trace/trace.h"

operator_run trace_layer_norm, norm_mean, norm_unary, norm_arithmetic;

/* Whether v is part of a layer norm that is written out. */
bool norm_follow(const traced_value *v);

/* Layer index, if it is a layer norm, gets the weight and bias that it has not,
 * 1 and 0. */
elman_status norm_finish(trace *t, size_t index);

/* The weight of the layer norm that was just added, then its bias. */
elman_status norm_weigh(trace *t, const onnx_node *n, const traced_value *x,
                        traced_value *other, traced_value *out);

#endif
