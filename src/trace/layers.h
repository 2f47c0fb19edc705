/* layers.h: one layer after the other, and what each reads. */
#ifndef TRACE_LAYERS_H
#define TRACE_LAYERS_H

#include "trace/tensor.h"

/* The view as the next layer reads it: of the last layer's output. What the
 * first reads becomes x; of a last step or of final states, the layer that
 * takes them is added first. All of the source must be there, the features in
 * their order along the axis features; I is how many. */
elman_status layer_read(trace *t, const onnx_node *n, const view *from,
                        size_t features, view *read, size_t *I);

/* Adds a layer after that, which gives O features along the axis features;
 * with ANY_AXIS everything stays where it is. y is its output, as read lies. */
elman_status layer_add(trace *t, const onnx_node *n, const view *read,
                       size_t features, const elman_layer *config, size_t O,
                       view *y);

enum { NO_STRIDE = STRIDE_AXES }; /* of a parameter without that axis */

/* How a tensor becomes the parameter role of a direction: in blocks of rows, in
 * that order (NULL: as they are), its rows along row_axis and its columns along
 * column_axis of the tensor, or NO_STRIDE. */
typedef struct weight_view {
    const char *role, *how;
    size_t direction, blocks;
    const size_t *order;
    size_t row_axis, column_axis;
    double scale; /* 0 means 1 */
} weight_view;

/* Adds that, as a slice of the tensor of s, to the last layer. */
elman_status layer_weigh(trace *t, const onnx_node *n, const strides *s,
                         const weight_view *weight);

/* The same, all zero. */
elman_status layer_weigh_zero(trace *t, const onnx_node *n, const char *role,
                              size_t d);

/* Whether one of the first count layers is recurrent. */
bool trace_has_recurrent(const trace *t, size_t count);

/* Adds the layer that gives one vector per sequence. */
elman_status layer_add_last(trace *t, const onnx_node *n, elman_last last);

#endif
