/*
 * agreement.c: settings as one line, how much data there is and a hash of it;
 * the data's encoding and the model's config are JSON, of which the first
 * member that differs is named.
 */
#include "learn/agreement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "data/hash.h"
#include "learn/difference.h"
#include "model/config_text.h"

enum { WORDS = DIFFERENCE_TEXT };

/* ---- Settings ------------------------------------------------------------ */

static const char *yes_or_no(bool on) { return on ? "yes" : "no"; }

/* The settings that may not change between save and load, "KEY VALUE" and a
 * comma each: what decides the order of the data, what the optimizer's moments
 * mean, and the loss, because the best one so far is compared with those to
 * come. */
static void describe_settings(const elman_trainer *t, char line[AGREEMENT_TEXT])
{
    static const char *const flavours[] = {"torch", "keras"};
    static const char *const losses[] = {"cross-entropy", "mse", "mae", "huber",
                                         "bce"};
    const elman_trainer_config *c = &t->config;
    const elman_optimizer_config *o = optimizer_config(t->optimizer);
    const elman_loss_config *l = &c->loss;

    /* one number stands for all class weights and their order */
    double weights = 0;
    for (size_t k = 0; l->class_weights && k < t->model->info.output_size; k++)
        weights += (double)l->class_weights[k] * (double)(k + 1);

    snprintf(line, AGREEMENT_TEXT,
             "batch_size %zu, k1 %zu, k2 %zu, fresh_state %s, in_order %s, "
             "no_buckets %s, seed %llu, optimizer %s, flavour %s, loss %s, "
             "label_smoothing %g, delta %g, ignore_index %d, class_weights %g, "
             "block %zu, ",
             c->batch_size, c->k1, c->k2, yes_or_no(c->fresh_state),
             yes_or_no(c->in_order), yes_or_no(c->no_buckets),
             (unsigned long long)c->seed, t->optimizer->rule->info.word,
             flavours[o->flavour], losses[l->kind], l->label_smoothing,
             l->delta, l->has_ignored ? (int)l->ignore_index : -100, weights,
             l->block);
}

/* How much data there is, in the same form. */
static void describe_data(const elman_trainer *t, char line[AGREEMENT_TEXT])
{
    snprintf(line, AGREEMENT_TEXT, "%zu to train on and %zu to validate",
             dataset_size(t->dataset, ELMAN_PART_TRAIN),
             dataset_size(t->dataset, ELMAN_PART_VALIDATION));
}

/* The settings key by key: the first that differs is named with both values. */
static elman_status check_settings(const elman_trainer *t,
                                   const safetensors *file)
{
    char wanted[AGREEMENT_TEXT];
    describe_settings(t, wanted);
    const char *got = safetensors_text(file, "settings"), *want = wanted;
    if (!got)
        return failure(ELMAN_BAD_VALUE, "the file has no settings, expected a "
                                        "checkpoint of this version");

    for (; *got && *want;
         got += strcspn(got, ","), want += strcspn(want, ",")) {
        got += strspn(got, ", ");
        want += strspn(want, ", ");
        int key = (int)strcspn(want, " ");
        int had = (int)strcspn(got, ","), has = (int)strcspn(want, ",");
        if (had == has && !strncmp(got, want, (size_t)has)) continue;

        /* the same key with another value, or a list of other keys */

        if (had <= key || strncmp(got, want, (size_t)key + 1) != 0) break;
        return failure(ELMAN_BAD_VALUE,
                       "the run had %.*s, now it is %.*s; only the learning "
                       "rate, clipping, schedule, limits, patience, frozen "
                       "layers and threads may change",
                       had, got, has - key - 1, want + key + 1);
    }
    if (!*got && !*want) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "the settings are those of another version, "
                   "expected a checkpoint of this one");
}

/* ---- Data and model ------------------------------------------------------ */

/* Compares a note, a JSON text, with the wanted one; what: "model", "data". */
static elman_status check_note(const safetensors *file, const char *key,
                               const char *wanted, const char *what,
                               const char *advice)
{
    char had[WORDS], has[WORDS];
    const char *got = safetensors_text(file, key);
    if (!difference_find(got ? got : "null", wanted, had, has)) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "the run had another %s: %s where now is %s%s", what, had,
                   has, advice);
}

/* The value of a member of a JSON text, a number or a text, without quotes;
 * otherwise if there is none. */
static size_t member_value(const char *text, const char *key,
                           const char *otherwise, const char **value)
{
    char quoted[40];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = text ? strstr(text, quoted) : NULL;
    *value = otherwise;
    if (!at) return strlen(otherwise);

    at += strlen(quoted);
    bool is_text = *at == '"';
    *value = at + is_text;
    return strcspn(*value, is_text ? "\"" : ",}]");
}

