/* torch.c: the tensors of the state dict in a file of torch.save. */
#include "format/torch_parts.h"
#include "format/file.h"
#include "format/utf8.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Several tensors may be views of the same bytes: weights that are tied, or all
 * weights of a layer in one block. A file with more sharing than that is made
 * to exhaust memory. */
enum { MOST_SHARING = 8, HARMLESS = 1 << 20 };

/* Owns what a torch_file points to. */
typedef struct torch_block {
    torch_source source;
    char *names;
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

static elman_status copy_name(const pickle_value *key, char **at)
{
    if (key->count == 0)
        return failure(ELMAN_BAD_FORMAT, "a tensor has an empty name");

    if (memchr(key->is.text, 0, key->count) ||
        utf8_valid(key->is.text, key->count) < key->count)
        return failure(ELMAN_BAD_FORMAT,
                       "a tensor's name is not UTF-8, or contains a zero byte");

    memcpy(*at, key->is.text, key->count);
    (*at)[key->count] = 0;
    *at += key->count + 1;
    return ELMAN_OK;
}

/* ---- Tensors ------------------------------------------------------------ */

/* Whether entry i of a dict is a tensor with a name. */
static bool entry_find(const pickle_value *dict, size_t i, torch_call *call)
{
    return call_find(dict->is.items[2 * i + 1], call) &&
           dict->is.items[2 * i]->kind == PICKLE_TEXT;
}

static elman_status make_room(torch_block *block, const pickle_value *dict,
                              torch_file *file)
{
    size_t count = 0, bytes = 1;
    torch_call call;

    for (size_t i = 0; i < dict->count / 2; i++)
        if (entry_find(dict, i, &call)) {
            count++;
            bytes += (size_t)dict->is.items[2 * i]->count + 1;
        }

    if (count == 0)
        return failure(ELMAN_BAD_FORMAT, "no tensors in the state dict");

    file->tensors = calloc(count, sizeof *file->tensors);
    block->names = malloc(bytes);
    if (!file->tensors || !block->names)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu tensors", count);
    return ELMAN_OK;
}

/* Adds a tensor's bytes to the total, which must stay in proportion to the
 * file. */
static elman_status check_growth(const torch_source *source,
                                 const named_tensor *tensor, size_t *total)
{
    size_t bytes = 0, most = HARMLESS;

    if (source->size <= (SIZE_MAX - most) / MOST_SHARING)
        most += MOST_SHARING * source->size;

    if (!sizes_multiply(tensor->count, element_bytes(tensor->type), 1,
                        &bytes) ||
        bytes > most - *total)
        return failure(ELMAN_BAD_FORMAT,
                       "tensor \"%.80s\": with it, tensors that share bytes "
                       "exceed %d times the file",
                       tensor->name, MOST_SHARING);

    *total += bytes;
    return ELMAN_OK;
}

static elman_status read_tensors(torch_block *block, const pickle_value *dict,
                                 torch_file *file)
{
    size_t total = 0;
    TRY(make_room(block, dict, file));

    char *at = block->names;
    for (size_t i = 0; i < dict->count / 2; i++) {
        torch_call call;
        named_tensor *tensor = &file->tensors[file->tensor_count];
        if (!entry_find(dict, i, &call)) continue;

        tensor->name = at;
        TRY(copy_name(dict->is.items[2 * i], &at));
        TRY(call_read(&block->source, &call, tensor));
        TRY(check_growth(&block->source, tensor, &total));

        /* so that it is not counted among the others */
        call.value->seen = true;
        file->tensor_count++;
    }

    return check_twice(file);
}

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

static elman_status read_file(torch_block *block, const char *key,
                              torch_file *file)
{
    pickle_value *dict = NULL;

    TRY(torch_source_open(&block->source));
    TRY(dict_find(block->source.tree, key, &dict, block->dict));
    TRY(read_tensors(block, dict, file));

    file->dict = block->dict;
    file->extra_count = count_extra(block->source.tree);

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
    free(block->names);
    free(block);
    free(file->tensors);
    free(file);
}
