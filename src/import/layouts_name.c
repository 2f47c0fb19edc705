/* layouts_name.c: names of tensors, and what they say of their modules. */
#include "import/layouts_search.h"

#include "base/kind.h"

#include <stdio.h>
#include <string.h>

/* ---- Tensors ------------------------------------------------------------- */

void layout_plain_name(const char *name, char *to)
{
    /* a tree of JAX prints its paths with a dot in front */
    if (*name == '.') name++;
    size_t bytes = strlen(name);
    if (bytes >= 2 && !strcmp(name + bytes - 2, ":0")) bytes -= 2;
    if (bytes >= LONGEST_NAME) bytes = 0;
    for (size_t i = 0; i < bytes; i++)
        to[i] = (char)(name[i] == '/' ? '.' : name[i]);
    to[bytes] = 0;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Whether text is one way to write a leaf. */
static bool written_so(const char *text, const char *leaf, size_t bytes,
                       size_t *number)
{
    for (size_t i = 0; i < bytes; i++) {
        if (leaf[i] != '#') {
            if (*text++ != leaf[i]) return false;
            continue;
        }

        /* a number that a level can be */
        size_t digits = 0, value = 0;
        for (; is_digit(*text) && digits < 3; text++, digits++)
            value = 10 * value + (size_t)(*text - '0');
        if (!digits) return false;
        *number = value;
    }
    return !*text;
}

bool layout_leaf_is(const char *text, const char *leaf, size_t *number)
{
    for (;;) {
        size_t bytes = strcspn(leaf, "|");
        if (written_so(text, leaf, bytes, number)) return true;
        if (!leaf[bytes]) return false;
        leaf += bytes + 1;
    }
}

bool layout_ends_in(const char *name, const char *leaf, const char *separators,
                    size_t *prefix, size_t *number)
{
    /* a leaf alone has no prefix, if a part of a path would do */
    for (size_t at = 0; name[at]; at++) {
        bool begins = at == 0 ? strchr(separators, '.') != NULL
                              : strchr(separators, name[at - 1]) != NULL;
        if (!begins || !layout_leaf_is(name + at, leaf, number)) continue;
        *prefix = at;
        return true;
    }
    return false;
}

size_t layout_last_part(const char *text, size_t bytes)
{
    while (bytes > 0 && text[bytes - 1] != '.')
        bytes--;
    return bytes;
}

bool layout_parent_is(const char *name, size_t prefix, const char *parents)
{
    if (!parents) return true;
    if (prefix == 0) return false;
    size_t first = layout_last_part(name, prefix - 1);
    for (;;) {
        size_t bytes = strcspn(parents, "|");
        if (prefix - 1 - first >= bytes &&
            strncmp(name + first, parents, bytes) == 0)
            return true;
        if (!parents[bytes]) return false;
        parents += bytes + 1;
    }
}

/* ---- Modules ------------------------------------------------------------- */

/* Whether text, of bytes, is word, or word with digits behind it. */
static bool is_word(const char *text, size_t bytes, const char *word,
                    size_t *number)
{
    size_t length = strlen(word);
    if (bytes < length || strncmp(text, word, length) != 0) return false;
    *number = 0;
    for (size_t i = length; i < bytes; i++) {
        if (!is_digit(text[i]) || *number > 1000) return false;
        *number = 10 * *number + (size_t)(text[i] - '0');
    }
    return true;
}

static bool ends_with(const char *text, size_t bytes, const char *end)
{
    size_t length = strlen(end);
    return bytes >= length && !strncmp(text + bytes - length, end, length);
}

/* Whether a part says a direction: fw, bw, forward_lstm, backward_lstm, forward
 * and reverse. */
static bool is_direction(const char *part, size_t count, bool *backward)
{
    static const struct {
        const char *word;
        bool begins, backward;
    } words[] = {
        {"fw", false, false},      {"bw", false, true},
        {"forward_", true, false}, {"backward_", true, true},
        {"forward", false, false}, {"backward", false, true},
        {"reverse", false, true},
    };
    /* a whole part, or one that begins so */
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t bytes = strlen(words[i].word);
        if (count < bytes || strncmp(part, words[i].word, bytes) != 0 ||
            (count > bytes && !words[i].begins))
            continue;
        *backward = words[i].backward;
        return true;
    }
    return false;
}

