/*
 * torch_nested.c: files inside a zip or tar file that torch.save did not write:
 * the policy of a training library's zip, the weights in a tar of a toolkit.
 * One is opened by its name, or if it is the only one.
 */
#include "format/torch_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Which file --------------------------------------------------------- */

/* A file inside. */
typedef struct inner_file {
    const char *name;
    size_t entry;     /* of a zip file */
    const char *data; /* of a tar file */
    size_t size;
} inner_file;

/* All files that may be of torch.save. */
typedef struct inner_list {
    size_t count, room;
    inner_file *files; /* (count) */
    bool old;          /* a tar file as PyTorch before 0.1.10 wrote it */
} inner_list;

static bool ends_with(const char *text, const char *end)
{
    size_t bytes = strlen(text), tail = strlen(end);
    return bytes >= tail && !strcmp(text + bytes - tail, end);
}

static elman_status add_file(inner_list *list, inner_file file)
{
    static const char *const ends[] = {".pt",  ".pth", ".ckpt", ".bin",
                                       ".pkl", ".th",  ".tar",  ".pickle"};
    size_t k = 0, count = sizeof ends / sizeof *ends;
    while (k < count && !ends_with(file.name, ends[k]))
        k++;
    if (k == count) return ELMAN_OK;

    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 8;
        void *made = realloc(list->files, room * sizeof *list->files);
        if (!made)
            return failure(ELMAN_NO_MEMORY, "no memory for %zu files", room);
        list->files = made;
        list->room = room;
    }

    list->files[list->count++] = file;
    return ELMAN_OK;
}

/* A failure that lists the names. */
static elman_status refuse_several(const inner_list *list, torch_keys *asked)
{
    enum { SHOWN = 5, ROOM = 360 };
    char text[ROOM] = "";
    size_t at = 0;

    for (size_t i = 0; i < list->count && i < SHOWN; i++)
        at += (size_t)snprintf(text + at, ROOM - at, "%s\"%.60s\"",
                               i ? ", " : "", list->files[i].name);

    for (size_t i = 0; asked && i < list->count && i < TORCH_KEYS; i++)
        if (strlen(list->files[i].name) < TORCH_KEY_ROOM)
            snprintf(asked->keys[asked->count++], TORCH_KEY_ROOM, "%s",
                     list->files[i].name);

    /* the largest is most likely the one */
    const inner_file *most = list->files;
    for (size_t i = 1; i < list->count; i++)
        if (list->files[i].size > most->size) most = list->files + i;

    return failure(ELMAN_BAD_FORMAT,
                   "files inside: %s%s; name one by its key (--key %.60s), "
                   "and a dict in it behind a colon (--key %.60s:state_dict)",
                   text, list->count > SHOWN ? " ..." : "", most->name,
                   most->name);
}

/* The file that source->key begins with, which then is what follows. */
static elman_status choose_file(torch_source *source, const inner_list *list,
                                const inner_file **chosen)
{
    const char *key = source->key;
    for (size_t i = 0; i < list->count; i++) {
        const inner_file *file = list->files + i;
        size_t bytes = strlen(file->name);
        bool named = key && !strncmp(key, file->name, bytes) &&
                     (key[bytes] == 0 || key[bytes] == ':');

        /* what torch.export wrote before it wrote plain arrays */
        bool only = !key && (list->count == 1 ||
                             ends_with(file->name, "serialized_state_dict.pt"));
        if (!named && !only) continue;

        *chosen = file;
        if (named) source->key = key[bytes] ? key + bytes + 1 : NULL;
        return ELMAN_OK;
    }

    if (list->count == 0)
        return failure(
            ELMAN_BAD_FORMAT,
            "no file of torch.save is in the archive: unpack it, and "
            "convert the file that has the weights");
    if (!key) return refuse_several(list, source->asked);
    return failure(ELMAN_BAD_FORMAT,
                   "no file \"%.80s\" is in the archive, but \"%.80s\"%s", key,
                   list->files->name, list->count > 1 ? " and others" : "");
}

