/* hdf5_attribute.c: texts at an object, of fixed and of variable length. */
#include "format/hdf5_parts.h"

#include "base/memory.h"

#include <string.h>

/* ---- Texts of variable length ------------------------------------------- */

/* Walks may not take longer together than reading the file some times over. */
static elman_status count_step(hdf5_reader *r)
{
    enum { TIMES = 16, ROOM = 1 << 16 };
    size_t most =
        r->size < SIZE_MAX / TIMES - ROOM ? TIMES * r->size + ROOM : SIZE_MAX;
    if (r->steps++ < most) return ELMAN_OK;
    return hdf5_damaged("its texts point to one heap too often");
}

/* Text number index of the heap at address. */
static elman_status find_text(hdf5_reader *r, uint64_t address, uint64_t index,
                              uint64_t bytes, hdf5_text *text)
{
    enum { FRONT = 16, ITEM = 16, TO_8 = 7 };
    span s = hdf5_span(r, address, FRONT);
    const unsigned char *name = span_take(&s, 4);
    if (!name || memcmp(name, "GCOL", 4) != 0)
        return hdf5_damaged("a text has no heap");

    (void)span_take(&s, 4);
    uint64_t size = span_number(&s, 8);
    s = hdf5_span(r, address, size);
    (void)span_take(&s, FRONT);

    /* item after item, each padded to 8 bytes; number 0 is what is free */
    while (!s.failed && span_left(&s) >= ITEM) {
        TRY(count_step(r));
        uint64_t number = span_number(&s, 2);
        (void)span_take(&s, 6);
        uint64_t length = span_number(&s, 8);
        if (!number || length > span_left(&s)) break;

        const unsigned char *at = s.at;
        if (number == index && bytes <= length) {
            *text = (hdf5_text){(const char *)at, (size_t)bytes};
            return ELMAN_OK;
        }
        (void)span_take(&s, (length + TO_8) & ~(uint64_t)TO_8);
    }
    return hdf5_damaged("a text is not in its heap");
}

/* ---- Attributes --------------------------------------------------------- */

static elman_status read_text(hdf5_reader *r, const hdf5_type *type, span *s,
                              hdf5_text *text)
{
    /* without the zeros behind it */
    if (type->kind == TYPE_FIXED) {
        const unsigned char *at = span_take(s, type->bytes);
        if (!at) return hdf5_damaged("an attribute is cut short");
        const unsigned char *end = memchr(at, 0, type->bytes);
        *text = (hdf5_text){(const char *)at,
                            end ? (size_t)(end - at) : type->bytes};
        return ELMAN_OK;
    }

    uint64_t bytes = span_number(s, 4), address = span_number(s, 8);
    uint64_t index = span_number(s, 4);
    if (s->failed) return hdf5_damaged("an attribute is cut short");
    *text = (hdf5_text){"", 0};
    return bytes ? find_text(r, address, index, bytes, text) : ELMAN_OK;
}

/* Adds an attribute and its texts, which begin at values. */
static elman_status add_texts(hdf5_reader *r, const hdf5_attribute *attribute,
                              const hdf5_type *type, span values)
{
    hdf5 *f = r->file;
    if (attribute->count > span_left(&values) / type->bytes)
        return hdf5_damaged("an attribute is cut short");

    void *texts =
        array_widen(f->texts, &r->text_room,
                    f->text_count + attribute->count + 1, sizeof *f->texts);
    if (texts) f->texts = texts;
    void *attributes =
        array_widen(f->attributes, &r->attribute_room, f->attribute_count + 1,
                    sizeof *f->attributes);
    if (attributes) f->attributes = attributes;
    if (!texts || !attributes)
        return failure(ELMAN_NO_MEMORY, "no memory for attributes");

    /* counted one by one, so that what is there is always whole */
    f->attributes[f->attribute_count] = *attribute;
    f->attributes[f->attribute_count++].first = f->text_count;
    for (size_t i = 0; i < attribute->count; i++)
        TRY(read_text(r, type, &values, f->texts + f->text_count++));
    return ELMAN_OK;
}

/* A part of an attribute; of version 1 it is padded to 8 bytes. */
static span take_part(span *s, uint64_t bytes, bool padded)
{
    span part = {.failed = true};
    const unsigned char *at = span_take(s, bytes);
    if (padded && bytes % 8) (void)span_take(s, 8 - bytes % 8);
    if (at) part = (span){.at = at, .end = at + (size_t)bytes};
    return part;
}

elman_status hdf5_read_attribute(hdf5_reader *r, size_t object, span s)
{
    enum { FIRST = 1, THIRD = 3, SHARED_TYPE = 1, SHARED_SPACE = 2 };
    uint64_t version = span_number(&s, 1), flags = span_number(&s, 1);
    uint64_t sizes[3];
    for (size_t i = 0; i < 3; i++)
        sizes[i] = span_number(&s, 2);
    if (version == THIRD) (void)span_take(&s, 1);

    if (version < FIRST || version > THIRD)
        return hdf5_refused("attributes of a new kind");
    if (version > FIRST && flags & (SHARED_TYPE | SHARED_SPACE))
        return hdf5_refused("shared messages");

    span name = take_part(&s, sizes[0], version == FIRST);
    span kind = take_part(&s, sizes[1], version == FIRST);
    span space = take_part(&s, sizes[2], version == FIRST);
    if (s.failed || !name.at || !sizes[0])
        return hdf5_damaged("an attribute is cut short");

    /* numbers and the like are passed over */
    hdf5_type type;
    named_tensor shape = {.rank = 0};
    TRY(hdf5_read_type(&kind, &type));
    if (type.kind != TYPE_FIXED && type.kind != TYPE_VARIABLE) return ELMAN_OK;
    TRY(hdf5_read_space(space, &shape));

    const unsigned char *zero = memchr(name.at, 0, span_left(&name));
    hdf5_attribute made = {
        .object = object,
        .name = {(const char *)name.at,
                 zero ? (size_t)(zero - name.at) : span_left(&name)},
        .count = shape.count};
    return add_texts(r, &made, &type, s);
}
