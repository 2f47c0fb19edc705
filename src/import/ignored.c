/* ignored.c: what an order of layers leaves out, in few patterns. */
#include "import/ignored.h"

#include "import/leftover.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_LISTED = 4096 }; /* tensors that are looked at */

/* ---- Patterns ------------------------------------------------------------ */

/* Whether a list between commas has that text. */
static bool has_pattern(const char *list, const char *text, size_t bytes)
{
    const char *pattern;
    size_t length;
    while (list && list_next(&list, &pattern, &length))
        if (length == bytes && !memcmp(pattern, text, bytes)) return true;
    return false;
}

void ignored_put_name(long_text *ignore, const char *name, size_t bytes,
                      bool more)
{
    long_text pattern = {0};

    /* what a list or a line has no place for is any text */
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)name[i];
        bool odd = c < 0x20 || c == 0x7F || c == ',' || c == ' ';
        text_put(&pattern, "%c", odd ? '*' : name[i]);
    }
    text_put(&pattern, more ? "*" : "");

    if (pattern.lost) ignore->lost = true;
    else if (!has_pattern(ignore->to, pattern.to, pattern.used))
        text_put(ignore, "%s%s", ignore->used ? "," : "", pattern.to);
    free(pattern.to);
}

/* ---- What is outside an order -------------------------------------------- */

/* The first part of a name that no tensor of the order begins with: "critic.*",
 * or the whole name. */
static size_t part_outside(const chains *s, const size_t *at, size_t length,
                           const char *name)
{
    const elman_import *im = s->import;
    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
        size_t bytes = (size_t)(dot + 1 - name);
        bool inside = false;
        for (size_t i = 0; i < im->weights.tensor_count && !inside; i++) {
            const char *other = im->weights.tensors[i].name;
            if (im->left_out[i] || strncmp(other, name, bytes) != 0) continue;
            inside = chains_have(s, at, length, other) ||
                     leftover_of(im, i) == LEFTOVER_STATE ||
                     leftover_of(im, i) == LEFTOVER_SCALE;
        }
        if (!inside) return bytes;
    }
    return 0;
}

/* Whether a tensor is of a module that a list has. */
static bool is_of_module(const module_list *list, const char *name)
{
    const char *dot = strrchr(name, '.');
    size_t bytes = dot ? (size_t)(dot - name) : 0;
    for (size_t k = 0; k < list->count; k++)
        if (list->modules[k].prefix_bytes == bytes &&
            !memcmp(list->modules[k].prefix, name, bytes))
            return true;
    return false;
}

/* Whether a tensor may be left out of an order that others say nothing of: of
 * other networks, of convolutions, and what does not matter. */
static bool may_ignore(const chains *s, size_t i)
{
    leftover_kind kind = leftover_of(s->import, i);
    if (kind == LEFTOVER_NOISE || kind == LEFTOVER_CONVOLUTION ||
        kind == LEFTOVER_NOTHING)
        return true;

    /* that of a module: else it is asked for when the order is known */
    const char *name = s->import->weights.tensors[i].name;
    if (is_of_module(s->list, name)) return true;
    return kind == LEFTOVER_WEIGHT && strchr(name, '.') &&
           part_outside(s, s->at, 0, name) > 0;
}

void ignored_put(const chains *s, const size_t *at, size_t length,
                 long_text *ignore)
{
    const elman_import *im = s->import;
    const char *given = im->given.config.ignore;
    if (given && *given) text_put(ignore, "%s", given);

    size_t count = im->weights.tensor_count;
    for (size_t i = 0; i < count && count <= MOST_LISTED; i++) {
        const char *name = im->weights.tensors[i].name;
        if (im->left_out[i] || chains_have(s, at, length, name) ||
            !may_ignore(s, i))
            continue;
        size_t bytes = part_outside(s, at, length, name);
        ignored_put_name(ignore, name, bytes ? bytes : strlen(name), bytes > 0);
    }
}
