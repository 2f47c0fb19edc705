/* torch.c: the tensors of the state dict in a file of torch.save. */
#include "format/torch_parts.h"
#include "format/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Owns what a torch_file points to. */
typedef struct torch_block {
    torch_source source;
    char dict[PATH_ROOM];
} torch_block;

/* ---- Names -------------------------------------------------------------- */

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static elman_status check_twice(const torch_file *file)
{
    const char **names = calloc(file->tensor_count + 1, sizeof *names);
    if (!names)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu names",
                       file->tensor_count);

    for (size_t i = 0; i < file->tensor_count; i++)
        names[i] = file->tensors[i].name;
    qsort(names, file->tensor_count, sizeof *names, compare_names);

    elman_status status = ELMAN_OK;
    for (size_t i = 1; i < file->tensor_count && status == ELMAN_OK; i++)
        if (!strcmp(names[i - 1], names[i]))
            status = failure(ELMAN_BAD_FORMAT, "tensor \"%.80s\" occurs twice",
                             names[i]);

    free(names);
    return status;
}

/* ---- The file ----------------------------------------------------------- */

/* Tensors of the file that are not in the state dict. */
static size_t count_extra(const pickle *tree)
{
    size_t count = 0;
    pickle_walk walk = {0};

    for (pickle_value *v; (v = pickle_next(tree, &walk));) {
        torch_call call;
        if (v->kind == PICKLE_CALL && call_find(v, &call) && call.value == v)
            count += !v->seen;
    }
    return count;
}

/* Says which classes of objects were skipped. */
static elman_status note_skipped(torch_making *making)
{
    enum { SHOWN = 3, ROOM = 320 };
    char text[ROOM] = "", name[PICKLE_NAME_ROOM];
    size_t count, objects = 0, at = 0;
    const pickle_class *classes = pickle_classes(making->source->tree, &count);

    /* how many, and the names of the first few */
    for (size_t i = 0; i < count; i++) {
        objects += classes[i].objects ? classes[i].objects : 1;
        if (i >= SHOWN) continue;
        pickle_class_print(classes + i, name);
        at += (size_t)snprintf(text + at, ROOM - at, "%s%.90s", i ? ", " : "",
                               name);
    }

    if (count > SHOWN)
        snprintf(text + at, ROOM - at, " and %zu more", count - SHOWN);
    if (count == 0) return ELMAN_OK;
    return making_note(making, "skipped %zu object%s that %s no tensor%s: %s",
                       objects, objects > 1 ? "s" : "",
                       objects > 1 ? "are" : "is", objects > 1 ? "s" : "",
                       text);
}

static elman_status read_file(torch_block *block, const char *key,
                              torch_file *file)
{
    pickle_value *dict = NULL;

    TRY(torch_source_open(&block->source));
    TRY(dict_find(block->source.tree, key, &dict, block->dict));

    torch_making making = {.source = &block->source, .file = file};
    TRY(entries_read(&making, dict));
    TRY(check_twice(file));

    file->dict = block->dict;
    file->extra_count = count_extra(block->source.tree);
    TRY(note_skipped(&making));

    /* names are copied and storages stay; the rest is no longer needed */
    pickle_close(block->source.tree);
    block->source.tree = NULL;
    if (block->source.archive) archive_finish(block->source.archive);
    return ELMAN_OK;
}

elman_status torch_parse(char *bytes, size_t size, const char *key,
                         torch_file **file)
{
    torch_file *made = calloc(1, sizeof *made);
    torch_block *block = calloc(1, sizeof *block);
    if (!made || !block) {
        free(made);
        free(block);
        free(bytes);
        return failure(ELMAN_NO_MEMORY, "no memory for a list of tensors");
    }

    made->block = block;
    block->source = (torch_source){.bytes = bytes, .size = size};
    elman_status status = read_file(block, key, made);
    if (status == ELMAN_OK) *file = made;
    else torch_close(made);
    return status;
}

elman_status torch_open(const char *path, const char *key, torch_file **file)
{
    char *bytes = NULL;
    size_t size = 0;
    TRY(file_read(path, &bytes, &size));
    elman_status status = torch_parse(bytes, size, key, file);
    return status == ELMAN_OK ? status : failure_in(status, path);
}

void torch_close(torch_file *file)
{
    if (!file) return;
    torch_block *block = file->block;

    torch_source_close(&block->source);
    free(block);
    free(file->tensors);
    free(file);
}
