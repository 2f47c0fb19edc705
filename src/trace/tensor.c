/* tensor.c: values that are tensors, and new ones. */
#include "trace/tensor.h"

#include "trace/attribute.h"
#include "trace/view.h"

#include <string.h>

const named_tensor *source_array(const trace *t, const source *s)
{
    return s->kind == SOURCE_TENSOR ? t->tensors + s->index
                                    : t->bound + s->index;
}

bool is_tensor(const trace *t, const traced_value *v)
{
    return v->kind == VALUE_VIEW && v->view_count == 1 &&
           t->sources[v->views->source].kind == SOURCE_TENSOR;
}

bool same_memory(const trace *t, const traced_value *a, const traced_value *b)
{
    const source *x = t->sources + a->views->source,
                 *y = t->sources + b->views->source;
    return x->kind == y->kind &&
           (x->kind == SOURCE_TENSOR
                ? t->tensors[x->index].data == t->tensors[y->index].data
                : x->index == y->index);
}

/* ---- Tensors ------------------------------------------------------------- */

/* Makes an input's array a tensor of the trace, and v a view of that. */
static elman_status bind(trace *t, const onnx_node *n, traced_value *v)
{
    const source *s = t->sources + v->views->source;
    named_tensor array = t->bound[s->index];
    traced_value whole = {0};
    view made = *v->views;
    TRY(value_set_tensor(t, n, &whole, &array));
    made.source = t->source_count - 1;
    return value_set_view(t, v, v->type, &made);
}

elman_status need_tensor(trace *t, const onnx_node *n, traced_value *v,
                         const char *what, tensor_use use, const view **of)
{
    /* an input that was given an array is a tensor from here on */
    if (v->kind == VALUE_VIEW && v->view_count == 1 && t->bound &&
        t->sources[v->views->source].kind == SOURCE_INPUT)
        TRY(bind(t, n, v));

    if (v->kind == VALUE_VIEW && v->view_count == 1 &&
        t->sources[v->views->source].kind == SOURCE_INPUT)
        return refuse(n,
                      "its %s is \"%.80s\", an input, which a model cannot "
                      "take; elman run can",
                      what, v->name);

    if (!is_tensor(t, v))
        return refuse(n,
                      "its %s is \"%.80s\", which is computed from the graph's "
                      "input, expected a tensor",
                      what, v->name);

    if (!order_is_own(v->views))
        return refuse(n, "its %s is \"%.80s\", in the order of lengths", what,
                      v->name);

    if (use == TENSOR_WEIGHT && !element_is_float(v->type))
        return refuse(n, "its %s is of %s, expected floats", what,
                      element_name(v->type));

    /* a weight stays one, however it is used besides */
    *of = v->views;
    tensor_use *noted = t->uses + t->sources[v->views->source].index;
    if (*noted <= TENSOR_READ || use == TENSOR_WEIGHT) *noted = use;
    return ELMAN_OK;
}

elman_status need_shape(const onnx_node *n, const view *of, size_t *shape,
                        size_t *count)
{
    *count = 1;
    for (size_t k = 0; k < of->rank; k++) {
        extent size;
        TRY(view_size(n, of, k, &size));
        if (!extent_is_plain(&size)) return refuse(n, "a tensor of free size");

        shape[k] = (size_t)size.factor;
        if ((uint64_t)size.factor > SIZE_MAX ||
            !sizes_multiply(*count, shape[k], 1, count))
            return refuse(n, "a size does not fit in memory");
    }
    return ELMAN_OK;
}

void index_advance(size_t rank, const size_t *shape, size_t *index)
{
    for (size_t k = rank; k-- > 0;) {
        if (++index[k] < shape[k]) return;
        index[k] = 0;
    }
}

void tensor_view_doubles(const trace *t, const view *of, size_t count,
                         double *values)
{
    const named_tensor *tensor = t->tensors + t->sources[of->source].index;
    size_t shape[AXES], index[AXES] = {0}, ignored;
    if (need_shape(NULL, of, shape, &ignored)) return; /* checked before */
    for (size_t i = 0; i < count; i++, index_advance(of->rank, shape, index))
        tensor_doubles(tensor, view_element(t, of, index), 1, values + i);
}

void tensor_view_wholes(const trace *t, const view *of, size_t count,
                        int64_t *values)
{
    const named_tensor *tensor = t->tensors + t->sources[of->source].index;
    size_t shape[AXES], index[AXES] = {0}, ignored;
    if (need_shape(NULL, of, shape, &ignored)) return; /* checked before */
    for (size_t i = 0; i < count; i++, index_advance(of->rank, shape, index))
        tensor_wholes(tensor, view_element(t, of, index), 1, values + i);
}

