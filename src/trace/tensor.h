/* tensor.h: values that are tensors, and new ones. */
#ifndef TRACE_TENSOR_H
#define TRACE_TENSOR_H

#include "trace/trace.h"

/* The array of a source that is a tensor or an input that was given one. */
const named_tensor *source_array(const trace *t, const source *s);

/* Whether v is a tensor. */
bool is_tensor(const trace *t, const traced_value *v);

/* v's view of a tensor: an input that was given an array becomes one. what it
 * is needed for is said if it is none. use is noted. */
elman_status need_tensor(trace *t, const onnx_node *n, traced_value *v,
                         const char *what, tensor_use use, const view **of);

/* Its shape, all sizes known, and the number of elements. */
elman_status need_shape(const onnx_node *n, const view *of, size_t *shape,
                        size_t *count);

/* Its elements, row-major; count is need_shape's. */
void tensor_view_doubles(const trace *t, const view *of, size_t count,
                         double *values);
void tensor_view_wholes(const trace *t, const view *of, size_t count,
                        int64_t *values);

/* One number. */
elman_status need_number(trace *t, const onnx_node *n, traced_value *v,
                         const char *what, double *number);

/* Element (i,j,k) of a view of rank up to 3 is offset + the sum of index times
 * step in its tensor; a view that is not so is copied into a tensor that is. */
enum { STRIDE_AXES = 3 };
typedef struct strides {
    size_t tensor, offset, step[STRIDE_AXES];
    size_t shape[STRIDE_AXES];
} strides;
elman_status need_strides(trace *t, const onnx_node *n, traced_value *v,
                          size_t rank, const char *what, tensor_use use,
                          strides *s);

/* Makes v a new dense tensor of F64 or I64, its elements, zero, at data. */
elman_status fold_create(trace *t, const onnx_node *n, const char *name,
                         element_type type, size_t rank, const size_t *shape,
                         void **data, traced_value *v);

/* What was folded in double rounded as the graph would, which computes with
 * type: float64 stays, all else becomes float32. */
void fold_round(trace *t, traced_value *v, element_type type);

/* The next index of a shape, row-major. */
void index_advance(size_t rank, const size_t *shape, size_t *index);

#endif
