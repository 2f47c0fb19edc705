/*
 * encoding.c: an encoding and its JSON text.
 *
 * {"version": 1, "task": "language", "unit": "characters", "tokens": ["\n",
 *  " ", "a"]}                            (bytes: "tokens": [10, 32, 97])
 * {"version": 1, "task": "forecast", "columns": [...] or null, "mean": [...],
 *  "scale": [...], "target_names": ..., "target_mean": [...], "target_scale":
 *  [...], "labels": [...], "window": 32, "horizon": 1}
 */
#include "data/encoding.h"

#include "base/memory.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const tasks[] = {
    [ELMAN_TASK_AUTO] = "auto",    [ELMAN_LANGUAGE] = "language",
    [ELMAN_CLASSIFY] = "classify", [ELMAN_TAG] = "tag",
    [ELMAN_FORECAST] = "forecast", [ELMAN_REGRESS] = "regress",
    [ELMAN_TRACK] = "track"};
enum { TASKS = sizeof tasks / sizeof *tasks };

static const char *const units[] = {[ELMAN_UNIT_AUTO] = "auto",
                                    [ELMAN_BYTES] = "bytes",
                                    [ELMAN_CHARACTERS] = "characters",
                                    [ELMAN_WORDS] = "words"};
enum { UNITS = sizeof units / sizeof *units };

static const char *const input_keys[] = {"mean", "scale", "columns"};
static const char *const target_keys[] = {"target_mean", "target_scale",
                                          "target_names"};

const char *task_name(elman_task task) { return tasks[task]; }

size_t encoding_outputs(const elman_encoding *encoding)
{
    switch (encoding->task) {
    case ELMAN_LANGUAGE:
        return encoding->vocabulary;
    case ELMAN_CLASSIFY:
    case ELMAN_TAG:
        return encoding->classes;
    case ELMAN_FORECAST:
        return encoding->horizon * encoding->targets;
    default:
        return encoding->targets;
    }
}

bool encoding_per_sequence(const elman_encoding *encoding)
{
    return encoding->task == ELMAN_CLASSIFY ||
           encoding->task == ELMAN_FORECAST || encoding->task == ELMAN_REGRESS;
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
    free_texts(encoding->labels, encoding->classes);
    free_texts(encoding->columns, encoding->input_size);
    free_texts(encoding->target_names, encoding->targets);
    free(encoding->token_bytes);
    free(encoding->mean);
    free(encoding->scale);
    free(encoding->target_mean);
    free(encoding->target_scale);
    free(encoding);
}

/* ---- Reading ------------------------------------------------------------- */

static elman_status bad(const char *what)
{
    return failure(ELMAN_BAD_FORMAT, "encoding: %s", what);
}

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for an encoding");
}

/* The number of the word under key in a list of words. */
static elman_status read_word(const json_t *root, const char *key,
                              const char *const *words, size_t count,
                              size_t *number)
{
    const char *text = json_string_value(json_object_get(root, key));
    for (size_t i = 1; text && i < count; i++)
        if (!strcmp(text, words[i])) {
            *number = i;
            return ELMAN_OK;
        }
    return failure(ELMAN_BAD_FORMAT, "encoding: %s \"%.40s\" is unknown", key,
                   text ? text : "");
}

/* A whole number from 0 to most under key; 0 if it is not there. */
static elman_status read_size(const json_t *root, const char *key, size_t most,
                              size_t *size)
{
    const json_t *value = json_object_get(root, key);
    json_int_t number = json_integer_value(value);
    if (value &&
        (!json_is_integer(value) || number < 0 || (uintmax_t)number > most))
        return failure(ELMAN_BAD_FORMAT,
                       "encoding: %s is not a whole number from 0 to %zu", key,
                       most);
    *size = (size_t)number;
    return ELMAN_OK;
}

/* The text of one token or name: a string or, for a byte, its number. */
static elman_status read_text(const json_t *value, bool byte, char **text,
                              size_t *bytes)
{
    char one = (char)json_integer_value(value);
    const char *from = byte ? &one : json_string_value(value);
    *bytes = byte ? 1 : json_string_length(value);
    if (byte ? !json_is_integer(value) || json_integer_value(value) < 0 ||
                   json_integer_value(value) > 255
             : !from)
        return bad("a token or name is no text");
    *text = malloc(*bytes + 1);
    if (!*text) return no_memory();
    memcpy(*text, from, *bytes);
    (*text)[*bytes] = 0;
    return ELMAN_OK;
}

