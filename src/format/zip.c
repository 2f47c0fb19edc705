/* zip.c: the directory of a zip file. */
#include "format/zip.h"

#include <stdlib.h>
#include <string.h>

/* Fixed parts of records, which begin with four bytes that name them. */
enum {
    LOCAL = 30,   /* in front of an entry's bytes */
    CENTRAL = 46, /* of the list */
    END = 22,     /* after the list */
    END_64 = 56,  /* between them, with numbers of 64 bits */
    LOCATOR = 20, /* before END: where END_64 is */
    COMMENT_MOST = 0xFFFF
};

/* What stands where a number is in another record. */
#define IN_ZIP64 0xFFFFFFFFu

enum { ENCRYPTED = 1, FACTS_FOLLOW = 8, STRONGLY_ENCRYPTED = 64 }; /* flags */

static uint64_t number(const unsigned char *p, size_t bytes)
{
    uint64_t n = 0;
    while (bytes-- > 0)
        n = n << 8 | p[bytes];
    return n;
}

static bool is_record(const unsigned char *p, const char *name)
{
    return memcmp(p, name, 4) == 0;
}

static elman_status damaged(const char *why)
{
    return failure(ELMAN_BAD_FORMAT, "not a zip file, or damaged: %s", why);
}

/* ---- Parts of the file -------------------------------------------------- */

/* Bytes from a place on, which are in the file; good until the next call. */
static elman_status fetch(zip_directory *list, size_t at, size_t bytes,
                          const unsigned char **part)
{
    size_t got;
    *part = list->source.memory + at;
    if (list->source.memory) return ELMAN_OK;

    if (bytes > list->room_bytes) {
        unsigned char *wider = realloc(list->room, bytes);
        if (!wider)
            return failure(ELMAN_NO_MEMORY, "no memory for %zu bytes of a list",
                           bytes);
        list->room = wider;
        list->room_bytes = bytes;
    }
    *part = list->room;
    return file_reader_span(list->source.file, at, list->room, bytes, bytes,
                            &got);
}

/* The list itself, which stays. */
static elman_status fetch_list(zip_directory *list)
{
    size_t bytes = list->end - list->begin, got;
    list->list = list->source.memory + list->begin;
    if (list->source.memory) return ELMAN_OK;

    list->list = list->own = malloc(bytes + 1);
    if (!list->own)
        return failure(ELMAN_NO_MEMORY, "no memory for a list of %zu bytes",
                       bytes);
    return file_reader_span(list->source.file, list->begin, list->own, bytes,
                            bytes, &got);
}

void zip_close(zip_directory *list)
{
    free(list->own);
    free(list->room);
    *list = (zip_directory){0};
}

/* ---- The end ------------------------------------------------------------ */

/* Where the last record is, whose comment reaches the end of the file. */
static elman_status find_end(zip_directory *list, size_t *end)
{
    const size_t size = list->source.size;
    const unsigned char *bytes;
    if (size < END)
        return failure(ELMAN_BAD_FORMAT,
                       "not a zip file, or truncated: %zu bytes", size);

    const size_t most = size - END;
    const size_t tail = most < COMMENT_MOST ? most : COMMENT_MOST;
    TRY(fetch(list, most - tail, tail + END, &bytes));
    for (size_t comment = 0; comment <= tail; comment++) {
        const unsigned char *p = bytes + tail - comment;
        if (!is_record(p, "PK\5\6") || number(p + 20, 2) != comment) continue;
        *end = most - comment;
        return ELMAN_OK;
    }
    return damaged("its end has no list of entries");
}

/* What the end says of the list. */
typedef struct end_facts {
    uint64_t disks; /* of several files; 0 of one */
    uint64_t count, count_here, bytes, begin;
} end_facts;

/* The same in 64 bits, where a locator in front of the end leads to it; *end is
 * then where that record begins. */
static elman_status read_end_64(zip_directory *list, size_t *end,
                                end_facts *facts)
{
    const unsigned char *p;
    if (*end < LOCATOR) return ELMAN_OK;
    TRY(fetch(list, *end - LOCATOR, LOCATOR, &p));
    if (!is_record(p, "PK\6\7")) return ELMAN_OK;

    const size_t most = *end - LOCATOR;
    const uint64_t at = number(p + 8, 8);
    const bool fits = most >= END_64 && at <= most - END_64;
    if (fits) TRY(fetch(list, (size_t)at, END_64, &p));
    if (!fits || !is_record(p, "PK\6\6"))
        return damaged("its end of 64 bits is not where it should be");

    *facts = (end_facts){.disks = number(p + 16, 4) | number(p + 20, 4),
                         .count_here = number(p + 24, 8),
                         .count = number(p + 32, 8),
                         .bytes = number(p + 40, 8),
                         .begin = number(p + 48, 8)};
    *end = (size_t)at;
    return ELMAN_OK;
}

