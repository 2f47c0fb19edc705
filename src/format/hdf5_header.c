/* hdf5_header.c: the messages of an object, in both versions of its header. */
#include "format/hdf5_parts.h"

#include <string.h>

/* Kinds of messages. */
enum {
    NOTHING = 0x0,
    SPACE = 0x1,
    LINK_INFO = 0x2,
    TYPE = 0x3,
    LINK = 0x6,
    EXTERNAL = 0x7,
    LAYOUT = 0x8,
    FILTERS = 0xB,
    ATTRIBUTE = 0xC,
    SHARED_TABLE = 0xF,
    CONTINUATION = 0x10,
    SYMBOL_TABLE = 0x11,
    ATTRIBUTE_INFO = 0x15,
    KIND_COUNT = 0x18
};

/* Bits of a message's flags, and of a header's of version 2. */
enum { SHARED = 2, SIZE_OF_CHUNK = 3, ORDERED = 4, PHASES = 16, TIMES = 32 };

/* Parts of a header that are still to be read. */
enum { MOST_BLOCKS = 64 };
typedef struct block_list {
    span block[MOST_BLOCKS];
    size_t count;
    bool second;  /* a header of version 2 */
    bool ordered; /* whose messages have a number each */
} block_list;

/* ---- What a message says ------------------------------------------------ */

/* Where members or attributes are kept apart once there are many. */
static elman_status read_info(span s, bool links)
{
    uint64_t heap;
    (void)span_take(&s, 1);
    uint64_t flags = span_number(&s, 1);

    /* the highest number so far, of 8 bytes or 2, if there are numbers */
    if (flags & 1) (void)span_take(&s, links ? 8 : 2);
    heap = span_number(&s, 8);

    if (s.failed) return hdf5_damaged("a message is cut short");
    if (heap == HDF5_NOWHERE) return ELMAN_OK;
    return hdf5_refused(links ? "a group with a fractal heap"
                              : "attributes in a fractal heap");
}

static elman_status read_table(span s, hdf5_header *h)
{
    h->tree = span_number(&s, 8);
    h->heap = span_number(&s, 8);
    h->is_group = true;
    return s.failed || h->tree == HDF5_NOWHERE
               ? hdf5_damaged("a symbol table is cut short")
               : ELMAN_OK;
}

static elman_status add_block(hdf5_reader *r, block_list *blocks, span s)
{
    uint64_t address = span_number(&s, 8), bytes = span_number(&s, 8);
    span block = hdf5_span(r, address, bytes);

    if (s.failed || block.failed)
        return hdf5_damaged("a header goes on outside the file");
    if (blocks->count == MOST_BLOCKS)
        return hdf5_refused("a header of more than 64 parts");
    TRY(hdf5_visit(r, address));

    /* in version 2 it begins with its name and ends with a checksum */
    if (blocks->second) {
        const unsigned char *name = span_take(&block, 4);
        if (!name || memcmp(name, "OCHK", 4) != 0 || span_left(&block) < 4)
            return hdf5_damaged("a header goes on where there is none");
        block.end -= 4;
    }
    blocks->block[blocks->count++] = block;
    return ELMAN_OK;
}

static elman_status keep(span *place, const span *data)
{
    if (place->at) return hdf5_damaged("an object has a message twice");
    *place = *data;
    return ELMAN_OK;
}

static elman_status take_message(hdf5_reader *r, size_t object,
                                 const hdf5_message *m, block_list *blocks,
                                 hdf5_header *h)
{
    switch (m->kind) {
    case SPACE:
        return keep(&h->space, &m->data);
    case TYPE:
        return keep(&h->type, &m->data);
    case LAYOUT:
        h->is_array = true;
        return keep(&h->layout, &m->data);
    case LINK_INFO:
        h->is_group = true;
        return read_info(m->data, true);
    case LINK:
        h->is_group = true;
        return hdf5_read_link(r, object, m->data);
    case ATTRIBUTE:
        return hdf5_read_attribute(r, object, m->data);
    case ATTRIBUTE_INFO:
        return read_info(m->data, false);
    case CONTINUATION:
        return add_block(r, blocks, m->data);
    case SYMBOL_TABLE:
        if (h->is_group) return hdf5_damaged("an object is a group twice");
        return read_table(m->data, h);
    case EXTERNAL:
        return hdf5_refused("an array in another file");
    case FILTERS:
        return keep(&h->filters, &m->data);
    case SHARED_TABLE:
        return hdf5_refused("shared messages");
    default:
        return m->kind < KIND_COUNT ? ELMAN_OK
                                    : hdf5_refused("messages of a new kind");
    }
}