/* The list of texts under key; NULL if it is null or not there. lengths is
 * NULL unless texts may hold zeros. */
static elman_status read_texts(const json_t *root, const char *key, bool byte,
                               size_t *count, char ***texts, size_t **lengths)
{
    const json_t *list = json_object_get(root, key);
    if (!list || json_is_null(list)) return ELMAN_OK;
    if (!json_is_array(list)) return bad("a list of texts is no list");
    size_t size = json_array_size(list);
    *texts = calloc(size + 1, sizeof **texts);
    size_t *found =
        lengths ? *lengths = calloc(size + 1, sizeof **lengths) : NULL;
    if (!*texts || (lengths && !found)) return no_memory();
    for (size_t i = 0; i < size; i++) {
        size_t bytes;
        TRY(read_text(json_array_get(list, i), byte, &(*texts)[i], &bytes));
        *count = i + 1;
        if (found) found[i] = bytes;
        else if (strlen((*texts)[i]) != bytes)
            return bad("a name holds a zero byte");
    }
    return ELMAN_OK;
}

/* The list of numbers under key; they are finite, for JSON has no others. */
static elman_status read_reals(const json_t *root, const char *key,
                               size_t *count, double **reals)
{
    const json_t *list = json_object_get(root, key);
    if (!list) return ELMAN_OK;
    *count = json_array_size(list);
    *reals = calloc(*count + 1, sizeof **reals);
    if (!*reals) return no_memory();
    for (size_t i = 0; i < *count; i++) {
        const json_t *value = json_array_get(list, i);
        if (!json_is_number(value))
            return failure(ELMAN_BAD_FORMAT, "encoding: %s[%zu] is no number",
                           key, i);
        (*reals)[i] = json_number_value(value);
    }
    return ELMAN_OK;
}

/* Mean, scale and names of count columns: of one length, scales above 0. */
static elman_status read_columns(const json_t *root, const char *const keys[3],
                                 size_t *count, char ***names, double **mean,
                                 double **scale)
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
                       "encoding: %zu of %s, %zu of %s, %zu of %s", *count,
                       keys[0], scales, keys[1], named, keys[2]);
    }
    for (size_t i = 0; i < scales; i++)
        if (!((*scale)[i] > 0))
            return failure(ELMAN_BAD_FORMAT, "encoding: %s[%zu] is not above 0",
                           keys[1], i);
    return ELMAN_OK;
}

/* Tokens ascend, so none is there twice. */
static elman_status check_tokens(const elman_encoding *e)
{
    if (e->vocabulary == 0 || e->vocabulary > INT32_MAX)
        return bad("no tokens, or too many");
    for (size_t i = 0; i < e->vocabulary; i++)
        if (e->token_bytes[i] == 0) return bad("a token is empty");
    for (size_t i = 1; i < e->vocabulary; i++) {
        size_t a = e->token_bytes[i - 1], b = e->token_bytes[i];
        int order = memcmp(e->tokens[i - 1], e->tokens[i], a < b ? a : b);
        if (order > 0 || (order == 0 && a >= b))
            return failure(ELMAN_BAD_FORMAT,
                           "encoding: token %zu is not above the one before",
                           i);
    }
    return ELMAN_OK;
}

/* What each task must have. */
static elman_status check(const elman_encoding *e)
{
    bool classes = e->task == ELMAN_CLASSIFY || e->task == ELMAN_TAG;
    if (e->task == ELMAN_LANGUAGE) return check_tokens(e);
    if (e->input_size == 0) return bad("no inputs");
    if (classes && (e->classes == 0 || e->classes > INT32_MAX))
        return bad("no labels, or too many");
    if (!classes && e->targets == 0) return bad("no targets");
    if (e->task == ELMAN_FORECAST && (e->window == 0 || e->horizon == 0))
        return bad("a forecast without window or horizon");
    return ELMAN_OK;
}

