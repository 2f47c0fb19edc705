/* hdf5_array.c: the type, the shape and the place of an array. */
#include "format/hdf5_parts.h"

#include "base/memory.h"

#include <string.h>

/* ---- Shapes ------------------------------------------------------------- */

elman_status hdf5_read_space(span s, named_tensor *t)
{
    enum { FIRST = 1, SECOND = 2, NULL_SPACE = 2 };
    uint64_t version = span_number(&s, 1), rank = span_number(&s, 1);
    (void)span_take(&s, 1);

    /* version 2 says its kind: a number, axes, or nothing at all */
    uint64_t kind = version == SECOND ? span_number(&s, 1) : 1;
    if (version == FIRST) (void)span_take(&s, 5);
    else if (version != SECOND)
        return hdf5_refused("an array's shape of a new kind");

    if (rank > TENSOR_MAX_RANK)
        return hdf5_refused("an array of more than 8 axes");
    t->rank = (size_t)rank;
    for (size_t i = 0; i < t->rank; i++)
        if (!size_narrow(span_number(&s, 8), t->shape + i))
            return hdf5_damaged("an array is larger than memory can be");

    if (s.failed || !tensor_count_elements(t))
        return hdf5_damaged("an array's shape is no shape");
    if (kind == NULL_SPACE) t->count = 0;
    return ELMAN_OK;
}

/* ---- Types -------------------------------------------------------------- */

/* A float by its size and the bits of its exponent and mantissa. */
static void find_float(span s, hdf5_type *type)
{
    static const struct {
        size_t bytes, exponent, mantissa;
        element_type is;
    } floats[] = {{4, 8, 23, ELEMENT_F32},
                  {8, 11, 52, ELEMENT_F64},
                  {2, 5, 10, ELEMENT_F16},
                  {2, 8, 7, ELEMENT_BF16}};

    /* offset, precision and the exponent's place come before them */
    (void)span_take(&s, 5);
    uint64_t exponent = span_number(&s, 1);
    (void)span_take(&s, 1);
    uint64_t mantissa = span_number(&s, 1);

    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        if (floats[i].bytes == type->bytes && !s.failed &&
            floats[i].exponent == exponent && floats[i].mantissa == mantissa) {
            type->kind = TYPE_NUMBER;
            type->number = floats[i].is;
        }
}

static void find_whole(bool is_signed, hdf5_type *type)
{
    static const element_type wholes[][2] = {[1] = {ELEMENT_U8, ELEMENT_I8},
                                             [2] = {ELEMENT_U16, ELEMENT_I16},
                                             [4] = {ELEMENT_U32, ELEMENT_I32},
                                             [8] = {ELEMENT_U64, ELEMENT_I64}};
    bool known = type->bytes == 1 || type->bytes == 2 || type->bytes == 4 ||
                 type->bytes == 8;
    if (!known) return;
    type->kind = TYPE_NUMBER;
    type->number = wholes[type->bytes][is_signed];
}

elman_status hdf5_read_type(span *s, hdf5_type *type)
{
    enum { WHOLE, FLOAT, TEXT = 3, OPAQUE = 5, ENUM = 8, VARIABLE = 9 };
    enum { SWAPPED = 1, SIGNED = 8, VAX = 64, OF_TEXT = 1, KIND = 15 };
    uint64_t kind = span_number(s, 1) & KIND, bits = span_number(s, 3);
    uint64_t bytes = span_number(s, 4);

    if (s->failed) return hdf5_damaged("a type is cut short");
    *type = (hdf5_type){.kind = TYPE_OTHER, .bytes = (size_t)bytes};
    if (kind == FLOAT && !(bits & VAX)) find_float(*s, type);
    if (kind == WHOLE) find_whole(bits & SIGNED, type);
    if (kind == WHOLE || kind == FLOAT) type->swapped = bits & SWAPPED;

    /* truth values are an enumeration of one byte */
    if (kind == ENUM && bytes == 1) {
        type->kind = TYPE_NUMBER;
        type->number = ELEMENT_I8;
    }
    if (kind == OPAQUE && bytes == 2) type->kind = TYPE_HALF;
    if (kind == TEXT && bytes) type->kind = TYPE_FIXED;
    if (kind == VARIABLE && (bits & KIND) == OF_TEXT && bytes == 16)
        type->kind = TYPE_VARIABLE;
    return ELMAN_OK;
}

