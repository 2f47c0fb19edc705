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
    const file_reader *reader; /* NULL: in memory */
} npz_block;

/* The header of an entry is in its first bytes. */
enum { HEAD = 1 << 17 };

static elman_status copy_names(npz_block *block, npz *file)
{
    size_t bytes = 1, count = archive_entry_count(block->archive);
    for (size_t i = 0; i < count; i++)
        bytes += strlen(archive_name(block->archive, i)) + 1;

    file->tensors = calloc(count + 1, sizeof *file->tensors);
    file->begins = calloc(count + 1, sizeof *file->begins);
    char *at = block->names = malloc(bytes);
    if (!at || !file->tensors || !file->begins)
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

/* Reads all of an entry. */
static elman_status read_entry(const npz_block *block, size_t i, bool texts,
                               named_tensor *tensor)
{
    char *data = NULL;
    TRY(archive_read(block->archive, i, &data));
    size_t size = archive_size(block->archive, i);
    return texts ? npy_view_texts(data, size, tensor)
                 : npy_view(data, size, tensor);
}

/* Reads the header of an entry that begins at a place in the file. */
static elman_status look_at_entry(const npz_block *block, size_t i,
                                  size_t place, npz *file)
{
    size_t size = archive_size(block->archive, i), got;
    size_t have = size < HEAD ? size : HEAD;
    char *head = malloc(have + 1);
    if (!head) return failure(ELMAN_NO_MEMORY, "no memory for a header");

    elman_status status =
        file_reader_span(block->reader, place, head, have, have, &got);
    if (!status)
        status =
            npy_look(head, have, size, &file->tensors[i], &file->begins[i]);
    file->begins[i] += place;
    free(head);
    if (status != ELMAN_BAD_FORMAT) return status;

    /* bytes that are damaged explain any header */
    failure_text kept = failure_keep();
    TRY(archive_check(block->archive, i));
    failure_restore(&kept);
    return status;
}

static elman_status entry_failure(const npz_block *block, size_t i,
                                  elman_status status)
{
    char where[120];
    if (status == ELMAN_OK) return status;
    snprintf(where, sizeof where, "entry \"%.80s\"",
             archive_name(block->archive, i));
    return failure_in(status, where);
}

static elman_status read_arrays(npz_block *block, bool texts, npz *file)
{
    TRY(copy_names(block, file));

    for (size_t i = 0; i < archive_entry_count(block->archive); i++) {
        size_t place = block->reader ? archive_place(block->archive, i) : 0;
        elman_status status =
            place ? look_at_entry(block, i, place, file)
                  : read_entry(block, i, texts, &file->tensors[i]);
        TRY(entry_failure(block, i, status));
        file->tensor_count++;
    }

    /* the arrays lie in what was read, not in the file */
    if (!block->reader) archive_finish(block->archive);
    return ELMAN_OK;
}

/* bytes are taken; of a file that is read in parts they are NULL. */
static elman_status parse(char *bytes, size_t size, const file_reader *reader,
                          bool texts, npz **file)
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
    block->reader = reader;
    elman_status status = reader ? archive_open(reader, &block->archive)
                                 : archive_parse(bytes, size, &block->archive);
    if (status == ELMAN_OK) status = read_arrays(block, texts, made);
    if (status == ELMAN_OK) *file = made;
    else npz_close(made);
    return status;
}

elman_status npz_look(const file_reader *reader, npz **file)
{
    return parse(NULL, 0, reader, true, file);
}

elman_status npz_load(npz *file, size_t i)
{
    const npz_block *block = file->block;
    if (file->tensors[i].data) return ELMAN_OK;
    return entry_failure(block, i,
                         read_entry(block, i, true, &file->tensors[i]));
}

elman_status npz_check(const npz *file, size_t i)
{
    const npz_block *block = file->block;
    return archive_check(block->archive, i);
}

elman_status npz_parse(char *bytes, size_t size, npz **file)
{
    return parse(bytes, size, NULL, false, file);
}

elman_status npz_parse_texts(char *bytes, size_t size, npz **file)
{
    return parse(bytes, size, NULL, true, file);
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
    free(file->begins);
    free(file);
}
