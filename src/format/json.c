/*
 * json.c: reading in one pass over the text, without recursion. Strings are
 * decoded in place: no escape is shorter than what it stands for.
 */
#include "format/json.h"
#include "format/number.h"
#include "format/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256, LONGEST_NUMBER = 64 };

/* Nodes are allocated in chunks, and all freed at once. */
typedef struct chunk {
    struct chunk *before;
    size_t used;
    json_node nodes[CHUNK];
} chunk;

struct json_tree {
    chunk *last;
    json_node *root;
};

/* The reader's position, and what it is inside of. */
typedef struct reader {
    char *begin, *at, *end;
    bool zeros;
    json_tree *tree;
    json_node *open[JSON_MAX_DEPTH];  /* lists and objects around it */
    json_node **tail[JSON_MAX_DEPTH]; /* where their next member is linked */
    size_t depth;
} reader;

static elman_status bad(const reader *r, const char *what)
{
    return failure(ELMAN_BAD_FORMAT, "byte %zu: %s", (size_t)(r->at - r->begin),
                   what);
}

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for JSON");
}

static json_node *take_node(json_tree *tree)
{
    if (!tree->last || tree->last->used == CHUNK) {
        chunk *more = malloc(sizeof *more);
        if (!more) return NULL;
        more->before = tree->last;
        more->used = 0;
        tree->last = more;
    }

    json_node *node = &tree->last->nodes[tree->last->used++];
    *node = (json_node){0};
    return node;
}

