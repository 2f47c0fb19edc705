/*
 * torch_tensor.c: the globals that a tensor needs, and what calling them means.
 * Source: torch/_utils.py and torch/_weights_only_unpickler.py of PyTorch 2.
 */
#include "format/torch_parts.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>

#define SPARSE                                                                 \
    "a sparse or nested tensor, which elman does not read; save it with "      \
    "to_dense()"
#define QUANTIZED                                                              \
    "a quantized tensor, which elman does not read; save the state_dict() of " \
    "the model before it was quantized"
#define EMPTY                                                                  \
    "a tensor on the meta device, which has no numbers; save a model that "    \
    "has weights"
#define COMPLEX "a tensor of complex numbers, which elman does not read"
#define EIGHT                                                                  \
    "a tensor of 8-bit floats, which elman does not read; save it with "       \
    "float()"

enum { CALL_LEVELS = 8 };

#define ROW(m, n, w, t)                                                        \
    {                                                                          \
        .module = (m), .name = (n), .what = (w), .type = (t)                   \
    }
#define REFUSED(m, n, r)                                                       \
    {                                                                          \
        .module = (m), .name = (n), .refusal = (r), .what = TORCH_UNREAD       \
    }

static const pickle_row rows[] = {
    {.module = "collections", .name = "OrderedDict", .dict = true},
    {.module = "collections", .name = "defaultdict", .dict = true},
    ROW("torch", "Tensor", TORCH_IGNORED, 0),
    ROW("torch.nn.parameter", "Parameter", TORCH_IGNORED, 0),
    ROW("torch.nn.parameter", "Buffer", TORCH_IGNORED, 0),
    ROW("torch", "Size", TORCH_SIZE, 0),
    ROW("torch._utils", "_rebuild_tensor", TORCH_TENSOR, 0),
    ROW("torch._utils", "_rebuild_tensor_v2", TORCH_TENSOR, 0),
    ROW("torch._utils", "_rebuild_tensor_v3", TORCH_TENSOR_TYPED, 0),
    ROW("torch._utils", "_rebuild_parameter", TORCH_PARAMETER, 0),
    ROW("torch._utils", "_rebuild_parameter_with_state", TORCH_PARAMETER, 0),
    ROW("torch._tensor", "_rebuild_from_type_v2", TORCH_AS_CLASS, 0),
    ROW("torch", "FloatStorage", TORCH_STORAGE, ELEMENT_F32),
    ROW("torch", "DoubleStorage", TORCH_STORAGE, ELEMENT_F64),
    ROW("torch", "HalfStorage", TORCH_STORAGE, ELEMENT_F16),
    ROW("torch", "BFloat16Storage", TORCH_STORAGE, ELEMENT_BF16),
    ROW("torch", "LongStorage", TORCH_STORAGE, ELEMENT_I64),
    ROW("torch", "IntStorage", TORCH_STORAGE, ELEMENT_I32),
    ROW("torch", "ShortStorage", TORCH_STORAGE, ELEMENT_I16),
    ROW("torch", "CharStorage", TORCH_STORAGE, ELEMENT_I8),
    ROW("torch", "ByteStorage", TORCH_STORAGE, ELEMENT_U8),
    ROW("torch", "BoolStorage", TORCH_STORAGE, ELEMENT_BOOL),
    ROW("torch", "UntypedStorage", TORCH_STORAGE, ELEMENT_U8),
    ROW("torch.storage", "UntypedStorage", TORCH_STORAGE, ELEMENT_U8),
    ROW("torch.storage", "_UntypedStorage", TORCH_STORAGE, ELEMENT_U8),
    ROW("torch", "float32", TORCH_DTYPE, ELEMENT_F32),
    ROW("torch", "float64", TORCH_DTYPE, ELEMENT_F64),
    ROW("torch", "float16", TORCH_DTYPE, ELEMENT_F16),
    ROW("torch", "bfloat16", TORCH_DTYPE, ELEMENT_BF16),
    ROW("torch", "int64", TORCH_DTYPE, ELEMENT_I64),
    ROW("torch", "int32", TORCH_DTYPE, ELEMENT_I32),
    ROW("torch", "int16", TORCH_DTYPE, ELEMENT_I16),
    ROW("torch", "int8", TORCH_DTYPE, ELEMENT_I8),
    ROW("torch", "uint64", TORCH_DTYPE, ELEMENT_U64),
    ROW("torch", "uint32", TORCH_DTYPE, ELEMENT_U32),
    ROW("torch", "uint16", TORCH_DTYPE, ELEMENT_U16),
    ROW("torch", "uint8", TORCH_DTYPE, ELEMENT_U8),
    ROW("torch", "bool", TORCH_DTYPE, ELEMENT_BOOL),
    REFUSED("torch._utils", "_rebuild_sparse_tensor", SPARSE),
    REFUSED("torch._utils", "_rebuild_sparse_csr_tensor", SPARSE),
    REFUSED("torch._utils", "_rebuild_nested_tensor", SPARSE),
    REFUSED("torch._utils", "_rebuild_qtensor", QUANTIZED),
    REFUSED("torch", "QInt8Storage", QUANTIZED),
    REFUSED("torch", "QUInt8Storage", QUANTIZED),
    REFUSED("torch", "QInt32Storage", QUANTIZED),
    REFUSED("torch._utils", "_rebuild_meta_tensor_no_storage", EMPTY),
    REFUSED("torch", "ComplexFloatStorage", COMPLEX),
    REFUSED("torch", "ComplexDoubleStorage", COMPLEX),
    REFUSED("torch", "complex64", COMPLEX),
    REFUSED("torch", "complex128", COMPLEX),
    REFUSED("torch", "float8_e4m3fn", EIGHT),
    REFUSED("torch", "float8_e5m2", EIGHT),
};

