/* onnx_tensor_read.c: a tensor as the file has it: raw bytes, a list of numbers
 * of some wider type, or a range of another file. */
#include "format/onnx_parts.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* Where the numbers of a type are listed, if not as raw bytes. */
typedef enum list { NO_LIST, FLOATS, DOUBLES, INT32S, INT64S, UINT64S } list;

/* By the number in the file; low to high is what a listed number may be. */
static const struct {
    const char *name;
    element_type type;
    list list;
    int64_t low, high;
} types[ONNX_TYPES] = {
    [0] = {.name = "undefined"},
    [1] = {"float32", ELEMENT_F32, FLOATS, 0, 0},
    [2] = {"uint8", ELEMENT_U8, INT32S, 0, UINT8_MAX},
    [3] = {"int8", ELEMENT_I8, INT32S, INT8_MIN, INT8_MAX},
    [4] = {"uint16", ELEMENT_U16, INT32S, 0, UINT16_MAX},
    [5] = {"int16", ELEMENT_I16, INT32S, INT16_MIN, INT16_MAX},
    [6] = {"int32", ELEMENT_I32, INT32S, INT32_MIN, INT32_MAX},
    [7] = {"int64", ELEMENT_I64, INT64S, 0, 0},
    [8] = {.name = "string"},
    [9] = {"bool", ELEMENT_BOOL, INT32S, 0, 1},
    [10] = {"float16", ELEMENT_F16, INT32S, 0, UINT16_MAX},
    [11] = {"float64", ELEMENT_F64, DOUBLES, 0, 0},
    [12] = {"uint32", ELEMENT_U32, UINT64S, 0, UINT32_MAX},
    [13] = {"uint64", ELEMENT_U64, UINT64S, 0, 0},
    [14] = {.name = "complex64"},
    [15] = {.name = "complex128"},
    [16] = {"bfloat16", ELEMENT_BF16, INT32S, 0, UINT16_MAX},
    [17] = {.name = "float8e4m3fn"},
    [18] = {.name = "float8e4m3fnuz"},
    [19] = {.name = "float8e5m2"},
    [20] = {.name = "float8e5m2fnuz"},
    [21] = {.name = "uint4"},
    [22] = {.name = "int4"},
    [23] = {.name = "float4e2m1"},
    [24] = {.name = "float8e8m0"},
    [25] = {.name = "uint2"},
    [26] = {.name = "int2"},
};

elman_status onnx_type_read(int32_t number, element_type *type)
{
    if (number < 0 || number >= ONNX_TYPES)
        return failure(ELMAN_BAD_FORMAT, "element type %d is unknown", number);

    if (types[number].list == NO_LIST)
        return failure(ELMAN_BAD_FORMAT, "element type %s is not supported",
                       types[number].name);

    *type = types[number].type;
    return ELMAN_OK;
}

int32_t onnx_type_number(element_type type)
{
    int32_t number = 0;
    while (types[number].list == NO_LIST || types[number].type != type)
        number++;
    return number;
}

static elman_status read_shape(const Onnx__Tensor *from, named_tensor *to)
{
    if (from->n_dims > TENSOR_MAX_RANK)
        return failure(ELMAN_BAD_FORMAT, "%zu dimensions, expected at most %d",
                       from->n_dims, TENSOR_MAX_RANK);

    to->rank = from->n_dims;
    to->count = 1;
    bool fits = true;

    for (size_t i = 0; i < to->rank; i++) {
        if (from->dims[i] < 0)
            return failure(ELMAN_BAD_FORMAT, "dimension %zu is %lld", i,
                           (long long)from->dims[i]);

        if (!size_narrow((uint64_t)from->dims[i], &to->shape[i]))
            return failure(ELMAN_BAD_FORMAT,
                           "dimension %zu is %lld, which is not " A_SIZE, i,
                           (long long)from->dims[i]);
        fits = fits && sizes_multiply(to->count, to->shape[i], 1, &to->count);
    }

    /* both the elements and their bytes must fit in a size */
    size_t bytes;
    if (!fits || !sizes_multiply(to->count, element_bytes(to->type), 1, &bytes))
        return failure(ELMAN_BAD_FORMAT,
                       "the product of the dimensions exceeds " SIZE_BITS
                       " bits");
    return ELMAN_OK;
}

