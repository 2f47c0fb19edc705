/*
 * torch_look.c: a file that is only looked at: of one that has no state dict,
 * or several, all tensors that can be seen, wherever they are. Those of a whole
 * module get the names that its state dict would have.
 */
#include "format/torch_parts.h"
#include "format/utf8.h"

#include <stdio.h>
#include <string.h>

enum { LEVELS = 32, WHAT_ROOM = 400, KEYS_SHOWN = 6, KEY_SHOWN = 40 };

/* A value that holds others, and which of them is next. */
typedef struct look_level {
    pickle_value *holder;
    size_t next;
    size_t before; /* bytes of the prefix without its own name */
} look_level;

typedef struct look {
    torch_making *making;
    size_t depth;
    size_t unread; /* tensors */
    look_level levels[LEVELS];
} look;

/* ---- Names --------------------------------------------------------------- */

/* What an item is called in its holder: its key, or its place. Attributes of an
 * object have its own name, as have the tables of a module; false where a key
 * cannot be part of a name. */
static bool name_item(const pickle_value *holder, size_t at, char room[24],
                      torch_name *name)
{
    static const char *const tables[] = {"_parameters", "_buffers", "_modules"};
    *name = (torch_name){.text = room};

    /* by its key */
    if (holder->kind == PICKLE_DICT) {
        const pickle_value *key = holder->is.items[at];
        for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
            if (pickle_is(key, tables[i])) return true;
        if (key->kind == PICKLE_TEXT) {
            *name = (torch_name){key->is.text, key->count};
            return key->count && !memchr(key->is.text, 0, key->count) &&
                   utf8_valid(key->is.text, key->count) == key->count;
        }
        if (key->kind != PICKLE_WHOLE) return false;
        name->bytes =
            (size_t)snprintf(room, 24, "%lld", (long long)key->is.whole);
        return true;
    }

    /* or by its place */
    bool placed = holder->kind == PICKLE_LIST || holder->kind == PICKLE_TUPLE;
    name->bytes = placed ? (size_t)snprintf(room, 24, "%zu", at) : 0;
    return true;
}

static bool holds_others(const pickle_value *value)
{
    return value->kind == PICKLE_DICT || value->kind == PICKLE_LIST ||
           value->kind == PICKLE_TUPLE || value->kind == PICKLE_CALL ||
           value->kind == PICKLE_OPAQUE;
}

/* ---- Walking ------------------------------------------------------------- */

/* Goes on inside a value, once, as far as there is room. */
static void enter(look *l, pickle_value *value, torch_name name)
{
    char *prefix = l->making->prefix;
    size_t before = strlen(prefix);
    bool fits = name.bytes + 2 <= sizeof l->making->prefix - before;
    if (!fits || value->seen || l->depth == LEVELS) return;

    value->seen = true;
    l->levels[l->depth++] = (look_level){.holder = value, .before = before};
    if (name.bytes == 0) return;
    memcpy(prefix + before, name.text, name.bytes);
    memcpy(prefix + before + name.bytes, ".", 2);
}

/* One that cannot be read is counted. */
static elman_status take_tensor(look *l, const torch_call *call,
                                torch_name name)
{
    if (call->value->seen) return ELMAN_OK;
    if (name.bytes == 0) name = (torch_name){"tensor", 6};
    elman_status status = tensor_add(l->making, name.text, name.bytes, call);
    l->unread += status == ELMAN_BAD_FORMAT;
    call->value->seen = true;
    return status == ELMAN_NO_MEMORY ? status : ELMAN_OK;
}

/* A tensor, or something that may have some inside. */
static elman_status take(look *l, pickle_value *value, torch_name name)
{
    torch_call call;
    if (call_find(value, &call)) return take_tensor(l, &call, name);
    if (holds_others(value)) enter(l, value, name);
    return ELMAN_OK;
}

