/*
 * torch_array.c: NumPy's arrays in a pickle.
 *
 *   _reconstruct(ndarray, (0,), b"b")   and then, as its attributes,
 *       (version, shape, dtype, whether it is column-major, bytes)
 *   _frombuffer(bytes, dtype, shape, "C" or "F")
 *
 * Protocols up to 2 have no bytes: there they are a text whose characters are
 * the bytes, _codecs.encode(text, "latin1").
 */
#include "format/torch_parts.h"

#include "base/memory.h"

#include <string.h>

static elman_status bad_array(const named_tensor *tensor, const char *what)
{
    return failure(ELMAN_BAD_FORMAT, "array \"%.80s\": %s", tensor->name, what);
}

/* ---- Bytes -------------------------------------------------------------- */

/* The bytes that the characters of a text stand for. */
static elman_status decode_latin(torch_source *source, const pickle_value *text,
                                 const char **bytes, size_t *count)
{
    const unsigned char *at = (const unsigned char *)text->is.text;
    const unsigned char *end = at + text->count;

    /* a text that many arrays share may not fill the memory */
    source->decoded += text->count;
    if (source->decoded / 2 > source->size + text->count)
        return failure(ELMAN_BAD_FORMAT, "arrays that share their bytes");
    char *made = source_keep(source, text->count);
    if (!made) return ELMAN_NO_MEMORY;

    for (*count = 0; at < end; at++) {
        unsigned byte = *at;
        if (byte >= 0x80) {
            /* two bytes of UTF-8 hold a character below 256 */
            if ((byte != 0xC2 && byte != 0xC3) || at + 1 == end ||
                (at[1] & 0xC0) != 0x80)
                return failure(ELMAN_BAD_FORMAT,
                               "a text that should stand for bytes does not");
            byte = (byte & 3) << 6 | (*++at & 0x3F);
        }
        made[(*count)++] = (char)byte;
    }

    *bytes = made;
    return ELMAN_OK;
}

elman_status value_bytes(torch_source *source, const pickle_value *value,
                         const char **bytes, size_t *count)
{
    const pickle_row *row = row_of(value);
    if (value->kind == PICKLE_BYTES || value->kind == PICKLE_TEXT) {
        *bytes = value->is.text;
        *count = value->count;
        return ELMAN_OK;
    }

    const pickle_value *given = pickle_item(value, 0);
    if (row && row->what == TORCH_ENCODED && given && given->count == 0) {
        *bytes = "";
        *count = 0;
        return ELMAN_OK;
    }
    if (row && row->what == TORCH_ENCODED && given &&
        given->is.items[0]->kind == PICKLE_TEXT)
        return decode_latin(source, given->is.items[0], bytes, count);
    return failure(ELMAN_BAD_FORMAT, "its bytes are missing");
}

/* ---- Types -------------------------------------------------------------- */

/* numpy.dtype("f4", ...) with its attributes (version, "<", ...). */
static elman_status read_dtype(const pickle_value *value, named_tensor *tensor)
{
    static const struct {
        const char *name;
        element_type type;
    } types[] = {
        {"f4", ELEMENT_F32}, {"f8", ELEMENT_F64}, {"f2", ELEMENT_F16},
        {"i8", ELEMENT_I64}, {"i4", ELEMENT_I32}, {"i2", ELEMENT_I16},
        {"i1", ELEMENT_I8},  {"u8", ELEMENT_U64}, {"u4", ELEMENT_U32},
        {"u2", ELEMENT_U16}, {"u1", ELEMENT_U8},  {"b1", ELEMENT_BOOL}};

    const pickle_row *row = row_of(value);
    const pickle_value *given = pickle_item(value, 0);
    const pickle_value *state = pickle_item(value, 1);
    if (!row || row->what != TORCH_ARRAY_TYPE || !given || given->count == 0)
        return bad_array(tensor, "its dtype is missing");

    size_t k = 0, count = sizeof types / sizeof *types;
    while (k < count && !pickle_is(given->is.items[0], types[k].name))
        k++;
    if (k == count)
        return bad_array(tensor, "it has no numbers; save those that have, "
                                 "with numpy.savez");

    tensor->type = types[k].type;
    bool big = state && state->kind == PICKLE_TUPLE && state->count > 1 &&
               pickle_is(state->is.items[1], ">");
    tensor->swapped = big && element_bytes(tensor->type) > 1;
    return ELMAN_OK;
}

/* ---- Arrays ------------------------------------------------------------- */

/* What an array is made of, wherever that stands. */
typedef struct array_parts {
    const pickle_value *shape, *type, *bytes;
    bool columns;
} array_parts;

static bool find_parts(const torch_call *call, array_parts *parts)
{
    const pickle_value *given = call->arguments;
    if (call->row->what == TORCH_BUFFER) {
        if (given->count < 4) return false;
        *parts = (array_parts){.bytes = given->is.items[0],
                               .type = given->is.items[1],
                               .shape = given->is.items[2],
                               .columns = pickle_is(given->is.items[3], "F")};
        return true;
    }

    const pickle_value *state = pickle_item(call->value, 1);
    if (!state || state->kind != PICKLE_TUPLE || state->count < 5) return false;
    *parts = (array_parts){.shape = state->is.items[1],
                           .type = state->is.items[2],
                           .columns = state->is.items[3]->kind == PICKLE_BOOL &&
                                      state->is.items[3]->is.truth,
                           .bytes = state->is.items[4]};
    return true;
}

elman_status array_read(torch_source *source, const torch_call *call,
                        named_tensor *tensor)
{
    array_parts parts;
    const char *data = NULL;
    size_t bytes = 0;
    if (!find_parts(call, &parts))
        return bad_array(tensor, "it has no shape and no bytes");

    TRY(read_dtype(parts.type, tensor));
    TRY(read_sizes(parts.shape, "its shape", &tensor->rank, tensor->shape));
    if (!tensor_count_elements(tensor))
        return bad_array(tensor, "the shape's size in bytes exceeds " SIZE_BITS
                                 " bits");

    TRY(value_bytes(source, parts.bytes, &data, &bytes));
    if (bytes != tensor->count * element_bytes(tensor->type))
        return failure(
            ELMAN_BAD_FORMAT,
            "array \"%.80s\": it has %zu bytes where its shape needs "
            "%zu",
            tensor->name, bytes, tensor->count * element_bytes(tensor->type));

    /* the first axis is the innermost one of a column-major array */
    tensor->data = data;
    tensor->strided = parts.columns && tensor->rank > 1;
    for (size_t i = 0, step = 1; i < tensor->rank && tensor->strided; i++) {
        tensor->stride[i] = step;
        step *= tensor->shape[i];
    }
    return ELMAN_OK;
}
