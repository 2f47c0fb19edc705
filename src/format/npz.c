/* npz.c: NumPy's archives. */
#include "format/npz.h"
#include "format/archive.h"
#include "format/file.h"
#include "format/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Owns what an npz points to. */
typedef struct npz_block {
    archive *archive;
    char *names;
} npz_block;

static elman_status copy_names(npz_block *block, npz *file)
{
    size_t bytes = 1, count = archive_entry_count(block->archive);
    for (size_t i = 0; i < count; i++)
        bytes += strlen(archive_name(block->archive, i)) + 1;

    file->tensors = calloc(count + 1, sizeof *file->tensors);
    char *at = block->names = malloc(bytes);
    if (!at || !file->tensors)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu arrays", count);

    for (size_t i = 0; i < count; i++) {
        /* every entry must end in .npy, which is not part of the name */
        const char *name = archive_name(block->archive, i);
        size_t kept = strlen(name);
        if (kept < 5 || strcmp(name + kept - 4, ".npy") != 0)
            return failure(ELMAN_BAD_FORMAT,
                           "entry \"%.80s\" is not an .npy array", name);

        kept -= 4;
        memcpy(at, name, kept);
        at[kept] = 0;
        file->tensors[i].name = at;
        at += kept + 1;
    }
    return ELMAN_OK;
}

static elman_status read_arrays(npz_block *block, bool texts, npz *file)
{
    TRY(copy_names(block, file));

    for (size_t i = 0; i < archive_entry_count(block->archive); i++) {
        char *data = NULL;
        TRY(archive_read(block->archive, i, &data));

        size_t size = archive_size(block->archive, i);
        elman_status status =
            texts ? npy_view_texts(data, size, &file->tensors[i])
                  : npy_view(data, size, &file->tensors[i]);
        if (status != ELMAN_OK) {
            char where[120];
            snprintf(where, sizeof where, "entry \"%.80s\"",
                     archive_name(block->archive, i));
            return failure_in(status, where);
        }

        file->tensor_count++;
    }

    /* the arrays lie in what was read, not in the file */
    archive_finish(block->archive);
    return ELMAN_OK;
}

static elman_status parse(char *bytes, size_t size, bool texts, npz **file)
{
    npz *made = calloc(1, sizeof *made);
    npz_block *block = calloc(1, sizeof *block);
    if (!made || !block) {
        free(made);
        free(block);
        free(bytes);
        return failure(ELMAN_NO_MEMORY, "no memory for a list of arrays");
    }

    made->block = block;
    elman_status status = archive_parse(bytes, size, &block->archive);
    if (status == ELMAN_OK) status = read_arrays(block, texts, made);
    if (status == ELMAN_OK) *file = made;
    else npz_close(made);
    return status;
}

elman_status npz_parse(char *bytes, size_t size, npz **file)
{
    return parse(bytes, size, false, file);
}

elman_status npz_parse_texts(char *bytes, size_t size, npz **file)
{
    return parse(bytes, size, true, file);
}

elman_status npz_open(const char *path, npz **file)
{
    char *bytes = NULL;
    size_t size = 0;
    TRY(file_read(path, &bytes, &size));
    elman_status status = npz_parse(bytes, size, file);
    return status == ELMAN_OK ? status : failure_in(status, path);
}

void npz_close(npz *file)
{
    if (!file) return;
    npz_block *block = file->block;

    archive_close(block->archive);
    free(block->names);
    free(block);
    free(file->tensors);
    free(file);
}
