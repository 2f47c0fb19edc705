/* shards.c: weights in several files as one source. */
#include "import/shards.h"

#include "base/system_file.h"
#include "format/json.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Several sources as one --------------------------------------------- */

typedef struct shard {
    void *source;
    void (*close)(void *source);
} shard;

typedef struct shard_set {
    size_t count, tensor_count, room;
    shard *shards;         /* (count) */
    named_tensor *tensors; /* (tensor_count) of all */
} shard_set;

static void close_set(void *source)
{
    shard_set *set = source;
    for (size_t i = 0; i < set->count; i++)
        set->shards[i].close(set->shards[i].source);
    free(set->shards);
    free(set->tensors);
    free(set);
}

/* Moves what an import has opened into the set. */
static elman_status take(elman_import *im, shard_set *set)
{
    const weight_source *from = &im->weights;
    set->shards[set->count++] =
        (shard){.source = im->source, .close = im->close};
    im->source = NULL;
    im->close = NULL;

    size_t count = set->tensor_count + from->tensor_count;
    void *made = realloc(set->tensors, (count + 1) * sizeof *set->tensors);
    if (!made)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu tensors", count);

    set->tensors = made;
    if (from->tensor_count)
        memcpy(set->tensors + set->tensor_count, from->tensors,
               from->tensor_count * sizeof *set->tensors);
    set->tensor_count = count;
    return ELMAN_OK;
}

static int compare_tensors(const void *left, const void *right)
{
    const named_tensor *a = left, *b = right;
    return strcmp(a->name, b->name);
}

/* No name may be there twice; sorts the tensors to see. */
static elman_status check_names(shard_set *set)
{
    qsort(set->tensors, set->tensor_count, sizeof *set->tensors,
          compare_tensors);
    for (size_t i = 1; i < set->tensor_count; i++)
        if (!strcmp(set->tensors[i - 1].name, set->tensors[i].name))
            return failure(ELMAN_BAD_FORMAT,
                           "the tensor %.80s is in two of the files",
                           set->tensors[i].name);
    return ELMAN_OK;
}

static elman_status open_all(elman_import *im, shard_set *set,
                             const char *const *paths, size_t count,
                             const elman_import_config *config,
                             open_shard *open)
{
    for (size_t i = 0; i < count; i++) {
        TRY(open(im, paths[i], config));
        if (im->own)
            return failure(ELMAN_BAD_VALUE,
                           "%.120s is a model file of elman's own, which is "
                           "whole; expected one file",
                           paths[i]);
        TRY(take(im, set));
    }
    return check_names(set);
}

elman_status import_shards(elman_import *im, const char *const *paths,
                           size_t count, const elman_import_config *config,
                           open_shard *open)
{
    shard_set *set = calloc(1, sizeof *set);
    if (set) set->shards = calloc(count, sizeof *set->shards);
    if (!set || !set->shards) {
        free(set);
        return failure(ELMAN_NO_MEMORY, "no memory for %zu files", count);
    }

    /* a file that fails may have been opened half: its source is the import's
     * until it is taken */
    elman_status status = open_all(im, set, paths, count, config, open);
    if (status) {
        if (im->close) im->close(im->source);
        im->close = NULL;
        close_set(set);
        im->weights.tensor_count = 0;
        return status;
    }

    im->source = set;
    im->close = close_set;
    im->weights.tensor_count = set->tensor_count;
    im->weights.tensors = set->tensors;
    return import_add_remark(im, import_text(im, "read from %zu files", count));
}

/* ---- What a name says --------------------------------------------------- */

/* The last number in front of the ending of model-00001-of-00002.safetensors;
 * first is where "-00001-of" begins. 0 if it is no such name. */
