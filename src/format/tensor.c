/* tensor.c: the elements of a tensor of any type as numbers. */
#include "format/tensor.h"
#include "format/half.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "elman is for little-endian processors: bytes of files are "
               "taken for numbers as they are");

typedef enum element_kind { FLOATING, SIGNED, UNSIGNED, BOOLEAN } element_kind;

static const struct {
    const char *code, *name;
    size_t bytes;
    element_kind kind;
} types[ELEMENT_TYPE_COUNT] = {
    [ELEMENT_F32] = {"F32", "float32", 4, FLOATING},
    [ELEMENT_F64] = {"F64", "float64", 8, FLOATING},
    [ELEMENT_F16] = {"F16", "float16", 2, FLOATING},
    [ELEMENT_BF16] = {"BF16", "bfloat16", 2, FLOATING},
    [ELEMENT_I64] = {"I64", "int64", 8, SIGNED},
    [ELEMENT_I32] = {"I32", "int32", 4, SIGNED},
    [ELEMENT_I16] = {"I16", "int16", 2, SIGNED},
    [ELEMENT_I8] = {"I8", "int8", 1, SIGNED},
    [ELEMENT_U64] = {"U64", "uint64", 8, UNSIGNED},
    [ELEMENT_U32] = {"U32", "uint32", 4, UNSIGNED},
    [ELEMENT_U16] = {"U16", "uint16", 2, UNSIGNED},
    [ELEMENT_U8] = {"U8", "uint8", 1, UNSIGNED},
    [ELEMENT_BOOL] = {"BOOL", "bool", 1, BOOLEAN},
};

const char *element_code(element_type type) { return types[type].code; }
const char *element_name(element_type type) { return types[type].name; }
size_t element_bytes(element_type type) { return types[type].bytes; }
bool element_is_float(element_type type)
{
    return types[type].kind == FLOATING;
}

bool tensor_count_elements(named_tensor *t)
{
    size_t widest = sizeof(double);
    bool fits = true;

    t->count = 1;
    for (size_t i = 0; i < t->rank && fits; i++) {
        size_t size = t->shape[i];
        fits = sizes_multiply(widest, size ? size : 1, 1, &widest);
        t->count *= size;
    }
    return fits;
}

/* The bits of the element at a row-major index, in the low end of a word. */
static uint64_t load_bits(const named_tensor *t, size_t index)
{
    size_t position = index, bytes = types[t->type].bytes;

    /* split the index by axis, the last one first */
    if (t->strided) {
        position = 0;
        for (size_t i = t->rank; i > 0; i--) {
            position += index % t->shape[i - 1] * t->stride[i - 1];
            index /= t->shape[i - 1];
        }
    }

    /* the bytes, whose order is the file's */
    const unsigned char *b = (const unsigned char *)t->data + position * bytes;
    uint64_t bits = 0;
    for (size_t i = 0; i < bytes; i++)
        bits |= (uint64_t)b[i] << 8 * (t->swapped ? bytes - 1 - i : i);
    return bits;
}

static double float_of(element_type type, uint64_t bits)
{
    uint32_t word = (uint32_t)bits;
    float single;
    double wide;

    switch (type) {
    case ELEMENT_F16:
        return (double)half_widen((uint16_t)bits);
    case ELEMENT_BF16:
        return (double)bfloat_widen((uint16_t)bits);
    case ELEMENT_F32:
        memcpy(&single, &word, sizeof single);
        return (double)single;
    default:
        memcpy(&wide, &bits, sizeof wide);
        return wide;
    }
}

static int64_t signed_of(element_type type, uint64_t bits)
{
    unsigned unused = 64 - 8 * (unsigned)types[type].bytes;
    return (int64_t)(bits << unused) >> unused;
}