/* ---- Walking through them ----------------------------------------------- */

/* Takes the next message of a block; its end if data.at is NULL. */
static elman_status next_message(const block_list *blocks, span *s,
                                 hdf5_message *m)
{
    size_t front = blocks->second ? 4 + (blocks->ordered ? 2 : 0) : 8;
    *m = (hdf5_message){.data = {.at = NULL}};

    /* less than that is a gap */
    if (span_left(s) < front) return ELMAN_OK;
    m->kind = (unsigned)span_number(s, blocks->second ? 1 : 2);
    uint64_t bytes = span_number(s, 2), flags = span_number(s, 1);
    (void)span_take(s, blocks->second ? front - 4 : 3);

    const unsigned char *at = span_take(s, bytes);
    if (!at) return hdf5_damaged("a message is longer than its header");
    m->data = (span){.at = at, .end = at + (size_t)bytes};
    if (m->kind != NOTHING && flags & SHARED)
        return hdf5_refused("shared messages");
    return ELMAN_OK;
}

static elman_status read_blocks(hdf5_reader *r, size_t object,
                                block_list *blocks, hdf5_header *h)
{
    for (size_t i = 0; i < blocks->count; i++) {
        span s = blocks->block[i];
        hdf5_message m;
        TRY(hdf5_count(r, span_left(&s)));

        do {
            TRY(next_message(blocks, &s, &m));
            if (m.data.at) TRY(take_message(r, object, &m, blocks, h));
        } while (m.data.at);
    }
    return ELMAN_OK;
}

/* The first part of a header of version 2, whose end is a checksum. */
static elman_status open_second(hdf5_reader *r, span s, block_list *blocks)
{
    (void)span_take(&s, 1);
    uint64_t flags = span_number(&s, 1);
    if (flags & TIMES) (void)span_take(&s, 16);
    if (flags & PHASES) (void)span_take(&s, 4);
    uint64_t bytes = span_number(&s, (size_t)1 << (flags & SIZE_OF_CHUNK));

    uint64_t at = (uint64_t)(s.at - r->bytes);
    blocks->second = true;
    blocks->ordered = flags & ORDERED;
    blocks->block[0] = hdf5_span(r, at, bytes);
    return s.failed || blocks->block[0].failed
               ? hdf5_damaged("an object's header is cut short")
               : ELMAN_OK;
}

static elman_status open_first(hdf5_reader *r, uint64_t address,
                               block_list *blocks)
{
    enum { FRONT = 16, BEFORE_SIZE = 8 };
    span s = hdf5_span(r, address, FRONT);
    uint64_t version = span_number(&s, 1);
    (void)span_take(&s, BEFORE_SIZE - 1);
    uint64_t bytes = span_number(&s, 4);

    if (s.failed || version != 1)
        return hdf5_damaged("an object has no header");
    blocks->block[0] = hdf5_span(r, address + FRONT, bytes);
    return blocks->block[0].failed
               ? hdf5_damaged("an object's header is cut short")
               : ELMAN_OK;
}

elman_status hdf5_read_header(hdf5_reader *r, size_t object, hdf5_header *h)
{
    block_list blocks = {.count = 1};
    uint64_t address = r->address[object];
    span s = hdf5_span(r, address, r->size - address);

    const unsigned char *name = span_take(&s, 4);
    bool second = name && memcmp(name, "OHDR", 4) == 0;
    if (second) TRY(open_second(r, s, &blocks));
    else TRY(open_first(r, address, &blocks));
    return read_blocks(r, object, &blocks, h);
}
