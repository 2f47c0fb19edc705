/*
 * torch_source.c: the zip format of torch.save.
 *
 *   NAME/data.pkl    the object; storages are named in it
 *   NAME/data/0 ...  the storages' bytes
 *   NAME/byteorder   "little" or "big", if it is there
 *
 * and other entries, which are not used. Each NAME is the same.
 */
#include "format/torch_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 512 };

/* ---- Finding the object ------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t bytes = strlen(text), tail = strlen(end);
    return bytes >= tail && !strcmp(text + bytes - tail, end);
}

/* The entry NAME/rest. */
static size_t find_entry(const torch_source *source, const char *rest)
{
    char name[NAME_ROOM];
    snprintf(name, sizeof name, "%.*s%s", (int)source->folder_bytes,
             source->folder, rest);
    return archive_find(source->archive, name);
}

/* The entry data.pkl, and the folder of all. */
static elman_status find_object(torch_source *source, size_t *object)
{
    size_t entry_count = archive_entry_count(source->archive), found = 0;

    /* NAME may be missing, but must not contain a folder itself */
    for (size_t i = 0; i < entry_count; i++) {
        const char *name = archive_name(source->archive, i);
        const char *slash = strchr(name, '/'), *rest = slash ? slash + 1 : name;
        if (strcmp(rest, "data.pkl") != 0) continue;

        source->folder_bytes = (size_t)(rest - name);
        source->folder = name;
        *object = i;
        found++;
    }

    if (found != 1)
        return failure(
            ELMAN_BAD_FORMAT,
            found ? "more than one data.pkl in the archive"
                  : "no data.pkl in the archive: torch.save did not write it");

    if (source->folder_bytes > NAME_ROOM / 2)
        return failure(ELMAN_BAD_FORMAT, "a folder's name of %zu bytes",
                       source->folder_bytes);
    return ELMAN_OK;
}

static elman_status check_program(const torch_source *source)
{
    size_t entry_count = archive_entry_count(source->archive);
    bool program = find_entry(source, "constants.pkl") < entry_count;

    for (size_t i = 0; i < entry_count && !program; i++) {
        const char *name = archive_name(source->archive, i);
        program = strlen(name) > source->folder_bytes &&
                  !strncmp(name + source->folder_bytes, "code/", 5) &&
                  ends_with(name, ".py");
    }

    if (program)
        return failure(ELMAN_BAD_FORMAT,
                       "a TorchScript program, which elman does not read; save "
                       "model.state_dict() with torch.save");
    return ELMAN_OK;
}

static elman_status read_order(torch_source *source)
{
    size_t entry = find_entry(source, "byteorder");
    char *text = NULL;
    if (entry == archive_entry_count(source->archive)) return ELMAN_OK;

    TRY(archive_read(source->archive, entry, &text));
    size_t bytes = archive_size(source->archive, entry);
    source->swapped = bytes == 3 && !memcmp(text, "big", 3);
    if (source->swapped || (bytes == 6 && !memcmp(text, "little", 6)))
        return ELMAN_OK;

    return failure(ELMAN_BAD_FORMAT,
                   "byteorder is neither \"little\" nor \"big\"");
}

static elman_status read_object(torch_source *source)
{
    size_t object = 0;
    char *data = NULL;

    TRY(find_object(source, &object));
    TRY(check_program(source));
    TRY(read_order(source));
    TRY(archive_read(source->archive, object, &data));

    for (size_t i = 0; i < archive_entry_count(source->archive); i++)
        source->size += archive_size(source->archive, i);

    return pickle_parse(data, archive_size(source->archive, object),
                        &torch_table, NULL, &source->tree);
}

elman_status torch_source_open(torch_source *source)
{
    size_t size = source->size;
    if (size >= 262 && !memcmp(source->bytes + 257, "ustar", 5))
        return failure(
            ELMAN_BAD_FORMAT,
            "the tar format of PyTorch before 0.1.10, which elman does not "
            "read; load it there and save the state_dict() again");

    if (size < 2 || memcmp(source->bytes, "PK", 2))
        return stream_open(source, size);

    /* from here on the bytes belong to the archive */
    char *bytes = source->bytes;
    source->bytes = NULL;
    source->size = 0;
    TRY(archive_parse(bytes, size, &source->archive));
    return read_object(source);
}

void *source_keep(torch_source *source, size_t bytes)
{
    enum { LINK = 16 }; /* so that what follows is aligned */
    char *block = bytes < SIZE_MAX - LINK ? malloc(LINK + bytes) : NULL;
    if (!block) {
        (void)failure(ELMAN_NO_MEMORY, "no memory for %zu bytes", bytes);
        return NULL;
    }

    memcpy(block, &source->kept, sizeof source->kept);
    source->kept = block;
    return block + LINK;
}

void torch_source_close(torch_source *source)
{
    for (void *block = source->kept, *next; block; block = next) {
        memcpy(&next, block, sizeof next);
        free(block);
    }
    pickle_close(source->tree);
    archive_close(source->archive);
    free(source->storages);
    free(source->bytes);
    *source = (torch_source){0};
}

/* ---- Storages ----------------------------------------------------------- */

elman_status storage_id(const pickle_value *stored, element_type *type,
                        const pickle_value **key, size_t *count)
{
    const pickle_value *id = stored->is.value;
    if (id->kind != PICKLE_TUPLE || id->count < 5 ||
        !pickle_is(id->is.items[0], "storage"))
        return failure(ELMAN_BAD_FORMAT,
                       "a storage's id is not a tuple of five");

    /* its class gives the type of its elements */
    const pickle_value *class = id->is.items[1];
    const pickle_row *row = row_of(class);
    if (row && row->refusal)
        return failure(ELMAN_BAD_FORMAT, "%s", row->refusal);
    if (!row || row->what != TORCH_STORAGE)
        return failure(ELMAN_BAD_FORMAT, "a storage without a type");
    *type = (element_type)row->type;

    /* the key is part of an entry's name */
    *key = id->is.items[2];
    if ((*key)->kind != PICKLE_TEXT || (*key)->count == 0 ||
        (*key)->count > NAME_ROOM / 4 ||
        memchr((*key)->is.text, 0, (*key)->count))
        return failure(ELMAN_BAD_FORMAT, "a storage's key is not a short text");

    return value_size(id->is.items[4], "a storage's size", count);
}

elman_status source_view(torch_source *source, const pickle_value *stored,
                         torch_view *view)
{
    const pickle_value *key = NULL;
    char rest[NAME_ROOM / 2];
    char *data = NULL;
    if (!source->archive) return stream_view(source, stored, view);

    TRY(storage_id(stored, &view->type, &key, &view->count));
    snprintf(rest, sizeof rest, "data/%.*s", (int)key->count, key->is.text);

    /* the entry of that key must have exactly the bytes of its elements */
    size_t entry = find_entry(source, rest);
    if (entry == archive_entry_count(source->archive))
        return failure(ELMAN_BAD_FORMAT, "its storage \"%.100s\" is missing",
                       rest);

    size_t bytes = archive_size(source->archive, entry);
    size_t width = element_bytes(view->type);
    if (bytes % width || bytes / width != view->count)
        return failure(ELMAN_BAD_FORMAT,
                       "its storage \"%.100s\" should have %zu elements of %zu "
                       "bytes, but has %zu bytes",
                       rest, view->count, width, bytes);

    TRY(archive_read(source->archive, entry, &data));
    view->data = data;
    return ELMAN_OK;
}