static void skip_spaces(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' ||
                              *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

/* Whether c comes next; steps over it. */
static bool take(reader *r, char c)
{
    skip_spaces(r);
    if (r->at == r->end || *r->at != c) return false;
    r->at++;
    return true;
}

/* ---- Strings ------------------------------------------------------------ */

/* Four hexadecimal digits. */
static bool take_hex(reader *r, uint32_t *value)
{
    *value = 0;
    if (r->end - r->at < 4) return false;

    for (int i = 0; i < 4; i++, r->at++) {
        char c = *r->at;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return false;
        *value = *value << 4 | (uint32_t)digit;
    }
    return true;
}

/* What follows "\u": one code point, of one or two such escapes. */
static elman_status take_unicode(reader *r, char **to)
{
    uint32_t point = 0, low = 0;
    if (!take_hex(r, &point))
        return bad(r, "\\u without four hexadecimal digits");

    /* a surrogate must be the first half of a pair */
    if (point >= 0xD800 && point < 0xE000) {
        bool pair = point < 0xDC00 && r->end - r->at >= 6 && r->at[0] == '\\' &&
                    r->at[1] == 'u';
        if (pair) r->at += 2;
        if (!pair || !take_hex(r, &low) || low < 0xDC00 || low >= 0xE000)
            return bad(r, "half a surrogate pair");
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    }

    *to += utf8_write(point, *to);
    return ELMAN_OK;
}

static elman_status take_escape(reader *r, char **to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    r->at++;
    if (r->at == r->end) return bad(r, "a string without an end");

    if (*r->at == 'u') {
        r->at++;
        return take_unicode(r, to);
    }

    const char *known = *r->at ? strchr(from, *r->at) : NULL;
    if (!known) return bad(r, "an unknown escape");
    *(*to)++ = into[known - from];
    r->at++;
    return ELMAN_OK;
}

/* A string, with r at its first quote; zero-terminated in place. */
static elman_status take_string(reader *r, const char **text, size_t *bytes)
{
    char *to = ++r->at, *first = to;
    uint32_t point;

    for (;;) {
        if (r->at == r->end) return bad(r, "a string without an end");
        if (*r->at == '"') break;
        if (*r->at == '\\') {
            TRY(take_escape(r, &to));
            continue;
        }

        /* any other character stands for itself */
        size_t length = utf8_read(r->at, (size_t)(r->end - r->at), &point);
        if (length == 0) return bad(r, "not UTF-8");
        if (point < 0x20) return bad(r, "a control character in a string");
        memmove(to, r->at, length);
        to += length;
        r->at += length;
    }

    /* past the closing quote, which leaves room for a zero */
    r->at++;
    *to = 0;
    *text = first;
    *bytes = (size_t)(to - first);
    return ELMAN_OK;
}

/* ---- Values ------------------------------------------------------------- */

static size_t count_digits(const char *c, const char *end)
{
    size_t count = 0;
    while (c + count < end && c[count] >= '0' && c[count] <= '9')
        count++;
    return count;
}

/* The length of the number at c by JSON's grammar, or 0. */
static size_t number_bytes(const char *c, const char *end, bool *whole)
{
    const char *first = c;
    *whole = true;

    /* the integer part, without superfluous zeros */
    c += c < end && *c == '-';
    size_t count = count_digits(c, end);
    if (count == 0 || (count > 1 && *c == '0')) return 0;
    c += count;

    /* the fraction */
    if (c < end && *c == '.') {
        *whole = false;
        count = count_digits(++c, end);
        if (count == 0) return 0;
        c += count;
    }

    /* the exponent */
    if (c < end && (*c == 'e' || *c == 'E')) {
        *whole = false;
        c++;
        c += c < end && (*c == '-' || *c == '+');
        count = count_digits(c, end);
        if (count == 0) return 0;
        c += count;
    }

    return (size_t)(c - first);
}

/* A whole number, summed as a negative one: those reach one further. */
static bool read_whole(const char *text, int64_t *value)
{
    bool minus = *text == '-';
    *value = 0;

    for (text += minus; *text; text++) {
        int digit = *text - '0';
        if (*value < (INT64_MIN + digit) / 10) return false;
        *value = *value * 10 - digit;
    }

    if (!minus && *value == INT64_MIN) return false;
    if (!minus) *value = -*value;
    return true;
}

static elman_status take_number(reader *r, json_node *node)
{
    char text[LONGEST_NUMBER + 1];
    bool whole;
    size_t bytes = number_bytes(r->at, r->end, &whole);
    if (bytes == 0) return bad(r, "expected a value");
    if (bytes > LONGEST_NUMBER) return bad(r, "a number with too many digits");

    /* the text goes on, so the number gets a zero of its own */
    memcpy(text, r->at, bytes);
    text[bytes] = 0;
    node->kind = whole ? JSON_KIND_WHOLE : JSON_KIND_NUMBER;

    bool fits = whole ? read_whole(text, &node->is.whole)
                      : number_parse(text, &node->is.number) == NUMBER_VALUE;
    if (!fits) return bad(r, "a number out of range");

    r->at += bytes;
    return ELMAN_OK;
}

static elman_status take_word(reader *r, json_node *node)
{
    static const struct {
        const char *word;
        json_kind kind;
    } words[] = {{"null", JSON_KIND_NULL},
                 {"false", JSON_KIND_FALSE},
                 {"true", JSON_KIND_TRUE}};

    /* anything but these words must be a number */
    for (size_t i = 0; i < 3; i++) {
        size_t bytes = strlen(words[i].word);
        if ((size_t)(r->end - r->at) < bytes ||
            memcmp(r->at, words[i].word, bytes) != 0)
            continue;
        node->kind = words[i].kind;
        r->at += bytes;
        return ELMAN_OK;
    }

    return take_number(r, node);
}

/* One value; of a list or object only its bracket. */
static elman_status take_value(reader *r, json_node *node)
{
    skip_spaces(r);
    if (r->at == r->end) return bad(r, "the text ends unexpectedly");

    if (*r->at == '"') {
        node->kind = JSON_KIND_TEXT;
        TRY(take_string(r, &node->is.text, &node->count));
        if (!r->zeros && memchr(node->is.text, 0, node->count))
            return bad(r, "a zero byte in a string");
        return ELMAN_OK;
    }

    if (*r->at != '[' && *r->at != '{') return take_word(r, node);
    if (r->depth == JSON_MAX_DEPTH) return bad(r, "nested too deeply");

    /* its members are read later, one by one */
    node->kind = *r->at++ == '[' ? JSON_KIND_LIST : JSON_KIND_OBJECT;
    r->open[r->depth] = node;
    r->tail[r->depth++] = &node->is.first;
    return ELMAN_OK;
}

static elman_status take_key(reader *r, json_node *node)
{
    size_t bytes = 0;
    skip_spaces(r);
    if (r->at == r->end || *r->at != '"')
        return bad(r, "expected a key in quotes");

    TRY(take_string(r, &node->key, &bytes));
    if (strlen(node->key) != bytes) return bad(r, "a zero byte in a key");

    return take(r, ':') ? ELMAN_OK : bad(r, "expected a colon after a key");
}

static int compare_keys(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

static elman_status check_keys(const reader *r, const json_node *object)
{
    if (object->count < 2) return ELMAN_OK;

    const char **keys = calloc(object->count, sizeof *keys);
    if (!keys) return no_memory();

    /* in sorted order equal keys are neighbours */
    size_t count = 0, twice = 0;
    for (const json_node *n = object->is.first; n; n = n->next)
        keys[count++] = n->key;
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < count && !twice; i++)
        if (!strcmp(keys[i - 1], keys[i])) twice = i;

    elman_status status =
        twice
            ? failure(ELMAN_BAD_FORMAT, "byte %zu: key \"%.80s\" occurs twice",
                      (size_t)(r->at - r->begin), keys[twice])
            : ELMAN_OK;

    free(keys);
    return status;
}

/* The next member of the innermost list or object, or its end. */
static elman_status take_member(reader *r)
{
    json_node *open = r->open[r->depth - 1];
    bool object = open->kind == JSON_KIND_OBJECT;

    if (take(r, object ? '}' : ']')) {
        r->depth--;
        return object ? check_keys(r, open) : ELMAN_OK;
    }

    if (open->count > 0 && !take(r, ','))
        return bad(r, "expected a comma or a closing bracket");
    json_node *node = take_node(r->tree);
    if (!node) return no_memory();

    /* link the new member after the last one */
    *r->tail[r->depth - 1] = node;
    r->tail[r->depth - 1] = &node->next;
    open->count++;

    if (object) TRY(take_key(r, node));
    return take_value(r, node);
}

static elman_status read_all(reader *r)
{
    r->tree->root = take_node(r->tree);
    if (!r->tree->root) return no_memory();
    TRY(take_value(r, r->tree->root));

    while (r->depth > 0)
        TRY(take_member(r));

    skip_spaces(r);
    return r->at == r->end ? ELMAN_OK : bad(r, "text after the value");
}

elman_status json_read(char *text, size_t bytes, bool zeros, json_tree **tree)
{
    reader r = {.begin = text, .at = text, .end = text + bytes, .zeros = zeros};

    r.tree = calloc(1, sizeof *r.tree);
    if (!r.tree) return no_memory();

    elman_status status = read_all(&r);
    if (status == ELMAN_OK) *tree = r.tree;
    else json_close(r.tree);
    return status;
}

void json_close(json_tree *tree)
{
    if (!tree) return;
    while (tree->last) {
        chunk *before = tree->last->before;
        free(tree->last);
        tree->last = before;
    }
    free(tree);
}

const json_node *json_root(const json_tree *tree) { return tree->root; }

/* ---- Finding ------------------------------------------------------------ */

const json_node *json_find(const json_node *node, const char *key)
{
    if (!node || node->kind != JSON_KIND_OBJECT) return NULL;
    for (const json_node *n = node->is.first; n; n = n->next)
        if (!strcmp(n->key, key)) return n;
    return NULL;
}

bool json_whole(const json_node *node, int64_t *value)
{
    if (!node || node->kind != JSON_KIND_WHOLE) return false;
    *value = node->is.whole;
    return true;
}

bool json_number(const json_node *node, double *value)
{
    if (node && node->kind == JSON_KIND_WHOLE) *value = (double)node->is.whole;
    else if (node && node->kind == JSON_KIND_NUMBER) *value = node->is.number;
    else return false;
    return true;
}

const char *json_text(const json_node *node)
{
    return node && node->kind == JSON_KIND_TEXT ? node->is.text : NULL;
}
