/*
 * json.h: JSON (RFC 8259), read strictly and written plainly.
 *
 * Our own, because jansson 2.14 ignores it when its text buffer cannot grow: a
 * number read or a key written then silently lacks a character, or an assertion
 * ends the process. Here running out of memory is ELMAN_NO_MEMORY, nothing
 * recurses, and a tree takes about 40 bytes for each value of the text.
 */
#ifndef FORMAT_JSON_H
#define FORMAT_JSON_H

#include "base/status.h"

enum { JSON_MAX_DEPTH = 64 };

typedef enum json_kind {
    JSON_KIND_NULL,
    JSON_KIND_FALSE,
    JSON_KIND_TRUE,
    JSON_KIND_WHOLE, /* a number without point and exponent, in 64 bits */
    JSON_KIND_NUMBER,
    JSON_KIND_TEXT,
    JSON_KIND_LIST,
    JSON_KIND_OBJECT
} json_kind;

typedef struct json_node {
    json_kind kind;
    const char *key; /* its name in an object, else NULL */
    size_t count;    /* bytes of a text, members of a list or object */
    union {
        int64_t whole;
        double number;
        const char *text; /* zero-terminated UTF-8 */
        struct json_node *first;
    } is;
    struct json_node *next; /* in the same list or object, or NULL */
} json_node;

typedef struct json_tree json_tree;

/* Reads text, which is overwritten and must outlive the tree. Refused, with the
 * byte: anything but one value, a key twice, bad UTF-8, a lone surrogate,
 * numbers out of range, more than JSON_MAX_DEPTH levels; zero bytes in keys
 * and, unless zeros is set, in texts. */
elman_status json_read(char *text, size_t bytes, bool zeros, json_tree **tree);
void json_close(json_tree *tree);
const json_node *json_root(const json_tree *tree);

/* The member of that name; NULL if there is none or node is not an object. */
const json_node *json_find(const json_node *node, const char *key);

/* The value of a node, if node is not NULL and of that kind. A whole number is
 * a number as well. */
bool json_whole(const json_node *node, int64_t *value);
bool json_number(const json_node *node, double *value);
const char *json_text(const json_node *node);

/* A text that is being written; all zero is an empty one. */
typedef struct json_writer {
    char *text;
    size_t bytes, room;
    bool inside; /* a comma comes before the next member */
    bool failed; /* for lack of memory; all later calls do nothing */
} json_writer;

/* Begins a list '[' or an object '{', or ends it. */
void json_begin(json_writer *w, char bracket);
void json_end(json_writer *w, char bracket);

/* The name of the next value; then the value. Texts must be UTF-8. Numbers are
 * finite and come back to the same bits. */
void json_write_key(json_writer *w, const char *key);
void json_write_text(json_writer *w, const char *text, size_t bytes);
void json_write_whole(json_writer *w, int64_t value);
void json_write_number(json_writer *w, double value);
void json_write_bool(json_writer *w, bool value);
void json_write_null(json_writer *w);

/* The finished text; free() it. Ends the writer, also when it fails. */
elman_status json_finish(json_writer *w, char **text);

#endif
