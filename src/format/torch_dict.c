/*
 * torch_dict.c: where the state dict is among nested dicts, lists and tuples.
 * Each is visited once, along the shortest path to it.
 */
#include "format/torch_parts.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32, WHOLE_ROOM = 24 };

/* A dict, list or tuple, and its key or place in its parent. */
typedef struct found_dict {
    pickle_value *dict;
    const pickle_value *key; /* NULL: the parent is no dict */
    size_t place, parent, level;
} found_dict;

typedef struct dict_list {
    size_t count, room;
    found_dict *dicts; /* (count) */
} dict_list;

/* ---- Keys and paths ----------------------------------------------------- */

/* A key as text; false if it is neither a text nor a whole number. A number is
 * printed into room. */
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

/* "model.state_dict"; truncated in front where it does not fit. */
static void print_path(const dict_list *list, size_t index,
                       char path[PATH_ROOM])
{
    char whole[WHOLE_ROOM];
    size_t at = PATH_ROOM - 1, bytes;
    const char *text;

    /* from the last key to the first, from right to left */
    path[at] = 0;
    for (size_t i = index; list->dicts[i].level; i = list->dicts[i].parent) {
        const found_dict *found = list->dicts + i;
        pickle_value place = {.kind = PICKLE_WHOLE};
        place.is.whole = (int64_t)found->place;
        if (!key_text(found->key ? found->key : &place, whole, &text, &bytes))
            continue;
        if (bytes + 1 > at) break;
        if (path[at]) path[--at] = '.';
        at -= bytes;
        memcpy(path + at, text, bytes);
    }

    memmove(path, path + at, PATH_ROOM - at);
}

/* Whether a value holds others by key or place. */
static bool is_holder(const pickle_value *value)
{
    return value->kind == PICKLE_DICT || value->kind == PICKLE_LIST ||
           value->kind == PICKLE_TUPLE;
}

/* ---- Which it is -------------------------------------------------------- */

static bool has_part(const pickle_value *key, const char *part)
{
    return key->kind == PICKLE_TEXT && key->count &&
           bytes_find(key->is.text, key->count, part, strlen(part));
}

/* 3 if a dict has a recurrent weight, 2 if it has tensors alone and a weight
 * among them, 1 if it has tensors alone, else 0. */
static int rate_dict(const pickle_value *dict)
{
    bool alone = dict->count > 0, weight = false;
    if (dict->kind != PICKLE_DICT) return 0;

    for (size_t i = 0; i + 1 < dict->count; i += 2) {
        torch_call call;
        const pickle_value *key = dict->is.items[i];
        bool tensor = call_find(dict->is.items[i + 1], &call);

        /* also as quantized modules keep it */
        if (tensor && has_part(key, "weight_ih")) return 3;
        if (has_part(key, "_all_weight_values.0.") ||
            has_part(key, "_packed_weight_ih"))
            return 3;

        weight = weight || has_part(key, "weight");
        alone = alone && tensor && key->kind == PICKLE_TEXT;
    }
    return alone ? 1 + weight : 0;
}

static elman_status add_dict(dict_list *list, found_dict added)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        void *made = realloc(list->dicts, room * sizeof *list->dicts);
        if (!made)
            return failure(ELMAN_NO_MEMORY, "no memory for %zu dicts", room);
        list->dicts = made;
        list->room = room;
    }

    added.dict->seen = true;
    list->dicts[list->count++] = added;
    return ELMAN_OK;
}

/* All dicts that can be reached through dicts, lists and tuples. */
static elman_status list_dicts(const pickle *tree, dict_list *list)
{
    pickle_value *root = pickle_root(tree);
    if (is_holder(root)) TRY(add_dict(list, (found_dict){.dict = root}));

    /* level by level, so the shortest path to a dict comes first */
    for (size_t i = 0; i < list->count; i++) {
        found_dict from = list->dicts[i];
        size_t step = from.dict->kind == PICKLE_DICT ? 2 : 1;
        if (from.level == DEEPEST) continue;

        for (size_t k = 0; k + step <= from.dict->count; k += step) {
            pickle_value *value = from.dict->is.items[k + step - 1];
            if (!is_holder(value) || value->seen) continue;
            TRY(add_dict(
                list,
                (found_dict){.dict = value,
                             .key = step == 2 ? from.dict->is.items[k] : NULL,
                             .place = k,
                             .parent = i,
                             .level = from.level + 1}));
        }
    }
    return ELMAN_OK;
}

