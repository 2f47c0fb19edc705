/*
 * encoding.c: an encoding and its JSON text.
 *
 * {"version": 1, "task": "language", "unit": "characters", "tokens": ["\n",
 *  " ", "a"]}                            (bytes: "tokens": [10, 32, 97])
 * {"version": 1, "task": "forecast", "columns": [...] or null, "mean": [...],
 *  "scale": [...], "target_names": ..., "target_mean": [...], "target_scale":
 *  [...], "labels": [...], "window": 32, "horizon": 1, "season": 12,
 *  "transform": "log,seasonal:12"}       (and what encoding_file.h says)
 */
#include "data/encoding.h"
#include "data/encoding_file.h"
#include "data/transform.h"

#include "base/memory.h"
#include "format/json.h"

#include <stdlib.h>
#include <string.h>

static const char *const tasks[] = {
    [ELMAN_TASK_AUTO] = "auto",         [ELMAN_TASK_LANGUAGE] = "language",
    [ELMAN_TASK_CLASSIFY] = "classify", [ELMAN_TASK_TAG] = "tag",
    [ELMAN_TASK_FORECAST] = "forecast", [ELMAN_TASK_REGRESS] = "regress",
    [ELMAN_TASK_TRACK] = "track"};
enum { TASK_COUNT = sizeof tasks / sizeof *tasks };

static const char *const units[] = {[ELMAN_UNIT_AUTO] = "auto",
                                    [ELMAN_UNIT_BYTES] = "bytes",
                                    [ELMAN_UNIT_CHARACTERS] = "characters",
                                    [ELMAN_UNIT_WORDS] = "words"};
enum { UNIT_COUNT = sizeof units / sizeof *units };

static const char *const input_keys[] = {"mean", "scale", "columns"};
static const char *const target_keys[] = {"target_mean", "target_scale",
                                          "target_names"};

const char *task_name(elman_task task) { return tasks[task]; }

size_t encoding_outputs(const elman_encoding *encoding)
{
    switch (encoding->task) {
    case ELMAN_TASK_LANGUAGE:
        return encoding->vocabulary;
    case ELMAN_TASK_CLASSIFY:
    case ELMAN_TASK_TAG:
        return encoding->class_count;
    case ELMAN_TASK_FORECAST:
        return encoding->horizon * encoding->target_count;
    default:
        return encoding->target_count;
    }
}

bool encoding_per_sequence(const elman_encoding *encoding)
{
    return encoding->task == ELMAN_TASK_CLASSIFY ||
           encoding->task == ELMAN_TASK_FORECAST ||
           encoding->task == ELMAN_TASK_REGRESS;
}

bool encoding_streams(const elman_encoding *encoding)
{
    transform t = {0};
    if (!encoding->transform) return true;
    if (transform_parse(encoding->transform, encoding->task, encoding->season,
                        &t))
        return false;
    return !t.last && !t.zscore;
}

size_t encoding_rows(const elman_encoding *encoding)
{
    transform t = {0};
    if (encoding->task != ELMAN_TASK_FORECAST) return 0;
    if (encoding->transform &&
        transform_parse(encoding->transform, encoding->task, encoding->season,
                        &t))
        return encoding->window;
    return encoding->window + transform_lost(&t);
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts && i < count; i++)
        free(texts[i]);
    free(texts);
}

void encoding_destroy(elman_encoding *encoding)
{
    if (!encoding) return;
    free_texts(encoding->tokens, encoding->vocabulary);
    free_texts(encoding->labels, encoding->class_count);
    free_texts(encoding->columns, encoding->input_size);
    free_texts(encoding->target_names, encoding->target_count);

    /* and what has no texts */
    free(encoding->token_bytes);
    free(encoding->sorted);
    free(encoding->mean);
    free(encoding->scale);
    free(encoding->target_mean);
    free(encoding->target_scale);
    free(encoding->positions);
    free(encoding->target_positions);
    free(encoding->time);
    free(encoding->by);
    free(encoding->fill);
    free(encoding->transform);
    free(encoding);
}

/* ---- Reading ------------------------------------------------------------ */

static elman_status bad(const char *what)
{
    return failure(ELMAN_BAD_FORMAT, "encoding: %s", what);
}

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for an encoding");
}