/* A setting by which data is read or cut into sequences, and what it is if the
 * encoding does not say. */
typedef struct reading_setting {
    const char *key, *otherwise;
    bool chosen; /* where nobody does, the data decides it */
} reading_setting;

static const reading_setting reading_settings[] = {
    {"window", "", false},       {"horizon", "", false},
    {"by", "none", false},       {"missing", "refuse", false},
    {"time", "none", true},      {"decimal", ".", true},
    {"thousands", "none", true}, {"transform", "none", true}};

/* The first setting that differs, in words: "window 5, now it is 6"; "" if all
 * are the same. */
static void compare_reading(const elman_trainer *t, const safetensors *file,
                            bool chosen, char words[WORDS])
{
    const char *got = safetensors_text(file, "encoding"), *had, *has;
    const char *now = dataset_note(t->dataset);
    size_t count = sizeof reading_settings / sizeof *reading_settings;
    words[0] = 0;

    for (size_t i = 0; got && i < count; i++) {
        const reading_setting *s = &reading_settings[i];
        size_t before = member_value(got, s->key, s->otherwise, &had);
        size_t after = member_value(now, s->key, s->otherwise, &has);
        if (s->chosen != chosen || !before || !after) continue;
        if (before == after && !strncmp(had, has, after)) continue;

        snprintf(words, WORDS, "%s %.*s, now it is %.*s", s->key,
                 before > 30 ? 30 : (int)before, had,
                 after > 30 ? 30 : (int)after, has);
        return;
    }
}

static elman_status check_reading(const elman_trainer *t,
                                  const safetensors *file, bool chosen)
{
    char words[WORDS];
    compare_reading(t, file, chosen, words);
    if (!words[0]) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "the run had %s; a run goes on with the sequences that it "
                   "began with",
                   words);
}

elman_status agreement_read_hash(elman_trainer *t, uint64_t *hash)
{
    if (!t->data_hash) {
        uint64_t sum = HASH_EMPTY;
        TRY(dataset_hash_part(t->dataset, ELMAN_PART_TRAIN, &sum));
        TRY(dataset_hash_part(t->dataset, ELMAN_PART_VALIDATION, &sum));
        t->data_hash = sum;
    }
    *hash = t->data_hash;
    return ELMAN_OK;
}

static elman_status describe_hash(elman_trainer *t, char text[AGREEMENT_HASH])
{
    uint64_t hash;
    TRY(agreement_read_hash(t, &hash));
    snprintf(text, AGREEMENT_HASH, "%016llx", (unsigned long long)hash);
    return ELMAN_OK;
}

static const char same_data[] =
    "; a run goes on only with the data that it began with, but a new one can "
    "begin from the weights of its model";

/* As many sequences, with the same numbers. */
static elman_status check_hash(elman_trainer *t, const safetensors *file)
{
    const char *got = safetensors_text(file, "hash");
    char wanted[AGREEMENT_HASH];
    if (!got) return ELMAN_OK;
    TRY(describe_hash(t, wanted));
    if (!strcmp(got, wanted)) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "the data has changed since the run began: there is as much "
                   "of it, but its hash was %.16s and is now %s%s",
                   got, wanted, same_data);
}

/* The same data: as much of it, with the same encoding. */
static elman_status check_data(elman_trainer *t, const safetensors *file)
{
    TRY(check_reading(t, file, false));
    char wanted[AGREEMENT_TEXT];
    describe_data(t, wanted);
    const char *got = safetensors_text(file, "data");
    if (got && strcmp(got, wanted) != 0) {
        char words[WORDS];
        compare_reading(t, file, true, words);
        return failure(
            ELMAN_BAD_VALUE,
            "the data has changed since the run began: it had %.100s, "
            "now %s%s%s%s",
            got, wanted, words[0] ? "; it had --" : "", words, same_data);
    }
    TRY(check_reading(t, file, true));
    TRY(check_note(file, "encoding", dataset_note(t->dataset), "data",
                   same_data));
    return check_hash(t, file);
}

/* ---- All of it ----------------------------------------------------------- */

elman_status agreement_describe(elman_trainer *t, agreement *notes)
{
    describe_settings(t, notes->settings);
    describe_data(t, notes->data);
    return describe_hash(t, notes->hash);
}

elman_status agreement_check(elman_trainer *t, const safetensors *file)
{
    TRY(check_settings(t, file));
    char *config = config_to_text(&t->model->config);
    if (!config) return failure(ELMAN_NO_MEMORY, "no memory");
    elman_status status = check_data(t, file);
    if (!status) status = check_note(file, "elman", config, "model", "");
    free(config);
    return status;
}