/* Takes the parts off the end of a recurrent module's prefix that say what it
 * is: a cell, a level, a direction. */
static size_t strip_recurrent(found_module *m, size_t bytes)
{
    const char *text = m->prefix;
    bool cell = false, backward;

    /* part by part from the end, each of which may be there */
    for (;;) {
        size_t first = layout_last_part(text, bytes), count = bytes - first;
        const char *part = text + first;
        size_t before = first ? first - 1 : 0, number;

        if (!cell && (ends_with(part, count, "_cell") ||
                      is_word(part, count, "cell", &number))) {
            cell = true;
        } else if (is_word(part, count, "cell_", &number) && first &&
                   ends_with(text, before, "multi_rnn_cell")) {
            m->level = number;
            before = layout_last_part(text, before);
            before = before ? before - 1 : 0;
        } else if (first && is_direction(part, count, &backward)) {
            m->direction = backward;
        } else {
            return bytes;
        }
        bytes = before;
    }
}

/* Names a module by its prefix; with what its tensor is called, if it is a
 * layer whose prefix a recurrent one has as well. */
static void name_in_full(found_module *m, bool shared)
{
    const char *leaf = m->kind->leaves[0].name;
    int bytes = (int)strcspn(leaf, "|.");
    const char *dot = *m->prefix ? "." : "";
    if (shared && !kind_is_recurrent(m->kind->kind))
        snprintf(m->name, sizeof m->name, "%.*s%s%.*s",
                 (int)sizeof m->name - 40, m->prefix, dot, bytes, leaf);
    else snprintf(m->name, sizeof m->name, "%s", m->prefix);
}

/* Two of one name, level and direction are two modules, and so are a recurrent
 * one and another. */
static void tell_apart(layout_search *s)
{
    for (size_t i = 0; i < s->count; i++)
        for (size_t k = 0; k < i; k++) {
            found_module *a = s->found + k, *b = s->found + i;
            bool x = kind_is_recurrent(a->kind->kind);
            bool y = kind_is_recurrent(b->kind->kind);
            if (strcmp(a->name, b->name) != 0 ||
                (x && y &&
                 (a->level != b->level || a->direction != b->direction)))
                continue;
            b->level = y && x ? 0 : b->level;
            b->direction = y && x ? 0 : b->direction;
            name_in_full(y && !x ? a : b, !x || !y);
        }
}

/* Takes off a first part that all names share, if no tensor is left that would
 * keep it. */
static void shorten_names(layout_search *s)
{
    for (size_t i = 0; i < s->tensor_count; i++)
        if (!s->taken[i] && !s->import->left_out[i]) return;

    for (;;) {
        const char *first = s->found[0].name;
        size_t bytes = strcspn(first, ".");
        for (size_t i = 0; i < s->count; i++)
            if (strncmp(s->found[i].name, first, bytes) != 0 ||
                s->found[i].name[bytes] != '.')
                return;
        for (size_t i = 0; i < s->count; i++) {
            char *name = s->found[i].name;
            memmove(name, name + bytes + 1, strlen(name + bytes + 1) + 1);
        }
    }
}

void layouts_name(layout_search *s)
{
    for (size_t i = 0; i < s->count; i++) {
        found_module *m = s->found + i;
        size_t bytes = strlen(m->prefix);
        if (kind_is_recurrent(m->kind->kind) && !m->said)
            bytes = strip_recurrent(m, bytes);
        if (!bytes && m->kind->name)
            snprintf(m->name, sizeof m->name, "%s", m->kind->name);
        else snprintf(m->name, sizeof m->name, "%.*s", (int)bytes, m->prefix);
    }

    /* a word that names a module goes on to name it */
    tell_apart(s);
    if (!s->said_count) shorten_names(s);
}