/* The same of what most arrays are, as they lie; false of all else. */
static bool plain_doubles(const named_tensor *t, size_t first, size_t count,
                          double *values)
{
    const unsigned char *from = t->data;
    if (t->strided || t->swapped || !count) return false;
    if (t->type == ELEMENT_F64)
        memcpy(values, from + first * sizeof *values, count * sizeof *values);
    if (t->type == ELEMENT_F32)
        for (size_t i = 0; i < count; i++) {
            float single;
            memcpy(&single, from + (first + i) * sizeof single, sizeof single);
            values[i] = (double)single;
        }
    return t->type == ELEMENT_F64 || t->type == ELEMENT_F32;
}

void tensor_doubles(const named_tensor *t, size_t first, size_t count,
                    double *values)
{
    if (plain_doubles(t, first, count, values)) return;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = load_bits(t, first + i);

        switch (types[t->type].kind) {
        case FLOATING:
            values[i] = float_of(t->type, bits);
            break;
        case SIGNED:
            values[i] = (double)signed_of(t->type, bits);
            break;
        case UNSIGNED:
            values[i] = (double)bits;
            break;
        case BOOLEAN:
            /* any byte but 0 is true */
            values[i] = bits != 0;
            break;
        }
    }
}

static int64_t whole_of(double value)
{
    if (!(value > -0x1p63)) return isnan(value) ? 0 : INT64_MIN;
    return value < 0x1p63 ? (int64_t)value : INT64_MAX;
}

void tensor_wholes(const named_tensor *t, size_t first, size_t count,
                   int64_t *values)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = load_bits(t, first + i);

        switch (types[t->type].kind) {
        case FLOATING:
            values[i] = whole_of(float_of(t->type, bits));
            break;
        case SIGNED:
            values[i] = signed_of(t->type, bits);
            break;
        case UNSIGNED:
            values[i] = bits > INT64_MAX ? INT64_MAX : (int64_t)bits;
            break;
        case BOOLEAN:
            /* any byte but 0 is true */
            values[i] = bits != 0;
            break;
        }
    }
}

void tensor_bytes(const named_tensor *t, size_t first, size_t count,
                  void *bytes)
{
    size_t width = types[t->type].bytes;
    unsigned char *to = bytes;

    if (!t->strided && !t->swapped && count) {
        memcpy(to, (const unsigned char *)t->data + first * width,
               count * width);
        return;
    }

    for (size_t i = 0; i < count; i++) {
        uint64_t bits = load_bits(t, first + i);
        memcpy(to + i * width, &bits, width);
    }
}

elman_status tensor_floats(const named_tensor *t, float *values)
{
    if (!element_is_float(t->type))
        return failure(ELMAN_BAD_FORMAT,
                       "tensor \"%.80s\": dtype %s, expected floats", t->name,
                       types[t->type].code);

    /* float32 is copied as it is */
    if (t->type == ELEMENT_F32 && !t->swapped && !t->strided) {
        if (t->count) memcpy(values, t->data, t->count * sizeof *values);
        return ELMAN_OK;
    }

    for (size_t i = 0; i < t->count; i++)
        values[i] = (float)float_of(t->type, load_bits(t, i));
    return ELMAN_OK;
}

void shape_print(size_t rank, const size_t *shape, size_t room, char *text)
{
    size_t at = (size_t)snprintf(text, room, "(");
    for (size_t i = 0; i < rank && at < room; i++)
        at += (size_t)snprintf(text + at, room - at, i ? ",%zu" : "%zu",
                               shape[i]);

    if (at < room) snprintf(text + at, room - at, ")");
}

elman_status tensor_expect(const named_tensor *t, element_type type,
                           size_t rank, const size_t *shape)
{
    bool same = t->type == type && t->rank == rank;
    for (size_t i = 0; same && i < rank; i++)
        same = t->shape[i] == shape[i];
    if (same) return ELMAN_OK;

    char got[100], want[100];
    shape_print(t->rank, t->shape, sizeof got, got);
    shape_print(rank, shape, sizeof want, want);
    return failure(ELMAN_BAD_FORMAT,
                   "tensor \"%.80s\" is %s %s, expected %s %s", t->name,
                   types[t->type].code, got, types[type].code, want);
}
