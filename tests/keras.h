/*
 * keras.h: the archives that tests/golden/make_keras.py recorded: files of
 * Keras and h5py, and what those make of them.
 */
#ifndef TESTS_KERAS_H
#define TESTS_KERAS_H

#include "check.h"

#include "format/archive.h"
#include "format/file.h"
#include "format/npy.h"

static inline archive *keras_open(const char *name)
{
    char path[1024], *bytes = NULL;
    size_t size;
    archive *zip = NULL;
    int folder = (int)(strrchr(__FILE__, '/') - __FILE__);
    snprintf(path, sizeof path, "%.*s/golden/keras/%s", folder, __FILE__, name);
    CHECK_OK(file_read(path, &bytes, &size));
    CHECK_OK(archive_parse(bytes, size, &zip));
    return zip;
}

/* A malloc'ed copy of the entry NAMEsuffix, of that many bytes; NULL if there
 * is none. */
static inline char *keras_entry(archive *zip, const char *name,
                                const char *suffix, size_t *size)
{
    char full[200], *data = NULL;
    snprintf(full, sizeof full, "%s%s", name, suffix);
    size_t entry = archive_find(zip, full);
    *size = 0;
    if (entry == archive_entry_count(zip)) return NULL;
    CHECK_OK(archive_read(zip, entry, &data));

    *size = archive_size(zip, entry);
    char *copy = malloc(*size + 1);
    if (!copy) abort();
    memcpy(copy, data, *size);
    copy[*size] = 0;
    return copy;
}

/* The array NAME.WORD.npy; NULL if there is none. */
static inline npy *keras_array(archive *zip, const char *name, const char *word)
{
    char suffix[40];
    size_t size;
    npy *array = NULL;
    snprintf(suffix, sizeof suffix, ".%s.npy", word);
    char *data = keras_entry(zip, name, suffix, &size);
    if (data) CHECK_OK(npy_parse(data, size, &array));
    return array;
}

#endif
