/*
 * arrays_axes.c: arrays as other frameworks have them, with more or fewer axes
 * of size one than the model's: see arrays.h.
 */
#include "arrays.h"
#include "screen.h"

#include <string.h>

void axes_print(const size_t *shape, size_t rank, char *text, size_t size)
{
    size_t used = 1;
    snprintf(text, size, "(");
    for (size_t n = 0; n < rank && used + 24 < size; n++)
        used += (size_t)snprintf(text + used, size - used, "%s%zu",
                                 n ? "," : "", shape[n]);
    snprintf(text + used, size - used, ")");
}

/* Says that an array is taken in another shape than it has. */
static void tell_read(const char *path, const elman_tensor *array,
                      const size_t *shape, size_t rank)
{
    char found[128], taken[128];
    axes_print(array->shape, array->rank, found, sizeof found);
    axes_print(shape, rank, taken, sizeof taken);
    note("%s has the shape %s, and is read as %s", path, found, taken);
}

/* Takes the first axis of one away, if any other would leave the same shape. */
static size_t drop_axis(size_t *shape, size_t rank)
{
    size_t first = 0;
    while (first < rank && shape[first] != 1)
        first++;

    /* all between two of them are one */
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

void axes_read_input(const network *net, const char *path, elman_tensor *x)
{
    size_t axes = net->size.vocabulary ? 1 : 2, I = net->size.input_size;
    size_t shape[ELMAN_MAX_RANK + 1], rank = x->rank;
    memcpy(shape, x->shape, rank * sizeof *shape);

    /* steps of one number; (T,1) is one sequence of them already */
    if (axes == 2 && I == 1 && rank == 2 && shape[1] != 1) shape[rank++] = 1;
    for (size_t before = 0; rank > axes + 1 && rank != before;) {
        before = rank;
        rank = drop_axis(shape, rank);
    }

    bool fits = rank == axes + 1 && (axes == 1 || shape[rank - 1] == I);
    if (rank == x->rank || !fits) return;
    tell_read(path, x, shape, rank);
    x->rank = rank;
    memcpy(x->shape, shape, rank * sizeof *shape);
}

bool array_axes_alike(const elman_tensor *y, const size_t *shape, size_t rank)
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

void axes_tell_reference(const network *net, const char *x, const char *y,
                         const elman_check *check)
{
    elman_tensor array = {0};
    if (elman_array_load(x, &array) == ELMAN_OK)
        axes_read_input(net, x, &array);
    elman_array_destroy(&array);

    /* what is left out is the axis of features, if there is one of them */
    size_t shape[3], rank = 0, steps = net->size.output_steps;
    bool first = elman_model_config(net->model)->batch_first;
    if (first) shape[rank++] = check->B;
    if (!net->size.per_sequence) shape[rank++] = steps ? steps : check->T;
    if (!first) shape[rank++] = check->B;
    shape[rank++] = net->size.output_size;

    bool loaded = elman_array_load(y, &array) == ELMAN_OK;
    if (loaded && array.rank != rank && check->B > 1 &&
        array_axes_alike(&array, shape, rank))
        tell_read(y, &array, shape, rank);
    elman_array_destroy(&array);
}
