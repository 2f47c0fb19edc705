/* tensor.h: values that are tensors, and new ones. */
#ifndef TRACE_TENSOR_H
#define TRACE_TENSOR_H

#include "trace/trace.h"

/* The array of a source that is a tensor or an input that was given one. */
const named_tensor *source_array(const trace *t, const source *s);

/* Whether v is a tensor. */
bool is_tensor(const trace *t, const traced_value *v);

/* Whether two values, of one view each, are of the same tensor or input. */
bool same_memory(const trace *t, const traced_value *a, const traced_value *b);

/* v's view of a tensor; an input that was given an array becomes one. If it is
 * none, it is refused, with what it is needed for. Notes how the tensor is
 * used.
 */
elman_status need_tensor(trace *t, const onnx_node *n, traced_value *v,
                         const char *what, tensor_use use, const view **of);

/* The shape of a tensor's view, whose sizes are all known, and how many
 * elements it has. */
elman_status need_shape(const onnx_node *n, const view *of, size_t *shape,
                        size_t *count);

/* Its elements, row-major; count is what need_shape gave. */
void tensor_view_doubles(const trace *t, const view *of, size_t count,
                         double *values);
void tensor_view_wholes(const trace *t, const view *of, size_t count,
                        int64_t *values);

/* v, a tensor of one element, as a number. */
elman_status need_number(trace *t, const onnx_node *n, traced_value *v,
                         const char *what, double *number);

/* A view of a tensor with one step per axis: element (i,j,k) is number
 * offset + i step[0] + j step[1] + k step[2] of the tensor. */
enum { STRIDE_AXES = 3 };
typedef struct strides {
    size_t tensor, offset, step[STRIDE_AXES];
    size_t shape[STRIDE_AXES];
} strides;

/* v as such a view, of that rank. One that has more than a step for an axis is
 * copied into a new tensor. */
elman_status need_strides(trace *t, const onnx_node *n, traced_value *v,
                          size_t rank, const char *what, tensor_use use,
                          strides *s);

/* Makes v a new dense tensor of F64 or I64; its elements, all zero, are at
 * data.
 */
elman_status tensor_create(trace *t, const onnx_node *n, const char *name,
                           element_type type, size_t rank, const size_t *shape,
                           void **data, traced_value *v);

/* Makes out a new tensor of a value whose views, side by side, are all of
 * tensors or of inputs that were given arrays. */
elman_status tensor_join(trace *t, const onnx_node *n, const traced_value *v,
                         traced_value *out);

/* Rounds what was computed in double as the graph would have, which computes
 * with type: float64 stays, everything else becomes float32. */
void tensor_round(trace *t, traced_value *v, element_type type);

/* Moves index to the next element of a shape, row-major. */
void index_advance(size_t rank, const size_t *shape, size_t *index);

#endif
