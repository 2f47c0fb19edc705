/*
 * torch_dict.c: where the state dict is among nested dicts, lists and tuples.
 * Each is visited once, along the shortest path to it. Dicts of the weights of
 * parts beside each other are one state dict, which entries_read joins.
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
static void join_path(const dict_list *list, size_t index, char between,
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
        if (path[at]) path[--at] = between;
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

/* ---- By key ------------------------------------------------------------- */

/* The value under the longest key that the path at *at begins with; *at moves
 * past that key and its point, or the slash that is not in a name. */
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
                    (bytes == left || strchr("./", (*at)[bytes]));
        if (!here || bytes < longest) continue;

        longest = bytes;
        found = dict->is.items[i + step - 1];
    }

    *at += longest + (longest < left);
    return found;
}

/* What is at a path, or NULL. */
static pickle_value *go_to(const pickle *tree, const char *path)
{
    pickle_value *value = pickle_root(tree);
    for (const char *at = path; *at && value && is_holder(value);)
        value = enter(value, &at);
    return value;
}

/* The path that --key takes: where a key has a point in it, one with points may
 * be that of another. */
static void print_path(const pickle *tree, const dict_list *list, size_t index,
                       char path[PATH_ROOM])
{
    join_path(list, index, '.', path);
    if (go_to(tree, path) != list->dicts[index].dict)
        join_path(list, index, '/', path);
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

/* Whether a dict has tensors of its own that look like a part of a model: no
 * optimizer's numbers. Beside other things than tensors only the first words
 * are no measurement. */
static bool is_part(const pickle_value *dict)
{
    static const char *const words[] = {"weight", "bias", "kernel", "h0",
                                        "c0",     "h_0",  "c_0",    "scale",
                                        "mean",   "std",  "init"};
    enum { SURE = 7, WORDS = sizeof words / sizeof *words };
    size_t most = rate_dict(dict) ? WORDS : SURE;
    torch_call call;
    if (dict->kind != PICKLE_DICT) return false;

    for (size_t i = 0; i + 1 < dict->count; i += 2)
        for (size_t k = 0; k < most; k++)
            if (has_part(dict->is.items[i], words[k]) &&
                call_find(dict->is.items[i + 1], &call))
                return true;
    return false;
}

/* Whether dict index is that one, or below it by keys that are texts. */
static bool is_below(const dict_list *list, size_t index, size_t above)
{
    const found_dict *dicts = list->dicts;
    while (index != above && dicts[index].level && dicts[index].key &&
           dicts[index].key->kind == PICKLE_TEXT)
        index = dicts[index].parent;
    return index == above;
}

/* A failure that lists the paths of the dicts that are marked, and the key of
 * the one above all of them, if there is one. */
static elman_status refuse_several(const pickle *tree, const dict_list *list,
                                   const bool *marked, bool joins,
                                   const char *what, torch_keys *asked)
{
    char text[PATH_ROOM] = "", path[PATH_ROOM], joined[PATH_ROOM + 80] = "";
    size_t above = SIZE_MAX, shown = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (!marked[i]) continue;

        /* the nearest that has this one below it as well */
        if (above == SIZE_MAX) above = i;
        while (above && !is_below(list, i, above))
            above = list->dicts[above].parent;

        /* the first few paths, as far as there is room */
        size_t at = strlen(text);
        print_path(tree, list, i, path);
        if (asked && asked->count < TORCH_KEYS)
            memcpy(asked->keys[asked->count++], path, sizeof path);
        if (shown < 6)
            snprintf(text + at, sizeof text - at, "%s%s%.40s%s",
                     shown ? ", " : "", *path ? "\"" : "",
                     *path ? path : "the file itself", *path ? "\"" : "");
        if (shown++ == 6) snprintf(text + at, sizeof text - at, " ...");
    }

    /* together they may be one model */
    bool whole = list->dicts[above].dict->kind == PICKLE_DICT;
    for (size_t i = 0; i < list->count; i++)
        whole = whole && (!marked[i] || is_below(list, i, above));
    print_path(tree, list, above, path);
    if (whole && joins && asked && asked->count < TORCH_KEYS)
        memcpy(asked->keys[asked->count++], path, sizeof path);
    if (whole && joins)
        snprintf(joined, sizeof joined,
                 ", or all of them as one, with their keys in their names, by "
                 "--key %s",
                 *path ? path : "''");
    return failure(ELMAN_BAD_FORMAT,
                   "%s: %.300s; name one by its key (--key)%s", what, text,
                   joined);
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
    bool list = root->kind == PICKLE_LIST || root->kind == PICKLE_TUPLE;
    if (!found)
        return failure(ELMAN_BAD_FORMAT,
                       "it contains no state dict%s; save model.state_dict() "
                       "with torch.save",
                       root->kind == PICKLE_CALL
                           ? ", but one object, such as a tensor, whose name "
                             "nothing says"
                       : list ? ", but a list of what has no names"
                              : "");

    pickle_class_print(pickle_classes(tree, &count) + found->row, class);
    return failure(
        ELMAN_BAD_FORMAT,
        "its tensors are inside an object of %s, which elman does "
        "not take apart; save model.state_dict() with torch.save, or "
        "arrays with numpy.savez",
        class);
}

