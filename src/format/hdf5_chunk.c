/* hdf5_chunk.c: arrays in chunks, put together: where each chunk lies. */
#include "format/hdf5_parts.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- An array ----------------------------------------------------------- */

/* An array that is put together. */
typedef struct chunked {
    hdf5_reader *r;
    const named_tensor *t;
    hdf5_filters filters;
    size_t element;               /* bytes */
    size_t size[TENSOR_MAX_RANK]; /* of a chunk */
    size_t grid[TENSOR_MAX_RANK]; /* chunks along each axis */
    size_t count, found;          /* chunks of the array, and those so far */
    size_t bytes;                 /* of a chunk */
    char *to;                     /* the array */
    unsigned char *room[2];       /* for a chunk on its way */
    unsigned char *have;          /* a bit for each chunk */
} chunked;

/* The shape of a chunk, whose last axis are the bytes of an element. */
static elman_status read_shape(chunked *c, span *s, uint64_t axes, size_t width)
{
    const named_tensor *t = c->t;
    bool fits = t->rank && axes == t->rank + 1 && width && width <= 8;
    c->bytes = c->element;
    c->count = 1;

    for (size_t i = 0; i < t->rank && fits; i++) {
        fits = size_narrow(span_number(s, width), c->size + i) && c->size[i] &&
               sizes_multiply(c->bytes, c->size[i], 1, &c->bytes);
        if (!fits) break;
        c->grid[i] = t->shape[i] / c->size[i] + (t->shape[i] % c->size[i] != 0);
        c->count *= c->grid[i];
    }
    fits = fits && span_number(s, width) == c->element && !s->failed;
    return fits ? ELMAN_OK : hdf5_damaged("chunks have not an array's shape");
}

/* Memory for the array, and for chunks that are not as they will be. It is at
 * most a hundred times the file, once that is more than does no harm. */
static elman_status make_room(chunked *c)
{
    enum { MOST_GROWTH = 100, HARMLESS = 1 << 20 };
    hdf5_reader *r = c->r;
    hdf5 *f = r->file;
    uint64_t most = r->size, bytes = (uint64_t)c->t->count * c->element;

    most = most < UINT64_MAX / MOST_GROWTH ? most * MOST_GROWTH : UINT64_MAX;
    if (most < HARMLESS) most = HARMLESS;
    if (most > SIZE_MAX - HDF5_MORE_ROOM) most = SIZE_MAX - HDF5_MORE_ROOM;
    if (bytes > most - r->unpacked || c->bytes > most - HDF5_MORE_ROOM)
        return hdf5_refused("arrays of more than a hundred times its size");
    r->unpacked += bytes;

    /* the array is the file's from now on */
    char **wider = array_widen(f->blocks, &r->block_room, f->block_count + 1,
                               sizeof *wider);
    if (wider) f->blocks = wider;
    c->to = wider ? calloc((size_t)bytes + 1, 1) : NULL;
    if (c->to) f->blocks[f->block_count++] = c->to;

    c->have = calloc(c->count / 8 + 1, 1);
    bool made = c->to && c->have;
    for (size_t i = 0; i < 2 && c->filters.count && made; i++) {
        c->room[i] = malloc(c->bytes + HDF5_MORE_ROOM);
        made = c->room[i] != NULL;
    }
    return made ? ELMAN_OK
                : failure(ELMAN_NO_MEMORY, "no memory for an array in chunks");
}

/* ---- A chunk ------------------------------------------------------------ */

/* The next row, the last axis of which is not counted; false behind the last.
 */
static bool next_row(size_t *at, const size_t *extent, size_t axes)
{
    for (size_t i = axes; i-- > 0;) {
        if (++at[i] < extent[i]) return true;
        at[i] = 0;
    }
    return false;
}

/* Chunk number index to its place; at the edges a part of it. */
static void place_chunk(const chunked *c, size_t index,
                        const unsigned char *from)
{
    const named_tensor *t = c->t;
    size_t first[TENSOR_MAX_RANK], extent[TENSOR_MAX_RANK];
    size_t at[TENSOR_MAX_RANK] = {0};

    /* where it begins, and how much of it is inside the array */
    for (size_t i = t->rank; i-- > 0;) {
        first[i] = index % c->grid[i] * c->size[i];
        index /= c->grid[i];
        size_t left = t->shape[i] - first[i];
        extent[i] = left < c->size[i] ? left : c->size[i];
    }

    /* row by row, which lie elsewhere in the array than in the chunk */
    size_t row = extent[t->rank - 1] * c->element;
    do {
        size_t to = 0, in = 0;
        for (size_t i = 0; i < t->rank; i++) {
            to = to * t->shape[i] + first[i] + at[i];
            in = in * c->size[i] + at[i];
        }
        memcpy(c->to + to * c->element, from + in * c->element, row);
    } while (next_row(at, extent, t->rank - 1));
}

