/* archive_absent.c: in place of archive.c where zlib is missing. */
#include "format/archive.h"

#include <stdlib.h>

elman_status archive_parse(char *bytes, size_t size, archive **file)
{
    (void)size;
    (void)file;
    free(bytes);
    return failure(ELMAN_BAD_FORMAT,
                   "a zip file (.pt, .pth, .npz), which this build of elman "
                   "cannot read: it has no zlib (ELMAN_ZIP)");
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
