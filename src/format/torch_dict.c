/*
 * torch_dict.c: where the state dict is, among dicts in dicts. Each dict is
 * looked at once, by the shortest way that leads to it.
 */
#include "format/torch_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32, WHOLE_ROOM = 24 };

/* A dict, and the key under which its parent has it. */
typedef struct place {
    pickle_value *dict;
    const pickle_value *key;
    size_t parent, level;
} place;

typedef struct places {
    size_t count, room;
    place *place;
} places;

/* ---- Keys and paths ----------------------------------------------------- */

/* A key as text; false if it is neither text nor whole number. room is where
 * a number is printed. */
static bool key_text(const pickle_value *key, char room[WHOLE_ROOM],
                     const char **text, size_t *bytes)
{
    if (key->kind == PICKLE_TEXT) {
        *text = key->is.text;
        *bytes = key->count;
        return true;
    }
    if (key->kind != PICKLE_WHOLE) return false;
    *bytes =
        (size_t)snprintf(room, WHOLE_ROOM, "%lld", (long long)key->is.whole);
    *text = room;
    return true;
}

/* "model.state_dict"; cut in front where it does not fit. */
static void print_path(const places *list, size_t index, char path[PATH_ROOM])
{
    char whole[WHOLE_ROOM];
    size_t at = PATH_ROOM - 1, bytes;
    const char *text;
    path[at] = 0;
    for (size_t i = index; list->place[i].level; i = list->place[i].parent) {
        if (!key_text(list->place[i].key, whole, &text, &bytes)) continue;
        if (bytes + 1 > at) break;
        if (path[at]) path[--at] = '.';
        at -= bytes;
        memcpy(path + at, text, bytes);
    }
    memmove(path, path + at, PATH_ROOM - at);
}

/* ---- Which it is -------------------------------------------------------- */

static bool ends_with(const pickle_value *key, const char *end)
{
    size_t tail = strlen(end);
    return key->kind == PICKLE_TEXT && key->count >= tail &&
           !memcmp(key->is.text + key->count - tail, end, tail);
}

/* 2: it holds a recurrent weight, 1: it holds tensors alone, 0. */
static int likeness(const pickle_value *dict)
{
    bool alone = dict->count > 0;
    for (size_t i = 0; i + 1 < dict->count; i += 2) {
        torch_call call;
        const pickle_value *key = dict->is.item[i];
        bool tensor = call_find(dict->is.item[i + 1], &call);
        if (tensor &&
            (ends_with(key, "weight_ih_l0") || ends_with(key, "weight_ih")))
            return 2;
        alone = alone && tensor && key->kind == PICKLE_TEXT;
    }
    return alone;
}

static elman_status add_place(places *list, place added)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        void *made = realloc(list->place, room * sizeof *list->place);
        if (!made)
            return failure(ELMAN_NO_MEMORY, "no memory for %zu dicts", room);
        list->place = made;
        list->room = room;
    }
    added.dict->seen = true;
    list->place[list->count++] = added;
    return ELMAN_OK;
}

/* All dicts that can be reached through dicts. */
static elman_status list_dicts(const pickle *tree, places *list)
{
    pickle_value *root = pickle_root(tree);
    if (root->kind == PICKLE_DICT) TRY(add_place(list, (place){.dict = root}));
    for (size_t i = 0; i < list->count; i++) {
        place from = list->place[i];
        if (from.level == DEEPEST) continue;
        for (size_t k = 0; k + 1 < from.dict->count; k += 2) {
            pickle_value *value = from.dict->is.item[k + 1];
            if (value->kind != PICKLE_DICT || value->seen) continue;
            TRY(add_place(list, (place){.dict = value,
                                        .key = from.dict->is.item[k],
                                        .parent = i,
                                        .level = from.level + 1}));
        }
    }
    return ELMAN_OK;
}

static elman_status several(const places *list, const size_t *likely,
                            size_t best)
{
    char text[PATH_ROOM] = "", path[PATH_ROOM];
    for (size_t i = 0, shown = 0; i < list->count; i++) {
        if ((size_t)likely[i] != best) continue;
        size_t at = strlen(text);
        print_path(list, i, path);
        if (shown++ == 6) {
            snprintf(text + at, sizeof text - at, " ...");
            break;
        }
        snprintf(text + at, sizeof text - at, "%s\"%.40s\"",
                 shown > 1 ? ", " : "", path);
    }
    return failure(ELMAN_BAD_FORMAT,
                   "several state dicts: %.300s; name one by its key (--key)",
                   text);
}

static elman_status choose(const places *list, size_t *likely,
                           pickle_value **found, char path[PATH_ROOM])
{
    size_t best = 0, count = 0, index = 0;
    for (size_t i = 0; i < list->count; i++) {
        likely[i] = (size_t)likeness(list->place[i].dict);
        if (likely[i] > best) {
            best = likely[i];
            count = 0;
        }
        if (best && likely[i] == best && count++ == 0) index = i;
    }
    if (count == 0)
        return failure(ELMAN_BAD_FORMAT,
                       "it contains no state dict; save model.state_dict()");
    if (count > 1) return several(list, likely, best);
    *found = list->place[index].dict;
    print_path(list, index, path);
    return ELMAN_OK;
}

/* ---- By key ------------------------------------------------------------- */

/* The value under the longest key that the path begins with; *at moves behind
 * it and its point. */
static pickle_value *enter(const pickle_value *dict, const char **at)
{
    pickle_value *found = NULL;
    size_t longest = 0, left = strlen(*at);
    for (size_t i = 0; i + 1 < dict->count; i += 2) {
        char whole[WHOLE_ROOM];
        const char *text;
        size_t bytes;
        if (!key_text(dict->is.item[i], whole, &text, &bytes)) continue;
        bool here = bytes <= left && bytes > 0 && !memcmp(*at, text, bytes) &&
                    (bytes == left || (*at)[bytes] == '.');
        if (!here || bytes < longest) continue;
        longest = bytes;
        found = dict->is.item[i + 1];
    }
    *at += longest + (longest < left);
    return found;
}

static elman_status find_key(const pickle *tree, const char *key,
                             pickle_value **found)
{
    pickle_value *value = pickle_root(tree);
    for (const char *at = key; *at && value && value->kind == PICKLE_DICT;)
        value = enter(value, &at);
    if (!value)
        return failure(ELMAN_BAD_FORMAT, "nothing at key \"%.80s\"", key);
    if (value->kind != PICKLE_DICT)
        return failure(ELMAN_BAD_FORMAT, "no dict at key \"%.80s\"", key);
    *found = value;
    return ELMAN_OK;
}

elman_status dict_find(const pickle *tree, const char *key,
                       pickle_value **found, char path[PATH_ROOM])
{
    places list = {0};
    if (key) {
        snprintf(path, PATH_ROOM, "%s", key);
        return find_key(tree, key, found);
    }
    size_t *likely = NULL;
    elman_status status = list_dicts(tree, &list);
    if (status == ELMAN_OK) {
        likely = calloc(list.count + 1, sizeof *likely);
        status = likely ? choose(&list, likely, found, path)
                        : failure(ELMAN_NO_MEMORY, "no memory for %zu dicts",
                                  list.count);
    }
    free(likely);
    free(list.place);
    return status;
}
