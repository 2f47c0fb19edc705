/*
 * replay.c: the note "replay" of a checkpoint is JSON:
 *
 * {"version": 1, "elman": "0.9.0", "begin": 120, "step": 133,
 *  "data": "16 hexadecimal digits", "weights": "the same",
 *  "words": ["train", "x.csv", ...], "links": ["the loss is nan", ...]}
 */
#include "learn/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/hash.h"
#include "format/json.h"
#include "format/own.h"
#include "format/utf8.h"
#include "learn/checkpoint.h"
#include "model/config_text.h"

enum { REPLAY_VERSION = 1, HASH_DIGITS = 16 };

/* Of this library, as elman_version gives it. */
#define TEXT_OF(number)    #number
#define POINTS_OF(a, b, c) TEXT_OF(a) "." TEXT_OF(b) "." TEXT_OF(c)
static const char own_version[] =
    POINTS_OF(ELMAN_VERSION_MAJOR, ELMAN_VERSION_MINOR, ELMAN_VERSION_PATCH);

/* ---- Writing ------------------------------------------------------------ */

static void write_hash(json_writer *w, const char *key, uint64_t hash)
{
    char text[HASH_DIGITS + 1];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    json_write_key(w, key);
    json_write_text(w, text, HASH_DIGITS);
}

static elman_status write_note(const elman_replay *r, char **text)
{
    json_writer w = {0};
    json_begin(&w, '{');
    json_write_key(&w, "version");
    json_write_whole(&w, REPLAY_VERSION);
    json_write_key(&w, "elman");
    json_write_text(&w, r->version, strlen(r->version));
    json_write_key(&w, "begin");
    json_write_whole(&w, (int64_t)r->begin);
    json_write_key(&w, "step");
    json_write_whole(&w, (int64_t)r->step);
    write_hash(&w, "data", r->data);
    write_hash(&w, "weights", r->weights);

    /* the command, and what it came to */
    json_write_key(&w, "words");
    json_begin(&w, '[');
    for (size_t i = 0; i < r->word_count; i++)
        json_write_text(&w, r->words[i], strlen(r->words[i]));
    json_end(&w, ']');
    json_write_key(&w, "links");
    json_begin(&w, '[');
    for (size_t i = 0; i < r->link_count; i++)
        json_write_text(&w, r->links[i], strlen(r->links[i]));
    json_end(&w, ']');
    json_end(&w, '}');
    return json_finish(&w, text);
}

static elman_status check_words(const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!words[i] ||
            utf8_valid(words[i], strlen(words[i])) < strlen(words[i]))
            return failure(ELMAN_BAD_VALUE,
                           "word %zu of the command is not UTF-8, so that no "
                           "replay file can hold it",
                           i + 1);
    return ELMAN_OK;
}

elman_status replay_save(const elman_trainer *trainer, const elman_trace *trace,
                         const char *const *words, size_t count,
                         const char *path)
{
    elman_replay r = {.version = own_version,
                      .begin = trainer->progress.step,
                      .step = trace->step,
                      .weights = trace->weights,
                      .word_count = count,
                      .words = words,
                      .link_count = trace->count};
    TRY(check_words(words, count));
    if (r.begin > r.step)
        return failure(ELMAN_BAD_VALUE,
                       "the trainer is at step %llu, expected at most %llu, "
                       "the one that failed",
                       (unsigned long long)r.begin, (unsigned long long)r.step);
    TRY(dataset_hash(trainer->dataset, &r.data));

    /* the sentences of the trace travel with the step */
    const char **links = calloc(trace->count + 1, sizeof *links);
    if (!links) return failure(ELMAN_NO_MEMORY, "no memory for a replay file");
    for (size_t i = 0; i < trace->count; i++)
        links[i] = trace->links[i].text;
    r.links = links;

    char *note = NULL;
    elman_status status = write_note(&r, &note);
    if (!status) status = checkpoint_save(trainer, note, path);
    free(note);
    free(links);
    return status;
}

/* ---- Reading ------------------------------------------------------------ */

/* An elman_replay with what it points to. */
typedef struct opened_replay {
    elman_replay replay; /* first: it is what the caller holds */
    safetensors *file;
    char *path;
    char *note; /* a copy, which the tree points into */
    json_tree *tree;
    const char **words, **links;
} opened_replay;

static elman_status bad_member(const char *key, const char *expected)
{
    return failure(ELMAN_BAD_FORMAT,
                   "%s of the note replay is not %s, as if the file were not "
                   "whole or another program's",
                   key, expected);
}

static elman_status read_count(const json_node *root, const char *key,
                               uint64_t *count)
{
    int64_t whole;
    if (!json_whole(json_find(root, key), &whole) || whole < 0)
        return bad_member(key, "a whole number of 0 or more");
    *count = (uint64_t)whole;
    return ELMAN_OK;
}