/* Finds the word under key in a list of words; number is its index. */
static elman_status read_word(const json_node *root, const char *key,
                              const char *const *words, size_t count,
                              size_t *number)
{
    const char *text = json_text(json_find(root, key));
    for (size_t i = 1; text && i < count; i++)
        if (!strcmp(text, words[i])) {
            *number = i;
            return ELMAN_OK;
        }
    return failure(ELMAN_BAD_FORMAT, "encoding: %s \"%.40s\" is unknown", key,
                   text ? text : "");
}

/* Reads the whole number from 0 to most under key; 0 if key is missing. */
static elman_status read_size(const json_node *root, const char *key,
                              size_t most, size_t *size)
{
    const json_node *value = json_find(root, key);
    int64_t number = 0;
    if (value &&
        (!json_whole(value, &number) || number < 0 || (uint64_t)number > most))
        return failure(ELMAN_BAD_FORMAT,
                       "encoding: %s is not a whole number from 0 to %zu", key,
                       most);

    *size = (size_t)number;
    return ELMAN_OK;
}

/* Reads the text of one token or name: a string or, for a byte, its number. */
static elman_status read_text(const json_node *value, bool byte, char **text,
                              size_t *bytes)
{
    int64_t number = -1;
    if (byte ? !json_whole(value, &number) || number < 0 || number > 255
             : !json_text(value))
        return bad("a token or name is not a string");

    char one = (char)number;
    *bytes = byte ? 1 : value->count;
    *text = malloc(*bytes + 1);
    if (!*text) return no_memory();

    memcpy(*text, byte ? &one : json_text(value), *bytes);
    (*text)[*bytes] = 0;
    return ELMAN_OK;
}

/* Reads the list of texts under key; NULL if it is null or missing. lengths is
 * NULL unless the texts may hold zero bytes. */
static elman_status read_texts(const json_node *root, const char *key,
                               bool byte, size_t *count, char ***texts,
                               size_t **lengths)
{
    const json_node *list = json_find(root, key);
    if (!list || list->kind == JSON_KIND_NULL) return ELMAN_OK;
    if (list->kind != JSON_KIND_LIST)
        return bad("a list of texts is not a list");

    *texts = calloc(list->count + 1, sizeof **texts);
    size_t *found = NULL;
    if (lengths) found = *lengths = calloc(list->count + 1, sizeof **lengths);
    if (!*texts || (lengths && !found)) return no_memory();

    /* the count grows with each, so that encoding_destroy frees what was read
     * before a failure */
    for (const json_node *n = list->is.first; n; n = n->next) {
        size_t bytes = 0, i = *count;
        TRY(read_text(n, byte, &(*texts)[i], &bytes));
        *count = i + 1;
        if (found) found[i] = bytes;
        else if (strlen((*texts)[i]) != bytes)
            return bad("a name holds a zero byte");
    }
    return ELMAN_OK;
}

/* Reads the list of numbers under key; JSON has only finite ones. */
static elman_status read_reals(const json_node *root, const char *key,
                               size_t *count, double **reals)
{
    const json_node *list = json_find(root, key);
    if (!list) return ELMAN_OK;
    if (list->kind != JSON_KIND_LIST)
        return bad("a list of numbers is not a list");

    *reals = calloc(list->count + 1, sizeof **reals);
    if (!*reals) return no_memory();

    for (const json_node *n = list->is.first; n; n = n->next, ++*count)
        if (!json_number(n, &(*reals)[*count]))
            return failure(ELMAN_BAD_FORMAT,
                           "encoding: %s[%zu] is not a number", key, *count);
    return ELMAN_OK;
}

/* Reads mean, scale and names of the columns: lists of one length, or no names;
 * scales must be above 0. */
static elman_status read_columns(const json_node *root,
                                 const char *const keys[3], size_t *count,
                                 char ***names, double **mean, double **scale)
{
    size_t named = 0, scales = 0;

    TRY(read_reals(root, keys[0], count, mean));
    TRY(read_reals(root, keys[1], &scales, scale));

    elman_status status = read_texts(root, keys[2], false, &named, names, NULL);
    bool fits = scales == *count && (!*names || named == *count);
    if (status != ELMAN_OK || !fits) {
        free_texts(*names, named); /* named is not what destroy would free */
        *names = NULL;
        TRY(status);
        return failure(ELMAN_BAD_FORMAT,
                       "encoding: %s has %zu entries, %s %zu, %s %zu; expected "
                       "as many of each",
                       keys[0], *count, keys[1], scales, keys[2], named);
    }

    for (size_t i = 0; i < scales; i++)
        if (!((*scale)[i] > 0))
            return failure(ELMAN_BAD_FORMAT, "encoding: %s[%zu] is not above 0",
                           keys[1], i);
    return ELMAN_OK;
}

