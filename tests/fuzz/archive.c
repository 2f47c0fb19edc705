/* archive.c: the entries of a zip file, each read once. */
#include "fuzz.h"

#include "format/archive.h"

#include <string.h>

static void run(const uint8_t *data, size_t size)
{
    archive *file = NULL;
    if (archive_parse(fuzz_copy(data, size), size, &file) != ELMAN_OK) {
        MUST(!file);
        fuzz_refused("");
        return;
    }
    size_t sum = 0, entries = archive_entry_count(file);
    for (size_t i = 0; i < entries; i++) {
        const char *name = archive_name(file, i);
        char *bytes = NULL;
        MUST(name[0] != '/' && strncmp(name, "../", 3) &&
             !strstr(name, "/../"));
        MUST(archive_find(file, name) == i);
        MUST(i == 0 || strcmp(archive_name(file, i - 1), name) < 0);
        if (archive_read(file, i, &bytes) != ELMAN_OK) fuzz_refused("");
        else
            for (size_t k = 0; k < archive_size(file, i); k++)
                sum += (unsigned char)bytes[k];
    }
    MUST(sum < SIZE_MAX); /* all were read */
    archive_close(file);
}

/* an entry may be a hundred times as large as it is packed */
const fuzz_target target = {.run = run, .times = 120, .room = 2 << 20};
