/*
 * torch_script.c: the tensors of a TorchScript program (torch.jit.save). Its
 * data.pkl is the tree of modules as objects of classes "__torch__...", each
 * with its attributes as a dict; its code is not read. A frozen program has its
 * weights among the constants of the code, by numbers alone.
 */
#include "format/torch_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32, MOST_MODULES = 1 << 14 };

/* The entries of all modules as one dict, with their paths as keys. */
typedef struct flat_dict {
    torch_source *source;
    pickle_value **items; /* (count) key, value, key, value ... */
    size_t count, room;
    size_t modules; /* visited so far: one may be reached along many paths */
} flat_dict;

static elman_status add_item(flat_dict *flat, const char *name, size_t bytes,
                             pickle_value *value)
{
    if (flat->count + 2 > flat->room) {
        size_t room = flat->room ? 2 * flat->room : 32;
        void *made = realloc(flat->items, room * sizeof *flat->items);
        if (!made)
            return failure(ELMAN_NO_MEMORY, "no memory for %zu entries", room);
        flat->items = made;
        flat->room = room;
    }

    pickle_value *key = source_keep(flat->source, sizeof *key + bytes);
    if (!key) return ELMAN_NO_MEMORY;
    char *text = (char *)(key + 1);
    if (bytes) memcpy(text, name, bytes);

    *key = (pickle_value){.kind = PICKLE_TEXT, .count = (uint32_t)bytes};
    key->is.text = text;
    flat->items[flat->count++] = key;
    flat->items[flat->count++] = value;
    return ELMAN_OK;
}

/* The attributes of a module; NULL of anything else. */
static const pickle_value *attributes_of(const pickle_value *value)
{
    const pickle_value *state = pickle_item(value, 1);
    bool module =
        value->kind == PICKLE_OPAQUE && state && state->kind == PICKLE_DICT;
    return module ? state : NULL;
}

/* A module on the way to the one that is being read. */
typedef struct level {
    const pickle_value *dict;
    size_t next, bytes; /* of its entries; of the path in front of them */
} level;

static elman_status flatten(flat_dict *flat, const pickle_value *root)
{
    char path[PATH_ROOM];
    level levels[DEEPEST] = {{.dict = attributes_of(root)}};
    size_t depth = 1;

    while (depth > 0) {
        level *at = levels + depth - 1;
        if (!at->dict || at->next + 1 >= at->dict->count) {
            depth--;
            continue;
        }

        const pickle_value *key = at->dict->is.items[at->next];
        pickle_value *value = at->dict->is.items[at->next + 1];
        torch_call call;
        at->next += 2;
        if (key->kind != PICKLE_TEXT) continue;
        if (key->count + 2 > PATH_ROOM - at->bytes)
            return failure(ELMAN_BAD_FORMAT, "a path of modules of %zu bytes",
                           at->bytes + key->count);

        size_t bytes = at->bytes + key->count;
        memcpy(path + at->bytes, key->is.text, key->count);

        /* a tensor or something packed, which has a tuple, or a module */
        const pickle_value *inner = attributes_of(value);
        const pickle_value *state = pickle_item(value, 1);
        bool packed = value->kind == PICKLE_OPAQUE && state &&
                      state->kind == PICKLE_TUPLE;
        if (!inner && (packed || call_find(value, &call)))
            TRY(add_item(flat, path, bytes, value));
        if (!inner) continue;

        if (depth == DEEPEST || flat->modules++ == MOST_MODULES)
            return failure(ELMAN_BAD_FORMAT, "modules in modules without end");
        path[bytes++] = '.';
        levels[depth++] = (level){.dict = inner, .bytes = bytes};
    }
    return ELMAN_OK;
}

/* The constants of the code: c0, c1 ... */
static elman_status list_constants(flat_dict *flat)
{
    pickle_value *root = pickle_root(flat->source->tree);
    for (size_t i = 0; root->kind == PICKLE_TUPLE && i < root->count; i++) {
        char name[40];
        torch_call call;
        int bytes = snprintf(name, sizeof name, "CONSTANTS.c%zu", i);
        if (call_find(root->is.items[i], &call))
            TRY(add_item(flat, name, (size_t)bytes, root->is.items[i]));
    }
    return ELMAN_OK;
}

static bool has_tensor(const flat_dict *flat)
{
    size_t visits = 0;
    for (size_t i = 1; i < flat->count; i += 2)
        if (tensor_inside(flat->items[i], &visits)) return true;
    return false;
}

static elman_status read_all(torch_making *making, flat_dict *flat)
{
    TRY(flatten(flat, pickle_root(making->source->tree)));

    if (!has_tensor(flat)) {
        flat->count = 0;
        TRY(source_constants(making->source));
        TRY(list_constants(flat));
    }
    if (!has_tensor(flat))
        return failure(ELMAN_BAD_FORMAT,
                       "a TorchScript program without weights; save "
                       "model.state_dict() with torch.save");

    pickle_value dict = {.kind = PICKLE_DICT, .count = (uint32_t)flat->count};
    dict.is.items = flat->items;
    TRY(entries_read(making, &dict));
    return making_note(making, "a TorchScript program: its weights are read, "
                               "not its code");
}

elman_status script_read(torch_making *making)
{
    flat_dict flat = {.source = making->source};
    elman_status status = read_all(making, &flat);
    free(flat.items);
    return status;
}