/* Makes a copy of the file's bytes the source's. */
static elman_status enter_file(torch_source *source, const inner_file *file,
                               const char *data)
{
    size_t name_bytes = strlen(file->name) + 1;
    char *name = source_keep(source, name_bytes);
    char *bytes = name ? malloc(file->size + 1) : NULL;
    if (!bytes)
        return failure(ELMAN_NO_MEMORY, "no memory for the %zu bytes of a file",
                       file->size);

    if (file->size) memcpy(bytes, data, file->size);
    bytes[file->size] = 0;
    memcpy(name, file->name, name_bytes);

    archive_close(source->archive);
    source->archive = NULL;
    free(source->bytes);
    source->bytes = bytes;
    source->size = file->size;
    source->inside = name;
    return ELMAN_OK;
}

/* ---- Zip ---------------------------------------------------------------- */

static elman_status list_zip(const archive *zip, inner_list *list)
{
    for (size_t i = 0; i < archive_entry_count(zip); i++)
        TRY(add_file(list, (inner_file){.name = archive_name(zip, i),
                                        .entry = i,
                                        .size = archive_size(zip, i)}));
    return ELMAN_OK;
}

elman_status nested_zip(torch_source *source)
{
    inner_list list = {0};
    const inner_file *chosen = NULL;
    char *data = NULL;

    elman_status status = list_zip(source->archive, &list);
    if (!status) status = choose_file(source, &list, &chosen);
    if (!status) status = archive_read(source->archive, chosen->entry, &data);
    if (!status) status = enter_file(source, chosen, data);
    free(list.files);
    return status;
}

/* ---- Tar ---------------------------------------------------------------- */

enum {
    BLOCK = 512,
    NAME_AT = 0,
    SIZE_AT = 124,
    TYPE_AT = 156,
    NAME_BYTES = 100
};

/* The octal number of a header's field; false if it is none. */
static bool read_octal(const char *field, size_t bytes, size_t *number)
{
    *number = 0;
    size_t i = 0;
    while (i < bytes && field[i] == ' ')
        i++;
    for (; i < bytes && field[i] >= '0' && field[i] <= '7'; i++) {
        if (*number > SIZE_MAX / 8) return false;
        *number = *number * 8 + (size_t)(field[i] - '0');
    }
    return i == bytes || field[i] == 0 || field[i] == ' ';
}

/* The name in a header, without "./" in front, as a text that is kept. */
static const char *tar_name(torch_source *source, const char *header)
{
    size_t first = !strncmp(header, "./", 2) ? 2 : 0;
    const char *end = memchr(header, 0, NAME_BYTES);
    size_t bytes = (end ? (size_t)(end - header) : NAME_BYTES);
    char *name = source_keep(source, NAME_BYTES + 1);
    if (!name) return NULL;

    bytes -= bytes >= first ? first : 0;
    memcpy(name, header + first, bytes);
    name[bytes] = 0;
    return name;
}

static elman_status list_tar(torch_source *source, inner_list *list)
{
    const char *bytes = source->bytes;

    for (size_t at = 0; at + BLOCK <= source->size;) {
        const char *header = bytes + at;
        size_t size, left = source->size - at - BLOCK;
        if (header[NAME_AT] == 0) break;

        if (memcmp(header + 257, "ustar", 5) ||
            !read_octal(header + SIZE_AT, 12, &size) || size > left)
            return failure(ELMAN_BAD_FORMAT,
                           "a damaged tar file: the header at byte %zu", at);

        /* of what else can be in a tar file, only files are looked at */
        bool file = header[TYPE_AT] == '0' || header[TYPE_AT] == 0;
        const char *name = file ? tar_name(source, header) : "";
        if (!name) return ELMAN_NO_MEMORY;
        list->old = list->old || !strcmp(name, "sys_info");
        if (file)
            TRY(add_file(list, (inner_file){.name = name,
                                            .data = header + BLOCK,
                                            .size = size}));

        size_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;
        at += BLOCK + (padded < left ? padded : left);
    }
    return ELMAN_OK;
}

elman_status nested_tar(torch_source *source)
{
    inner_list list = {0};
    const inner_file *chosen = NULL;

    elman_status status = list_tar(source, &list);
    if (!status && list.old)
        status = failure(
            ELMAN_BAD_FORMAT,
            "the tar format of PyTorch before 0.1.10, which elman does not "
            "read; load it there and save the state_dict() again");
    if (!status) status = choose_file(source, &list, &chosen);
    if (!status) status = enter_file(source, chosen, chosen->data);
    free(list.files);
    return status;
}