/* In the order of their bytes, a prefix before what it begins. */
static int compare_tokens(const elman_encoding *e, size_t i, size_t j)
{
    size_t a = e->token_bytes[i], b = e->token_bytes[j];
    int order = memcmp(e->tokens[i], e->tokens[j], a < b ? a : b);
    return order ? order : (a > b) - (a < b);
}

/* Puts the tokens first to first + count in order, by merging halves. */
static void sort_tokens(const elman_encoding *e, int32_t *first, size_t count,
                        int32_t *room)
{
    if (count < 2) return;
    size_t half = count / 2, i = 0, j = half;
    sort_tokens(e, first, half, room);
    sort_tokens(e, first + half, count - half, room);

    for (size_t k = 0; k < count; k++) {
        bool left =
            j == count || (i < half && compare_tokens(e, (size_t)first[i],
                                                      (size_t)first[j]) <= 0);
        room[k] = left ? first[i++] : first[j++];
    }
    memcpy(first, room, count * sizeof *first);
}

/* Finds the order of tokens that stand in another one; none may occur twice. */
static elman_status order_tokens(elman_encoding *e)
{
    size_t V = e->vocabulary;
    int32_t *room = calloc(V, sizeof *room);
    e->sorted = calloc(V, sizeof *e->sorted);
    if (!room || !e->sorted) {
        free(room);
        return no_memory();
    }

    /* equal tokens end up beside each other */
    for (size_t i = 0; i < V; i++)
        e->sorted[i] = (int32_t)i;
    sort_tokens(e, e->sorted, V, room);
    free(room);

    for (size_t i = 1; i < V; i++)
        if (compare_tokens(e, (size_t)e->sorted[i - 1], (size_t)e->sorted[i]) ==
            0)
            return failure(ELMAN_BAD_FORMAT,
                           "encoding: token %ld is token %ld again",
                           (long)e->sorted[i], (long)e->sorted[i - 1]);
    return ELMAN_OK;
}

static elman_status check_tokens(elman_encoding *e)
{
    if (e->vocabulary == 0 || e->vocabulary > INT32_MAX)
        return bad("no tokens, or too many");

    for (size_t i = 0; i < e->vocabulary; i++)
        if (e->token_bytes[i] == 0) return bad("a token is empty");

    /* as this library writes them they are in order, which others need not be
     */
    for (size_t i = 1; i < e->vocabulary; i++)
        if (compare_tokens(e, i - 1, i) >= 0) return order_tokens(e);
    return ELMAN_OK;
}

/* Checks that the encoding has what its task needs. */
static elman_status check(elman_encoding *e)
{
    bool classes = e->task == ELMAN_TASK_CLASSIFY || e->task == ELMAN_TASK_TAG;

    if (e->task == ELMAN_TASK_LANGUAGE) return check_tokens(e);
    if (e->input_size == 0) return bad("no inputs");

    if (classes && (e->class_count == 0 || e->class_count > INT32_MAX))
        return bad("no labels, or too many");
    if (!classes && e->target_count == 0) return bad("no targets");

    if (e->task == ELMAN_TASK_FORECAST && (e->window == 0 || e->horizon == 0))
        return bad("a forecast without window or horizon");
    return ELMAN_OK;
}

/* Reads the list of transforms, which must be one for the task. */
static elman_status read_transform(const json_node *root, elman_encoding *e)
{
    const json_node *list = json_find(root, "transform");
    transform ignored;
    size_t bytes = 0;
    if (!list || list->kind == JSON_KIND_NULL) return ELMAN_OK;

    TRY(read_text(list, false, &e->transform, &bytes));
    elman_status status =
        transform_parse(e->transform, e->task, e->season, &ignored);
    return status == ELMAN_OK ? status : failure_in(status, "encoding");
}

