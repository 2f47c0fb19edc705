/* fold_product.c: MatMul of two tensors, as of an initial state and what maps
 * it. */
#include "trace/fold.h"

#include "trace/attribute.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include "base/memory.h"

#include <string.h>

/* Multiply-adds at most: more are no weights of a recurrent network. */
#define MOST_WORK ((size_t)1 << 28)

typedef struct factor_array {
    const view *of;
    size_t shape[AXES], count;
    double *values;
} factor_array;

static elman_status read_factor(trace *t, const onnx_node *n, traced_value *v,
                                factor_array *f)
{
    TRY(need_tensor(t, n, v, "factor", TENSOR_FOLDED, &f->of));
    TRY(need_shape(n, f->of, f->shape, &f->count));
    if (f->of->rank < 2)
        return refuse(n, "its factor has %zu dimensions, expected at least 2",
                      f->of->rank);

    f->values = trace_keep(t, f->count + 1, sizeof *f->values);
    if (!f->values) return failure(ELMAN_NO_MEMORY, "no memory for a product");
    tensor_view_doubles(t, f->of, f->count, f->values);
    return ELMAN_OK;
}

/* The shape of a b: axes before the last two are equal, or of size 1. */
static elman_status shape_product(const onnx_node *n, const factor_array *a,
                                  const factor_array *b, size_t *rank,
                                  size_t *shape)
{
    size_t r = a->of->rank > b->of->rank ? a->of->rank : b->of->rank;
    size_t K = a->shape[a->of->rank - 1], work = K;

    if (K != b->shape[b->of->rank - 2])
        return refuse(n, "it multiplies %zu columns by %zu rows", K,
                      b->shape[b->of->rank - 2]);

    for (size_t k = 0; k < r; k++) {
        size_t x = k < a->of->rank ? a->shape[a->of->rank - 1 - k] : 1;
        size_t y = k < b->of->rank ? b->shape[b->of->rank - 1 - k] : 1;
        size_t size = k == 0 ? y : k == 1 ? x : x == 1 ? y : x;

        if (k > 1 && x != size && x != 1)
            return refuse(n, "sizes %zu and %zu cannot be broadcast", x, y);
        if (k > 1 && y != size && y != 1)
            return refuse(n, "sizes %zu and %zu cannot be broadcast", x, y);
        if (!sizes_multiply(work, size, 1, &work) || work > MOST_WORK)
            return refuse(n, "its product is too large");
        shape[r - 1 - k] = size;
    }
    *rank = r;
    return ELMAN_OK;
}

/* Where the matrix of a factor begins that belongs to an index of the result.
 */
static size_t matrix_at(const factor_array *f, size_t rank, const size_t *index)
{
    size_t at = 0, r = f->of->rank;
    for (size_t k = 0; k + 2 < r; k++)
        at = at * f->shape[k] + (f->shape[k] == 1 ? 0 : index[rank - r + k]);
    return at * f->shape[r - 2] * f->shape[r - 1];
}

elman_status fold_product(trace *t, const onnx_node *n, traced_value *const *in,
                          traced_value *const *out)
{
    factor_array a, b;
    size_t rank, shape[AXES], index[AXES] = {0};
    void *data = NULL;
    if (!element_is_float(in[0]->type) || !element_is_float(in[1]->type))
        return refuse(n, "it is supported only for floats");
    TRY(read_factor(t, n, in[0], &a));
    TRY(read_factor(t, n, in[1], &b));
    TRY(shape_product(n, &a, &b, &rank, shape));

    element_type type = in[0]->type;
    TRY(tensor_create(t, n, n->outputs[0], ELEMENT_F64, rank, shape, &data,
                      out[0]));
    size_t count = t->tensors[t->sources[out[0]->views->source].index].count;
    size_t K = a.shape[a.of->rank - 1], N = shape[rank - 1];

    for (size_t i = 0; i < count; i++, index_advance(rank, shape, index)) {
        const double *x = a.values + matrix_at(&a, rank, index) +
                          index[rank - 2] * K,
                     *y = b.values + matrix_at(&b, rank, index) +
                          index[rank - 1];
        double sum = 0;
        for (size_t k = 0; k < K; k++)
            sum += x[k] * y[k * N];
        ((double *)data)[i] = sum;
    }

    tensor_round(t, out[0], type);
    return ELMAN_OK;
}
