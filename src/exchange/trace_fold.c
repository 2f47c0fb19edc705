/* trace_fold.c: tensors, and what a graph computes of tensors alone. */
#include "exchange/trace.h"

#include <math.h>
#include <string.h>

const named_tensor *source_array(const trace *t, const source *s)
{
    return s->kind == SOURCE_TENSOR ? t->tensor + s->index
                                    : t->bound + s->index;
}

bool is_tensor(const trace *t, const traced_value *v)
{
    return v->kind == VALUE_VIEW && v->parts == 1 &&
           t->source[v->view->source].kind == SOURCE_TENSOR;
}

/* ---- Tensors ------------------------------------------------------------- */

/* An input's array as a tensor: the view's source becomes that. */
static elman_status bind(trace *t, const onnx_node *n, traced_value *v)
{
    const source *s = t->source + v->view->source;
    named_tensor array = t->bound[s->index];
    traced_value whole = {0};
    view made = *v->view;
    TRY(value_set_tensor(t, n, &whole, &array));
    made.source = t->sources - 1;
    return value_set_view(t, v, v->type, &made);
}

elman_status need_tensor(trace *t, const onnx_node *n, traced_value *v,
                         const char *what, tensor_use use, const view **of)
{
    if (v->kind == VALUE_VIEW && v->parts == 1 && t->bound &&
        t->source[v->view->source].kind == SOURCE_INPUT)
        TRY(bind(t, n, v));
    if (v->kind == VALUE_VIEW && v->parts == 1 &&
        t->source[v->view->source].kind == SOURCE_INPUT)
        return refuse(n,
                      "its %s is \"%.80s\", an input, which a model can not "
                      "take; elman run can",
                      what, v->name);
    if (!is_tensor(t, v))
        return refuse(n,
                      "its %s is \"%.80s\", which is computed from what flows "
                      "through the layers, expected a tensor",
                      what, v->name);
    if (use == TENSOR_WEIGHT && !element_is_float(v->type))
        return refuse(n, "its %s is of %s, expected floats", what,
                      element_name(v->type));
    *of = v->view;
    tensor_use *noted = t->use + t->source[v->view->source].index;
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
        if (!sizes_multiply(*count, shape[k], 1, count))
            return refuse(n, "a size passes 64 bits");
    }
    return ELMAN_OK;
}

/* The next index of a shape, row-major. */
static void advance(size_t rank, const size_t *shape, size_t *index)
{
    for (size_t k = rank; k-- > 0;) {
        if (++index[k] < shape[k]) return;
        index[k] = 0;
    }
}

void tensor_view_doubles(const trace *t, const view *of, size_t count,
                         double *values)
{
    const named_tensor *tensor = t->tensor + t->source[of->source].index;
    size_t shape[AXES], index[AXES] = {0}, ignored;
    if (need_shape(NULL, of, shape, &ignored)) return; /* checked before */
    for (size_t i = 0; i < count; i++, advance(of->rank, shape, index))
        tensor_doubles(tensor, view_element(t, of, index), 1, values + i);
}