static unsigned long count_in_name(const char *path, const char **first)
{
    const char *name = system_file_name(path);
    const char *of = strstr(name, "-of-"), *at = of;
    if (!of || !isdigit((unsigned char)of[4])) return 0;

    while (at > name && isdigit((unsigned char)at[-1]))
        at--;
    if (at == of || at == name || at[-1] != '-') return 0;
    *first = at - 1;
    return strtoul(of + 4, NULL, 10);
}

elman_status import_shards_complete(const char *path, size_t count)
{
    const char *first = NULL;
    unsigned long whole = count_in_name(path, &first);
    if (whole < 2 || whole == count) return ELMAN_OK;

    const char *end = strrchr(first, '.');
    if (!end) end = "";
    return failure(ELMAN_BAD_VALUE,
                   "%.160s is one of %lu files, of which %zu %s given: give "
                   "all of them, or %.*s%.20s.index.json beside them",
                   path, whole, count, count > 1 ? "are" : "is",
                   (int)(first - path < 160 ? first - path : 160), path, end);
}

/* ---- The index ---------------------------------------------------------- */

typedef struct path_list {
    size_t count, room;
    const char **paths; /* (count) texts of the import */
} path_list;

/* Whether a name is one in the folder itself. */
static bool is_plain(const char *name)
{
    return name && *name && !strpbrk(name, "/\\:") && strcmp(name, ".") &&
           strcmp(name, "..");
}

static elman_status add_path(elman_import *im, const char *index,
                             const char *name, path_list *list)
{
    enum { MOST_FILES = 1000 };
    size_t folder = (size_t)(system_file_name(index) - index);

    for (size_t i = list->count; i-- > 0;)
        if (!strcmp(list->paths[i] + folder, name)) return ELMAN_OK;
    if (list->count == MOST_FILES)
        return failure(ELMAN_BAD_FORMAT, "it names more than %d files",
                       MOST_FILES);

    TRY(list_grow(&list->paths, list->count, &list->room, sizeof *list->paths));
    const char *path = import_text(im, "%.*s%s", (int)folder, index, name);
    if (!path) return ELMAN_NO_MEMORY;
    list->paths[list->count++] = path;
    return ELMAN_OK;
}

static elman_status list_paths(elman_import *im, const char *index,
                               const json_node *map, path_list *list)
{
    if (!map || map->kind != JSON_KIND_OBJECT || map->count == 0)
        return failure(ELMAN_BAD_FORMAT,
                       "its weight_map names no files of weights");

    for (const json_node *n = map->is.first; n; n = n->next) {
        if (!is_plain(json_text(n)))
            return failure(ELMAN_BAD_FORMAT,
                           "its weight_map gives \"%.80s\" a file that is not "
                           "in its own folder",
                           n->key);
        TRY(add_path(im, index, json_text(n), list));
    }
    return ELMAN_OK;
}

/* Every tensor of the index must be there. */
static elman_status check_map(const elman_import *im, const json_node *map)
{
    for (const json_node *n = map->is.first; n; n = n->next) {
        const named_tensor key = {.name = n->key};
        if (!bsearch(&key, im->weights.tensors, im->weights.tensor_count,
                     sizeof key, compare_tensors))
            return failure(ELMAN_BAD_FORMAT,
                           "the tensor %.80s, which it names, is not in %.80s",
                           n->key, json_text(n));
    }
    return ELMAN_OK;
}

elman_status import_shard_index(elman_import *im, const char *path, char *bytes,
                                size_t size, const elman_import_config *config,
                                open_shard *open)
{
    json_tree *tree = NULL;
    path_list list = {0};
    elman_status status = json_read(bytes, size, false, &tree);
    const json_node *map =
        status ? NULL : json_find(json_root(tree), "weight_map");

    if (!status) status = list_paths(im, path, map, &list);
    if (status) {
        status = failure_in(status, path);
    } else {
        status = import_shards(im, list.paths, list.count, config, open);
        if (!status) status = check_map(im, map);
        if (status && im->source) status = failure_in(status, path);
    }

    free(list.paths);
    json_close(tree);
    free(bytes);
    return status;
}
