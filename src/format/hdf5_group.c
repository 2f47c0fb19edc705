/* hdf5_group.c: the members of a group, as a symbol table and as links. */
#include "format/hdf5_parts.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- Names -------------------------------------------------------------- */

/* The names of a group lie in a heap of its own. */
static elman_status open_heap(hdf5_reader *r, uint64_t address, span *names)
{
    enum { HEAP = 32 };
    span s = hdf5_span(r, address, HEAP);
    const unsigned char *name = span_take(&s, 4);
    if (!name || memcmp(name, "HEAP", 4) != 0)
        return hdf5_damaged("a group has no heap for its names");
    TRY(hdf5_visit(r, address));

    (void)span_take(&s, 4);
    uint64_t bytes = span_number(&s, 8);
    (void)span_take(&s, 8);
    *names = hdf5_span(r, span_number(&s, 8), bytes);
    return names->failed ? hdf5_damaged("the names of a group are cut short")
                         : ELMAN_OK;
}

/* ---- Symbols ------------------------------------------------------------ */

/* A member: where its name is, its address, and what else it may be. */
static elman_status read_symbol(hdf5_reader *r, size_t group, span names,
                                span *s)
{
    enum { SOFT_LINK = 2, SCRATCH = 16 };
    uint64_t name = span_number(s, 8), address = span_number(s, 8);
    uint64_t kind = span_number(s, 4);
    (void)span_take(s, 4 + SCRATCH);

    if (s->failed) return hdf5_damaged("the members of a group are cut short");
    if (kind == SOFT_LINK) return hdf5_refused("a link that is not hard");

    const unsigned char *first = span_take(&names, name) ? names.at : NULL;
    const unsigned char *end =
        first ? memchr(first, 0, span_left(&names)) : NULL;
    if (!end) return hdf5_damaged("a name lies outside its heap");
    return hdf5_add_member(r, group, (const char *)first, (size_t)(end - first),
                           address);
}

static elman_status read_symbols(hdf5_reader *r, size_t group, span names,
                                 uint64_t address)
{
    enum { SYMBOL = 40 };
    span s = hdf5_span(r, address, r->size - address);
    const unsigned char *name = span_take(&s, 4);
    if (!name || memcmp(name, "SNOD", 4) != 0)
        return hdf5_damaged("a group has no list of members");

    (void)span_take(&s, 2);
    uint64_t left = span_number(&s, 2);
    TRY(hdf5_count(r, (size_t)left * SYMBOL));
    for (; left > 0; left--)
        TRY(read_symbol(r, group, names, &s));
    return s.failed ? hdf5_damaged("the members of a group are cut short")
                    : ELMAN_OK;
}

/* ---- The tree ----------------------------------------------------------- */

elman_status hdf5_add_node(hdf5_nodes *list, uint64_t address)
{
    uint64_t *wider = array_widen(list->address, &list->room, list->count + 1,
                                  sizeof *list->address);
    if (!wider) return failure(ELMAN_NO_MEMORY, "no memory for a tree");
    list->address = wider;
    list->address[list->count++] = address;
    return ELMAN_OK;
}

/* A node names others of the level below, or lists of members. */
static elman_status read_node(hdf5_reader *r, size_t group, span names,
                              uint64_t address, hdf5_nodes *list)
{
    enum { GROUP_NODE = 0, SIBLINGS = 16, KEY = 8 };
    TRY(hdf5_visit(r, address));
    span s = hdf5_span(r, address, r->size - address);
    const unsigned char *name = span_take(&s, 4);
    if (name && memcmp(name, "SNOD", 4) == 0)
        return read_symbols(r, group, names, address);

    if (!name || memcmp(name, "TREE", 4) != 0 ||
        span_number(&s, 1) != GROUP_NODE)
        return hdf5_damaged("a group has no tree of members");

    /* its level is of no use: what a child is says the child */
    (void)span_take(&s, 1);
    uint64_t left = span_number(&s, 2);
    (void)span_take(&s, SIBLINGS);
    TRY(hdf5_count(r, (size_t)left * (KEY + 8)));
    for (; left > 0 && !s.failed; left--) {
        (void)span_take(&s, KEY);
        TRY(hdf5_add_node(list, span_number(&s, 8)));
    }
    return s.failed ? hdf5_damaged("the tree of a group is cut short")
                    : ELMAN_OK;
}

elman_status hdf5_read_group(hdf5_reader *r, size_t group, const hdf5_header *h)
{
    hdf5_nodes list = {.count = 0};
    span names;
    TRY(open_heap(r, h->heap, &names));

    /* level by level, so that members stay in their order; nothing is read
     * twice, so it ends */
    elman_status status = hdf5_add_node(&list, h->tree);
    for (size_t i = 0; !status && i < list.count; i++)
        status = read_node(r, group, names, list.address[i], &list);
    free(list.address);
    return status;
}

/* ---- Links -------------------------------------------------------------- */

elman_status hdf5_read_link(hdf5_reader *r, size_t group, span s)
{
    enum { SIZE_OF_LENGTH = 3, NUMBERED = 4, TYPED = 8, CODED = 16 };
    uint64_t version = span_number(&s, 1), flags = span_number(&s, 1);
    uint64_t kind = flags & TYPED ? span_number(&s, 1) : 0;

    /* its number and the encoding of its name are of no use here */
    if (flags & NUMBERED) (void)span_take(&s, 8);
    if (flags & CODED) (void)span_take(&s, 1);
    uint64_t bytes = span_number(&s, (size_t)1 << (flags & SIZE_OF_LENGTH));
    const unsigned char *name = span_take(&s, bytes);

    if (version != 1 || !name) return hdf5_damaged("a link is cut short");
    if (kind) return hdf5_refused("a link that is not hard");

    uint64_t address = span_number(&s, 8);
    if (s.failed) return hdf5_damaged("a link is cut short");
    return hdf5_add_member(r, group, (const char *)name, (size_t)bytes,
                           address);
}
