/* zip.c: the directory of a zip file. */
#include "format/zip.h"

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

/* ---- The end ------------------------------------------------------------ */

/* Where the last record is, whose comment reaches the end of the file. */
static elman_status find_end(const unsigned char *bytes, size_t size,
                             size_t *end)
{
    if (size < END)
        return failure(ELMAN_BAD_FORMAT,
                       "not a zip file, or truncated: %zu bytes", size);

    const size_t most = size - END;
    for (size_t comment = 0; comment <= most && comment <= COMMENT_MOST;
         comment++) {
        size_t at = most - comment;
        if (!is_record(bytes + at, "PK\5\6") ||
            number(bytes + at + 20, 2) != comment)
            continue;
        *end = at;
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
static elman_status read_end_64(const unsigned char *bytes, size_t *end,
                                end_facts *facts)
{
    if (*end < LOCATOR || !is_record(bytes + *end - LOCATOR, "PK\6\7"))
        return ELMAN_OK;

    const size_t most = *end - LOCATOR;
    const uint64_t at = number(bytes + most + 8, 8);
    if (most < END_64 || at > most - END_64 || !is_record(bytes + at, "PK\6\6"))
        return damaged("its end of 64 bits is not where it should be");

    const unsigned char *p = bytes + at;
    *facts = (end_facts){.disks = number(p + 16, 4) | number(p + 20, 4),
                         .count_here = number(p + 24, 8),
                         .count = number(p + 32, 8),
                         .bytes = number(p + 40, 8),
                         .begin = number(p + 48, 8)};
    *end = (size_t)at;
    return ELMAN_OK;
}

elman_status zip_find(const void *file, size_t size, zip_directory *list)
{
    const unsigned char *bytes = file;
    size_t end = 0;
    TRY(find_end(bytes, size, &end));

    const unsigned char *p = bytes + end;
    end_facts facts = {.disks = number(p + 4, 2) | number(p + 6, 2),
                       .count_here = number(p + 8, 2),
                       .count = number(p + 10, 2),
                       .bytes = number(p + 12, 4),
                       .begin = number(p + 16, 4)};
    TRY(read_end_64(bytes, &end, &facts));

    /* one file, whose list reaches its end */
    if (facts.disks || facts.count != facts.count_here)
        return damaged("it is one part of several");
    if (facts.begin > end || facts.bytes != end - facts.begin)
        return damaged("its list of entries is not where it should be");
    if (facts.count > facts.bytes / CENTRAL)
        return damaged("it has more entries than its list has room for");

    *list = (zip_directory){.bytes = bytes,
                            .begin = (size_t)facts.begin,
                            .end = end,
                            .entry_count = facts.count};
    return ELMAN_OK;
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

/* Whether what stands in front of an entry's bytes is what the list says. */
static bool read_local(const zip_directory *list, unsigned flags, zip_entry *e)
{
    if (e->head > list->begin || list->begin - e->head < LOCAL) return false;
    const unsigned char *p = list->bytes + e->head;
    const size_t name_bytes = (size_t)number(p + 26, 2);
    const size_t extra_bytes = (size_t)number(p + 28, 2);
    const size_t room = list->begin - e->head - LOCAL;
    if (!is_record(p, "PK\3\4") || name_bytes + extra_bytes > room ||
        e->packed > room - name_bytes - extra_bytes)
        return false;
    e->at = e->head + LOCAL + name_bytes + extra_bytes;

    /* how it is packed, and its name */
    if (number(p + 6, 2) != flags || number(p + 8, 2) != e->method ||
        name_bytes != e->name_bytes ||
        memcmp(p + LOCAL, e->name, name_bytes) != 0)
        return false;

    /* its facts may follow its bytes instead */
    if (flags & FACTS_FOLLOW) return true;
    uint64_t packed = number(p + 18, 4), size = number(p + 22, 4);
    return read_extra_64(p + LOCAL + name_bytes, extra_bytes,
                         (uint64_t *const[]){&size, &packed}, 2) &&
           number(p + 14, 4) == e->crc && packed == e->packed &&
           size == e->size;
}

elman_status zip_read(const zip_directory *list, size_t *at, zip_entry *entry)
{
    const unsigned char *p = list->bytes + *at;
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
    if (!read_local(list, flags, &e))
        return damaged("an entry is not what the list of entries says");

    *entry = e;
    *at += bytes;
    return ELMAN_OK;
}
