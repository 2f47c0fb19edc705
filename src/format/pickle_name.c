/*
 * pickle_name.c: what a name in a pickle stands for: a row of the reader's
 * table, a class that nobody here knows, or something that could run code.
 */
#include "format/pickle_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Names that could run code ------------------------------------------ */

/* Modules of which nothing belongs into a file of weights. */
static const char *const modules[] = {
    "os",        "posix",       "nt",         "subprocess",      "sys",
    "importlib", "imp",         "runpy",      "shutil",          "socket",
    "pty",       "ctypes",      "_ctypes",    "pickle",          "_pickle",
    "cPickle",   "cloudpickle", "dill",       "marshal",         "code",
    "codeop",    "commands",    "popen2",     "webbrowser",      "operator",
    "asyncio",   "_operator",   "pip",        "multiprocessing", "threading",
    "_thread",   "pdb",         "bdb",        "cProfile",        "timeit",
    "gc",        "zipimport",   "pkgutil",    "pydoc",           "ensurepip",
    "idlelib",   "distutils",   "setuptools", "requests",        "urllib",
    "http",      "ftplib",      "smtplib"};

/* Functions of any module that run, load or reach what they are given. */
static const char *const functions[] = {
    "eval",         "exec",       "execfile",         "system",
    "popen",        "Popen",      "getattr",          "setattr",
    "delattr",      "__import__", "import_module",    "load",
    "loads",        "runstring",  "run_module",       "run_code",
    "load_module",  "attrgetter", "methodcaller",     "_load_from_bytes",
    "FunctionType", "CodeType",   "__getattribute__", "getoutput",
    "open",         "spawn"};

/* Of Python's own names, those that only hold data. */
static const char *const builtins[] = {
    "bool",           "bytearray", "bytes",
    "complex",        "dict",      "float",
    "frozenset",      "int",       "list",
    "long",           "object",    "set",
    "slice",          "str",       "tuple",
    "type",           "unicode",   "range",
    "xrange",         "Ellipsis",  "Exception",
    "NotImplemented", "KeyError",  "ValueError",
    "RuntimeError"};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static bool same(const char *text, size_t count, const char *want)
{
    return strlen(want) == count && !memcmp(text, want, count);
}

static bool listed(const char *const *list, size_t count, const char *text,
                   size_t bytes)
{
    for (size_t i = 0; i < count; i++)
        if (same(text, bytes, list[i])) return true;
    return false;
}

/* Bytes up to the next point. */
static size_t part_bytes(const char *text, size_t bytes)
{
    const char *point = bytes ? memchr(text, '.', bytes) : NULL;
    return point ? (size_t)(point - text) : bytes;
}

/* Whether loading the name in Python could run something. A name with points
 * reaches through the module that it begins in. */
static bool may_run(const char *module, size_t module_bytes, const char *name,
                    size_t name_bytes)
{
    size_t root = part_bytes(module, module_bytes);
    if (same(module, root, "builtins") || same(module, root, "__builtin__"))
        return !listed(builtins, COUNT(builtins), name, name_bytes);
    if (listed(modules, COUNT(modules), module, root)) return true;

    for (size_t at = 0; at <= name_bytes;) {
        size_t bytes = part_bytes(name + at, name_bytes - at);
        bool last = at + bytes == name_bytes;
        if (!last && (listed(modules, COUNT(modules), name + at, bytes) ||
                      same(name + at, bytes, "builtins") ||
                      same(name + at, bytes, "__builtins__")))
            return true;
        if (last) return listed(functions, COUNT(functions), name + at, bytes);
        at += bytes + 1;
    }
    return false;
}

/* ---- Classes ------------------------------------------------------------ */

/* FNV-1a of both parts. */
static uint32_t hash(const pickle_class *one)
{
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < one->module_bytes; i++)
        sum = (sum ^ (unsigned char)one->module[i]) * 16777619u;
    for (size_t i = 0; i < one->name_bytes; i++)
        sum = (sum ^ (unsigned char)one->name[i]) * 16777619u;
    return sum ^ sum >> 16;
}

static bool same_class(const pickle_class *a, const pickle_class *b)
{
    return a->module_bytes == b->module_bytes &&
           a->name_bytes == b->name_bytes &&
           !memcmp(a->module, b->module, a->module_bytes) &&
           !memcmp(a->name, b->name, a->name_bytes);
}

/* The index of a class among those of the tree, to which it is added. */
static elman_status find_class(pickle *tree, const pickle_class *wanted,
                               size_t *index)
{
    enum { SLOTS = 2 * MOST_CLASSES };
    size_t slot = hash(wanted) % SLOTS;

    /* half of the slots stay empty, so the search ends */
    for (; tree->class_slots[slot]; slot = (slot + 1) % SLOTS) {
        *index = tree->class_slots[slot] - 1u;
        if (same_class(tree->classes + *index, wanted)) return ELMAN_OK;
    }

    if (tree->class_count == MOST_CLASSES)
        return failure(ELMAN_BAD_FORMAT,
                       "more than %d classes that elman does not know",
                       MOST_CLASSES);
    if (tree->class_count == tree->class_room) {
        size_t room = tree->class_room ? 2 * tree->class_room : 8;
        void *made = realloc(tree->classes, room * sizeof *tree->classes);
        if (!made) return failure(ELMAN_NO_MEMORY, "no memory for a pickle");
        tree->classes = made;
        tree->class_room = room;
    }

    *index = tree->class_count++;
    tree->classes[*index] = *wanted;
    tree->class_slots[slot] = (uint16_t)(*index + 1);
    return ELMAN_OK;
}

const pickle_class *pickle_classes(const pickle *tree, size_t *count)
{
    *count = tree->class_count;
    return tree->classes;
}

/* Bytes of a text that are shown. */
static int shown(size_t bytes) { return (int)(bytes < 58 ? bytes : 58); }

void pickle_class_print(const pickle_class *one, char text[PICKLE_NAME_ROOM])
{
    snprintf(text, PICKLE_NAME_ROOM, "%.*s.%.*s", shown(one->module_bytes),
             one->module, shown(one->name_bytes), one->name);
}

/* ---- Pushing ------------------------------------------------------------ */

elman_status push_named(pickle_reader *r, const char *module,
                        size_t module_bytes, const char *name,
                        size_t name_bytes)
{
    pickle_value *value;
    const pickle_table *table = r->tree->table;
    const pickle_class class = {.module = module,
                                .name = name,
                                .module_bytes = module_bytes,
                                .name_bytes = name_bytes};
    size_t k = 0;

    /* a row of the table */
    while (k < table->row_count &&
           !(same(module, module_bytes, table->rows[k].module) &&
             same(name, name_bytes, table->rows[k].name)))
        k++;
    if (k < table->row_count) {
        if (table->rows[k].stops)
            return failure(ELMAN_BAD_FORMAT, "%s", table->rows[k].refusal);
        TRY(value_new(r, PICKLE_GLOBAL, &value));
        value->row = (uint16_t)k;
        return stack_push(r, value);
    }

    if (may_run(module, module_bytes, name, name_bytes)) {
        char text[PICKLE_NAME_ROOM];
        pickle_class_print(&class, text);
        return failure(ELMAN_BAD_FORMAT,
                       "it names %s, which could run code in Python and is "
                       "refused: %s",
                       text, table->advice);
    }

    TRY(find_class(r->tree, &class, &k));
    TRY(value_new(r, PICKLE_OPAQUE, &value));
    value->row = (uint16_t)k;
    return stack_push(r, value);
}