const pickle_table torch_table = {
    .row_count = sizeof rows / sizeof *rows,
    .rows = rows,
    .advice = "do not load this file elsewhere; ask for the state_dict() "
              "alone, as torch.save or safetensors writes it"};

/* ---- Calls -------------------------------------------------------------- */

const pickle_row *row_of(const pickle_value *value)
{
    bool known = value->kind == PICKLE_GLOBAL || value->kind == PICKLE_CALL;
    return known ? rows + value->row : NULL;
}

bool call_find(pickle_value *value, torch_call *call)
{
    call->value = value;
    if (value->kind != PICKLE_CALL) return false;

    call->row = &rows[value->row];
    call->arguments = value->is.items[0];

    /* unwrap parameters and classes until the call is a tensor's */
    for (int level = 0; level < CALL_LEVELS; level++) {
        const pickle_value *a = call->arguments;

        switch (call->row->what) {
        case TORCH_TENSOR:
        case TORCH_TENSOR_TYPED:
        case TORCH_UNREAD:
            return true;
        case TORCH_PARAMETER:
            if (a->count == 0 || a->is.items[0]->kind != PICKLE_CALL)
                return false;
            call->value = a->is.items[0];
            call->row = &rows[call->value->row];
            call->arguments = call->value->is.items[0];
            break;
        case TORCH_AS_CLASS:
            if (a->count < 3 || !row_of(a->is.items[0]) ||
                a->is.items[2]->kind != PICKLE_TUPLE)
                return false;
            call->row = row_of(a->is.items[0]);
            call->arguments = a->is.items[2];
            break;
        default:
            return false;
        }
    }
    return false;
}

/* What a value holds; NULL if it has no items. */
static pickle_value *const *items_of(const pickle_value *value, size_t *count)
{
    bool holds = value->kind == PICKLE_TUPLE || value->kind == PICKLE_LIST ||
                 value->kind == PICKLE_DICT || value->kind == PICKLE_CALL ||
                 value->kind == PICKLE_OPAQUE;
    *count = holds ? value->count : 0;
    return holds ? value->is.items : NULL;
}

const pickle_value *tensor_inside(pickle_value *value)
{
    enum { LEVELS = 16, MOST_VISITS = 1 << 14 };
    pickle_value *at[LEVELS] = {value};
    size_t next[LEVELS] = {0}, level = 0, count;
    torch_call call;
    if (call_find(value, &call)) return call.value;

    /* depth first: values may be shared, or hold themselves */
    for (size_t visits = 0; visits < MOST_VISITS; visits++) {
        pickle_value *const *items = items_of(at[level], &count);
        if (next[level] >= count) {
            if (level-- == 0) return NULL;
            continue;
        }

        pickle_value *item = items[next[level]++];
        if (call_find(item, &call)) return call.value;
        if (level + 1 == LEVELS || !items_of(item, &count)) continue;
        at[++level] = item;
        next[level] = 0;
    }
    return NULL;
}

elman_status value_size(const pickle_value *value, const char *what,
                        size_t *size)
{
    bool whole = value->kind == PICKLE_WHOLE && value->is.whole >= 0;
    if (whole && size_narrow((uint64_t)value->is.whole, size)) return ELMAN_OK;

    return failure(
        ELMAN_BAD_FORMAT, "%s is not %s", what,
        whole || value->kind == PICKLE_HUGE ? A_SIZE : "a whole number from 0");
}

static elman_status bad_tensor(const named_tensor *tensor, const char *what)
{
    return failure(ELMAN_BAD_FORMAT, "tensor \"%.80s\": %s", tensor->name,
                   what);
}

static elman_status failure_in_tensor(elman_status status,
                                      const named_tensor *tensor)
{
    char where[120];
    snprintf(where, sizeof where, "tensor \"%.80s\"", tensor->name);
    return failure_in(status, where);
}

/* The tuple or list of a tensor's sizes, perhaps in a torch.Size; what names
 * it. */
