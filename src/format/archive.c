/*
 * archive.c: zip files by libzip, with the checks that it leaves to others. A
 * build without libzip has archive_absent.c instead.
 */
#include "format/archive.h"
#include "format/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

/* how much entries may grow when they are unpacked, once they are larger than
 * a size that does no harm */
enum { MOST_GROWTH = 100, HARMLESS = 1 << 20 };

/* the end of the directory, which even an empty archive has; libzip takes an
 * empty file for an archive */
enum { LEAST_BYTES = 22 };

typedef struct entry {
    char *name;
    char *data; /* NULL until it is read */
    size_t size, packed;
    zip_uint64_t index; /* libzip's */
} entry;

struct archive {
    size_t entry_count;
    entry *entries; /* (entry_count) by name */
    char *names;    /* owner of the names */
    char *bytes;    /* the file */
    zip_t *zip;     /* NULL once nothing more is read */
};

/* ---- Opening ------------------------------------------------------------ */

static elman_status zip_failure(zip_error_t *error)
{
    int code = zip_error_code_zip(error);
    if (code == ZIP_ER_EXISTS)
        return failure(ELMAN_BAD_FORMAT, "two entries have the same name");

    return failure(code == ZIP_ER_MEMORY ? ELMAN_NO_MEMORY : ELMAN_BAD_FORMAT,
                   "not a zip file, or damaged: %s", zip_error_strerror(error));
}

static elman_status open_zip(archive *file, size_t size)
{
    zip_error_t error;
    zip_error_init(&error);

    zip_source_t *source =
        zip_source_buffer_create(file->bytes, size, 0, &error);

    if (source)
        file->zip =
            zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);

    /* an archive owns its source, so free that only without one */
    elman_status status = file->zip ? ELMAN_OK : zip_failure(&error);
    if (source && !file->zip) zip_source_free(source);

    zip_error_fini(&error);
    return status;
}

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

static elman_status check_entry(const entry *e, const zip_stat_t *stat)
{
    if (utf8_valid(e->name, strlen(e->name)) < strlen(e->name))
        return failure(ELMAN_BAD_FORMAT, "an entry's name is not UTF-8");

    if (!stays_inside(e->name))
        return failure(ELMAN_BAD_FORMAT,
                       "entry \"%.80s\": its name leads out of the archive",
                       e->name);

    /* only what can be read without a password and by every unzip */
    if (stat->encryption_method != ZIP_EM_NONE)
        return failure(ELMAN_BAD_FORMAT, "entry \"%.80s\" is encrypted",
                       e->name);
    if (stat->comp_method != ZIP_CM_STORE &&
        stat->comp_method != ZIP_CM_DEFLATE)
        return failure(ELMAN_BAD_FORMAT,
                       "entry \"%.80s\": compression method %d; elman reads "
                       "stored and deflated",
                       e->name, stat->comp_method);

    if (e->size > HARMLESS && e->size / MOST_GROWTH > e->packed)
        return failure(ELMAN_BAD_FORMAT,
                       "entry \"%.80s\": %zu bytes unpacked from %zu, the "
                       "limit is a hundredfold",
                       e->name, e->size, e->packed);
    return ELMAN_OK;
}

static elman_status read_entry(archive *file, zip_uint64_t index, entry *e)
{
    const zip_uint64_t all = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                             ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;

    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_stat_index(file->zip, index, 0, &stat) < 0 ||
        (stat.valid & all) != all)
        return failure(ELMAN_BAD_FORMAT, "entry \"%.80s\" has a damaged header",
                       e->name);

    /* libzip's sizes have 64 bits, those of this machine may have 32 */
    e->index = index;
    e->size = (size_t)stat.size;
    e->packed = (size_t)stat.comp_size;
    if (e->size != stat.size || e->packed != stat.comp_size ||
        e->size == SIZE_MAX)
        return failure(ELMAN_BAD_FORMAT,
                       "entry \"%.80s\" is larger than memory can be", e->name);
    return check_entry(e, &stat);
}

