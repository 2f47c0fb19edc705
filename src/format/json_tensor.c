/* json_tensor.c: nested lists of numbers as tensors, without recursion. */
#include "format/json_tensor.h"

#include <math.h>

bool json_list_shape(const json_node *node, size_t *rank, size_t *shape)
{
    double number;
    *rank = 0;
    if (node && node->kind != JSON_KIND_LIST) return false;

    while (node && node->kind == JSON_KIND_LIST) {
        if (*rank == TENSOR_MAX_RANK) return false;
        shape[(*rank)++] = node->count;
        if (!node->count) return true;
        node = node->is.first;
    }
    return node && json_number(node, &number);
}

/* One value of a list of numbers. */
static elman_status read_number(const json_node *at, float *value)
{
    double number;
    if (json_number(at, &number) && isfinite((float)number)) {
        *value = (float)number;
        return ELMAN_OK;
    }
    return failure(ELMAN_BAD_FORMAT,
                   "a list of numbers holds something that is not a number "
                   "which a float32 can hold");
}

elman_status json_list_read(const json_node *node, size_t rank,
                            const size_t *shape, float *values)
{
    const json_node *next[TENSOR_MAX_RANK + 1];
    size_t depth = 0, used = 0;
    next[0] = node;

    /* next[d] is what stands at depth d, and is gone through with all that is
     * in it before its neighbour */
    for (;;) {
        const json_node *at = next[depth];
        if (at && depth == rank) {
            TRY(read_number(at, values + used++));
        } else if (at) {
            if (at->kind != JSON_KIND_LIST || at->count != shape[depth])
                return failure(ELMAN_BAD_FORMAT,
                               "a list of lists has one that is not a list of "
                               "%zu, as the first is",
                               shape[depth]);
            next[++depth] = at->is.first;
            continue;
        }

        /* the neighbour, or that of the list around */
        while (!at || !at->next) {
            if (depth <= 1) return ELMAN_OK;
            at = next[--depth];
        }
        if (depth == 0) return ELMAN_OK;
        next[depth] = at->next;
    }
}
