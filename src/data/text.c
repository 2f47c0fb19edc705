/*
 * text.c: any file as a row of tokens; the task is to predict the next one.
 */
#include "data/encoding.h"
#include "data/token.h"
#include "data/tokens.h"

#include "base/memory.h"
#include "format/decode.h"
#include "format/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file in memory, without its byte order mark: as it is for bytes, else as
 * UTF-8 with one kind of line ends. */
typedef struct text {
    const char *name; /* NULL: there is no such file */
    char *at;
    size_t size;
    size_t tokens;
    char note[sizeof((decoded *)0)->note]; /* on how it was decoded, or "" */
    size_t line_ends;                      /* that became \n */
} text;

/* The files of the parts; the first has those that have none of their own. A
 * few places may be no characters, and else one for this many bytes. */
enum { FILES = PART_COUNT, FEW_BAD = 16, BYTES_PER_BAD = 50 };

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

        length = unit == ELMAN_UNIT_BYTES || point < 0x80
                     ? 1
                     : utf8_read(t->at + at, t->size - at, &point);

        fresh += !seen[point];
        seen[point] = true;
    }
    return fresh;
}

/* Bytes or characters of all parts but a test in a file of its own. UTF-8 sorts
 * like its code points, so these ascend as tokens must. */
static elman_status learn_points(elman_encoding *e, const text *texts)
{
    bool *seen = calloc(POINTS, sizeof *seen);
    if (!seen) return no_memory();

    size_t count = 0;
    for (int i = 0; i < FILES; i++)
        if (i != ELMAN_PART_TEST && texts[i].name)
            count += note_points(e->unit, &texts[i], seen);

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

/* ---- Reading ------------------------------------------------------------- */

static void skip_mark(text *t)
{
    if (t->size < 3 || memcmp(t->at, "\xEF\xBB\xBF", 3)) return;
    memmove(t->at, t->at + 3, t->size - 2); /* with the zero behind it */
    t->size -= 3;
}

/* Makes UTF-8 of a file's bytes and settles the unit: bytes if any were asked
 * to be kept that are no text. */
static elman_status decode(text *t, elman_unit *unit,
                           const elman_dataset_config *config)
{
    static const bad_bytes policies[] = {
        [ELMAN_BAD_BYTES_REPLACE] = BAD_BYTES_REPLACE,
        [ELMAN_BAD_BYTES_REFUSE] = BAD_BYTES_REFUSE,
        [ELMAN_BAD_BYTES_KEEP] = BAD_BYTES_KEEP};
    const decode_config how = {.encoding = config->text_encoding,
                               .bad = policies[config->bad_bytes]};
    decoded result;

    char *bytes = t->at;
    const char *zero = memchr(bytes, 0, t->size);
    size_t place = zero ? (size_t)(zero - bytes) : 0;
    t->at = NULL; /* the decoder frees them if it fails */
    elman_status status = decode_text(bytes, t->size, &how, &result);

    /* more likely a binary file by mistake than text */
    if (status == ELMAN_BAD_FORMAT && zero)
        return failure(ELMAN_BAD_FORMAT,
                       "a zero byte at %zu, expected text; unit bytes reads "
                       "any file",
                       place);
    TRY(status);
    t->at = result.text;
    t->size = result.size;
    snprintf(t->note, sizeof t->note, "%s", result.note);

    /* so many are no slips, but another encoding */
    if (!config->text_encoding && result.bad_count > FEW_BAD &&
        result.bad_count > t->size / BYTES_PER_BAD &&
        config->bad_bytes == ELMAN_BAD_BYTES_REPLACE)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu places are not UTF-8 text, the first is 0x%02x at "
                       "byte %zu; name another encoding (--encoding), as "
                       "shift_jis, or UTF-8 to replace them all",
                       result.bad_count, result.bad_byte, result.bad_offset);

    /* what was kept is not UTF-8: only bytes read it */
    bool kept = result.bad_count && config->bad_bytes == ELMAN_BAD_BYTES_KEEP &&
                utf8_valid(t->at, t->size) < t->size;
    if (kept && *unit != ELMAN_UNIT_AUTO)
        return failure(ELMAN_BAD_VALUE,
                       "bad_bytes keeps byte 0x%02x at byte %zu, which is not "
                       "UTF-8 text, but the unit is not bytes",
                       result.bad_byte, result.bad_offset);
    if (kept) *unit = ELMAN_UNIT_BYTES;
    else if (!config->keep_line_ends)
        t->line_ends = decode_line_ends(t->at, &t->size);
    return ELMAN_OK;
}

