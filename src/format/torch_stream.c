/*
 * torch_stream.c: the stream format of torch.save, before PyTorch 1.6.
 *
 *   five pickles   a magic number, the version 1001, facts of the machine, the
 *                  object, a list of the storages' keys
 *   for each key   8 bytes, its number of elements; the elements
 *
 * Everything is little-endian.
 */
#include "format/torch_parts.h"

#include <stdlib.h>
#include <string.h>

enum { VERSION = 1001 };

/* 0x1950a86a20f9469cfc6c, as a pickle has it in binary and in digits */
static const char magic[] = "\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19";
static const char magic_digits[] = "119547037146038801333356";

/* ---- Storages ----------------------------------------------------------- */

static int compare_keys(const pickle_value *a, const pickle_value *b)
{
    size_t least = a->count < b->count ? a->count : b->count;
    int order = memcmp(a->is.text, b->is.text, least);
    return order ? order : (a->count > b->count) - (a->count < b->count);
}

static int compare_stored(const void *left, const void *right)
{
    const torch_storage *a = left, *b = right;
    return compare_keys(a->key, b->key);
}

/* Whether a value stands for a storage, and not for something else of another
 * process. */
static bool is_storage(const pickle_value *value)
{
    return value->kind == PICKLE_STORED &&
           value->is.value->kind == PICKLE_TUPLE && value->is.value->count &&
           pickle_is(value->is.value->is.items[0], "storage");
}

/* All storages that the object names, each once, by key. */
static elman_status list_storages(torch_source *source)
{
    size_t count = 0;
    pickle_walk walk = {0};

    for (pickle_value *v; (v = pickle_next(source->tree, &walk));)
        count += is_storage(v);

    source->storages = calloc(count + 1, sizeof *source->storages);
    if (!source->storages)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu storages", count);

    torch_storage *s = source->storages;
    walk = (pickle_walk){0};
    for (pickle_value *v; (v = pickle_next(source->tree, &walk));)
        if (is_storage(v)) {
            TRY(storage_id(v, &s->type, &s->key, &s->count));
            s++;
        }

    /* keep one of each: sorted, those of one key are neighbours */
    qsort(source->storages, count, sizeof *s, compare_stored);
    for (size_t i = 0; i < count; i++) {
        const torch_storage *next = &source->storages[i], *last = next;
        if (source->storage_count)
            last = &source->storages[source->storage_count - 1];

        if (source->storage_count == 0 || compare_stored(last, next)) {
            source->storages[source->storage_count++] = *next;
            continue;
        }

        if (last->type != next->type || last->count != next->count)
            return failure(ELMAN_BAD_FORMAT,
                           "storage \"%.*s\" has two types or sizes",
                           (int)next->key->count, next->key->is.text);
    }
    return ELMAN_OK;
}

static torch_storage *find_storage(const torch_source *source,
                                   const pickle_value *key)
{
    torch_storage wanted = {.key = key};
    if (key->kind != PICKLE_TEXT || source->storage_count == 0) return NULL;

    return bsearch(&wanted, source->storages, source->storage_count,
                   sizeof *source->storages, compare_stored);
}

/* Reads the storage of a key at *at; its bytes stay where they are. */
static elman_status read_storage(torch_source *source, size_t size,
                                 const pickle_value *key, size_t *at)
{
    torch_storage *s = find_storage(source, key);
    uint64_t count;

    if (!s || s->data)
        return failure(ELMAN_BAD_FORMAT,
                       s ? "a storage occurs twice"
                         : "a storage that nothing in the file refers to");

    /* its number of elements, which the pickle has given as well */
    if (size - *at < sizeof count)
        return failure(ELMAN_BAD_FORMAT,
                       "truncated: storage \"%.*s\" is missing",
                       (int)key->count, key->is.text);
    memcpy(&count, source->bytes + *at, sizeof count);
    *at += sizeof count;

    if (count != s->count)
        return failure(
            ELMAN_BAD_FORMAT,
            "storage \"%.*s\" has %llu elements, but should have %zu",
            (int)key->count, key->is.text, (unsigned long long)count, s->count);

    /* its elements */
    size_t width = element_bytes(s->type);
    if (s->count > (size - *at) / width)
        return failure(ELMAN_BAD_FORMAT,
                       "truncated: storage \"%.*s\" needs %zu elements of %zu "
                       "bytes where %zu bytes are left",
                       (int)key->count, key->is.text, s->count, width,
                       size - *at);

    s->data = source->bytes + *at;
    *at += s->count * width;
    return ELMAN_OK;
}