static elman_status mismatch(const named_tensor *to, size_t found,
                             const char *unit, size_t expected)
{
    char shape[100];
    shape_print(to->rank, to->shape, sizeof shape, shape);
    return failure(ELMAN_BAD_FORMAT, "%zu %s of data, %s %s needs %zu", found,
                   unit, element_name(to->type), shape, expected);
}

/* The list of a tensor's type and how many numbers of what width it has. */
static void *find_list(const Onnx__Tensor *from, size_t *count, size_t *width)
{
    switch (types[from->data_type].list) {
    case FLOATS:
        *count = from->n_float_data, *width = sizeof(float);
        return from->float_data;
    case DOUBLES:
        *count = from->n_double_data, *width = sizeof(double);
        return from->double_data;
    case INT32S:
        *count = from->n_int32_data, *width = sizeof(int32_t);
        return from->int32_data;
    case INT64S:
        *count = from->n_int64_data, *width = sizeof(int64_t);
        return from->int64_data;
    default:
        *count = from->n_uint64_data, *width = sizeof(uint64_t);
        return from->uint64_data;
    }
}

/* Narrows numbers of width bytes in place: number i is never written past where
 * it was read. */
static elman_status make_narrow(int32_t type, size_t count, size_t width,
                                size_t narrow, char *data)
{
    for (size_t i = 0; i < count; i++) {
        int32_t word;
        int64_t value;

        if (width == sizeof word) {
            memcpy(&word, data + i * width, sizeof word);
            value = word;
        } else {
            memcpy(&value, data + i * width, sizeof value);
        }

        /* a list of wider numbers may hold one that the type cannot */
        if (value < types[type].low || value > types[type].high)
            return failure(ELMAN_BAD_FORMAT,
                           "[%zu] is %lld, which is out of range for %s", i,
                           (long long)value, types[type].name);

        memcpy(data + i * narrow, &value, narrow);
    }
    return ELMAN_OK;
}

static elman_status read_list(const Onnx__Tensor *from, named_tensor *to)
{
    size_t count, width, bytes = element_bytes(to->type);
    void *data = find_list(from, &count, &width);

    if (count != to->count) return mismatch(to, count, "numbers", to->count);

    to->data = data;
    return width == bytes
               ? ELMAN_OK
               : make_narrow(from->data_type, count, width, bytes, data);
}

static elman_status read_data(onnx_reader *r, const Onnx__Tensor *from,
                              named_tensor *to)
{
    size_t bytes = to->count * element_bytes(to->type);

    if (from->data_location == 1)
        return onnx_external_read(r, from, bytes, &to->data);
    if (from->data_location)
        return failure(ELMAN_BAD_FORMAT, "data_location is %d, expected 0 or 1",
                       from->data_location);

    if (!from->has_raw_data) return read_list(from, to);
    if (from->raw_data.len != bytes)
        return mismatch(to, from->raw_data.len, "bytes", bytes);

    to->data = from->raw_data.data;
    return ELMAN_OK;
}

elman_status onnx_tensor_read(onnx_reader *r, Onnx__Tensor *from,
                              named_tensor *to)
{
    TRY(onnx_text_read(from->name, "a tensor's name", &to->name));
    elman_status status = onnx_type_read(from->data_type, &to->type);
    if (status == ELMAN_OK) status = read_shape(from, to);
    if (status == ELMAN_OK) status = read_data(r, from, to);

    /* a caller may copy zero bytes from data, which must then not be NULL */
    if (status == ELMAN_OK && !to->data) to->data = "";
    if (status == ELMAN_OK) return status;

    char where[100];
    snprintf(where, sizeof where, "tensor \"%.80s\"", to->name);
    return failure_in(status, where);
}