static elman_status never_written(const named_tensor *t)
{
    return failure(ELMAN_BAD_FORMAT,
                   "the array %.80s was never written, or not all of it; save "
                   "the model again",
                   t->name);
}

/* Chunk number index, which has that many bytes in the file. */
static elman_status take_chunk(chunked *c, size_t index, uint64_t address,
                               uint64_t stored, uint64_t left_out)
{
    hdf5_reader *r = c->r;
    if (address == HDF5_NOWHERE) return never_written(c->t);
    span s = hdf5_span(r, address, stored);
    if (s.failed) return hdf5_damaged("a chunk lies outside the file");
    TRY(hdf5_visit(r, address));

    unsigned char bit = (unsigned char)(1u << index % 8);
    if (index >= c->count || c->have[index / 8] & bit)
        return hdf5_damaged("an array has a chunk twice");
    c->have[index / 8] = (unsigned char)(c->have[index / 8] | bit);
    c->found++;

    /* all of them together are no more than the file */
    if (stored > r->size - r->data)
        return hdf5_damaged("arrays share their bytes");
    r->data += (size_t)stored;

    const unsigned char *at = s.at;
    TRY(hdf5_undo_filters(&c->filters, left_out, c->bytes, c->room, &at,
                          (size_t)stored));
    place_chunk(c, index, at);
    return ELMAN_OK;
}

/* ---- Trees -------------------------------------------------------------- */

/* The number of the chunk that begins there; false if none does. */
static bool read_place(const chunked *c, span *s, size_t *index)
{
    bool begins = true;
    *index = 0;
    for (size_t i = 0; i < c->t->rank; i++) {
        uint64_t offset = span_number(s, 8), place = offset / c->size[i];
        begins = begins && offset % c->size[i] == 0 && place < c->grid[i];
        if (begins) *index = *index * c->grid[i] + (size_t)place;
    }
    return span_number(s, 8) == 0 && begins;
}

/* A node names others of the level below, or chunks. */
static elman_status read_node(chunked *c, uint64_t address, hdf5_nodes *nodes)
{
    enum { CHUNK_NODE = 1, SIBLINGS = 16, FIXED = 24 };
    hdf5_reader *r = c->r;
    TRY(hdf5_visit(r, address));
    span s = hdf5_span(r, address, r->size - address);
    const unsigned char *name = span_take(&s, 4);
    if (!name || memcmp(name, "TREE", 4) != 0 ||
        span_number(&s, 1) != CHUNK_NODE)
        return hdf5_damaged("an array has no tree of chunks");

    /* in front of each its size, what was left out and where it begins */
    uint64_t level = span_number(&s, 1), left = span_number(&s, 2);
    (void)span_take(&s, SIBLINGS);
    TRY(hdf5_count(r, (size_t)left * (FIXED + 8 * c->t->rank)));
    for (; left > 0; left--) {
        size_t index;
        uint64_t stored = span_number(&s, 4), left_out = span_number(&s, 4);
        bool begins = read_place(c, &s, &index);
        uint64_t child = span_number(&s, 8);

        if (s.failed || (!level && !begins))
            return hdf5_damaged("a tree of chunks is no tree");
        if (level) TRY(hdf5_add_node(nodes, child));
        else TRY(take_chunk(c, index, child, stored, left_out));
    }
    return ELMAN_OK;
}

static elman_status read_tree(chunked *c, uint64_t address)
{
    hdf5_nodes nodes = {.count = 0};
    if (address == HDF5_NOWHERE) return never_written(c->t);
    elman_status status = hdf5_add_node(&nodes, address);
    for (size_t i = 0; !status && i < nodes.count; i++)
        status = read_node(c, nodes.address[i], &nodes);
    free(nodes.address);
    return status;
}

/* ---- Lists -------------------------------------------------------------- */

/* One chunk, or all of them in a row. */
static elman_status read_row(chunked *c, uint64_t address)
{
    if (address == HDF5_NOWHERE) return never_written(c->t);
    for (size_t i = 0; i < c->count; i++)
        TRY(take_chunk(c, i, address + (uint64_t)i * c->bytes, c->bytes, 0));
    return ELMAN_OK;
}

static elman_status read_single(chunked *c, span *s)
{
    uint64_t stored = c->bytes, left_out = 0;
    if (c->filters.count) {
        stored = span_number(s, 8);
        left_out = span_number(s, 4);
    }
    uint64_t address = span_number(s, 8);
    if (s->failed) return hdf5_damaged("an array's layout is cut short");
    return take_chunk(c, 0, address, stored, left_out);
}

