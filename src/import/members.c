/* members.c: which members a JSON object may have. */
#include "import/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t word_length(const char *word, const char *stops)
{
    return strcspn(word, stops);
}

/* A value as the lists have it. */
static void print_value(const json_node *node, size_t room, char *text)
{
    double number;
    const char *said = json_text(node);

    if (json_number(node, &number)) snprintf(text, room, "%.9g", number);
    else if (said) snprintf(text, room, "%.60s", said);
    else
        snprintf(text, room, "%s",
                 node->kind == JSON_KIND_TRUE    ? "true"
                 : node->kind == JSON_KIND_FALSE ? "false"
                 : node->kind == JSON_KIND_LIST  ? "[...]"
                                                 : "{...}");
}

/* Whether a value is among values, of that many bytes. */
static bool is_listed(const json_node *node, const char *values, size_t bytes)
{
    char value[80];
    print_value(node, sizeof value, value);
    const char *end = values + bytes;

    /* an empty one is a value, too */
    for (const char *at = values; at <= end;) {
        size_t length = word_length(at, "| ");
        if (strlen(value) == length && memcmp(at, value, length) == 0)
            return true;
        at += length + 1;
    }
    return false;
}

/* The word of a list that names a member, or NULL. */
static const char *find_word(const char *known, const char *name)
{
    size_t bytes = strlen(name);
    for (const char *at = known; *at;) {
        if (word_length(at, "= ") == bytes && memcmp(at, name, bytes) == 0)
            return at;
        at += word_length(at, " ");
        at += *at == ' ';
    }
    return NULL;
}

const json_node *members_find(const json_node *object, const char *known,
                              const char **expected, size_t *bytes)
{
    *expected = NULL;
    *bytes = 0;
    if (!object || object->kind != JSON_KIND_OBJECT) return NULL;

    for (const json_node *at = object->is.first; at; at = at->next) {
        if (at->kind == JSON_KIND_NULL) continue;
        const char *word = find_word(known, at->key);
        if (!word) return at;

        /* any value, or one of those behind the name */
        const char *values = word + strlen(at->key);
        if (*values != '=') continue;
        *expected = ++values;
        *bytes = word_length(values, " ");
        if (!is_listed(at, values, *bytes)) return at;
        *expected = NULL;
        *bytes = 0;
    }
    return NULL;
}

void members_print(const json_node *member, size_t room, char *text)
{
    char value[80];
    print_value(member, sizeof value, value);
    const char *quote = json_text(member) ? "\"" : "";
    snprintf(text, room, "\"%.60s\": %s%s%s", member->key, quote, value, quote);
}

elman_status members_check(const json_node *object, const char *known,
                           const char *owner)
{
    const char *expected;
    size_t bytes;
    char said[200];
    const json_node *other = members_find(object, known, &expected, &bytes);
    if (!other) return ELMAN_OK;

    members_print(other, sizeof said, said);
    if (!expected)
        return failure(ELMAN_BAD_FORMAT,
                       "%s has %s, which elman does not know and which may "
                       "change what the model gives; take it out of the file "
                       "if it does not",
                       owner, said);

    /* the first of the values is what to write */
    size_t first = word_length(expected, "| ");
    return failure(ELMAN_BAD_FORMAT,
                   "%s has %s, expected %.*s: elman does not compute that; "
                   "with %.*s written there the rest is taken",
                   owner, said, (int)first, expected, (int)first, expected);
}