/* Whether everything in a dict is a dict with tensors alone, a weight among
 * them: the parts of one model. */
static bool has_parts_alone(const pickle_value *dict)
{
    if (dict->kind != PICKLE_DICT || dict->count < 4) return false;
    for (size_t i = 0; i + 1 < dict->count; i += 2) {
        const pickle_value *part = dict->is.items[i + 1];
        bool alone = dict->is.items[i]->kind == PICKLE_TEXT &&
                     part->kind == PICKLE_DICT && is_part(part);

        for (size_t k = 0; alone && k + 1 < part->count; k += 2) {
            torch_call call;
            alone = call_find(part->is.items[k + 1], &call);
        }
        if (!alone || rate_dict(part) < 2) return false;
    }
    return true;
}

/* What is beside the best dict, index, must not be missed: it is joined to it,
 * or asked for. */
static elman_status choose_beside(const pickle *tree, const dict_list *list,
                                  bool *marked, size_t *index,
                                  torch_keys *asked)
{
    const found_dict *dicts = list->dicts;
    size_t others = 0, above = dicts[*index].parent;
    for (size_t i = 0; i < list->count; i++) {
        marked[i] = i == *index ||
                    (is_part(dicts[i].dict) && !is_below(list, i, *index));
        others += marked[i] && i != *index;
    }
    if (others == 0) return ELMAN_OK;

    /* all are beside each other, and nothing else is */
    bool beside = dicts[*index].level && has_parts_alone(dicts[above].dict);
    for (size_t i = 0; i < list->count; i++)
        beside = beside && (!marked[i] || dicts[i].parent == above);
    if (!beside)
        return refuse_several(tree, list, marked, true,
                              "it holds weights in several dicts", asked);
    *index = above;
    return ELMAN_OK;
}

static elman_status choose_dict(const pickle *tree, const dict_list *list,
                                bool *marked, torch_keys *asked,
                                pickle_value **found, char path[PATH_ROOM])
{
    int best = 0;
    size_t count = 0, index = 0;

    /* the best rating, how many dicts have it, and which is the first */
    for (size_t i = 0; i < list->count; i++) {
        int rating = rate_dict(list->dicts[i].dict);
        if (rating > best) {
            best = rating;
            count = 0;
            memset(marked, 0, list->count * sizeof *marked);
        }
        marked[i] = best && rating == best;
        if (marked[i] && count++ == 0) index = i;
    }

    if (count == 0) return refuse_none(tree);
    if (count > 1)
        return refuse_several(tree, list, marked, false,
                              "it holds several state dicts", asked);
    TRY(choose_beside(tree, list, marked, &index, asked));

    *found = list->dicts[index].dict;
    join_path(list, index, '.', path);
    return ELMAN_OK;
}

static elman_status find_key(const pickle *tree, const char *key,
                             pickle_value **found)
{
    pickle_value *value = go_to(tree, key);
    if (!value)
        return failure(ELMAN_BAD_FORMAT, "there is nothing at key \"%.80s\"",
                       key);
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
        return failure(ELMAN_BAD_FORMAT, "there is no dict at key \"%.80s\"",
                       key);

    *found = value;
    return ELMAN_OK;
}

elman_status dict_find(const pickle *tree, const char *key, torch_keys *asked,
                       pickle_value **found, char path[PATH_ROOM])
{
    dict_list list = {0};
    if (key) {
        snprintf(path, PATH_ROOM, "%s", key);
        return find_key(tree, key, found);
    }

    /* without a key, the dict that is most likely the state dict */
    bool *marked = NULL;
    elman_status status = list_dicts(tree, &list);
    if (status == ELMAN_OK) {
        marked = calloc(list.count + 1, sizeof *marked);
        status = marked ? choose_dict(tree, &list, marked, asked, found, path)
                        : failure(ELMAN_NO_MEMORY, "no memory for %zu dicts",
                                  list.count);
    }

    free(marked);
    free(list.dicts);
    return status;
}
