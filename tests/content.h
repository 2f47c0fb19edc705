/*
 * content.h: what a file of the temporary folder holds, as the library reads
 * it.
 */
#ifndef TESTS_CONTENT_H
#define TESTS_CONTENT_H

#include "folder.h"

#include "format/file.h"

static inline void check_content(const char *path, const char *want,
                                 size_t bytes)
{
    char *data = NULL;
    size_t got = 0;
    CHECK_OK(file_read(path, &data, &got));
    CHECK(got == bytes && !memcmp(data, want, bytes), "%zu bytes of %s", got,
          path);
    CHECK(data[got] == 0, "no zero after %s", path);
    free(data);
}

#endif
