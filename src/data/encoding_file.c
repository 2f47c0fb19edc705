/*
 * encoding_file.c: see encoding_file.h.
 */
#include "data/encoding_file.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static const char *const ways[] = {[ELMAN_MISSING_REFUSE] = "refuse",
                                   [ELMAN_MISSING_DROP] = "drop",
                                   [ELMAN_MISSING_PREVIOUS] = "previous",
                                   [ELMAN_MISSING_MEAN] = "mean"};
enum { WAY_COUNT = sizeof ways / sizeof *ways };

static elman_status bad(const char *key, const char *expected)
{
    return failure(ELMAN_BAD_FORMAT, "encoding: %s is not %s", key, expected);
}

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for an encoding");
}

/* ---- Reading ------------------------------------------------------------ */

/* The list under key, which must have count entries; NULL if it is missing. */
static elman_status find_list(const json_node *root, const char *key,
                              size_t count, const json_node **list)
{
    *list = json_find(root, key);
    if (!*list || (*list)->kind == JSON_KIND_NULL) *list = NULL;
    else if ((*list)->kind != JSON_KIND_LIST || (*list)->count != count)
        return bad(key, "a list as long as the columns");
    return ELMAN_OK;
}

/* Places of columns, from 1. */
static elman_status read_places(const json_node *root, const char *key,
                                size_t count, size_t **places)
{
    const json_node *list;
    TRY(find_list(root, key, count, &list));
    if (!list) return ELMAN_OK;
    *places = calloc(count + 1, sizeof **places);
    if (!*places) return no_memory();

    size_t i = 0;
    for (const json_node *n = list->is.first; n; n = n->next) {
        int64_t place = 0;
        if (!json_whole(n, &place) || place < 1 || place > INT32_MAX)
            return bad(key, "a list of columns, counted from 1");
        (*places)[i++] = (size_t)place;
    }
    return ELMAN_OK;
}

static elman_status read_fill(const json_node *root, elman_encoding *e)
{
    const json_node *list;
    TRY(find_list(root, "fill", e->input_size, &list));
    if (!list) return ELMAN_OK;
    e->fill = calloc(e->input_size + 1, sizeof *e->fill);
    if (!e->fill) return no_memory();

    size_t i = 0;
    for (const json_node *n = list->is.first; n; n = n->next)
        if (!json_number(n, &e->fill[i++]))
            return bad("fill", "a list of numbers");
    return ELMAN_OK;
}

/* A text that is not empty and holds no zero byte. */
static elman_status read_name(const json_node *root, const char *key,
                              char **name)
{
    const json_node *value = json_find(root, key);
    if (!value || value->kind == JSON_KIND_NULL) return ELMAN_OK;

    const char *text = json_text(value);
    if (!text || !text[0] || strlen(text) != value->count)
        return bad(key, "the name of a column");
    *name = text_copy(text);
    return *name ? ELMAN_OK : no_memory();
}

/* One of the characters allowed. */
static elman_status read_mark(const json_node *root, const char *key,
                              const char *allowed, char *mark)
{
    const json_node *value = json_find(root, key);
    if (!value || value->kind == JSON_KIND_NULL) return ELMAN_OK;

    const char *text = json_text(value);
    if (!text || value->count != 1 || !text[0] || !strchr(allowed, text[0]))
        return bad(key, "a mark in numbers");
    *mark = text[0];
    return ELMAN_OK;
}

static elman_status read_missing(const json_node *root, elman_encoding *e)
{
    const json_node *value = json_find(root, "missing");
    if (!value || value->kind == JSON_KIND_NULL) return ELMAN_OK;

    const char *text = json_text(value);
    for (size_t i = 0; text && i < WAY_COUNT; i++)
        if (!strcmp(text, ways[i])) {
            e->missing = (elman_missing)i;
            return ELMAN_OK;
        }
    return bad("missing", "refuse, drop, previous or mean");
}

/* Steps, and the order of axes. */
static elman_status read_form(const json_node *root, elman_encoding *e)
{
    const json_node *first = json_find(root, "channels_first"),
                    *steps = json_find(root, "steps");
    int64_t number = 0;

    if (first && first->kind != JSON_KIND_TRUE &&
        first->kind != JSON_KIND_FALSE)
        return bad("channels_first", "true or false");
    e->channels_first = first && first->kind == JSON_KIND_TRUE;

    /* words with or without the blank before them */
    const json_node *bare = json_find(root, "bare");
    if (bare && bare->kind != JSON_KIND_TRUE && bare->kind != JSON_KIND_FALSE)
        return bad("bare", "true or false");
    e->bare = bare && bare->kind == JSON_KIND_TRUE;

    if (steps &&
        (!json_whole(steps, &number) || number < 0 || number >= INT64_MAX / 2))
        return bad("steps", "a whole number from 0");
    if (!size_narrow((uint64_t)number, &e->steps)) return bad("steps", A_SIZE);
    return ELMAN_OK;
}

elman_status encoding_read_file(const json_node *root, elman_encoding *e)
{
    TRY(read_places(root, "positions", e->input_size, &e->positions));
    TRY(read_places(root, "target_positions", e->target_count,
                    &e->target_positions));
    TRY(read_name(root, "time", &e->time));
    TRY(read_name(root, "by", &e->by));

    TRY(read_mark(root, "decimal", ".,", &e->decimal));
    TRY(read_mark(root, "thousands", ",.' _", &e->thousands));
    if (e->decimal && e->decimal == e->thousands)
        return bad("thousands", "another mark than decimal");

    TRY(read_missing(root, e));
    TRY(read_form(root, e));
    return read_fill(root, e);
}

/* ---- Writing ------------------------------------------------------------ */

static void write_places(json_writer *w, const char *key, const size_t *places,
                         size_t count)
{
    if (!places || count == 0) return;
    json_write_key(w, key);
    json_begin(w, '[');
    for (size_t i = 0; i < count; i++)
        json_write_whole(w, (int64_t)places[i]);
    json_end(w, ']');
}

static void write_text(json_writer *w, const char *key, const char *text,
                       size_t bytes)
{
    if (!text || bytes == 0) return;
    json_write_key(w, key);
    json_write_text(w, text, bytes);
}

void encoding_write_file(json_writer *w, const elman_encoding *e)
{
    write_places(w, "positions", e->positions, e->input_size);
    write_places(w, "target_positions", e->target_positions, e->target_count);
    write_text(w, "time", e->time, e->time ? strlen(e->time) : 0);
    write_text(w, "by", e->by, e->by ? strlen(e->by) : 0);

    write_text(w, "decimal", &e->decimal, e->decimal ? 1 : 0);
    write_text(w, "thousands", &e->thousands, e->thousands ? 1 : 0);
    if (e->missing)
        write_text(w, "missing", ways[e->missing], strlen(ways[e->missing]));

    /* steps, and the order of axes */
    if (e->steps) {
        json_write_key(w, "steps");
        json_write_whole(w, (int64_t)e->steps);
    }
    if (e->channels_first) {
        json_write_key(w, "channels_first");
        json_write_bool(w, true);
    }

    if (e->bare) {
        json_write_key(w, "bare");
        json_write_bool(w, true);
    }

    if (!e->fill) return;
    json_write_key(w, "fill");
    json_begin(w, '[');
    for (size_t i = 0; i < e->input_size; i++)
        json_write_number(w, e->fill[i]);
    json_end(w, ']');
}
