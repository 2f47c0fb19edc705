/* fold.c: what a graph computes of tensors alone. */
#include "trace/fold.h"

#include "base/real.h"
#include "trace/attribute.h"
#include "trace/sizes.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <math.h>
#include <string.h>

/* ---- Constant, ConstantOfShape ------------------------------------------- */

static elman_status constant_number(trace *t, const onnx_node *n,
                                    const onnx_attribute *a, traced_value *out)
{
    bool floats = a->kind == ONNX_FLOAT || a->kind == ONNX_FLOATS;
    bool list = a->kind == ONNX_FLOATS || a->kind == ONNX_INTS;
    size_t count = list ? a->count : 1;
    void *data = NULL;
    TRY(tensor_create(t, n, n->outputs[0], floats ? ELEMENT_F64 : ELEMENT_I64,
                      list ? 1 : 0, &count, &data, out));
    for (size_t i = 0; i < count; i++)
        if (floats) ((double *)data)[i] = (double)(list ? a->floats[i] : a->f);
        else ((int64_t *)data)[i] = list ? a->ints[i] : a->i;
    if (floats) tensor_round(t, out, ELEMENT_F32);
    return ELMAN_OK;
}

elman_status fold_constant(trace *t, const onnx_node *n,
                           traced_value *const *in, traced_value *const *out)
{
    (void)in;
    for (size_t i = 0; i < n->attribute_count; i++) {
        const onnx_attribute *a = n->attributes + i;
        bool number = a->kind <= ONNX_INT || a->kind == ONNX_FLOATS ||
                      a->kind == ONNX_INTS;
        if (strncmp(a->name, "value", 5)) continue;

        if (number) return constant_number(t, n, a, out[0]);
        if (a->kind != ONNX_TENSOR) break;

        /* a tensor that stands in the file, as an initializer does */
        named_tensor tensor = a->t;
        tensor.name = n->outputs[0];
        t->budget += tensor.count;
        return value_set_tensor(t, n, out[0], &tensor);
    }
    return refuse(n, "it holds neither a tensor nor a number");
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
        return refuse(n, "%zu dimensions, at most %d are supported", rank,
                      AXES);
    if (a && (a->kind != ONNX_TENSOR || a->t.count != 1))
        return refuse(n, "the attribute value is not a tensor of one number");

    /* one number, and a view that repeats it along every axis */
    TRY(tensor_create(t, n, n->outputs[0], floats ? ELEMENT_F64 : ELEMENT_I64,
                      0, NULL, &data, out[0]));
    if (a && floats) tensor_doubles(&a->t, 0, 1, data);
    else if (a) tensor_wholes(&a->t, 0, 1, data);

    view made = *out[0]->views;
    made.rank = rank;
    for (size_t k = 0; k < rank; k++) {
        if (sizes[k].factor < 1)
            return refuse(n, "a size of %lld", (long long)sizes[k].factor);
        made.axes[k].factor_count = 1;
        made.axes[k].factors[0] = factor_of(BROADCAST, sizes[k], 0);
    }
    view_tidy(&made);
    return value_set_view(t, out[0], a ? a->t.type : ELEMENT_F32, &made);
}

/* The type in which results are kept: its numbers, but wide. */
static element_type wide(element_type type)
{
    return element_is_float(type) ? ELEMENT_F64 : ELEMENT_I64;
}

/* Notes that the elements of a tensor's view go into another tensor. */
static elman_status copy_elements(trace *t, const onnx_node *n, traced_value *v,
                                  const view **of, size_t *shape, size_t *count)
{
    TRY(need_tensor(t, n, v, "input", TENSOR_FOLDED, of));
    return need_shape(n, *of, shape, count);
}

/* ---- Arithmetic ---------------------------------------------------------- */

static bool operate(arithmetic op, double a, double b, double *result)
{
    switch (op) {
    case ARITHMETIC_ADD:
        *result = a + b;
        return true;
    case ARITHMETIC_SUB:
        *result = a - b;
        return true;
    case ARITHMETIC_MUL:
        *result = a * b;
        return true;
    case ARITHMETIC_DIV:
        *result = a / b;
        return true;
    }
    return false;
}