static elman_status read_root(const json_t *root, elman_encoding *e)
{
    const size_t most = SIZE_MAX >> 32; /* so that products fit */
    size_t word = 0;
    if (json_integer_value(json_object_get(root, "version")) != 1)
        return bad("version is not 1");
    TRY(read_word(root, "task", tasks, TASKS, &word));
    e->task = (elman_task)word;
    if (e->task == ELMAN_LANGUAGE) {
        TRY(read_word(root, "unit", units, UNITS, &word));
        e->unit = (elman_unit)word;
    }
    TRY(read_texts(root, "tokens", e->unit == ELMAN_BYTES, &e->vocabulary,
                   &e->tokens, &e->token_bytes));
    TRY(read_texts(root, "labels", false, &e->classes, &e->labels, NULL));
    TRY(read_columns(root, input_keys, &e->input_size, &e->columns, &e->mean,
                     &e->scale));
    TRY(read_columns(root, target_keys, &e->targets, &e->target_names,
                     &e->target_mean, &e->target_scale));
    TRY(read_size(root, "window", most, &e->window));
    TRY(read_size(root, "horizon", most, &e->horizon));
    return check(e);
}

elman_status encoding_create(const char *text, elman_encoding **encoding)
{
    json_error_t error;
    json_t *root =
        json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!root)
        return failure(ELMAN_BAD_FORMAT, "encoding: byte %d: %s",
                       error.position, error.text);
    elman_encoding *made = calloc(1, sizeof *made);
    elman_status status = made ? read_root(root, made) : no_memory();
    json_decref(root);
    if (status == ELMAN_OK) *encoding = made;
    else encoding_destroy(made);
    return status;
}

/* ---- Writing ------------------------------------------------------------- */

/* Each returns a new value, or NULL. */
static json_t *list_texts(char *const *texts, const size_t *bytes, size_t count,
                          bool byte)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        size_t length = bytes ? bytes[i] : strlen(texts[i]);
        json_t *text = byte ? json_integer((unsigned char)texts[i][0])
                            : json_stringn(texts[i], length);
        if (json_array_append_new(list, text)) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *list_reals(const double *reals, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(list, json_real(reals[i]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* A value that could not be made can not be set either. */
static void set(json_t *root, const char *key, json_t *value, bool *failed)
{
    if (json_object_set_new(root, key, value)) *failed = true;
}

static void set_columns(json_t *root, const char *const keys[3], size_t count,
                        char *const *names, const double *mean,
                        const double *scale, bool *failed)
{
    if (count == 0) return;
    set(root, keys[0], list_reals(mean, count), failed);
    set(root, keys[1], list_reals(scale, count), failed);
    if (names)
        set(root, keys[2], list_texts(names, NULL, count, false), failed);
}

/* Everything but what is empty; false if something failed. */
static bool fill(const elman_encoding *e, json_t *root)
{
    bool failed = false;
    set(root, "version", json_integer(1), &failed);
    set(root, "task", json_string(tasks[e->task]), &failed);
    if (e->tokens) {
        bool byte = e->unit == ELMAN_BYTES;
        set(root, "unit", json_string(units[e->unit]), &failed);
        set(root, "tokens",
            list_texts(e->tokens, e->token_bytes, e->vocabulary, byte),
            &failed);
    }
    if (e->labels)
        set(root, "labels", list_texts(e->labels, NULL, e->classes, false),
            &failed);
    set_columns(root, input_keys, e->input_size, e->columns, e->mean, e->scale,
                &failed);
    set_columns(root, target_keys, e->targets, e->target_names, e->target_mean,
                e->target_scale, &failed);
    if (e->window)
        set(root, "window", json_integer((json_int_t)e->window), &failed);
    if (e->horizon)
        set(root, "horizon", json_integer((json_int_t)e->horizon), &failed);
    return !failed;
}

elman_status encoding_write(const elman_encoding *encoding, char **text)
{
    json_t *root = json_object();
    *text = root && fill(encoding, root)
                ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17))
                : NULL;
    json_decref(root);
    return *text ? ELMAN_OK : no_memory();
}
