/*
 * text.c: any file as a row of tokens; the task is to predict the next one.
 */
#include "data/encoding.h"
#include "data/token.h"
#include "data/store.h"

#include "base/memory.h"
#include "format/file.h"
#include "format/utf8.h"

#include <stdlib.h>
#include <string.h>

/* A file in memory, without its byte order mark. */
typedef struct text {
    const char *path;
    char *bytes; /* what was read, NULL for no file */
    const char *at;
    size_t size;
} text;

static elman_status read_file(const char *path, text *t)
{
    size_t bytes = 0;
    TRY(file_read(path, &t->bytes, &bytes));
    if (bytes == 0)
        return failure(ELMAN_BAD_FORMAT, "%.200s: the file is empty", path);

    t->path = path;
    t->at = t->bytes;
    t->size = bytes;
    return ELMAN_OK;
}

static bool is_utf8(const text *t)
{
    return utf8_valid(t->at, t->size) == t->size;
}

/* Skips the byte order mark, which is not part of the text. */
static void skip_mark(text *t)
{
    if (t->size < 3 || memcmp(t->at, "\xEF\xBB\xBF", 3)) return;
    t->at += 3;
    t->size -= 3;
}

static elman_status check_utf8(const text *t)
{
    size_t good = utf8_valid(t->at, t->size);
    if (good == t->size) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "%.200s: byte 0x%02x at byte %zu is not UTF-8 text; unit "
                   "bytes reads any file",
                   t->path, (unsigned char)t->at[good], good);
}

/* ---- Vocabulary: ascending bytes ---------------------------------------- */

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the text");
}

static elman_status token_add(elman_encoding *e, const char *token,
                              size_t bytes)
{
    char *copy = malloc(bytes + 1);
    if (!copy) return no_memory();

    memcpy(copy, token, bytes);
    copy[bytes] = 0;

    e->tokens[e->vocabulary] = copy;
    e->token_bytes[e->vocabulary++] = bytes;
    return ELMAN_OK;
}

static elman_status reserve(elman_encoding *e, size_t tokens)
{
    e->tokens = calloc(tokens + 1, sizeof *e->tokens);
    e->token_bytes = calloc(tokens + 1, sizeof *e->token_bytes);
    return e->tokens && e->token_bytes ? ELMAN_OK : no_memory();
}

enum { POINTS = 0x110000 };

/* Marks the bytes or code points of a text as seen; counts the new ones. */
static size_t note_points(elman_unit unit, const text *t, bool *seen)
{
    size_t fresh = 0, length;
    for (size_t at = 0; at < t->size; at += length) {
        uint32_t point = (unsigned char)t->at[at];

        length = unit == ELMAN_UNIT_BYTES
                     ? 1
                     : utf8_read(t->at + at, t->size - at, &point);

        fresh += !seen[point];
        seen[point] = true;
    }
    return fresh;
}

/* Bytes or characters of both parts. UTF-8 sorts like its code points, so these
 * ascend as tokens must. */
static elman_status learn_points(elman_encoding *e, const text texts[2])
{
    bool *seen = calloc(POINTS, sizeof *seen);
    if (!seen) return no_memory();

    size_t count = note_points(e->unit, &texts[0], seen);
    if (texts[1].bytes) count += note_points(e->unit, &texts[1], seen);

    elman_status status = reserve(e, count);
    for (uint32_t c = 0; c < POINTS && status == ELMAN_OK; c++) {
        char token[UTF8_MAX_BYTES] = {(char)c};
        if (!seen[c]) continue;
        size_t bytes = e->unit == ELMAN_UNIT_BYTES ? 1 : utf8_write(c, token);
        status = token_add(e, token, bytes);
    }

    free(seen);
    return status;
}