static elman_status read_hash(const json_node *root, const char *key,
                              uint64_t *hash)
{
    static const char digits[] = "0123456789abcdef";
    const char *text = json_text(json_find(root, key));
    if (!text || strlen(text) != HASH_DIGITS ||
        strspn(text, digits) != HASH_DIGITS)
        return bad_member(key, "16 hexadecimal digits");

    *hash = 0;
    for (size_t i = 0; i < HASH_DIGITS; i++)
        *hash = *hash << 4 | (uint64_t)(strchr(digits, text[i]) - digits);
    return ELMAN_OK;
}

static elman_status read_texts(const json_node *root, const char *key,
                               const char ***texts, size_t *count)
{
    const json_node *list = json_find(root, key);
    if (!list || list->kind != JSON_KIND_LIST)
        return bad_member(key, "a list of texts");
    *texts = calloc(list->count + 1, sizeof **texts);
    if (!*texts) return failure(ELMAN_NO_MEMORY, "no memory");

    for (const json_node *node = list->is.first; node; node = node->next) {
        const char *text = json_text(node);
        if (!text) return bad_member(key, "a list of texts");
        (*texts)[(*count)++] = text;
    }
    return ELMAN_OK;
}

static elman_status check_version(const json_node *root)
{
    int64_t version = 0;
    const char *by = json_text(json_find(root, "elman"));
    bool known = json_whole(json_find(root, "version"), &version) && by;
    if (!known) return bad_member("version", "a whole number");
    if (version != REPLAY_VERSION)
        return failure(ELMAN_BAD_VALUE,
                       "a replay file of version %lld, expected %d; it is for "
                       "elman %.40s, which wrote it",
                       (long long)version, REPLAY_VERSION, by);
    if (strcmp(by, own_version) != 0)
        return failure(ELMAN_BAD_VALUE,
                       "written by elman %.40s, and this is %s, whose bits may "
                       "be others; replay it with that version",
                       by, own_version);
    return ELMAN_OK;
}

static elman_status read_note(opened_replay *r)
{
    const char *note = safetensors_text(r->file, "replay");
    TRY(own_expect(r->file, OWN_REPLAY));

    /* the texts of the replay point into the note */
    r->note = text_copy(note);
    if (!r->note) return failure(ELMAN_NO_MEMORY, "no memory");
    TRY(json_read(r->note, strlen(r->note), false, &r->tree));
    const json_node *root = json_root(r->tree);
    TRY(check_version(root));
    TRY(read_count(root, "begin", &r->replay.begin));
    TRY(read_count(root, "step", &r->replay.step));
    TRY(read_hash(root, "data", &r->replay.data));
    TRY(read_hash(root, "weights", &r->replay.weights));
    TRY(read_texts(root, "words", &r->words, &r->replay.word_count));
    TRY(read_texts(root, "links", &r->links, &r->replay.link_count));
    r->replay.version = json_text(json_find(root, "elman"));
    r->replay.words = r->words;
    r->replay.links = r->links;
    if (r->replay.begin > r->replay.step)
        return bad_member("begin", "at most the step that failed");
    return ELMAN_OK;
}

elman_status replay_open(const char *path, elman_replay **replay)
{
    opened_replay *r = calloc(1, sizeof *r);
    if (!r) return failure(ELMAN_NO_MEMORY, "no memory for a replay");
    elman_status status = safetensors_open(path, &r->file);
    r->path = text_copy(path);
    if (!status && !r->path) status = failure(ELMAN_NO_MEMORY, "no memory");
    if (!status) {
        status = read_note(r);
        if (status) status = failure_in(status, path);
    }

    if (status) replay_close(&r->replay);
    else *replay = &r->replay;
    return status;
}

static elman_status create_model(const safetensors *file, elman_model **model)
{
    const char *text = safetensors_text(file, "elman");
    const named_tensor *weights = safetensors_find(file, "weights");
    elman_config config;
    if (!text || !weights)
        return failure(ELMAN_BAD_FORMAT,
                       "there is no model, expected its note elman and its "
                       "weights");
    TRY(config_from_text(text, &config));
    return model_create_empty(&config, weights->count, false, model);
}

elman_status replay_create_model(const elman_replay *replay,
                                 elman_model **model)
{
    const opened_replay *r = (const opened_replay *)(const void *)replay;
    elman_status status = create_model(r->file, model);
    return status ? failure_in(status, r->path) : ELMAN_OK;
}

void replay_close(elman_replay *replay)
{
    if (!replay) return;
    opened_replay *r = (opened_replay *)(void *)replay;
    json_close(r->tree);
    safetensors_close(r->file);
    free(r->path);
    free(r->note);
    free(r->words);
    free(r->links);
    free(r);
}