/* A failure that lists the paths of the dicts with the best rating. */
static elman_status refuse_several(const dict_list *list, const size_t *ratings,
                                   size_t best)
{
    char text[PATH_ROOM] = "", path[PATH_ROOM];

    for (size_t i = 0, shown = 0; i < list->count; i++) {
        if ((size_t)ratings[i] != best) continue;

        /* the first few paths, as far as there is room */
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

/* Why nothing was found: weights that are inside an object, or none. */
static elman_status refuse_none(const pickle *tree)
{
    char class[PICKLE_NAME_ROOM];
    size_t count;
    size_t visits = 0;
    pickle_walk walk = {0};
    pickle_value *root = pickle_root(tree), *found = NULL;

    /* the file itself, or else the object that was made last: the outermost */
    if (root->kind == PICKLE_OPAQUE && tensor_inside(root, &visits))
        found = root;
    for (pickle_value *v; !found && (v = pickle_next(tree, &walk));)
        if (v->kind == PICKLE_OPAQUE && v->count && tensor_inside(v, &visits))
            found = v;
    if (!found)
        return failure(
            ELMAN_BAD_FORMAT,
            "it contains no state dict; save model.state_dict() with "
            "torch.save");

    pickle_class_print(pickle_classes(tree, &count) + found->row, class);
    return failure(
        ELMAN_BAD_FORMAT,
        "its tensors are inside an object of %s, which elman does "
        "not take apart; save model.state_dict() with torch.save, or "
        "arrays with numpy.savez",
        class);
}

static elman_status choose_dict(const pickle *tree, const dict_list *list,
                                size_t *ratings, pickle_value **found,
                                char path[PATH_ROOM])
{
    size_t best = 0, count = 0, index = 0;

    /* the best rating, how many dicts have it, and which is the first */
    for (size_t i = 0; i < list->count; i++) {
        ratings[i] = (size_t)rate_dict(list->dicts[i].dict);
        if (ratings[i] > best) {
            best = ratings[i];
            count = 0;
        }
        if (best && ratings[i] == best && count++ == 0) index = i;
    }

    if (count == 0) return refuse_none(tree);
    if (count > 1) return refuse_several(list, ratings, best);

    *found = list->dicts[index].dict;
    print_path(list, index, path);
    return ELMAN_OK;
}

/* ---- By key ------------------------------------------------------------- */

/* The value under the longest key that the path at *at begins with; *at moves
 * past that key and its point. */
static pickle_value *enter(const pickle_value *dict, const char **at)
{
    pickle_value *found = NULL;
    size_t longest = 0, left = strlen(*at);

    size_t step = dict->kind == PICKLE_DICT ? 2 : 1;
    for (size_t i = 0; i + step <= dict->count; i += step) {
        char whole[WHOLE_ROOM];
        const char *text;
        size_t bytes;
        pickle_value place = {.kind = PICKLE_WHOLE};
        place.is.whole = (int64_t)i;
        if (!key_text(step == 2 ? dict->is.items[i] : &place, whole, &text,
                      &bytes))
            continue;

        /* the path goes on with this key, and then ends or has a point */
        bool here = bytes <= left && bytes > 0 && !memcmp(*at, text, bytes) &&
                    (bytes == left || (*at)[bytes] == '.');
        if (!here || bytes < longest) continue;

        longest = bytes;
        found = dict->is.items[i + step - 1];
    }

    *at += longest + (longest < left);
    return found;
}

static elman_status find_key(const pickle *tree, const char *key,
                             pickle_value **found)
{
    pickle_value *value = pickle_root(tree);

    for (const char *at = key; *at && value && is_holder(value);)
        value = enter(value, &at);

    if (!value)
        return failure(ELMAN_BAD_FORMAT, "nothing at key \"%.80s\"", key);
    /* an object, as a whole module is, says what to save instead */
    if (value->kind == PICKLE_OPAQUE) {
        char class[PICKLE_NAME_ROOM];
        size_t count;
        pickle_class_print(pickle_classes(tree, &count) + value->row, class);
        return failure(ELMAN_BAD_FORMAT,
                       "at key \"%.80s\" is an object of %s, which elman does "
                       "not make; save its state_dict() with torch.save",
                       key, class);
    }
    if (value->kind != PICKLE_DICT)
        return failure(ELMAN_BAD_FORMAT, "no dict at key \"%.80s\"", key);

    *found = value;
    return ELMAN_OK;
}

elman_status dict_find(const pickle *tree, const char *key,
                       pickle_value **found, char path[PATH_ROOM])
{
    dict_list list = {0};
    if (key) {
        snprintf(path, PATH_ROOM, "%s", key);
        return find_key(tree, key, found);
    }

    /* without a key, the dict that is most likely the state dict */
    size_t *ratings = NULL;
    elman_status status = list_dicts(tree, &list);
    if (status == ELMAN_OK) {
        ratings = calloc(list.count + 1, sizeof *ratings);
        status = ratings ? choose_dict(tree, &list, ratings, found, path)
                         : failure(ELMAN_NO_MEMORY, "no memory for %zu dicts",
                                   list.count);
    }

    free(ratings);
    free(list.dicts);
    return status;
}
