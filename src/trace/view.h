/* view.h: sources, views of them, and values as views. */
#ifndef TRACE_VIEW_H
#define TRACE_VIEW_H

#include "trace/trace.h"

/* A factor in the source's own order. */
static inline factor factor_of(size_t axis, extent size, int64_t step)
{
    return (factor){.axis = axis, .size = size, .step = step};
}

/* Adds a source; index is its number. */
elman_status source_add(trace *t, const onnx_node *n, const source *s,
                        size_t *index);

/* The whole of a source, its axes in order. */
view view_of(const trace *t, size_t source);

/* Makes v a value of one view. */
elman_status value_set_view(trace *t, traced_value *v, element_type type,
                            const view *of);

/* Makes out a copy of v's views, which are its own to change. */
elman_status value_copy_views(trace *t, const onnx_node *n,
                              const traced_value *v, traced_value *out);

/* Adds a tensor and makes v a view of all of it. */
elman_status value_set_tensor(trace *t, const onnx_node *n, traced_value *v,
                              const named_tensor *tensor);

/* The size of an axis of a view. */
elman_status view_size(const onnx_node *n, const view *of, size_t axis,
                       extent *size);

/* The shape of a value, whose views are side by side along one axis. */
elman_status value_shape(const onnx_node *n, const traced_value *v,
                         size_t *rank, extent *shape);

/* Puts factors that follow each other in the source together and leaves out
 * those of size 1. */
void view_tidy(view *of);

/* Refuses a value that has no views. */
elman_status need_views(const onnx_node *n, const traced_value *v);

/* The one view of a value; refuses any other. */
elman_status need_view(const onnx_node *n, const traced_value *v,
                       const view **of);

/* How many factors run along an axis of the source. */
size_t view_uses(const view *of, size_t axis);

/* Whether factor runs over all of its axis of the source. */
bool factor_is_whole(const trace *t, const view *of, const factor *f);

/* Whether a factor, or an axis of a view, runs from the last index of its
 * source to the first. */
bool factor_is_flipped(const trace *t, const view *of, const factor *f);
bool view_is_flipped(const trace *t, const view *of, size_t axis);

/* The order of an axis of a view. */
const traced_order *order_of(const view *of, size_t axis);

/* Whether all of a view is in the order of the graph's inputs. */
bool order_is_own(const view *of);

/* Where along each axis of its source the element index of a view is. All sizes
 * are known. */
void view_position(const trace *t, const view *of, const size_t *index,
                   size_t *position);

/* The number of that element in a dense source. */
size_t view_element(const trace *t, const view *of, const size_t *index);

/* The axis of their source in which alone two views, else the same, begin one
 * index apart; AXES if there is none, BROADCAST if they are the same. */
size_t view_next_axis(const view *a, const view *b);

/* Whether two views show the same numbers, in the same lengths. */
bool view_equals(const view *a, const view *b);

#endif