elman_status zip_find(zip_source source, zip_directory *list)
{
    size_t end = 0;
    const unsigned char *p;
    *list = (zip_directory){.source = source};
    TRY(find_end(list, &end));
    TRY(fetch(list, end, END, &p));

    end_facts facts = {.disks = number(p + 4, 2) | number(p + 6, 2),
                       .count_here = number(p + 8, 2),
                       .count = number(p + 10, 2),
                       .bytes = number(p + 12, 4),
                       .begin = number(p + 16, 4)};
    TRY(read_end_64(list, &end, &facts));

    /* one file, whose list reaches its end */
    if (facts.disks || facts.count != facts.count_here)
        return damaged("it is one part of several");
    if (facts.begin > end || facts.bytes != end - facts.begin)
        return damaged("its list of entries is not where it should be");
    if (facts.count > facts.bytes / CENTRAL)
        return damaged("it has more entries than its list has room for");

    list->begin = (size_t)facts.begin;
    list->end = end;
    list->entry_count = facts.count;
    return fetch_list(list);
}

/* ---- Entries ------------------------------------------------------------ */

/* What is in a record of 64 bits among an entry's extras: those of the given
 * numbers, in order, that are in it. */
static bool read_extra_64(const unsigned char *extra, size_t bytes,
                          uint64_t *const *numbers, size_t count)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++)
        left += *numbers[i] == IN_ZIP64;
    if (left == 0) return true;

    for (size_t at = 0; bytes - at >= 4;) {
        const size_t size = (size_t)number(extra + at + 2, 2);
        const unsigned char *p = extra + at + 4;
        if (size > bytes - at - 4) return false;
        at += 4 + size;
        if (number(p - 4, 2) != 1) continue;

        if (size / 8 < left) return false;
        for (size_t i = 0; i < count; i++) {
            if (*numbers[i] != IN_ZIP64) continue;
            *numbers[i] = number(p, 8);
            p += 8;
        }
        return true;
    }
    return false;
}

static elman_status disagrees(void)
{
    return damaged("an entry is not what the list of entries says");
}

/* Checks that what stands in front of an entry's bytes is what the list says.
 */
static elman_status read_local(zip_directory *list, unsigned flags,
                               zip_entry *e)
{
    const unsigned char *p;
    if (list->begin - e->head < LOCAL) return disagrees();
    TRY(fetch(list, e->head, LOCAL, &p));
    const size_t name_bytes = (size_t)number(p + 26, 2);
    const size_t extra_bytes = (size_t)number(p + 28, 2);
    const size_t room = list->begin - e->head - LOCAL;
    if (!is_record(p, "PK\3\4") || name_bytes + extra_bytes > room ||
        e->packed > room - name_bytes - extra_bytes)
        return disagrees();
    e->at = e->head + LOCAL + name_bytes + extra_bytes;

    /* how it is packed, and its name */
    TRY(fetch(list, e->head, LOCAL + name_bytes + extra_bytes, &p));
    if (number(p + 6, 2) != flags || number(p + 8, 2) != e->method ||
        name_bytes != e->name_bytes ||
        memcmp(p + LOCAL, e->name, name_bytes) != 0)
        return disagrees();

    /* its facts may follow its bytes instead */
    if (flags & FACTS_FOLLOW) return ELMAN_OK;
    uint64_t packed = number(p + 18, 4), size = number(p + 22, 4);
    bool same = read_extra_64(p + LOCAL + name_bytes, extra_bytes,
                              (uint64_t *const[]){&size, &packed}, 2) &&
                number(p + 14, 4) == e->crc && packed == e->packed &&
                size == e->size;
    return same ? ELMAN_OK : disagrees();
}

elman_status zip_read(zip_directory *list, size_t *at, zip_entry *entry)
{
    const unsigned char *p = list->list + (*at - list->begin);
    const size_t room = list->end - *at;
    if (room < CENTRAL || !is_record(p, "PK\1\2"))
        return damaged("its list of entries ends too early");

    const unsigned flags = (unsigned)number(p + 8, 2);
    const size_t name_bytes = (size_t)number(p + 28, 2);
    const size_t extra_bytes = (size_t)number(p + 30, 2);
    const size_t bytes =
        CENTRAL + name_bytes + extra_bytes + (size_t)number(p + 32, 2);
    if (bytes > room) return damaged("its list of entries ends too early");

    /* what the list says */
    zip_entry e = {.name = (const char *)p + CENTRAL,
                   .name_bytes = name_bytes,
                   .method = (unsigned)number(p + 10, 2),
                   .encrypted = flags & (ENCRYPTED | STRONGLY_ENCRYPTED),
                   .crc = (uint32_t)number(p + 16, 4),
                   .packed = number(p + 20, 4),
                   .size = number(p + 24, 4)};
    uint64_t head = number(p + 42, 4);
    if (!read_extra_64(p + CENTRAL + name_bytes, extra_bytes,
                       (uint64_t *const[]){&e.size, &e.packed, &head}, 3))
        return damaged("an entry lacks its numbers of 64 bits");

    /* and what stands in front of the bytes */
    if (head > list->begin) return damaged("an entry is not in the file");
    e.head = (size_t)head;
    TRY(read_local(list, flags, &e));

    *entry = e;
    *at += bytes;
    return ELMAN_OK;
}