/* ---- Places ------------------------------------------------------------- */

/* The bytes of an array: in its header, or in one piece of the file. */
static elman_status find_data(const hdf5_reader *r, span s, uint64_t kind,
                              size_t bytes, const named_tensor *t,
                              const void **data)
{
    enum { IN_HEADER = 0, ONE_PIECE = 1 };
    if (kind == IN_HEADER) {
        uint64_t size = span_number(&s, 2);
        *data = span_take(&s, size);
        if (!*data || size < bytes)
            return hdf5_damaged("an array is cut short");
        return ELMAN_OK;
    }
    if (kind != ONE_PIECE)
        return hdf5_refused("an array that is kept in other files");

    /* an array without numbers has no place */
    uint64_t address = span_number(&s, 8), size = span_number(&s, 8);
    *data = r->bytes;
    if (s.failed) return hdf5_damaged("an array's layout is cut short");
    if (!t->count) return ELMAN_OK;
    if (address == HDF5_NOWHERE)
        return failure(ELMAN_BAD_FORMAT,
                       "the array %.80s was never written; save the model "
                       "again",
                       t->name);

    span place = hdf5_span(r, address, bytes);
    if (place.failed || size < bytes)
        return hdf5_damaged("an array lies outside the file");
    *data = place.at;
    return ELMAN_OK;
}

/* The data of an array, in whichever way it is kept. */
static elman_status read_data(hdf5_reader *r, const hdf5_header *h,
                              size_t element, named_tensor *t)
{
    enum { OLD = 3, NEWEST = 5, CHUNKS = 2 };
    span s = h->layout;
    uint64_t version = span_number(&s, 1), kind = span_number(&s, 1);
    if (version < OLD || version > NEWEST)
        return hdf5_refused("an array's layout of another version");
    if (kind == CHUNKS)
        return hdf5_read_chunks(r, h, s, version > OLD, element, t);
    if (h->filters.at) return hdf5_damaged("an array in one piece has filters");

    /* all of them together are no more than the file */
    size_t bytes = t->count * element;
    TRY(find_data(r, s, kind, bytes, t, &t->data));
    if (bytes > r->size - r->data)
        return hdf5_damaged("arrays share their bytes");
    r->data += bytes;
    return ELMAN_OK;
}

/* Two bytes of no kind are a bfloat16 where the array says so. */
static void find_half(const hdf5_reader *r, size_t object, hdf5_type *type)
{
    const hdf5_attribute *a = hdf5_find_attribute(r->file, object, "dtype");
    const hdf5_text *text = a && a->count ? r->file->texts + a->first : NULL;
    if (type->kind != TYPE_HALF || !text || text->bytes != 8 ||
        memcmp(text->text, "bfloat16", 8) != 0)
        return;
    type->kind = TYPE_NUMBER;
    type->number = ELEMENT_BF16;
}

elman_status hdf5_read_array(hdf5_reader *r, size_t object,
                             const hdf5_header *h)
{
    hdf5 *f = r->file;
    hdf5_type type;
    span s = h->type;
    named_tensor t = {.name = f->objects[object].name};

    /* numbers of some type and shape */
    if (!h->space.at || !h->type.at)
        return hdf5_damaged("an array has no shape or no type");
    TRY(hdf5_read_space(h->space, &t));
    TRY(hdf5_read_type(&s, &type));
    find_half(r, object, &type);
    if (type.kind != TYPE_NUMBER)
        return hdf5_refused("an array of something else than numbers");

    t.type = type.number;
    t.swapped = type.swapped;
    TRY(read_data(r, h, type.bytes, &t));

    void *wider = array_widen(f->tensors, &r->tensor_room, f->tensor_count + 1,
                              sizeof *f->tensors);
    if (!wider) return failure(ELMAN_NO_MEMORY, "no memory for arrays");
    f->tensors = wider;
    f->objects[object].tensor = f->tensor_count;
    f->tensors[f->tensor_count++] = t;
    return ELMAN_OK;
}
