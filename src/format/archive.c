/*
 * archive.c: zip files whose entries are stored or deflated. A build without
 * zlib has archive_absent.c instead.
 */
#include "format/archive.h"

#include "format/inflate.h"
#include "format/utf8.h"
#include "format/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* how much entries may grow when they are unpacked, once they are larger than
 * a size that does no harm */
enum { MOST_GROWTH = 100, HARMLESS = 1 << 20 };

typedef struct entry {
    char *name;
    char *data; /* NULL until it is read */
    size_t size, packed;
    size_t head, at; /* where its header and its bytes begin in the file */
    uint32_t crc;
    bool deflated;
} entry;

struct archive {
    size_t entry_count;
    entry *entries;            /* (entry_count) by name */
    char *names;               /* owner of the names */
    char *bytes;               /* the file, NULL once nothing more is read */
    const file_reader *reader; /* or where it is, likewise */
};

/* ---- Opening ------------------------------------------------------------ */

/* Whether a name stays below the folder in which it would be unpacked. */
static bool stays_inside(const char *name)
{
    if (!name[0] || strchr("/\\", name[0]) || name[1] == ':') return false;

    for (const char *part = name; *part;) {
        size_t bytes = strcspn(part, "/\\");
        if (bytes == 2 && !memcmp(part, "..", 2)) return false;
        part += bytes + (part[bytes] != 0);
    }
    return true;
}

static elman_status check_entry(const entry *e, const zip_entry *found)
{
    if (strlen(e->name) != found->name_bytes ||
        utf8_valid(e->name, found->name_bytes) < found->name_bytes)
        return failure(ELMAN_BAD_FORMAT, "an entry's name is not UTF-8");

    if (!stays_inside(e->name))
        return failure(ELMAN_BAD_FORMAT,
                       "entry \"%.80s\": its name leads out of the archive",
                       e->name);

    /* only what can be read without a password and by every unzip */
    if (found->encrypted)
        return failure(ELMAN_BAD_FORMAT, "entry \"%.80s\" is encrypted",
                       e->name);
    if (found->method != ZIP_STORED && found->method != ZIP_DEFLATED)
        return failure(ELMAN_BAD_FORMAT,
                       "entry \"%.80s\": compression method %u; elman reads "
                       "stored and deflated",
                       e->name, found->method);

    if (e->size > HARMLESS && e->size / MOST_GROWTH > e->packed)
        return failure(ELMAN_BAD_FORMAT,
                       "entry \"%.80s\": %zu bytes unpacked from %zu, the "
                       "limit is a hundredfold",
                       e->name, e->size, e->packed);
    return ELMAN_OK;
}

/* The next entry of the list, whose name goes to name. */
static elman_status read_entry(zip_directory *list, size_t *at, char *name,
                               entry *e)
{
    zip_entry found;
    TRY(zip_read(list, at, &found));
    memcpy(name, found.name, found.name_bytes);
    name[found.name_bytes] = 0;

    /* sizes in the file have 64 bits, those of this machine may have 32 */
    *e = (entry){.name = name,
                 .size = (size_t)found.size,
                 .packed = (size_t)found.packed,
                 .head = found.head,
                 .at = found.at,
                 .crc = found.crc,
                 .deflated = found.method == ZIP_DEFLATED};
    if (e->size != found.size || e->size == SIZE_MAX)
        return failure(ELMAN_BAD_FORMAT,
                       "entry \"%.80s\" is larger than memory can be", e->name);
    return check_entry(e, &found);
}

static int compare_places(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    return (a->head > b->head) - (a->head < b->head);
}

static int compare_names(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    return strcmp(a->name, b->name);
}

/* No two entries share bytes of the file, and together they do not grow too
 * much. */
static elman_status check_places(archive *file, size_t size)
{
    size_t unpacked = 0;
    qsort(file->entries, file->entry_count, sizeof *file->entries,
          compare_places);

    /* each begins behind the one before it */
    for (size_t i = 0; i < file->entry_count; i++) {
        const entry *e = &file->entries[i];
        if (i > 0 && e->head < e[-1].at + e[-1].packed)
            return failure(ELMAN_BAD_FORMAT,
                           "entry \"%.80s\" shares bytes with another",
                           e->name);
        if (e->size > SIZE_MAX - unpacked) unpacked = SIZE_MAX;
        else unpacked += e->size;
    }

    if (unpacked > HARMLESS && unpacked / MOST_GROWTH > size)
        return failure(
            ELMAN_BAD_FORMAT,
            "%zu bytes unpacked from %zu, the limit is a hundredfold", unpacked,
            size);
    return ELMAN_OK;
}

static elman_status read_list(archive *file, zip_directory *list)
{
    /* an entry's record is longer than its name with a 0 behind it */
    file->entries = calloc((size_t)list->entry_count + 1, sizeof(entry));
    char *name = file->names = malloc(list->end - list->begin + 1);
    if (!file->entries || !name)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu entries",
                       (size_t)list->entry_count);

    size_t at = list->begin;
    for (; file->entry_count < list->entry_count; file->entry_count++) {
        entry *e = &file->entries[file->entry_count];
        TRY(read_entry(list, &at, name, e));
        name += strlen(name) + 1;
    }
    if (at != list->end)
        return failure(ELMAN_BAD_FORMAT,
                       "not a zip file, or damaged: its list has more entries "
                       "than it says");
    return ELMAN_OK;
}

