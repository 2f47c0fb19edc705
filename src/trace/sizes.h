/* sizes.h: whole numbers that may hold free sizes. */
#ifndef TRACE_SIZES_H
#define TRACE_SIZES_H

#include "trace/trace.h"

/* Whether v can be seen as whole numbers with free sizes. */
bool is_sizes(const trace *t, const traced_value *v);

/* v's entries, count of them; there is room for ENTRIES. */
elman_status need_sizes(trace *t, const onnx_node *n, traced_value *v,
                        size_t *count, extent *entries);

/* Reads at most AXES whole numbers from input k or from the attribute name,
 * whichever is there; count is 0 if neither is. */
elman_status list_whole(trace *t, const onnx_node *n, traced_value *const *in,
                        const char *name, size_t k, size_t *count,
                        int64_t *numbers);

operator_run sizes_shape, sizes_size, sizes_gather, sizes_slice, sizes_concat,
    sizes_arithmetic, sizes_same, sizes_squeeze, sizes_unsqueeze, sizes_compare,
    sizes_where, sizes_range, sizes_expand, sizes_logic, sizes_product;

#endif