static elman_status read_file(const input *in, elman_unit *unit,
                              const elman_dataset_config *config, text *t)
{
    TRY(input_read(in, &t->at, &t->size));
    t->name = in->name;
    if (t->size == 0)
        return failure(ELMAN_BAD_FORMAT, "%.200s: the file is empty", in->name);
    if (*unit == ELMAN_UNIT_BYTES) return ELMAN_OK;

    elman_status status = decode(t, unit, config);
    if (status != ELMAN_OK) return failure_in(status, in->name);
    if (*unit != ELMAN_UNIT_BYTES) skip_mark(t);
    return ELMAN_OK;
}

/* Reads the file, and those that validation and test have for themselves. */
static elman_status read_files(const input *in, elman_encoding *e,
                               const elman_dataset_config *config,
                               text texts[FILES])
{
    const char *paths[FILES] = {[ELMAN_PART_VALIDATION] =
                                    config->validation_path,
                                [ELMAN_PART_TEST] = config->test_path};
    elman_unit unit = e->unit;

    TRY(read_file(in, &unit, config, &texts[0]));
    for (int part = 1; part < FILES; part++) {
        if (!paths[part]) continue;
        elman_unit wanted = unit;
        const input more = input_of(paths[part]);
        TRY(read_file(&more, &wanted, config, &texts[part]));

        /* a second file cannot change what the first has settled */
        if (unit == ELMAN_UNIT_AUTO && wanted == ELMAN_UNIT_BYTES)
            return failure(ELMAN_BAD_FORMAT,
                           "%.200s: it has bytes that are not UTF-8 text, but "
                           "%.200s has characters; unit bytes reads both",
                           paths[part], in->name);
    }

    e->unit = unit == ELMAN_UNIT_AUTO ? ELMAN_UNIT_CHARACTERS : unit;
    return ELMAN_OK;
}

/* ---- Tokens of all files ------------------------------------------------- */

/* Says how much of a text has no token, by the first such place. */
static elman_status note_unknown(elman_dataset *dataset, const text *t,
                                 size_t unknown)
{
    size_t count = 0;
    char first[200];
    if (unknown == 0) return ELMAN_OK;

    /* asked to refuse, the reader names the first */
    failure_text kept = failure_keep();
    elman_status status =
        encoding_read(dataset->encoding, t->at, t->size, 0, NULL, &count, NULL);
    snprintf(first, sizeof first, "%s",
             status == ELMAN_OK ? "" : elman_message());
    failure_restore(&kept);
    return facts_add(&dataset->facts, "unknown", false,
                     "%zu of %zu (%.2g %%) of %.100s are neither read nor "
                     "scored: %s",
                     unknown, t->tokens + unknown,
                     100.0 * (double)unknown / (double)(t->tokens + unknown),
                     t->name, first);
}

/* Counts the tokens of a text: those of the unit or, with a vocabulary, those
 * that are in it. */
static elman_status count_known(const elman_dataset *dataset, text *t,
                                size_t *unknown)
{
    const elman_encoding *e = dataset->encoding;
    *unknown = 0;
    if (e->vocabulary)
        return encoding_read(e, t->at, t->size, 0, NULL, &t->tokens, unknown);
    t->tokens = count_tokens(e->unit, t);
    return ELMAN_OK;
}

/* The vocabulary: words of the training part alone, characters and bytes of all
 * parts, so that none is unknown. */
static elman_status learn_tokens(elman_dataset *dataset, const text *texts,
                                 size_t min_count)
{
    elman_encoding *e = dataset->encoding;
    size_t train = dataset->size[ELMAN_PART_TRAIN];
    TRY(e->unit == ELMAN_UNIT_WORDS
            ? learn_words(e, &texts[0],
                          train < texts[0].tokens ? train : texts[0].tokens,
                          min_count)
            : learn_points(e, texts));

    if (e->vocabulary > INT32_MAX)
        return failure(ELMAN_BAD_FORMAT, "more than 2^31 different tokens");
    return ELMAN_OK;
}

/* All files in one row of tokens, part behind part. Within the first file the
 * parts follow each other as they do in the row. */
static elman_status encode(elman_dataset *dataset, const text texts[FILES])
{
    size_t room = 0, bytes = 0, done = 0, taken = 0;
    for (int part = 0; part < FILES; part++)
        room += dataset->size[part];
    if (!sizes_multiply(room, sizeof *dataset->tokens, 1, &bytes) ||
        !(dataset->tokens = malloc(bytes + 1)))
        return no_memory();

    /* the first file whole, then cut: a vocabulary may have to be followed */
    int32_t *first = NULL;
    size_t all = texts[0].tokens, count = 0, unknown = 0;
    if (!sizes_multiply(all, sizeof *first, 1, &bytes) ||
        !(first = malloc(bytes + 1)))
        return no_memory();
    elman_status status =
        encoding_read(dataset->encoding, texts[0].at, texts[0].size, all, first,
                      &count, &unknown);

    for (int part = 0; part < FILES && status == ELMAN_OK; part++) {
        size_t size = dataset->size[part];
        const text *own = part && texts[part].name ? &texts[part] : NULL;
        if (own)
            status = encoding_read(dataset->encoding, own->at, own->size, size,
                                   dataset->tokens + done, &count, &unknown);
        else {
            memcpy(dataset->tokens + done, first + taken, size * sizeof *first);
            taken += size;
        }
        done += size;
    }
    free(first);
    return status;
}

