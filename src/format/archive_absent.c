/* archive_absent.c: in place of archive.c and inflate.c where zlib is missing.
 */
#include "format/archive.h"
#include "format/inflate.h"

#include <stdlib.h>

static elman_status no_zlib(void)
{
    return failure(ELMAN_BAD_FORMAT,
                   "a zip file (.pt, .pth, .npz), which this build of elman "
                   "cannot read: it has no zlib (ELMAN_ZIP)");
}

elman_status archive_parse(char *bytes, size_t size, archive **file)
{
    (void)size;
    (void)file;
    free(bytes);
    return no_zlib();
}

elman_status archive_open(const file_reader *reader, archive **file)
{
    (void)reader;
    (void)file;
    return no_zlib();
}

size_t archive_place(const archive *file, size_t entry)
{
    (void)file;
    (void)entry;
    return 0;
}

elman_status archive_check(const archive *file, size_t entry)
{
    (void)file;
    (void)entry;
    return no_zlib();
}

void archive_close(archive *file) { (void)file; }
void archive_finish(archive *file) { (void)file; }

size_t archive_entry_count(const archive *file)
{
    (void)file;
    return 0;
}

const char *archive_name(const archive *file, size_t entry)
{
    (void)file;
    (void)entry;
    return "";
}

size_t archive_size(const archive *file, size_t entry)
{
    (void)file;
    (void)entry;
    return 0;
}

size_t archive_find(const archive *file, const char *name)
{
    (void)file;
    (void)name;
    return 0;
}

elman_status archive_read(archive *file, size_t entry, char **data)
{
    (void)file;
    (void)entry;
    (void)data;
    return failure(ELMAN_BAD_FORMAT, "no archive");
}

elman_status inflate_bytes(const void *from, size_t packed, bool wrapped,
                           void *to, size_t size, bool *whole)
{
    (void)from;
    (void)packed;
    (void)wrapped;
    (void)to;
    (void)size;
    (void)whole;
    return failure(ELMAN_BAD_FORMAT,
                   "compressed bytes, which this build of elman cannot read: "
                   "it has no zlib (ELMAN_ZIP)");
}
