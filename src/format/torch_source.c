/*
 * torch_source.c: the zip format of torch.save.
 *
 *   NAME/data.pkl    the object; storages are named in it
 *   NAME/data/0 ...  the storages' bytes
 *   NAME/byteorder   "little" or "big", if it is there
 *
 * and other entries, which are not used. Each NAME is the same.
 */
#include "format/detect.h"
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

/* The entry data.pkl, and the folder of all; found is how many there are, and
 * 0 also if it is a program of torch.export. */
static elman_status find_object(torch_source *source, size_t *object,
                                size_t *count)
{
    static const char config[] = "_weights_config.json";
    size_t entry_count = archive_entry_count(source->archive), found = 0;

    /* NAME may be missing, but must not contain a folder itself */
    for (size_t i = 0; i < entry_count; i++) {
        const char *name = archive_name(source->archive, i);
        const char *slash = strchr(name, '/'), *rest = slash ? slash + 1 : name;
        bool listed =
            !strncmp(rest, "data/weights/", 13) && ends_with(rest, config);
        if (strcmp(rest, "data.pkl") != 0 && !listed) continue;

        source->folder_bytes = (size_t)(rest - name);
        source->folder = name;
        source->exported = source->exported || listed;
        if (listed) source->list = i;
        else *object = i;
        found += !listed;
    }

    *count = found;
    if (found > 1)
        return failure(ELMAN_BAD_FORMAT,
                       "more than one data.pkl in the archive");

    if (source->folder_bytes > NAME_ROOM / 2)
        return failure(ELMAN_BAD_FORMAT, "a folder's name of %zu bytes",
                       source->folder_bytes);
    return ELMAN_OK;
}

/* Whether it is a program of TorchScript, whose code stands beside it. */
static bool is_program(const torch_source *source)
{
    size_t entry_count = archive_entry_count(source->archive);
    bool program = find_entry(source, "constants.pkl") < entry_count;

    for (size_t i = 0; i < entry_count && !program; i++) {
        const char *name = archive_name(source->archive, i);
        program = strlen(name) > source->folder_bytes &&
                  !strncmp(name + source->folder_bytes, "code/", 5) &&
                  ends_with(name, ".py");
    }

    return program;
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

/* Goes on with a file inside this one. */
static elman_status open_inside(torch_source *source,
                                elman_status (*enter)(torch_source *source))
{
    if (source->inside)
        return failure(ELMAN_BAD_FORMAT,
                       "no data.pkl in the archive: torch.save did not write "
                       "it");
    TRY(enter(source));
    elman_status status = torch_source_open(source);
    return status ? failure_in(status, source->inside) : ELMAN_OK;
}

elman_status source_constants(torch_source *source)
{
    char *data = NULL;
    size_t entry = find_entry(source, "constants.pkl");
    if (entry == archive_entry_count(source->archive))
        return failure(ELMAN_BAD_FORMAT, "a program without constants");

    TRY(archive_read(source->archive, entry, &data));
    pickle_close(source->tree);
    source->tree = NULL;
    source->storages_in = "constants";
    return pickle_parse(data, archive_size(source->archive, entry),
                        &torch_table, NULL, &source->tree);
}

static elman_status read_object(torch_source *source)
{
    size_t object = 0, found = 0;
    char *data = NULL;

    TRY(find_object(source, &object, &found));
    if (!found && !source->exported) return open_inside(source, nested_zip);

    TRY(read_order(source));
    source->size = 0;
    for (size_t i = 0; i < archive_entry_count(source->archive); i++)
        source->size += archive_size(source->archive, i);

    if (source->exported) return ELMAN_OK;
    source->program = is_program(source);
    TRY(archive_read(source->archive, object, &data));

    return pickle_parse(data, archive_size(source->archive, object),
                        &torch_table, NULL, &source->tree);
}

elman_status torch_source_open(torch_source *source)
{
    size_t size = source->size;
    source->storages_in = "data";
    if (size >= 262 && !memcmp(source->bytes + 257, "ustar", 5))
        return open_inside(source, nested_tar);

    /* a pickle of its own has no storages beside it */
    if (format_detect(source->bytes, size) == FORMAT_PICKLE)
        return pickle_parse(source->bytes, size, &torch_table, NULL,
                            &source->tree);
    if (size < 2 || memcmp(source->bytes, "PK", 2))
        return stream_open(source, size);

    /* from here on the bytes belong to the archive */
    char *bytes = source->bytes;
    source->bytes = NULL;
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

/* The storage in bytes that are a stream of their own, as pickle.dump keeps
 * tensors. */
static elman_status loaded_view(torch_source *source, const pickle_value *value,
                                torch_view *view)
{
    const pickle_value *given = pickle_item(value, 0);
    const char *bytes = NULL;
    torch_source inner = {.size = 0};
    if (!given || given->count == 0)
        return failure(ELMAN_BAD_FORMAT, "its bytes are missing");

    TRY(value_bytes(source, given->is.items[0], &bytes, &inner.size));
    inner.bytes = (char *)bytes;
    elman_status status = stream_open(&inner, inner.size);
    if (!status && pickle_root(inner.tree)->kind != PICKLE_STORED)
        status = failure(ELMAN_BAD_FORMAT, "its bytes are no storage");
    if (!status) status = stream_view(&inner, pickle_root(inner.tree), view);

    /* the bytes are the outer file's */
    inner.bytes = NULL;
    torch_source_close(&inner);
    return status;
}

elman_status source_view(torch_source *source, const pickle_value *stored,
                         torch_view *view)
{
    const pickle_value *key = NULL;
    char rest[NAME_ROOM / 2];
    char *data = NULL;
    if (stored->kind == PICKLE_CALL) return loaded_view(source, stored, view);
    if (!source->archive) return stream_view(source, stored, view);

    TRY(storage_id(stored, &view->type, &key, &view->count));
    snprintf(rest, sizeof rest, "%s/%.*s", source->storages_in, (int)key->count,
             key->is.text);

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