static elman_status read_root(const json_node *root, elman_encoding *e)
{
    const size_t most = SIZE_MAX >> (4 * sizeof(size_t)); /* products fit */
    size_t word = 0;
    int64_t version = 0;
    if (!json_whole(json_find(root, "version"), &version) || version != 1)
        return bad("version is not 1");

    TRY(read_word(root, "task", tasks, TASK_COUNT, &word));
    e->task = (elman_task)word;
    if (e->task == ELMAN_TASK_LANGUAGE) {
        TRY(read_word(root, "unit", units, UNIT_COUNT, &word));
        e->unit = (elman_unit)word;
    }

    TRY(read_texts(root, "tokens", e->unit == ELMAN_UNIT_BYTES, &e->vocabulary,
                   &e->tokens, &e->token_bytes));
    TRY(read_texts(root, "labels", false, &e->class_count, &e->labels, NULL));

    TRY(read_columns(root, input_keys, &e->input_size, &e->columns, &e->mean,
                     &e->scale));
    TRY(read_columns(root, target_keys, &e->target_count, &e->target_names,
                     &e->target_mean, &e->target_scale));

    TRY(read_size(root, "window", most, &e->window));
    TRY(read_size(root, "horizon", most, &e->horizon));
    TRY(read_size(root, "season", most, &e->season));
    TRY(read_transform(root, e));
    TRY(encoding_read_file(root, e));

    return check(e);
}

elman_status encoding_create(const char *text, elman_encoding **encoding)
{
    json_tree *tree = NULL;
    elman_encoding *made = calloc(1, sizeof *made);
    char *copy = text_copy(text); /* reading writes over it */
    elman_status status = made && copy ? ELMAN_OK : no_memory();

    if (status) goto done;
    status = json_read(copy, strlen(copy), true, &tree);
    if (status != ELMAN_OK) status = failure_in(status, "encoding");
    else status = read_root(json_root(tree), made);
done:
    json_close(tree);
    free(copy);

    if (status == ELMAN_OK) *encoding = made;
    else encoding_destroy(made);
    return status;
}

/* ---- Writing ------------------------------------------------------------ */

static void write_texts(json_writer *w, const char *key, char *const *texts,
                        const size_t *bytes, size_t count)
{
    json_write_key(w, key);
    json_begin(w, '[');
    for (size_t i = 0; i < count; i++)
        json_write_text(w, texts[i], bytes ? bytes[i] : strlen(texts[i]));
    json_end(w, ']');
}

static void write_reals(json_writer *w, const char *key, const double *reals,
                        size_t count)
{
    json_write_key(w, key);
    json_begin(w, '[');
    for (size_t i = 0; i < count; i++)
        json_write_number(w, reals[i]);
    json_end(w, ']');
}

static void write_word(json_writer *w, const char *key, const char *word)
{
    json_write_key(w, key);
    json_write_text(w, word, strlen(word));
}

static void write_columns(json_writer *w, const char *const keys[3],
                          size_t count, char *const *names, const double *mean,
                          const double *scale)
{
    if (count == 0) return;
    write_reals(w, keys[0], mean, count);
    write_reals(w, keys[1], scale, count);
    if (names) write_texts(w, keys[2], names, NULL, count);
}

static void write_size(json_writer *w, const char *key, size_t size)
{
    if (size == 0) return;
    json_write_key(w, key);
    json_write_whole(w, (int64_t)size);
}

/* Bytes are written as numbers: on their own they may not be valid UTF-8. */
static void write_tokens(json_writer *w, const elman_encoding *e)
{
    write_word(w, "unit", units[e->unit]);

    if (e->unit != ELMAN_UNIT_BYTES) {
        write_texts(w, "tokens", e->tokens, e->token_bytes, e->vocabulary);
        return;
    }

    json_write_key(w, "tokens");
    json_begin(w, '[');
    for (size_t i = 0; i < e->vocabulary; i++)
        json_write_whole(w, (unsigned char)e->tokens[i][0]);
    json_end(w, ']');
}

elman_status encoding_write(const elman_encoding *e, char **text)
{
    json_writer w = {0};

    json_begin(&w, '{');
    write_size(&w, "version", 1);
    write_word(&w, "task", tasks[e->task]);

    /* a key that the task has no use for is left out */
    if (e->tokens) write_tokens(&w, e);
    if (e->labels) write_texts(&w, "labels", e->labels, NULL, e->class_count);

    write_columns(&w, input_keys, e->input_size, e->columns, e->mean, e->scale);
    write_columns(&w, target_keys, e->target_count, e->target_names,
                  e->target_mean, e->target_scale);

    write_size(&w, "window", e->window);
    write_size(&w, "horizon", e->horizon);
    write_size(&w, "season", e->season);
    if (e->transform) write_word(&w, "transform", e->transform);
    encoding_write_file(&w, e);

    json_end(&w, '}');
    return json_finish(&w, text);
}
