/* norm.h: layer norm. */
#ifndef TRACE_NORM_H
#define TRACE_NORM_H

#include "trace/trace.h"

operator_run trace_layer_norm, norm_mean, norm_unary, norm_abs, norm_arithmetic;

/* Whether v is part of a layer norm that is written out. */
bool norm_follow(const traced_value *v);

/* Whether two values are one view of the same. */
bool norm_same_view(const traced_value *a, const traced_value *b);

/* Makes out the next stage of a norm of the same x. */
elman_status norm_stage_set(trace *t, const traced_value *from, norm_stage to,
                            float eps, traced_value *out);

/* Gives layer index, if it is a layer norm without weight or bias, ones and
 * zeros. */
elman_status norm_finish(trace *t, size_t index);

/* Gives the layer norm that was just added its weight (Mul), then its bias
 * (Add).
 */
elman_status norm_weigh(trace *t, const onnx_node *n, const traced_value *x,
                        traced_value *other, traced_value *out);

/* The layer that divides x by its length, at least b's eps. */
elman_status norm_divide(trace *t, const onnx_node *n, const traced_value *x,
                         const traced_value *b, traced_value *out);

#endif