/* Chunks [first, end) of a list, which ends with a sum. */
static elman_status read_entries(chunked *c, span *s, size_t entry,
                                 size_t first, size_t end)
{
    enum { ADDRESS = 8, MASK = 4 };
    for (size_t i = first; i < end; i++) {
        uint64_t address = span_number(s, ADDRESS);
        uint64_t stored = c->bytes, left_out = 0;
        if (c->filters.count) {
            stored = span_number(s, entry - ADDRESS - MASK);
            left_out = span_number(s, MASK);
        }
        if (s->failed) return hdf5_damaged("a list of chunks is cut short");
        TRY(take_chunk(c, i, address, stored, left_out));
    }
    (void)span_take(s, 4);
    return ELMAN_OK;
}

/* The list itself: chunk by chunk, or in pages where they are many. */
static elman_status read_list(chunked *c, uint64_t address, size_t entry,
                              uint64_t bits)
{
    enum { FRONT = 14 };
    hdf5_reader *r = c->r;
    TRY(hdf5_visit(r, address));
    span s = hdf5_span(r, address, r->size - address);
    const unsigned char *name = span_take(&s, FRONT);
    if (!name || memcmp(name, "FADB", 4) != 0)
        return hdf5_damaged("an array has no list of chunks");

    size_t page = (size_t)1 << bits;
    if (c->count <= page) return read_entries(c, &s, entry, 0, c->count);

    /* in front of the pages a bit for each, and a sum */
    size_t pages = c->count / page + (c->count % page != 0);
    (void)span_take(&s, pages / 8 + (pages % 8 != 0) + 4);
    for (size_t first = 0; first < c->count; first += page) {
        size_t end = c->count - first > page ? first + page : c->count;
        TRY(read_entries(c, &s, entry, first, end));
    }
    return ELMAN_OK;
}

/* The head of a list of as many chunks as the array has. */
static elman_status read_fixed(chunked *c, uint64_t address)
{
    enum { HEAD = 28, PLAIN = 8, MOST_BITS = 30 };
    hdf5_reader *r = c->r;
    span s = hdf5_span(r, address, HEAD);
    if (address == HDF5_NOWHERE) return never_written(c->t);
    const unsigned char *name = span_take(&s, 6);
    if (!name || memcmp(name, "FAHD", 4) != 0)
        return hdf5_damaged("an array has no list of chunks");
    TRY(hdf5_visit(r, address));

    /* with filters each has a size of its own */
    uint64_t entry = span_number(&s, 1), bits = span_number(&s, 1);
    uint64_t count = span_number(&s, 8), list = span_number(&s, 8);
    bool filtered = c->filters.count != 0;
    bool sized =
        filtered ? entry > PLAIN + 4 && entry <= PLAIN + 4 + 8 : entry == PLAIN;
    if (!sized || bits > MOST_BITS || count != c->count)
        return hdf5_damaged("a list of chunks is of another array");
    if (list == HDF5_NOWHERE) return never_written(c->t);
    return read_list(c, list, (size_t)entry, bits);
}

/* ---- Layouts ------------------------------------------------------------ */

/* Version 3: always a tree. */
static elman_status read_old(chunked *c, span *s)
{
    uint64_t axes = span_number(s, 1), address = span_number(s, 8);
    TRY(read_shape(c, s, axes, 4));
    TRY(make_room(c));
    return read_tree(c, address);
}

/* Versions 4 and 5: what it is depends on what is known of the chunks. */
static elman_status read_newer(chunked *c, span *s)
{
    enum { SINGLE = 1, ROW = 2, FIXED = 3, PLAIN_EDGES = 1 };
    uint64_t flags = span_number(s, 1), axes = span_number(s, 1);
    size_t width = (size_t)span_number(s, 1);
    TRY(read_shape(c, s, axes, width));
    uint64_t kind = span_number(s, 1);

    if (flags & PLAIN_EDGES)
        return hdf5_refused("chunks whose edges are not compressed");
    if (kind < SINGLE || kind > FIXED)
        return hdf5_refused("an array that may still grow (maxshape)");
    TRY(make_room(c));

    if (kind == SINGLE) return read_single(c, s);
    if (kind == FIXED) (void)span_take(s, 1);
    uint64_t address = span_number(s, 8);
    if (s->failed) return hdf5_damaged("an array's layout is cut short");
    return kind == ROW ? read_row(c, address) : read_fixed(c, address);
}

elman_status hdf5_read_chunks(hdf5_reader *r, const hdf5_header *h, span layout,
                              bool newer, size_t element, named_tensor *t)
{
    chunked c = {.r = r, .t = t, .element = element};
    elman_status status = ELMAN_OK;
    if (h->filters.at) TRY(hdf5_read_filters(h->filters, &c.filters));
    t->data = r->bytes;
    if (!t->count) return ELMAN_OK;

    status = newer ? read_newer(&c, &layout) : read_old(&c, &layout);
    if (!status && c.found < c.count) status = never_written(t);
    t->data = c.to;
    free(c.have);
    free(c.room[0]);
    free(c.room[1]);
    return status;
}