/* ---- The pickles -------------------------------------------------------- */

static elman_status next_pickle(const torch_source *source, size_t size,
                                size_t *at, pickle **tree)
{
    size_t used = 0;
    TRY(pickle_parse(source->bytes + *at, size - *at, &torch_table, &used,
                     tree));
    *at += used;
    return ELMAN_OK;
}

static bool is_magic(const pickle_value *value)
{
    if (value->kind != PICKLE_HUGE) return false;
    return (value->count == sizeof magic - 1 &&
            !memcmp(value->is.text, magic, value->count)) ||
           (value->count == sizeof magic_digits - 1 &&
            !memcmp(value->is.text, magic_digits, value->count));
}

/* The three in front of the object. */
static elman_status read_front(const torch_source *source, size_t size,
                               size_t *at)
{
    for (int i = 0; i < 3; i++) {
        pickle *tree = NULL;
        TRY(next_pickle(source, size, at, &tree));

        const pickle_value *root = pickle_root(tree);
        /* the magic number, the version, facts of the machine */
        bool fits =
            i == 0   ? is_magic(root)
            : i == 1 ? root->kind == PICKLE_WHOLE && root->is.whole == VERSION
                     : root->kind == PICKLE_DICT;

        pickle_close(tree);
        if (!fits)
            return failure(ELMAN_BAD_FORMAT,
                           i ? "not version 1001 of torch.save's stream"
                             : "a pickle that torch.save did not write; elman "
                               "reads no other");
    }
    return ELMAN_OK;
}

static elman_status read_storages(torch_source *source, size_t size, size_t *at,
                                  const pickle_value *keys)
{
    if (keys->kind != PICKLE_LIST)
        return failure(ELMAN_BAD_FORMAT, "the list of storages is missing");

    for (size_t i = 0; i < keys->count; i++)
        TRY(read_storage(source, size, keys->is.items[i], at));

    if (*at < size)
        return failure(ELMAN_BAD_FORMAT, "%zu bytes after the last storage",
                       size - *at);
    return ELMAN_OK;
}

elman_status stream_open(torch_source *source, size_t size)
{
    size_t at = 0;
    pickle *keys = NULL;
    if (size == 0) return failure(ELMAN_BAD_FORMAT, "the file is empty");

    TRY(read_front(source, size, &at));
    TRY(next_pickle(source, size, &at, &source->tree));
    TRY(list_storages(source));
    TRY(next_pickle(source, size, &at, &keys));

    elman_status status = read_storages(source, size, &at, pickle_root(keys));
    pickle_close(keys);
    return status;
}

/* ---- Views -------------------------------------------------------------- */

/* Part of a storage that was a storage of its own: (key, offset, size). */
static elman_status narrow(const pickle_value *part, torch_view *view)
{
    size_t offset, count;
    if (part->kind != PICKLE_TUPLE || part->count < 3)
        return failure(ELMAN_BAD_FORMAT, "its storage is not part of another");
    TRY(value_size(part->is.items[1], "its storage's place in another",
                   &offset));
    TRY(value_size(part->is.items[2], "its storage's size in another", &count));

    if (offset > view->count || count > view->count - offset)
        return failure(
            ELMAN_BAD_FORMAT,
            "its storage is at element %zu and has %zu, but the whole has %zu",
            offset, count, view->count);

    view->data += offset * element_bytes(view->type);
    view->count = count;
    return ELMAN_OK;
}

elman_status stream_view(const torch_source *source, const pickle_value *stored,
                         torch_view *view)
{
    const pickle_value *id = stored->is.value;
    if (!is_storage(stored) || id->count < 5)
        return failure(ELMAN_BAD_FORMAT,
                       "a storage's id is not a tuple of five");

    const torch_storage *s = find_storage(source, id->is.items[2]);
    if (!s || !s->data)
        return failure(ELMAN_BAD_FORMAT, "its storage is missing");

    *view = (torch_view){.type = s->type, .count = s->count, .data = s->data};
    if (id->count > 5 && id->is.items[5]->kind != PICKLE_NONE)
        return narrow(id->is.items[5], view);
    return ELMAN_OK;
}