void tensor_view_wholes(const trace *t, const view *of, size_t count,
                        int64_t *values)
{
    const named_tensor *tensor = t->tensor + t->source[of->source].index;
    size_t shape[AXES], index[AXES] = {0}, ignored;
    if (need_shape(NULL, of, shape, &ignored)) return; /* checked before */
    for (size_t i = 0; i < count; i++, advance(of->rank, shape, index))
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

elman_status fold_create(trace *t, const onnx_node *n, const char *name,
                         element_type type, size_t rank, const size_t *shape,
                         void **data, traced_value *v)
{
    named_tensor made = {
        .name = name ? name : "", .type = type, .rank = rank, .count = 1};
    for (size_t k = 0; k < rank; k++) {
        made.shape[k] = shape[k];
        if (!sizes_multiply(made.count, shape[k], 1, &made.count))
            return refuse(n, "a size passes 64 bits");
    }
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
    t->use[t->tensors - 1] = TENSOR_MADE;
    return ELMAN_OK;
}

/* The type in which results are kept: its numbers, but wide. */
static element_type wide(element_type type)
{
    return element_is_float(type) ? ELEMENT_F64 : ELEMENT_I64;
}

void fold_round(trace *t, traced_value *v, element_type type)
{
    named_tensor *made = t->tensor + t->source[v->view->source].index;
    v->type = type;
    if (made->type != ELEMENT_F64 || type == ELEMENT_F64) return;
    const double *from = made->data;
    float *to = (float *)made->data; /* each behind where it is read */
    for (size_t i = 0; i < made->count; i++) {
        float rounded = (float)from[i];
        memcpy(to + i, &rounded, sizeof rounded);
    }
    made->type = ELEMENT_F32;
}

/* The elements of a view go into a tensor that is being made. */
static elman_status copy_elements(trace *t, const onnx_node *n, traced_value *v,
                                  const view **of, size_t *shape, size_t *count)
{
    TRY(need_tensor(t, n, v, "input", TENSOR_FOLDED, of));
    return need_shape(n, *of, shape, count);
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
    bool plain = true;
    for (size_t k = 0; k < rank; k++)
        plain = plain && of->axis[k].factors <= 1;
    if (!plain) {
        traced_value copy = {0};
        void *data = NULL;
        tensor_use *noted = t->use + t->source[of->source].index;
        if (*noted != TENSOR_MADE) *noted = TENSOR_FOLDED;
        TRY(fold_create(t, n, v->name, ELEMENT_F64, rank, shape, &data, &copy));
        tensor_view_doubles(t, of, count, data);
        fold_round(t, &copy, v->type);
        return need_strides(t, n, &copy, rank, what, use, s);
    }
    size_t zero[AXES] = {0};
    *s = (strides){.tensor = t->source[of->source].index,
                   .first = view_element(t, of, zero)};
    for (size_t k = 0; k < rank; k++) {
        size_t one[AXES] = {0};
        one[k] = 1;
        s->shape[k] = shape[k];
        if (shape[k] > 1) s->step[k] = view_element(t, of, one) - s->first;
    }
    return ELMAN_OK;
}

/* ---- Constant, ConstantOfShape ------------------------------------------- */

static elman_status constant_number(trace *t, const onnx_node *n,
                                    const onnx_attribute *a, traced_value *out)
{
    bool floats = a->kind == ONNX_FLOAT || a->kind == ONNX_FLOATS;
    bool list = a->kind == ONNX_FLOATS || a->kind == ONNX_INTS;
    size_t count = list ? a->count : 1;
    void *data = NULL;
    TRY(fold_create(t, n, n->output[0], floats ? ELEMENT_F64 : ELEMENT_I64,
                    list ? 1 : 0, &count, &data, out));
    for (size_t i = 0; i < count; i++)
        if (floats) ((double *)data)[i] = (double)(list ? a->floats[i] : a->f);
        else ((int64_t *)data)[i] = list ? a->ints[i] : a->i;
    if (floats) fold_round(t, out, ELEMENT_F32);
    return ELMAN_OK;
}

elman_status fold_constant(trace *t, const onnx_node *n,
                           traced_value *const *in, traced_value *const *out)
{
    (void)in;
    for (size_t i = 0; i < n->attributes; i++) {
        const onnx_attribute *a = n->attribute + i;
        bool number = a->kind <= ONNX_INT || a->kind == ONNX_FLOATS ||
                      a->kind == ONNX_INTS;
        if (strncmp(a->name, "value", 5)) continue;
        if (number) return constant_number(t, n, a, out[0]);
        if (a->kind != ONNX_TENSOR) break;
        named_tensor tensor = a->t;
        tensor.name = n->output[0];
        t->budget += tensor.count;
        return value_set_tensor(t, n, out[0], &tensor);
    }
    return refuse(n, "it holds no tensor and no number");
}

elman_status fold_filled(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    extent sizes[ENTRIES];
    size_t rank;
    void *data = NULL;
    const onnx_attribute *a = onnx_find(n, "value");
    bool floats = !a || (a->kind == ONNX_TENSOR && element_is_float(a->t.type));
    TRY(need_sizes(t, n, in[0], &rank, sizes));
    if (rank > AXES)
        return refuse(n, "%zu dimensions, at most %d are followed", rank, AXES);
    if (a && (a->kind != ONNX_TENSOR || a->t.count != 1))
        return refuse(n, "the attribute value is not a tensor of one number");
    TRY(fold_create(t, n, n->output[0], floats ? ELEMENT_F64 : ELEMENT_I64, 0,
                    NULL, &data, out[0]));
    if (a && floats) tensor_doubles(&a->t, 0, 1, data);
    else if (a) tensor_wholes(&a->t, 0, 1, data);
    view made = *out[0]->view;
    made.rank = rank;
    for (size_t k = 0; k < rank; k++) {
        if (sizes[k].factor < 1)
            return refuse(n, "a size of %lld", (long long)sizes[k].factor);
        made.axis[k].factors = 1;
        made.axis[k].factor[0] = (factor){BROADCAST, sizes[k], 0};
    }
    view_tidy(&made);
    return value_set_view(t, out[0], a ? a->t.type : ELEMENT_F32, &made);
}

/* ---- Arithmetic ---------------------------------------------------------- */

static bool operate(char op, double a, double b, double *result)
{
    *result = op == 'A' ? a + b : op == 'S' ? a - b : op == 'M' ? a * b : a / b;
    return true;
}

static bool operate_wholes(char op, int64_t a, int64_t b, int64_t *result)
{
    switch (op) {
    case 'A':
        return !__builtin_add_overflow(a, b, result);
    case 'S':
        return !__builtin_sub_overflow(a, b, result);
    case 'M':
        return !__builtin_mul_overflow(a, b, result);
    default:
        if (b == 0 || (a == INT64_MIN && b == -1)) return false;
        *result = a / b;
        return true;
    }
}

/* The element of an operand that belongs to an index of the result. */
static size_t broadcast_element(const trace *t, const view *of,
                                const size_t *shape, size_t rank,
                                const size_t *index)
{
    size_t own[AXES] = {0};
    for (size_t k = 0; k < of->rank; k++)
        own[k] = shape[k] == 1 ? 0 : index[rank - of->rank + k];
    return view_element(t, of, own);
}

typedef struct operand {
    const view *of;
    size_t shape[AXES];
    const named_tensor *tensor;
} operand;

static elman_status combine(trace *t, const onnx_node *n, const operand *side,
                            size_t rank, const size_t *shape, size_t count,
                            bool floats, void *data)
{
    size_t index[AXES] = {0};
    for (size_t i = 0; i < count; i++, advance(rank, shape, index)) {
        double x[2];
        int64_t k[2];
        bool fits;
        for (int j = 0; j < 2; j++) {
            size_t at =
                broadcast_element(t, side[j].of, side[j].shape, rank, index);
            tensor_doubles(side[j].tensor, at, 1, x + j);
            tensor_wholes(side[j].tensor, at, 1, k + j);
        }
        fits = floats
                   ? operate(n->op[0], x[0], x[1], (double *)data + i)
                   : operate_wholes(n->op[0], k[0], k[1], (int64_t *)data + i);
        if (!fits) return refuse(n, "its result is not in 64 bits");
    }
    return ELMAN_OK;
}

elman_status fold_arithmetic(trace *t, const onnx_node *n,
                             traced_value *const *in, traced_value *const *out)
{
    operand side[2];
    size_t counts[2], rank = 0, shape[AXES];
    for (int j = 0; j < 2; j++) {
        TRY(copy_elements(t, n, in[j], &side[j].of, side[j].shape, counts + j));
        if (side[j].of->rank > rank) rank = side[j].of->rank;
    }
    for (size_t k = 0; k < rank; k++) {
        shape[rank - 1 - k] = 1;
        for (int j = 0; j < 2; j++) {
            size_t r = side[j].of->rank;
            size_t size = k < r ? side[j].shape[r - 1 - k] : 1;
            size_t *made = &shape[rank - 1 - k];
            if (*made == 1) *made = size;
            else if (size != 1 && size != *made)
                return refuse(n, "sizes %zu and %zu do not go together", *made,
                              size);
        }
    }
    bool floats = element_is_float(in[0]->type);
    void *data = NULL;
    element_type type = in[0]->type;
    TRY(fold_create(t, n, n->output[0], wide(type), rank, shape, &data,
                    out[0]));
    for (int j = 0; j < 2; j++)
        side[j].tensor = t->tensor + t->source[side[j].of->source].index;
    size_t count = t->tensor[t->source[out[0]->view->source].index].count;
    TRY(combine(t, n, side, rank, shape, count, floats, data));
    fold_round(t, out[0], type);
    return ELMAN_OK;
}

elman_status fold_unary(trace *t, const onnx_node *n, traced_value *const *in,
                        traced_value *const *out)
{
    const view *of = NULL;
    size_t shape[AXES], count;
    void *data = NULL;
    if (!element_is_float(in[0]->type))
        return refuse(n, "it is followed for floats alone");
    TRY(copy_elements(t, n, in[0], &of, shape, &count));
    TRY(fold_create(t, n, n->output[0], ELEMENT_F64, of->rank, shape, &data,
                    out[0]));
    double *values = data;
    tensor_view_doubles(t, of, count, values);
    for (size_t i = 0; i < count; i++)
        values[i] = n->op[0] == 'N'   ? -values[i]
                    : n->op[0] == 'A' ? fabs(values[i])
                                      : sqrt(values[i]);
    fold_round(t, out[0], in[0]->type);
    return ELMAN_OK;
}

/* ---- Concat -------------------------------------------------------------- */

/* Puts a view's elements where index[axis] begins at first. */
static void place_elements(const trace *t, const view *of, const size_t *shape,
                           size_t count, size_t axis, size_t first,
                           const size_t *all, bool floats, void *data)
{
    const named_tensor *tensor = t->tensor + t->source[of->source].index;
    size_t index[AXES] = {0};
    for (size_t i = 0; i < count; i++, advance(of->rank, shape, index)) {
        size_t at = 0, from = view_element(t, of, index);
        for (size_t k = 0; k < of->rank; k++)
            at = at * all[k] + index[k] + (k == axis ? first : 0);
        if (floats) tensor_doubles(tensor, from, 1, (double *)data + at);
        else tensor_wholes(tensor, from, 1, (int64_t *)data + at);
    }
}

elman_status fold_concat(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    int64_t number;
    size_t all[AXES], shape[AXES], count, axis = 0, rank = 0, first = 0;
    const view *of = NULL;
    void *data = NULL;
    TRY(attribute_whole(n, "axis", 0, &number));
    for (size_t k = 0; k < n->inputs; k++) {
        if (!in[k]) return refuse(n, "input %zu is left out", k);
        TRY(copy_elements(t, n, in[k], &of, shape, &count));
        if (k == 0) {
            rank = of->rank;
            TRY(check_axis(n, number, rank, &axis));
            memcpy(all, shape, sizeof all);
            continue;
        }
        bool fits = of->rank == rank;
        for (size_t j = 0; fits && j < rank; j++)
            fits = j == axis || shape[j] == all[j];
        if (!fits || all[axis] > SIZE_MAX - shape[axis])
            return refuse(n, "its inputs differ in shape");
        all[axis] += shape[axis];
    }
    bool floats = element_is_float(in[0]->type);
    element_type type = in[0]->type;
    TRY(fold_create(t, n, n->output[0], wide(type), rank, all, &data, out[0]));
    for (size_t k = 0; k < n->inputs; k++) {
        TRY(copy_elements(t, n, in[k], &of, shape, &count));
        place_elements(t, of, shape, count, axis, first, all, floats, data);
        first += shape[axis];
    }
    fold_round(t, out[0], type);
    return ELMAN_OK;
}