bool fold_wholes(arithmetic op, int64_t a, int64_t b, int64_t *result)
{
    switch (op) {
    case ARITHMETIC_ADD:
        return !__builtin_add_overflow(a, b, result);
    case ARITHMETIC_SUB:
        return !__builtin_sub_overflow(a, b, result);
    case ARITHMETIC_MUL:
        return !__builtin_mul_overflow(a, b, result);
    case ARITHMETIC_DIV:
        if (b == 0 || (a == INT64_MIN && b == -1)) return false;
        *result = a / b;
        return true;
    }
    return false;
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

static elman_status combine(trace *t, const onnx_node *n, arithmetic op,
                            const operand *operands, size_t rank,
                            const size_t *shape, size_t count, bool floats,
                            void *data)
{
    size_t index[AXES] = {0};
    for (size_t i = 0; i < count; i++, index_advance(rank, shape, index)) {
        double x[2];
        int64_t k[2];
        bool fits;

        /* both operands as floats and as whole numbers; one of them is meant */
        for (int j = 0; j < 2; j++) {
            size_t at = broadcast_element(t, operands[j].of, operands[j].shape,
                                          rank, index);
            tensor_doubles(operands[j].tensor, at, 1, x + j);
            tensor_wholes(operands[j].tensor, at, 1, k + j);
        }

        fits = floats ? operate(op, x[0], x[1], (double *)data + i)
                      : fold_wholes(op, k[0], k[1], (int64_t *)data + i);
        if (!fits) return refuse(n, "its result does not fit in 64 bits");
    }
    return ELMAN_OK;
}

elman_status fold_arithmetic(trace *t, const onnx_node *n,
                             traced_value *const *in, traced_value *const *out)
{
    operand operands[2];
    size_t counts[2], rank = 0, shape[AXES];
    arithmetic op;
    TRY(need_arithmetic(n, &op));
    for (int j = 0; j < 2; j++) {
        TRY(copy_elements(t, n, in[j], &operands[j].of, operands[j].shape,
                          counts + j));
        if (operands[j].of->rank > rank) rank = operands[j].of->rank;
    }

    /* the shape of the result, from the last axis on: sizes are equal, or 1 */
    for (size_t k = 0; k < rank; k++) {
        shape[rank - 1 - k] = 1;
        for (int j = 0; j < 2; j++) {
            size_t r = operands[j].of->rank;
            size_t size = k < r ? operands[j].shape[r - 1 - k] : 1;
            size_t *made = &shape[rank - 1 - k];
            if (*made == 1) *made = size;
            else if (size != 1 && size != *made)
                return refuse(n,
                              "sizes %zu and %zu cannot be broadcast together",
                              *made, size);
        }
    }

    bool floats = element_is_float(in[0]->type);
    void *data = NULL;
    element_type type = in[0]->type;
    TRY(tensor_create(t, n, n->outputs[0], wide(type), rank, shape, &data,
                      out[0]));

    /* making a tensor may have moved the others */
    for (int j = 0; j < 2; j++)
        operands[j].tensor =
            t->tensors + t->sources[operands[j].of->source].index;
    size_t count = t->tensors[t->sources[out[0]->views->source].index].count;

    TRY(combine(t, n, op, operands, rank, shape, count, floats, data));
    tensor_round(t, out[0], type);
    return ELMAN_OK;
}

static double negative(double x) { return -x; }
static double size_of(double x) { return x < 0 ? -x : x; }
static double root(double x) { return sqrt(x); }
static double positive(double x) { return x > 0 || x != x ? x : 0; }
static double sigmoid(double x) { return 1 / (1 + real_exp(-x)); }

elman_status fold_unary(trace *t, const onnx_node *n, traced_value *const *in,
                        traced_value *const *out)
{
    const view *of = NULL;
    size_t shape[AXES], count;
    void *data = NULL;
    static const struct {
        const char *op;
        double (*of)(double x);
    } rows[] = {{"Neg", negative},  {"Abs", size_of},     {"Sqrt", root},
                {"Relu", positive}, {"Sigmoid", sigmoid}, {"Tanh", real_tanh}};
    size_t row = 0, rows_count = sizeof rows / sizeof *rows;
    while (row < rows_count && !node_is(n, rows[row].op))
        row++;
    if (row == rows_count)
        return refuse(n, "it is not a function that is computed of a tensor");
    if (!element_is_float(in[0]->type))
        return refuse(n, "it is supported only for floats");
    TRY(copy_elements(t, n, in[0], &of, shape, &count));
    TRY(tensor_create(t, n, n->outputs[0], ELEMENT_F64, of->rank, shape, &data,
                      out[0]));

    /* element by element */
    double *values = data;
    tensor_view_doubles(t, of, count, values);
    for (size_t i = 0; i < count; i++)
        values[i] = rows[row].of(values[i]);

    tensor_round(t, out[0], in[0]->type);
    return ELMAN_OK;
}

/* ---- Concat -------------------------------------------------------------- */

/* Copies the elements of a view into the result, where index[axis] begins at
 * first. */
static void place_elements(const trace *t, const view *of, const size_t *shape,
                           size_t count, size_t axis, size_t first,
                           const size_t *all, bool floats, void *data)
{
    const named_tensor *tensor = t->tensors + t->sources[of->source].index;
    size_t index[AXES] = {0};
    for (size_t i = 0; i < count; i++, index_advance(of->rank, shape, index)) {
        /* the element's number in the result */
        size_t at = 0, from = view_element(t, of, index);
        for (size_t k = 0; k < of->rank; k++)
            at = at * all[k] + index[k] + (k == axis ? first : 0);

        if (floats) tensor_doubles(tensor, from, 1, (double *)data + at);
        else tensor_wholes(tensor, from, 1, (int64_t *)data + at);
    }
}

/* Joins tensors whose sizes are all known along an axis. */
static elman_status join(trace *t, const onnx_node *n, traced_value *const *in,
                         size_t axis, traced_value *out)
{
    size_t all[AXES], shape[AXES], count, rank = 0, first = 0;
    const view *of = NULL;
    void *data = NULL;

    /* all shapes agree but along the axis, whose sizes add up */
    for (size_t k = 0; k < n->input_count; k++) {
        TRY(copy_elements(t, n, in[k], &of, shape, &count));
        if (k == 0) {
            rank = of->rank;
            memcpy(all, shape, sizeof all);
            continue;
        }

        bool fits = of->rank == rank;
        for (size_t j = 0; fits && j < rank; j++)
            fits = j == axis || shape[j] == all[j];
        if (!fits) return refuse(n, "its inputs differ in shape");
        if (all[axis] > SIZE_MAX - shape[axis])
            return refuse(n, "a size does not fit in memory");

        all[axis] += shape[axis];
    }

    bool floats = element_is_float(in[0]->type);
    element_type type = in[0]->type;
    TRY(tensor_create(t, n, n->outputs[0], wide(type), rank, all, &data, out));

    for (size_t k = 0; k < n->input_count; k++) {
        TRY(copy_elements(t, n, in[k], &of, shape, &count));
        place_elements(t, of, shape, count, axis, first, all, floats, data);
        first += shape[axis];
    }
    tensor_round(t, out, type);
    return ELMAN_OK;
}

static bool is_repeated(const view_axis *a)
{
    for (size_t i = 0; i < a->factor_count; i++)
        if (a->factors[i].axis != BROADCAST) return false;
    return a->factor_count > 0;
}

/* Axes of a free size along which all of n's inputs repeat are left out, made
 * has the inputs without them, and repeats those axes. Initial states that are
 * made for each sequence have such. */
static elman_status leave_out_free(trace *t, const onnx_node *n,
                                   traced_value *const *in, size_t axis,
                                   traced_value *made, view_axis *repeats)
{
    const size_t rank = in[0]->views->rank;
    bool left[AXES] = {false};

    /* axes of a free size along which all inputs repeat */
    for (size_t k = 0; k < rank; k++) {
        extent size, other;
        TRY(view_size(n, in[0]->views, k, &size));
        left[k] = k != axis && !extent_is_plain(&size);
        for (size_t i = 0; left[k] && i < n->input_count; i++) {
            if (!in[i] || !is_tensor(t, in[i]) || in[i]->views->rank != rank)
                return refuse(n, "its inputs differ in dimensions");
            TRY(view_size(n, in[i]->views, k, &other));
            left[k] = is_repeated(in[i]->views->axes + k) &&
                      extent_equal(&size, &other);
        }
        repeats[k] = left[k] ? in[0]->views->axes[k] : (view_axis){0};
    }

    for (size_t i = 0; i < n->input_count; i++) {
        if (!in[i]) return refuse(n, "input %zu is left out", i);
        view one = *in[i]->views;
        for (size_t k = 0; k < rank; k++)
            if (left[k]) one.axes[k] = (view_axis){0};
        made[i].name = in[i]->name;
        TRY(value_set_view(t, made + i, in[i]->type, &one));
    }
    return ELMAN_OK;
}

elman_status fold_concat(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    int64_t number;
    size_t axis = 0;
    view_axis repeats[AXES];
    TRY(attribute_whole(n, "axis", 0, &number));
    TRY(check_axis(n, number, in[0]->views->rank, &axis));

    /* without what is of free size, which is put back */
    traced_value *parts = trace_keep(t, n->input_count, sizeof *parts),
                 **list = trace_keep(t, n->input_count, sizeof *list);
    if (!parts || !list)
        return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    TRY(leave_out_free(t, n, in, axis, parts, repeats));
    for (size_t k = 0; k < n->input_count; k++)
        list[k] = parts + k;
    TRY(join(t, n, list, axis, out[0]));

    view made = *out[0]->views;
    for (size_t k = 0; k < made.rank; k++)
        if (repeats[k].factor_count) made.axes[k] = repeats[k];
    return value_set_view(t, out[0], out[0]->type, &made);
}