/* Depth first; each value is entered once, so it ends. */
static elman_status walk(look *l, pickle_value *root)
{
    TRY(take(l, root, (torch_name){"", 0}));
    while (l->depth) {
        look_level *level = l->levels + l->depth - 1;
        const pickle_value *holder = level->holder;
        size_t step = holder->kind == PICKLE_DICT ? 2 : 1, at = level->next;

        /* at the end of a holder its name ends too */
        if (at + step > holder->count) {
            l->making->prefix[level->before] = 0;
            l->depth--;
            continue;
        }

        char room[24];
        torch_name name;
        level->next += step;
        if (name_item(holder, at, room, &name))
            TRY(take(l, holder->is.items[at + step - 1], name));
    }
    return ELMAN_OK;
}

/* ---- What it is ---------------------------------------------------------- */

/* "a dict of 3: "model", "epoch" ...". */
static void print_dict(const pickle_value *dict, char text[WHAT_ROOM])
{
    size_t shown = 0, at = (size_t)snprintf(text, WHAT_ROOM, "a dict of %zu",
                                            (size_t)dict->count / 2);
    for (size_t i = 0; i + 1 < dict->count && shown < KEYS_SHOWN; i += 2) {
        const pickle_value *key = dict->is.items[i];
        if (key->kind != PICKLE_TEXT || key->count > KEY_SHOWN ||
            memchr(key->is.text, 0, key->count) ||
            utf8_valid(key->is.text, key->count) < key->count)
            continue;
        at += (size_t)snprintf(text + at, WHAT_ROOM - at, "%s\"%.*s\"",
                               shown++ ? ", " : ": ", (int)key->count,
                               key->is.text);
    }
    if (shown < dict->count / 2) snprintf(text + at, WHAT_ROOM - at, " ...");
}

static void print_root(const pickle *tree, char text[WHAT_ROOM])
{
    char class[PICKLE_NAME_ROOM];
    size_t count;
    pickle_value *root = pickle_root(tree);
    torch_call call;

    if (call_find(root, &call))
        snprintf(text, WHAT_ROOM, "one tensor, without a name");
    else if (root->kind == PICKLE_DICT) print_dict(root, text);
    else if (root->kind == PICKLE_LIST || root->kind == PICKLE_TUPLE)
        snprintf(text, WHAT_ROOM, "a list of %zu", (size_t)root->count);
    else if (root->kind == PICKLE_OPAQUE) {
        pickle_class_print(pickle_classes(tree, &count) + root->row, class);
        snprintf(text, WHAT_ROOM, "one object of %s, and no state dict", class);
    } else snprintf(text, WHAT_ROOM, "one value, which is no tensor");
}

/* The files of an archive, of which none was chosen. */
static void print_files(const torch_keys *files, char text[WHAT_ROOM])
{
    size_t at = 0;
    for (size_t i = 0; i < files->count && i < KEYS_SHOWN; i++)
        at += (size_t)snprintf(text + at, WHAT_ROOM - at, "%s\"%.40s\"",
                               i ? ", " : "files: ", files->keys[i]);
    if (files->count > KEYS_SHOWN) snprintf(text + at, WHAT_ROOM - at, " ...");
}

elman_status look_at_all(torch_making *making)
{
    torch_source *source = making->source;
    look l = {.making = making};
    pickle_walk all = {0};
    char *what = source_keep(source, WHAT_ROOM);
    if (!what) return ELMAN_NO_MEMORY;
    *what = 0;
    making->file->what = what;
    if (!source->tree) {
        print_files(source->asked, what);
        return ELMAN_OK;
    }

    /* from the beginning, whatever was read before it was refused */
    for (pickle_value *v; (v = pickle_next(source->tree, &all));)
        v->seen = false;
    making->file->tensor_count = making->file->note_count = 0;
    making->total = 0;
    making->prefix[0] = 0;
    print_root(source->tree, what);
    TRY(walk(&l, pickle_root(source->tree)));
    if (l.unread == 0) return ELMAN_OK;
    return making_note(making,
                       "%zu tensor%s in it cannot be shown: the kind is not "
                       "read, or the numbers are not there",
                       l.unread, l.unread == 1 ? "" : "s");
}