static int compare_words(const void *left, const void *right)
{
    const dictionary_entry *a = left, *b = right;
    int order =
        memcmp(a->text, b->text, a->bytes < b->bytes ? a->bytes : b->bytes);
    return order ? order : (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

/* The words that occur at least min_count times, and <unk> with and without a
 * space before it. */
static elman_status learn_counted(elman_encoding *e, dictionary *words,
                                  size_t min_count)
{
    static const char *const unknown[] = {"<unk>", " <unk>"};

    /* they stay whatever min_count is */
    for (size_t i = 0; i < 2; i++) {
        size_t number;
        TRY(dictionary_add(words, unknown[i], strlen(unknown[i]), &number));
        words->entries[number].uses = SIZE_MAX;
    }

    TRY(reserve(e, words->count));
    qsort(words->entries, words->count, sizeof *words->entries, compare_words);
    for (size_t i = 0; i < words->count; i++)
        if (words->entries[i].uses >= min_count)
            TRY(token_add(e, words->entries[i].text, words->entries[i].bytes));
    return ELMAN_OK;
}

static elman_status count_words(const char *at, size_t size, dictionary *words)
{
    for (size_t done = 0, bytes, number; done < size; done += bytes) {
        bytes = token_length(ELMAN_UNIT_WORDS, at + done, size - done);
        TRY(dictionary_add(words, at + done, bytes, &number));
    }
    return ELMAN_OK;
}

/* ---- Tokens ------------------------------------------------------------- */

static size_t count_tokens(elman_unit unit, const text *t)
{
    size_t count = 0;
    for (size_t at = 0; at < t->size; count++)
        at += token_length(unit, t->at + at, t->size - at);
    return count;
}

/* How many bytes the first count tokens of a text have. */
static size_t bytes_of(elman_unit unit, const text *t, size_t count)
{
    size_t at = 0;
    for (; count > 0; count--)
        at += token_length(unit, t->at + at, t->size - at);
    return at;
}

static elman_status learn_words(elman_encoding *e, const text *t, size_t train,
                                size_t min_count)
{
    dictionary words = {0};
    elman_status status =
        count_words(t->at, bytes_of(ELMAN_UNIT_WORDS, t, train), &words);
    if (status == ELMAN_OK) status = learn_counted(e, &words, min_count);

    dictionary_clear(&words);
    return status;
}

/* Writes the tokens of a text after the first done ones. */
static elman_status encode(elman_dataset *dataset, const text *t, size_t done,
                           size_t room)
{
    size_t count = 0;
    elman_status status =
        encoding_read(dataset->encoding, t->at, t->size, room - done,
                      dataset->tokens + done, &count);
    return status == ELMAN_OK ? status : failure_in(status, t->path);
}

/* Sets the sizes of the two parts, in tokens. */
static elman_status split(elman_dataset *dataset,
                          const elman_dataset_config *config,
                          const size_t counts[2])
{
    size_t validation = counts[1];

    /* validation is everything, the second file, or the end of the first */
    if (dataset->following) validation = counts[0];
    else if (!config->validation_path) {
        TRY(split_count(config, counts[0], "tokens", &validation));
        if (validation < 2 && config->validation > 0)
            return failure(ELMAN_BAD_VALUE,
                           "validation is %g: %zu of %zu tokens, expected at "
                           "least 2",
                           config->validation, validation, counts[0]);
        if (validation < 2) validation = 0;
    }

    dataset->size[ELMAN_PART_TRAIN] = counts[0] + counts[1] - validation;
    dataset->size[ELMAN_PART_VALIDATION] = validation;

    /* a part that is used needs a token and the one after it */
    for (int part = 0; part < 2; part++)
        if (dataset->size[part] == 1 ||
            (dataset->size[part] == 0 &&
             (part == ELMAN_PART_TRAIN) == !dataset->following))
            return failure(
                ELMAN_BAD_FORMAT, "%zu tokens for %s, expected at least 2",
                dataset->size[part],
                part == ELMAN_PART_TRAIN ? "training" : "validation");
    return ELMAN_OK;
}

static elman_status choose_unit(elman_dataset *dataset, text texts[2],
                                elman_unit wanted)
{
    elman_encoding *e = dataset->encoding;
    e->task = ELMAN_TASK_LANGUAGE;
    if (!dataset->following) e->unit = wanted;

    if (e->unit == ELMAN_UNIT_AUTO) {
        /* a zero byte is more likely a binary file by mistake than text */
        for (int i = 0; i < 2; i++)
            if (texts[i].size && memchr(texts[i].at, 0, texts[i].size))
                return failure(
                    ELMAN_BAD_FORMAT,
                    "%.200s: a zero byte at %zu, expected text; unit bytes "
                    "reads any file",
                    texts[i].path,
                    (size_t)((char *)memchr(texts[i].at, 0, texts[i].size) -
                             texts[i].at));

        bool plain = is_utf8(&texts[0]) && is_utf8(&texts[1]);
        e->unit = plain ? ELMAN_UNIT_CHARACTERS : ELMAN_UNIT_BYTES;
    }

    if (e->unit == ELMAN_UNIT_BYTES) return ELMAN_OK;

    for (int i = 0; i < 2; i++) {
        TRY(check_utf8(&texts[i]));
        skip_mark(&texts[i]);
    }
    return ELMAN_OK;
}

static elman_status open_texts(elman_dataset *dataset,
                               const elman_dataset_config *config,
                               text texts[2])
{
    elman_encoding *e = dataset->encoding;

    TRY(choose_unit(dataset, texts, config->unit));
    if (config->min_count > 1 && e->unit != ELMAN_UNIT_WORDS)
        return failure(ELMAN_BAD_VALUE,
                       "min_count is for words, but the unit is %s",
                       e->unit == ELMAN_UNIT_BYTES ? "bytes" : "characters");

    /* the parts, in tokens of the unit */
    size_t counts[2] = {count_tokens(e->unit, &texts[0]),
                        count_tokens(e->unit, &texts[1])};
    elman_status status = split(dataset, config, counts);
    if (status != ELMAN_OK) return failure_in(status, texts[0].path);

    /* the vocabulary: words of the training part alone */
    bool words = e->unit == ELMAN_UNIT_WORDS;
    if (!dataset->following && words)
        TRY(learn_words(e, &texts[0],
                        dataset->size[ELMAN_PART_TRAIN] < counts[0]
                            ? dataset->size[ELMAN_PART_TRAIN]
                            : counts[0],
                        config->min_count));

    /* characters and bytes of both parts, so that none is unknown */
    if (!dataset->following && !words) TRY(learn_points(e, texts));

    if (e->vocabulary > INT32_MAX)
        return failure(ELMAN_BAD_FORMAT, "more than 2^31 different tokens");

    /* both files in one row of tokens */
    size_t room = counts[0] + counts[1], bytes = 0;
    if (!sizes_multiply(room, sizeof *dataset->tokens, 1, &bytes) ||
        !(dataset->tokens = malloc(bytes)))
        return no_memory();

    TRY(encode(dataset, &texts[0], 0, room));
    return encode(dataset, &texts[1], counts[0], room);
}

static elman_status text_open(elman_dataset *dataset, const char *path,
                              const elman_dataset_config *config)
{
    text texts[2] = {{path, NULL, "", 0}, {path, NULL, "", 0}};

    elman_status status = read_file(path, &texts[0]);
    if (status == ELMAN_OK && config->validation_path)
        status = read_file(config->validation_path, &texts[1]);
    if (status == ELMAN_OK) status = open_texts(dataset, config, texts);

    free(texts[0].bytes);
    free(texts[1].bytes);
    return status;
}

const dataset_kind kind_text = {.name = "text",
                                .extensions = {NULL},
                                .tasks = 1u << ELMAN_TASK_LANGUAGE,
                                .options = 1u << OPTION_UNIT |
                                           1u << OPTION_VALIDATION_PATH |
                                           1u << OPTION_MIN_COUNT,
                                .open = text_open};