elman_status need_number(trace *t, const onnx_node *n, traced_value *v,
                         const char *what, double *number)
{
    const view *of = NULL;
    size_t shape[AXES], count;
    TRY(need_tensor(t, n, v, what, TENSOR_SETTING, &of));
    TRY(need_shape(n, of, shape, &count));
    if (count != 1)
        return refuse(n, "its %s has %zu numbers, expected one", what, count);
    tensor_view_doubles(t, of, 1, number);
    return ELMAN_OK;
}

/* ---- New tensors --------------------------------------------------------- */

elman_status tensor_create(trace *t, const onnx_node *n, const char *name,
                           element_type type, size_t rank, const size_t *shape,
                           void **data, traced_value *v)
{
    named_tensor made = {
        .name = name ? name : "", .type = type, .rank = rank, .count = 1};
    for (size_t k = 0; k < rank; k++) {
        made.shape[k] = shape[k];
        if (!sizes_multiply(made.count, shape[k], 1, &made.count))
            return refuse(n, "a size does not fit in 64 bits");
    }

    /* a small file must not ask for much memory */
    if (made.count > t->budget)
        return refuse(n,
                      "it makes %zu numbers, too many for a file of this "
                      "size",
                      made.count);
    t->budget -= made.count;

    *data = trace_keep(t, made.count + 1, sizeof(double));
    if (!*data) return failure(ELMAN_NO_MEMORY, "no memory for a tensor");
    made.data = *data;
    TRY(value_set_tensor(t, n, v, &made));
    t->uses[t->tensor_count - 1] = TENSOR_MADE;
    return ELMAN_OK;
}

elman_status tensor_join(trace *t, const onnx_node *n, const traced_value *v,
                         traced_value *out)
{
    extent sizes[AXES];
    size_t rank, shape[AXES], index[AXES] = {0};
    void *data = NULL;
    TRY(value_shape(n, v, &rank, sizes));
    for (size_t k = 0; k < rank; k++)
        shape[k] = (size_t)sizes[k].factor;
    TRY(tensor_create(t, n, v->name, ELEMENT_F64, rank, shape, &data, out));

    /* element by element, each of the view that it is in */
    const size_t count = t->tensors[t->tensor_count - 1].count;
    for (size_t i = 0; i < count; i++, index_advance(rank, shape, index)) {
        size_t own[AXES], p = 0;
        extent size;
        memcpy(own, index, sizeof own);
        for (; p + 1 < v->view_count; p++) {
            TRY(view_size(n, v->views + p, v->axis, &size));
            if (own[v->axis] < (size_t)size.factor) break;
            own[v->axis] -= (size_t)size.factor;
        }
        const view *of = v->views + p;
        tensor_doubles(source_array(t, t->sources + of->source),
                       view_element(t, of, own), 1, (double *)data + i);
    }
    tensor_round(t, out, v->type);
    return ELMAN_OK;
}

void tensor_round(trace *t, traced_value *v, element_type type)
{
    named_tensor *made = t->tensors + t->sources[v->views->source].index;
    v->type = type;
    if (made->type != ELEMENT_F64 || type == ELEMENT_F64) return;

    /* in place, from the front */
    const double *from = made->data;
    float *to = (float *)made->data; /* each behind where it is read */
    for (size_t i = 0; i < made->count; i++) {
        float rounded = (float)from[i];
        memcpy(to + i, &rounded, sizeof rounded);
    }

    made->type = ELEMENT_F32;
}

elman_status need_strides(trace *t, const onnx_node *n, traced_value *v,
                          size_t rank, const char *what, tensor_use use,
                          strides *s)
{
    const view *of = NULL;
    size_t shape[AXES], count;
    TRY(need_tensor(t, n, v, what, use, &of));
    TRY(need_shape(n, of, shape, &count));

    if (of->rank != rank)
        return refuse(n, "its %s has %zu dimensions, expected %zu", what,
                      of->rank, rank);
    if (count == 0) return refuse(n, "its %s has no elements", what);

    /* an axis of several factors has more than one step, so the view is copied
     */
    bool plain = true;
    for (size_t k = 0; k < rank; k++)
        plain = plain && of->axes[k].factor_count <= 1;
    if (!plain) {
        traced_value copy = {0};
        void *data = NULL;
        tensor_use *noted = t->uses + t->sources[of->source].index;
        if (*noted != TENSOR_MADE) *noted = TENSOR_FOLDED;
        TRY(tensor_create(t, n, v->name, ELEMENT_F64, rank, shape, &data,
                          &copy));
        tensor_view_doubles(t, of, count, data);
        tensor_round(t, &copy, v->type);
        return need_strides(t, n, &copy, rank, what, use, s);
    }

    /* the first element, and how far the next is along each axis */
    size_t zero[AXES] = {0};
    *s = (strides){.tensor = t->sources[of->source].index,
                   .offset = view_element(t, of, zero)};
    for (size_t k = 0; k < rank; k++) {
        size_t one[AXES] = {0};
        one[k] = 1;
        s->shape[k] = shape[k];
        if (shape[k] > 1) s->step[k] = view_element(t, of, one) - s->offset;
    }
    return ELMAN_OK;
}
