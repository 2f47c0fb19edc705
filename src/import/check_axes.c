/* check_axes.c: see check_axes.h. */
#include "import/check_axes.h"

#include <string.h>

/* Takes the first axis of one away, if any other would leave the same shape;
 * returns the rank. */
static size_t drop_axis(size_t *shape, size_t rank)
{
    size_t first = 0;
    while (first < rank && shape[first] != 1)
        first++;

    /* one that is not next to the first leaves another order of sizes, unless
     * all between them are one */
    bool gap = false;
    for (size_t n = first + 1; n < rank; n++) {
        if (gap && shape[n] == 1) return rank;
        gap = gap || shape[n] != 1;
    }
    if (first == rank) return rank;
    memmove(shape + first, shape + first + 1,
            (rank - first - 1) * sizeof *shape);
    return rank - 1;
}

size_t axes_of_input(const named_tensor *x, size_t axes, size_t I,
                     size_t *shape)
{
    size_t rank = x->rank;
    memcpy(shape, x->shape, rank * sizeof *shape);

    /* (B,T) where a step is one number; (T,1) is one sequence already */
    if (axes == 2 && I == 1 && rank == 2 && shape[1] != 1) shape[rank++] = 1;

    for (size_t before = 0; rank > axes + 1 && rank != before;) {
        before = rank;
        rank = drop_axis(shape, rank);
    }
    return rank;
}

bool axes_alike(const named_tensor *y, const size_t *shape, size_t rank)
{
    size_t n = 0;
    for (size_t at = 0; at < y->rank; at++) {
        if (y->shape[at] == 1) continue;
        while (n < rank && shape[n] == 1)
            n++;
        if (n == rank || shape[n++] != y->shape[at]) return false;
    }
    while (n < rank && shape[n] == 1)
        n++;
    return n == rank;
}
