/*
 * torch_tensor.c: what calling the globals of a tensor means. Source:
 * torch/_utils.py of PyTorch 2.
 */
#include "format/torch_parts.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>

enum { CALL_LEVELS = 8 };

/* ---- Calls -------------------------------------------------------------- */

const pickle_row *row_of(const pickle_value *value)
{
    bool known = value->kind == PICKLE_GLOBAL || value->kind == PICKLE_CALL;
    return known ? torch_table.rows + value->row : NULL;
}

bool call_find(pickle_value *value, torch_call *call)
{
    call->value = value;
    if (value->kind != PICKLE_CALL) return false;

    call->row = &torch_table.rows[value->row];
    call->arguments = value->is.items[0];

    /* unwrap parameters and classes until the call is a tensor's */
    for (int level = 0; level < CALL_LEVELS; level++) {
        const pickle_value *a = call->arguments;

        switch (call->row->what) {
        case TORCH_TENSOR:
        case TORCH_TENSOR_TYPED:
        case TORCH_UNREAD:
        case TORCH_QUANTIZED:
        case TORCH_ARRAY:
        case TORCH_BUFFER:
            return true;
        case TORCH_PARAMETER:
            if (a->count == 0 || a->is.items[0]->kind != PICKLE_CALL)
                return false;
            call->value = a->is.items[0];
            call->row = &torch_table.rows[call->value->row];
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

const pickle_value *tensor_inside(pickle_value *value, size_t *visits)
{
    enum { LEVELS = 16, MOST_VISITS = 1 << 22 };
    pickle_value *at[LEVELS] = {value};
    size_t next[LEVELS] = {0}, level = 0, count;
    torch_call call;
    if (call_find(value, &call)) return call.value;

    /* depth first: values may be shared, or hold themselves */
    while (++*visits < MOST_VISITS) {
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
    return value;
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

elman_status read_sizes(const pickle_value *value, const char *what,
                        size_t *count, size_t *sizes)
{
    if (value->kind == PICKLE_CALL &&
        torch_table.rows[value->row].what == TORCH_SIZE &&
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
    return call->row->what != TORCH_QUANTIZED && a->count > at &&
           a->is.items[at]->kind == PICKLE_DICT && a->is.items[at]->count > 0;
}

elman_status tensor_place(const torch_source *source, const torch_view *view,
                          size_t offset, named_tensor *tensor)
{
    size_t reach = 0;
    tensor->type = view->type;
    tensor->swapped = source->swapped && element_bytes(view->type) > 1;
    tensor->data = view->data;

    /* all elements must lie within the storage */
    if (tensor->count == 0) return ELMAN_OK;
    if (!sizes_reach(tensor, offset, &reach) || reach > view->count)
        return failure(ELMAN_BAD_FORMAT,
                       "tensor \"%.80s\": its shape, strides and offset reach "
                       "beyond the %zu elements of its storage",
                       tensor->name, view->count);

    tensor->data = view->data + offset * element_bytes(view->type);
    tensor->strided = is_strided(tensor);
    return ELMAN_OK;
}

elman_status call_read(torch_source *source, const torch_call *call,
                       named_tensor *tensor)
{
    const pickle_value *a = call->arguments;
    int what = call->row->what;
    torch_view view;
    size_t offset = 0;

    if (call->row->refusal) return bad_tensor(tensor, call->row->refusal);
    if (what == TORCH_ARRAY || what == TORCH_BUFFER)
        return array_read(source, call, tensor);

    const pickle_row *loaded = a->count ? row_of(a->is.items[0]) : NULL;
    if (a->count < 4 || (a->is.items[0]->kind != PICKLE_STORED &&
                         !(loaded && loaded->what == TORCH_LOADED)))
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
    TRY(tensor_place(source, &view, offset, tensor));
    if (what != TORCH_QUANTIZED) return ELMAN_OK;

    /* floats are made of each element, which must be there once */
    if (tensor->count > view.count)
        return bad_tensor(tensor, "its elements share bytes");
    return quantized_read(source, call, tensor);
}
