/* layers.h: one layer after the other, and what each reads. ending.c has those
 * that change how many steps there are. */
#ifndef TRACE_LAYERS_H
#define TRACE_LAYERS_H

#include "trace/ending.h"
#include "trace/tensor.h"

/* Makes read the view from as the next layer reads it, which is of the last
 * layer's output. What the first layer reads becomes x. For a view of the last
 * step or of final states the layer that takes these is added. All of the
 * source must be there, and the features, I of them, in their order along the
 * axis features. */
elman_status layer_read(trace *t, const onnx_node *n, const view *from,
                        size_t features, view *read, size_t *I);

/* Adds the layer that reads it and gives O features along the axis features,
 * or, with ANY_AXIS, as many as it reads, wherever they are. y is its output,
 * with the axes of read. */
elman_status layer_add(trace *t, const onnx_node *n, const view *read,
                       size_t features, const elman_layer *config, size_t O,
                       view *y);

enum { NO_STRIDE = STRIDE_AXES }; /* of a parameter without that axis */

/* How a tensor becomes the parameter role of a direction: its rows run along
 * row_axis and its columns along column_axis of the tensor (NO_STRIDE: it has
 * none); block j of the rows is number order[j] of the tensor's (NULL: j). */
typedef struct weight_view {
    const char *role, *how;
    size_t direction, blocks;
    const size_t *order;
    size_t row_axis, column_axis;
    double scale; /* 0 means 1 */
} weight_view;

/* Adds it to the weights of the last layer, as a slice of the tensor of s. */
elman_status layer_weigh(trace *t, const onnx_node *n, const strides *s,
                         const weight_view *weight);

/* Adds a parameter that is all zero. */
elman_status layer_weigh_zero(trace *t, const onnx_node *n, const char *role,
                              size_t d);

/* Whether one of the first count layers is recurrent. */
bool trace_has_recurrent(const trace *t, size_t count);

#endif
