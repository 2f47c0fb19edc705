/* json.c: what is read can be written, and is then read as the same. */
#include "fuzz.h"

#include "format/json.h"

#include <stdlib.h>
#include <string.h>

static void write_value(json_writer *w, const json_node *node)
{
    switch (node->kind) {
    case JSON_KIND_NULL:
        /* the writer has none: nothing of ours is ever null */
        json_write_text(w, "null", 4);
        break;
    case JSON_KIND_FALSE:
    case JSON_KIND_TRUE:
        json_write_bool(w, node->kind == JSON_KIND_TRUE);
        break;
    case JSON_KIND_WHOLE:
        json_write_whole(w, node->is.whole);
        break;
    case JSON_KIND_NUMBER:
        json_write_number(w, node->is.number);
        break;
    case JSON_KIND_TEXT:
        MUST(node->is.text[node->count] == 0);
        json_write_text(w, node->is.text, node->count);
        break;
    case JSON_KIND_LIST:
    case JSON_KIND_OBJECT:
        break;
    }
}

/* Recursion is safe here: JSON_MAX_DEPTH bounds it. */
static void write_tree(json_writer *w, const json_node *node)
{
    bool list = node->kind == JSON_KIND_LIST;
    if (!list && node->kind != JSON_KIND_OBJECT) {
        write_value(w, node);
        return;
    }
    size_t count = 0;
    json_begin(w, list ? '[' : '{');
    for (const json_node *n = node->is.first; n; n = n->next, count++) {
        MUST(list == !n->key);
        if (n->key) json_write_key(w, n->key);
        write_tree(w, n);
    }
    MUST(count == node->count);
    json_end(w, list ? ']' : '}');
}

/* The text of a text read and written; NULL if it was refused. */
static char *pass(char *text, size_t size, bool zeros)
{
    json_tree *tree = NULL;
    json_writer w = {0};
    char *written = NULL;
    if (json_read(text, size, zeros, &tree) != ELMAN_OK) {
        fuzz_refused("byte");
        return NULL;
    }
    write_tree(&w, json_root(tree));
    MUST_OK(json_finish(&w, &written));
    json_close(tree);
    return written;
}

static void run(const uint8_t *data, size_t size)
{
    for (int zeros = 0; zeros < 2; zeros++) {
        char *text = fuzz_copy(data, size);
        char *once = pass(text, size, zeros);
        if (once) {
            size_t bytes = strlen(once);
            char *copy = fuzz_copy((const uint8_t *)once, bytes);
            char *twice = pass(copy, bytes, zeros);
            MUST(twice && !strcmp(once, twice));
            free(copy);
            free(twice);
        }
        free(once);
        free(text);
    }
}

const fuzz_target target = {.run = run};