/* ---- What was understood ------------------------------------------------ */

static elman_status add_facts(elman_dataset *dataset, const text texts[FILES])
{
    static const char *const units[] = {[ELMAN_UNIT_BYTES] = "bytes",
                                        [ELMAN_UNIT_CHARACTERS] = "characters",
                                        [ELMAN_UNIT_WORDS] = "words"};
    const elman_encoding *e = dataset->encoding;
    facts *f = &dataset->facts;

    for (int i = 0; i < FILES; i++) {
        if (!texts[i].name) continue;
        TRY(facts_add(f, "file", !texts[i].note[0],
                      "%.200s, text of %zu bytes%s%s", texts[i].name,
                      texts[i].size, texts[i].note[0] ? "; " : "",
                      texts[i].note));
        if (texts[i].line_ends)
            TRY(facts_add(f, "lines", false,
                          "%zu line ends of %.200s were read as \\n; "
                          "--line-ends keep leaves them",
                          texts[i].line_ends, texts[i].name));
    }

    TRY(facts_add(f, "task", false,
                  "language: the next of %zu different %s, as the file is text",
                  e->vocabulary, units[e->unit]));
    if (dataset->following) return ELMAN_OK;
    return facts_add(f, "split", false,
                     "in the order of the text: %zu %s to train, %zu to "
                     "validate, %zu to test",
                     dataset->size[ELMAN_PART_TRAIN], units[e->unit],
                     dataset->size[ELMAN_PART_VALIDATION],
                     dataset->size[ELMAN_PART_TEST]);
}

/* ---- All together -------------------------------------------------------- */

static elman_status open_texts(elman_dataset *dataset, const input *in,
                               const elman_dataset_config *config,
                               text texts[FILES])
{
    elman_encoding *e = dataset->encoding;
    e->task = ELMAN_TASK_LANGUAGE;
    if (!dataset->following) e->unit = config->unit;

    TRY(read_files(in, e, config, texts));
    if (config->min_count > 1 && e->unit != ELMAN_UNIT_WORDS)
        return failure(ELMAN_BAD_VALUE,
                       "min_count is for words, but the unit is %s",
                       e->unit == ELMAN_UNIT_BYTES ? "bytes" : "characters");

    /* the parts, in tokens of the unit */
    size_t unknown[FILES] = {0};
    elman_status status = ELMAN_OK;
    for (int i = 0; i < FILES && status == ELMAN_OK; i++)
        if (texts[i].name)
            status = count_known(dataset, &texts[i], &unknown[i]);
    part_tokens parts[FILES];
    for (int i = 0; i < FILES; i++)
        parts[i] = (part_tokens){texts[i].name != NULL, texts[i].tokens};
    if (status == ELMAN_OK) status = tokens_split(dataset, config, parts);
    if (status != ELMAN_OK) return failure_in(status, in->name);

    /* the vocabulary; a test of its own may have what it lacks */
    if (!dataset->following) {
        TRY(learn_tokens(dataset, texts, config->min_count));
        text *test = &texts[ELMAN_PART_TEST];
        if (test->name) {
            TRY(count_known(dataset, test, &unknown[ELMAN_PART_TEST]));
            dataset->size[ELMAN_PART_TEST] = test->tokens;
        }
    }

    TRY(encode(dataset, texts));
    for (int i = 0; i < FILES; i++)
        if (texts[i].name) TRY(note_unknown(dataset, &texts[i], unknown[i]));
    return add_facts(dataset, texts);
}

static elman_status text_open(elman_dataset *dataset, const input *in,
                              const elman_dataset_config *config)
{
    text texts[FILES] = {{0}};
    elman_status status = open_texts(dataset, in, config, texts);
    for (int i = 0; i < FILES; i++)
        free(texts[i].at);
    return status;
}

const dataset_kind kind_text = {.name = "text",
                                .extensions = {NULL},
                                .tasks = 1u << ELMAN_TASK_LANGUAGE,
                                .options = 1u << OPTION_UNIT |
                                           1u << OPTION_VALIDATION_PATH |
                                           1u << OPTION_MIN_COUNT,
                                .open = text_open};