static elman_status read_entries(archive *file, size_t size)
{
    zip_directory list;
    const zip_source source = {(const unsigned char *)file->bytes, file->reader,
                               size};
    elman_status status = zip_find(source, &list);
    if (!status) status = read_list(file, &list);
    zip_close(&list);
    TRY(status);
    TRY(check_places(file, size));

    /* by name, which also shows names that occur twice */
    qsort(file->entries, file->entry_count, sizeof *file->entries,
          compare_names);
    for (size_t i = 1; i < file->entry_count; i++)
        if (!strcmp(file->entries[i - 1].name, file->entries[i].name))
            return failure(ELMAN_BAD_FORMAT,
                           "entry \"%.80s\": two entries have the same name",
                           file->entries[i].name);
    return ELMAN_OK;
}

/* bytes are taken, or NULL. */
static elman_status open_archive(char *bytes, const file_reader *reader,
                                 size_t size, archive **file)
{
    archive *made = calloc(1, sizeof *made);
    if (!made) {
        free(bytes);
        return failure(ELMAN_NO_MEMORY, "no memory for an archive");
    }

    made->bytes = bytes;
    made->reader = reader;
    elman_status status = read_entries(made, size);
    if (status == ELMAN_OK) *file = made;
    else archive_close(made);
    return status;
}

elman_status archive_parse(char *bytes, size_t size, archive **file)
{
    return open_archive(bytes, NULL, size, file);
}

elman_status archive_open(const file_reader *reader, archive **file)
{
    return open_archive(NULL, reader, file_reader_size(reader), file);
}

void archive_finish(archive *file)
{
    free(file->bytes);
    file->bytes = NULL;
    file->reader = NULL;
}

void archive_close(archive *file)
{
    if (!file) return;
    archive_finish(file);

    for (size_t i = 0; i < file->entry_count && file->entries; i++)
        free(file->entries[i].data);
    free(file->entries);
    free(file->names);
    free(file);
}

/* ---- Entries ------------------------------------------------------------ */

size_t archive_entry_count(const archive *file) { return file->entry_count; }

const char *archive_name(const archive *file, size_t index)
{
    return file->entries[index].name;
}

size_t archive_size(const archive *file, size_t index)
{
    return file->entries[index].size;
}

size_t archive_find(const archive *file, const char *name)
{
    entry key = {.name = (char *)name};
    const entry *found = bsearch(&key, file->entries, file->entry_count,
                                 sizeof *file->entries, compare_names);
    return found ? (size_t)(found - file->entries) : file->entry_count;
}

static elman_status damaged(const entry *e)
{
    return failure(ELMAN_BAD_FORMAT,
                   "entry \"%.80s\" is damaged: its bytes do not match its "
                   "size and CRC",
                   e->name);
}

/* The packed bytes of an entry; own becomes what is to be freed. */
static elman_status find_packed(const archive *file, const entry *e,
                                const char **packed, char **own)
{
    size_t got;
    *own = NULL;
    *packed = file->bytes + e->at;
    if (file->bytes) return ELMAN_OK;

    *packed = *own = malloc(e->packed + 1);
    if (!*own)
        return failure(ELMAN_NO_MEMORY,
                       "no memory for the %zu bytes of entry \"%.80s\"",
                       e->packed, e->name);
    return file_reader_span(file->reader, e->at, *own, e->packed, e->packed,
                            &got);
}

static elman_status unpack(const archive *file, const entry *e, char *to,
                           bool *whole)
{
    size_t got;
    if (!e->deflated && !*whole) return ELMAN_OK;
    if (!e->deflated && file->reader)
        return file_reader_span(file->reader, e->at, to, e->size, e->size,
                                &got);
    const char *packed;
    char *own;
    elman_status status = find_packed(file, e, &packed, &own);
    if (!status && e->deflated)
        status = inflate_bytes(packed, e->packed, false, to, e->size, whole);
    else if (!status) memcpy(to, packed, e->size);
    free(own);
    return status;
}

static elman_status read_data(const archive *file, const entry *e, char *to)
{
    bool whole = e->size == e->packed;
    TRY(unpack(file, e, to, &whole));
    if (!whole || crc32_z(0, (const unsigned char *)to, e->size) != e->crc)
        return damaged(e);
    return ELMAN_OK;
}

size_t archive_place(const archive *file, size_t index)
{
    const entry *e = &file->entries[index];
    return e->deflated || e->size != e->packed ? 0 : e->at;
}

elman_status archive_check(const archive *file, size_t index)
{
    enum { AT_ONCE = 1 << 16 };
    const entry *e = &file->entries[index];
    unsigned char block[AT_ONCE];
    uLong crc = 0;
    for (size_t done = 0, got; done < e->size; done += got) {
        size_t bytes = e->size - done;
        if (bytes > AT_ONCE) bytes = AT_ONCE;
        TRY(file_reader_span(file->reader, e->at + done, block, bytes, bytes,
                             &got));
        crc = crc32_z(crc, block, got);
    }
    return crc == e->crc ? ELMAN_OK : damaged(e);
}

elman_status archive_read(archive *file, size_t index, char **data)
{
    entry *e = &file->entries[index];

    if (!e->data && (file->bytes || file->reader)) {
        char *made = malloc(e->size + 1);
        if (!made)
            return failure(ELMAN_NO_MEMORY,
                           "no memory for the %zu bytes of entry \"%.80s\"",
                           e->size, e->name);

        /* all its bytes, or none */
        elman_status status = read_data(file, e, made);
        if (status) {
            free(made);
            return status;
        }
        e->data = made;
    }

    *data = e->data;
    return ELMAN_OK;
}
