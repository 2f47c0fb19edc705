/* hdf5_filter.c: what was done to the bytes of a chunk, undone. */
#include "format/hdf5_parts.h"

#include "format/inflate.h"

#include <string.h>

enum { DEFLATE = 1, SHUFFLE = 2, FLETCHER = 3, SUM_BYTES = 4 };

/* ---- Which there are ---------------------------------------------------- */

static elman_status refuse_filter(unsigned kind)
{
    static const struct {
        unsigned kind;
        const char *what;
    } known[] = {{4, "an array compressed with SZIP"},
                 {5, "an array packed into bits (nbit)"},
                 {6, "an array rounded to few digits (scaleoffset)"},
                 {307, "an array compressed with bzip2"},
                 {32000, "an array compressed with LZF"},
                 {32001, "an array compressed with Blosc"},
                 {32004, "an array compressed with LZ4"},
                 {32008, "an array compressed with bitshuffle"},
                 {32015, "an array compressed with Zstandard"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].kind == kind) return hdf5_refused(known[i].what);
    return hdf5_refused("an array behind a filter of another program");
}

static elman_status read_filter(span *s, bool first, hdf5_filter *f)
{
    enum { NAMED = 256, VALUE = 4 };
    f->kind = (unsigned)span_number(s, 2);
    uint64_t name = first || f->kind >= NAMED ? span_number(s, 2) : 0;

    /* whether it may be left out is said by each chunk; of its numbers only
     * the first is of use, and in version 1 they are even in number */
    (void)span_take(s, 2);
    uint64_t values = span_number(s, 2);
    (void)span_take(s, name);
    if (values) f->value = (uint32_t)span_number(s, VALUE);
    if (values > 1) (void)span_take(s, (values - 1) * VALUE);
    if (first && values % 2) (void)span_take(s, VALUE);

    if (s->failed) return hdf5_damaged("the filters of an array are cut short");
    bool known = f->kind >= DEFLATE && f->kind <= FLETCHER;
    return known ? ELMAN_OK : refuse_filter(f->kind);
}

elman_status hdf5_read_filters(span s, hdf5_filters *filters)
{
    enum { FIRST = 1, SECOND = 2 };
    uint64_t version = span_number(&s, 1), count = span_number(&s, 1);
    size_t deflates = 0;
    *filters = (hdf5_filters){.count = 0};

    if (version == FIRST) (void)span_take(&s, 6);
    else if (version != SECOND) return hdf5_refused("filters of a new kind");
    if (count > HDF5_MOST_FILTERS)
        return hdf5_refused("an array behind more than 8 filters");

    for (; filters->count < count; filters->count++) {
        hdf5_filter *f = filters->filter + filters->count;
        TRY(read_filter(&s, version == FIRST, f));
        deflates += f->kind == DEFLATE;
    }
    return deflates > 1 ? hdf5_refused("an array that is compressed twice")
                        : ELMAN_OK;
}

/* ---- Undoing them ------------------------------------------------------- */

/* A chunk on its way back: its bytes, and two rooms that they go to in turn. */
typedef struct chunk_bytes {
    const unsigned char *at;
    size_t size, most; /* bytes, and what a room holds */
    unsigned char *const *room;
    size_t turn;
} chunk_bytes;

/* Byte by byte of all elements: first all first bytes, then all second ones. */
static elman_status undo_shuffle(chunk_bytes *b, size_t element)
{
    if (element < 2) return ELMAN_OK;
    if (b->size > b->most) return hdf5_damaged("a chunk is too large");
    unsigned char *to = b->room[b->turn++ % 2];
    size_t count = b->size / element;

    for (size_t j = 0; j < element; j++)
        for (size_t i = 0; i < count; i++)
            to[i * element + j] = b->at[j * count + i];

    /* what is no whole element stays where it is */
    size_t done = count * element;
    if (done < b->size) memcpy(to + done, b->at + done, b->size - done);
    b->at = to;
    return ELMAN_OK;
}

static uint32_t fold(uint32_t sum) { return (sum & 0xFFFF) + (sum >> 16); }

/* Fletcher's sum of words of 16 bits, the higher byte first. */
static uint32_t sum_words(const unsigned char *at, size_t size)
{
    uint32_t first = 0, second = 0;
    for (size_t i = 0; i < size; i += 2) {
        uint32_t low = i + 1 < size ? at[i + 1] : 0;
        first = fold(first + ((uint32_t)at[i] << 8 | low));
        second = fold(second + first);
    }
    return second << 16 | first;
}

static elman_status undo_sum(chunk_bytes *b)
{
    if (b->size < SUM_BYTES) return hdf5_damaged("a chunk is cut short");
    b->size -= SUM_BYTES;
    span s = {.at = b->at + b->size, .end = b->at + b->size + SUM_BYTES};
    if (span_number(&s, SUM_BYTES) == sum_words(b->at, b->size))
        return ELMAN_OK;
    return hdf5_damaged("a chunk does not have its sum (fletcher32)");
}

static elman_status undo_deflate(chunk_bytes *b, size_t size)
{
    bool whole;
    unsigned char *to = b->room[b->turn++ % 2];
    TRY(inflate_bytes(b->at, b->size, true, to, size, &whole));
    if (!whole) return hdf5_damaged("a chunk cannot be unpacked");
    b->at = to;
    b->size = size;
    return ELMAN_OK;
}

elman_status hdf5_undo_filters(const hdf5_filters *filters, uint64_t left_out,
                               size_t wanted, unsigned char *const *room,
                               const unsigned char **at, size_t stored)
{
    chunk_bytes b = {*at, stored, wanted + HDF5_MORE_ROOM, room, 0};

    /* sums that were added before it was compressed are in what comes out */
    size_t sums = 0;
    for (size_t i = 0; i < filters->count; i++) {
        if (filters->filter[i].kind == DEFLATE) break;
        sums += filters->filter[i].kind == FLETCHER && !(left_out >> i & 1);
    }

    /* the last first */
    for (size_t i = filters->count; i-- > 0;) {
        const hdf5_filter *f = filters->filter + i;
        if (left_out >> i & 1) continue;
        if (f->kind == SHUFFLE) TRY(undo_shuffle(&b, f->value));
        if (f->kind == FLETCHER) TRY(undo_sum(&b));
        if (f->kind == DEFLATE)
            TRY(undo_deflate(&b, wanted + sums * SUM_BYTES));
    }
    *at = b.at;
    return b.size == wanted ? ELMAN_OK
                            : hdf5_damaged("a chunk has another size");
}