static elman_status read_sizes(const pickle_value *value, const char *what,
                               size_t *count, size_t *sizes)
{
    if (value->kind == PICKLE_CALL && rows[value->row].what == TORCH_SIZE &&
        value->is.items[0]->count == 1)
        value = value->is.items[0]->is.items[0];

    bool listed = value->kind == PICKLE_TUPLE || value->kind == PICKLE_LIST;
    if (!listed || value->count > TENSOR_MAX_RANK)
        return failure(ELMAN_BAD_FORMAT, "%s is not a tuple of up to %d sizes",
                       what, TENSOR_MAX_RANK);

    char each[40];
    snprintf(each, sizeof each, "a size in %s", what);
    *count = value->count;
    for (size_t i = 0; i < *count; i++)
        TRY(value_size(value->is.items[i], each, &sizes[i]));
    return ELMAN_OK;
}

/* How many elements a storage must have: the index of the last, and one. */
static bool sizes_reach(const named_tensor *t, size_t offset, size_t *reach)
{
    size_t last = offset;

    for (size_t i = 0; i < t->rank; i++) {
        size_t step;
        if (!sizes_multiply(t->shape[i] - 1, t->stride[i], 1, &step) ||
            step > SIZE_MAX - last)
            return false;
        last += step;
    }

    *reach = last + 1;
    return last < SIZE_MAX;
}

/* Whether elements do not lie row-major and without gaps. */
static bool is_strided(const named_tensor *t)
{
    size_t inner = 1;
    for (size_t i = t->rank; i > 0; i--) {
        if (t->shape[i - 1] != 1 && t->stride[i - 1] != inner) return true;
        inner *= t->shape[i - 1];
    }
    return false;
}

static elman_status read_shape(const pickle_value *arguments,
                               named_tensor *tensor, size_t *offset)
{
    size_t stride_count = 0;
    pickle_value *const *a = arguments->is.items;

    TRY(value_size(a[1], "its offset", offset));
    TRY(read_sizes(a[2], "its shape", &tensor->rank, tensor->shape));
    TRY(read_sizes(a[3], "its stride", &stride_count, tensor->stride));
    if (stride_count != tensor->rank)
        return failure(ELMAN_BAD_FORMAT,
                       "its stride is not one size for each dimension");

    if (tensor_count_elements(tensor)) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "the shape's size in bytes exceeds " SIZE_BITS " bits");
}

/* The type of a tensor whose storage holds untyped bytes. */
static elman_status read_type(const torch_call *call, named_tensor *tensor,
                              torch_view *view)
{
    const pickle_value *a = call->arguments;
    if (call->row->what != TORCH_TENSOR_TYPED) return ELMAN_OK;

    const pickle_row *type = a->count > 6 ? row_of(a->is.items[6]) : NULL;
    if (type && type->refusal) return bad_tensor(tensor, type->refusal);
    if (!type || type->what != TORCH_DTYPE)
        return bad_tensor(tensor, "its dtype is missing");

    view->count *= element_bytes(view->type);
    view->type = (element_type)type->type;
    view->count /= element_bytes(view->type);
    return ELMAN_OK;
}

/* Whether numbers are still to be negated or conjugated. */
static bool has_marks(const torch_call *call)
{
    size_t at = call->row->what == TORCH_TENSOR_TYPED ? 7 : 6;
    const pickle_value *a = call->arguments;
    return a->count > at && a->is.items[at]->kind == PICKLE_DICT &&
           a->is.items[at]->count > 0;
}

elman_status call_read(torch_source *source, const torch_call *call,
                       named_tensor *tensor)
{
    const pickle_value *a = call->arguments;
    torch_view view;
    size_t offset = 0, reach = 0;

    if (call->row->refusal) return bad_tensor(tensor, call->row->refusal);
    if (a->count < 4 || a->is.items[0]->kind != PICKLE_STORED)
        return bad_tensor(tensor, "it has no storage");
    if (has_marks(call))
        return bad_tensor(tensor, "a view that negates or conjugates; save "
                                  "its resolve_neg()");

    /* the storage, as elements of the tensor's type */
    elman_status status = source_view(source, a->is.items[0], &view);
    if (status != ELMAN_OK) return failure_in_tensor(status, tensor);
    TRY(read_type(call, tensor, &view));
    status = read_shape(a, tensor, &offset);
    if (status != ELMAN_OK) return failure_in_tensor(status, tensor);

    tensor->type = view.type;
    tensor->swapped = source->swapped && element_bytes(view.type) > 1;
    tensor->data = view.data;

    /* all elements must lie within the storage */
    if (tensor->count == 0) return ELMAN_OK;
    if (!sizes_reach(tensor, offset, &reach) || reach > view.count)
        return failure(ELMAN_BAD_FORMAT,
                       "tensor \"%.80s\": its shape, strides and offset reach "
                       "beyond the %zu elements of its storage",
                       tensor->name, view.count);

    tensor->data = view.data + offset * element_bytes(view.type);
    tensor->strided = is_strided(tensor);
    return ELMAN_OK;
}
