/* json_tensor.h: nested lists of numbers as tensors. */
#ifndef FORMAT_JSON_TENSOR_H
#define FORMAT_JSON_TENSOR_H

#include "format/json.h"
#include "format/tensor.h"

/* The shape of a list of numbers, or of lists of equal shape, at most
 * TENSOR_MAX_RANK deep; false if node is something else. An empty list has size
 * 0. Only the first list of each depth is looked at. */
bool json_list_shape(const json_node *node, size_t *rank, size_t *shape);

/* Its numbers as floats, row by row, as many as shape says. A list that is not
 * as long as the first one, or holds something else, is ELMAN_BAD_FORMAT. */
elman_status json_list_read(const json_node *node, size_t rank,
                            const size_t *shape, float *values);

#endif