/* Copies all names, which libzip has only while the archive is open. */
static elman_status copy_names(archive *file)
{
    size_t bytes = 1;

    /* one block for all names, so measure them first */
    for (size_t i = 0; i < file->entry_count; i++) {
        const char *name = zip_get_name(file->zip, i, ZIP_FL_ENC_RAW);
        if (!name) return failure(ELMAN_BAD_FORMAT, "entry %zu has no name", i);
        bytes += strlen(name) + 1;
    }

    char *at = file->names = calloc(bytes, 1);
    if (!at) return failure(ELMAN_NO_MEMORY, "no memory for names");

    for (size_t i = 0; i < file->entry_count; i++) {
        const char *name = zip_get_name(file->zip, i, ZIP_FL_ENC_RAW);
        file->entries[i].name = at;
        at = stpcpy(at, name) + 1;
    }

    return ELMAN_OK;
}

static int compare_names(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static elman_status read_entries(archive *file, size_t size)
{
    size_t packed = 0, unpacked = 0;

    file->entry_count = (size_t)zip_get_num_entries(file->zip, 0);
    file->entries = calloc(file->entry_count + 1, sizeof *file->entries);
    if (!file->entries)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu entries",
                       file->entry_count);

    TRY(copy_names(file));

    /* together they have no more packed bytes than the file */
    for (size_t i = 0; i < file->entry_count; i++) {
        entry *e = &file->entries[i];
        TRY(read_entry(file, i, e));

        if (e->packed > size - packed)
            return failure(ELMAN_BAD_FORMAT,
                           "entry \"%.80s\" shares bytes with another",
                           e->name);

        packed += e->packed;
        if (e->size > SIZE_MAX - unpacked) unpacked = SIZE_MAX;
        else unpacked += e->size;
    }

    if (unpacked > HARMLESS && unpacked / MOST_GROWTH > size)
        return failure(
            ELMAN_BAD_FORMAT,
            "%zu bytes unpacked from %zu, the limit is a hundredfold", unpacked,
            size);

    /* by name, which also shows names that occur twice */
    qsort(file->entries, file->entry_count, sizeof *file->entries,
          compare_names);
    for (size_t i = 1; i < file->entry_count; i++)
        if (!strcmp(file->entries[i - 1].name, file->entries[i].name))
            return failure(ELMAN_BAD_FORMAT, "entry \"%.80s\" occurs twice",
                           file->entries[i].name);

    return ELMAN_OK;
}

elman_status archive_parse(char *bytes, size_t size, archive **file)
{
    archive *made = calloc(1, sizeof *made);
    if (!made) {
        free(bytes);
        return failure(ELMAN_NO_MEMORY, "no memory for an archive");
    }

    made->bytes = bytes;
    elman_status status =
        size < LEAST_BYTES
            ? failure(ELMAN_BAD_FORMAT,
                      "not a zip file, or truncated: %zu bytes", size)
            : open_zip(made, size);

    if (status == ELMAN_OK) status = read_entries(made, size);
    if (status == ELMAN_OK) *file = made;
    else archive_close(made);
    return status;
}

void archive_finish(archive *file)
{
    if (file->zip) zip_discard(file->zip);
    free(file->bytes);
    file->zip = NULL;
    file->bytes = NULL;
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

/* To the very end: only there libzip compares the CRC. */
static bool read_all(zip_file_t *from, char *data, size_t size)
{
    char beyond;
    for (size_t at = 0; at < size;) {
        zip_int64_t count = zip_fread(from, data + at, size - at);
        if (count <= 0) return false;
        at += (size_t)count;
    }
    return zip_fread(from, &beyond, 1) == 0;
}

elman_status archive_read(archive *file, size_t index, char **data)
{
    entry *e = &file->entries[index];

    if (!e->data && file->zip) {
        char *made = malloc(e->size + 1);
        if (!made)
            return failure(ELMAN_NO_MEMORY,
                           "no memory for the %zu bytes of entry \"%.80s\"",
                           e->size, e->name);

        /* all its bytes, or none */
        zip_file_t *from = zip_fopen_index(file->zip, e->index, 0);
        bool whole = from && read_all(from, made, e->size);
        if (from) zip_fclose(from);

        if (!whole) {
            free(made);
            return failure(ELMAN_BAD_FORMAT,
                           "entry \"%.80s\" is damaged: its bytes do not match "
                           "its size and CRC",
                           e->name);
        }

        e->data = made;
    }

    *data = e->data;
    return ELMAN_OK;
}
