/*
 * text.c: any file as a row of tokens; the task is to predict the next one.
 */
#include "data/encoding.h"
#include "data/token.h"
#include "data/token_lookup.h"
#include "data/tokens.h"

#include "base/bytes.h"
#include "base/stop.h"
#include "format/decode.h"
#include "format/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file in memory, without its byte order mark: as it is for bytes, else as
 * UTF-8 with one kind of line ends. Or one that stays where it is. */
typedef struct text {
    const char *name; /* NULL: there is no such file */
    char *at;
    text_file *file; /* in place of at: it is too large for memory */
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

/* The next part of a text, of whole tokens: all of it, or in a file some. */
typedef struct text_walk {
    text_reader reader;
    const char *at;
    size_t size;   /* 0: the end */
    size_t before; /* bytes of the parts before */
    bool begun;
} text_walk;

static elman_status walk(const text *t, text_walk *w)
{
    enum { AT_ONCE = 1 << 16 };
    w->before += w->size;
    if (t->file)
        return text_file_next(t->file, &w->reader, AT_ONCE, &w->at, &w->size);
    w->at = t->at;
    w->size = w->begun ? 0 : t->size;
    w->begun = true;
    return ELMAN_OK;
}

enum { POINTS = 0x110000 };

/* Marks the code points of a part of a text as seen. */
static void note_points(const text_walk *w, bool *seen)
{
    for (size_t at = 0, length; at < w->size; at += length) {
        uint32_t point = (unsigned char)w->at[at];
        length = point < 0x80 ? 1 : utf8_read(w->at + at, w->size - at, &point);
        seen[point] = true;
    }
}

static elman_status note_bytes(const text *t, bool *seen)
{
    uint64_t counts[UINT8_MAX + 1];
    if (!t->file)
        for (size_t at = 0; at < t->size; at++)
            seen[(unsigned char)t->at[at]] = true;
    if (!t->file) return ELMAN_OK;

    TRY(text_file_bytes(t->file, counts));
    for (int c = 0; c <= UINT8_MAX; c++)
        if (counts[c]) seen[c] = true;
    return ELMAN_OK;
}

/* Marks the bytes or code points of a text as seen. */
static elman_status note_text(elman_unit unit, const text *t, bool *seen)
{
    if (unit == ELMAN_UNIT_BYTES) return note_bytes(t, seen);
    text_walk w = {0};
    elman_status status = walk(t, &w);
    for (; w.size && !status; status = walk(t, &w))
        note_points(&w, seen);
    text_reader_clear(&w.reader);
    return status;
}

/* Bytes or characters of all parts but a test in a file of its own. UTF-8 sorts
 * like its code points, so these ascend as tokens must. */
static elman_status learn_points(elman_encoding *e, const text *texts)
{
    bool *seen = calloc(POINTS, sizeof *seen);
    if (!seen) return no_memory();

    /* what is there at all, and how much */
    size_t count = 0;
    elman_status status = ELMAN_OK;
    for (int i = 0; i < FILES && !status; i++)
        if (i != ELMAN_PART_TEST && texts[i].name)
            status = note_text(e->unit, &texts[i], seen);
    for (uint32_t c = 0; c < POINTS; c++)
        count += seen[c];

    if (!status) status = reserve(e, count);
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

/* Adds the words of a part of a text, at most *left of them. */
static elman_status add_words(const text_walk *w, size_t *left,
                              dictionary *words)
{
    for (size_t at = 0, bytes, number; at < w->size && *left; at += bytes) {
        bytes = token_length(ELMAN_UNIT_WORDS, w->at + at, w->size - at);
        TRY(dictionary_add(words, w->at + at, bytes, &number));
        TRY(stop_check_row(--*left));
    }
    return ELMAN_OK;
}

/* The first count words of a text. */
static elman_status count_words(const text *t, size_t count, dictionary *words)
{
    text_walk w = {0};
    elman_status status = walk(t, &w);
    while (w.size && count && !status) {
        status = add_words(&w, &count, words);
        if (!status) status = walk(t, &w);
    }
    text_reader_clear(&w.reader);
    return status;
}

/* ---- Tokens ------------------------------------------------------------- */

static elman_status count_tokens(elman_unit unit, const text *t, size_t *count)
{
    text_walk w = {0};
    *count = t->size;
    if (unit == ELMAN_UNIT_BYTES) return ELMAN_OK;

    *count = 0;
    elman_status status = walk(t, &w);
    for (; w.size && !status; status = walk(t, &w))
        for (size_t at = 0; at < w.size && !status; ++*count) {
            at += token_length(unit, w.at + at, w.size - at);
            status = stop_check_row(*count);
        }
    text_reader_clear(&w.reader);
    return status;
}

static elman_status learn_words(elman_encoding *e, const text *t, size_t train,
                                size_t min_count)
{
    dictionary words = {0};
    elman_status status = count_words(t, train, &words);
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

static decode_config decoding_of(const elman_dataset_config *config)
{
    static const bad_bytes policies[] = {
        [ELMAN_BAD_BYTES_REPLACE] = BAD_BYTES_REPLACE,
        [ELMAN_BAD_BYTES_REFUSE] = BAD_BYTES_REFUSE,
        [ELMAN_BAD_BYTES_KEEP] = BAD_BYTES_KEEP};
    return (decode_config){.encoding = config->text_encoding,
                           .bad = policies[config->bad_bytes]};
}

/* Judges what decoding has shown, and settles the unit: bytes if any were asked
 * to be kept that are no text. */
static elman_status judge(text *t, const decoded *found, bool kept,
                          elman_unit *unit, const elman_dataset_config *config)
{
    t->size = found->size;
    snprintf(t->note, sizeof t->note, "%s", found->note);

    /* so many are no slips, but another encoding */
    if (!config->text_encoding && found->bad_count > FEW_BAD &&
        found->bad_count > t->size / BYTES_PER_BAD &&
        config->bad_bytes == ELMAN_BAD_BYTES_REPLACE)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu places are not UTF-8 text, the first is 0x%02x at "
                       "byte %zu; name another encoding (--encoding), as "
                       "shift_jis, or UTF-8 to replace them all",
                       found->bad_count, found->bad_byte, found->bad_offset);

    /* what was kept is not UTF-8: only bytes read it */
    if (kept && *unit != ELMAN_UNIT_AUTO)
        return failure(ELMAN_BAD_VALUE,
                       "bad_bytes keeps byte 0x%02x at byte %zu, which is not "
                       "UTF-8 text, but the unit is not bytes",
                       found->bad_byte, found->bad_offset);
    if (kept) *unit = ELMAN_UNIT_BYTES;
    return ELMAN_OK;
}

/* Makes UTF-8 of a file's bytes. */
static elman_status decode(text *t, elman_unit *unit,
                           const elman_dataset_config *config)
{
    const decode_config how = decoding_of(config);
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

    bool kept = result.bad_count && how.bad == BAD_BYTES_KEEP &&
                utf8_valid(t->at, result.size) < result.size;
    TRY(judge(t, &result, kept, unit, config));
    if (!kept && !config->keep_line_ends)
        t->line_ends = decode_line_ends(t->at, &t->size);
    return ELMAN_OK;
}

/* The same of a text that stays in its file. */
static elman_status survey(text *t, elman_unit *unit,
                           const elman_dataset_config *config)
{
    const decode_config how = decoding_of(config);
    decode_survey seen;
    TRY(decode_survey_file(text_file_reader(t->file), &how, &seen));

    bool kept = seen.found.bad_count && how.bad == BAD_BYTES_KEEP;
    TRY(judge(t, &seen.found, kept, unit, config));
    if (!kept && !config->keep_line_ends) {
        t->line_ends = seen.returns;
        t->size -= seen.with_feeds;
    }
    elman_unit settled = *unit ? *unit : ELMAN_UNIT_CHARACTERS;
    text_file_settle(t->file, &seen, config, settled);
    return ELMAN_OK;
}

static elman_status read_file(const input *in, elman_unit *unit,
                              const elman_dataset_config *config, text *t)
{
    t->name = in->name;
    if (input_is_large(in, config)) {
        file_reader *reader;
        TRY(input_open(in, &reader));
        TRY(text_file_open(reader, &t->file));
        t->size = text_file_size(t->file);
    } else TRY(input_read(in, &t->at, &t->size));
    if (t->size == 0)
        return failure(ELMAN_BAD_FORMAT, "%.200s: the file is empty", in->name);
    if (*unit == ELMAN_UNIT_BYTES) return ELMAN_OK;

    elman_status status =
        t->file ? survey(t, unit, config) : decode(t, unit, config);
    if (status != ELMAN_OK) return failure_in(status, in->name);
    if (*unit != ELMAN_UNIT_BYTES && t->at) skip_mark(t);
    return ELMAN_OK;
}

/* Reads the file, and those that validation and test have for themselves. */
static elman_status read_files(const elman_dataset *dataset, const input *in,
                               const elman_dataset_config *config,
                               text texts[FILES])
{
    elman_encoding *e = dataset->encoding;
    const char *paths[FILES] = {[ELMAN_PART_VALIDATION] =
                                    config->validation_path,
                                [ELMAN_PART_TEST] = config->test_path};
    elman_unit unit = e->unit;

    TRY(read_file(in, &unit, config, &texts[0]));
    for (int part = 1; part < FILES; part++) {
        if (!paths[part]) continue;
        elman_unit wanted = unit;
        const input more = dataset_input(dataset, paths[part]);
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

/* The sentence on the first place of a text that has no token. */
static elman_status find_unknown(const elman_encoding *e, const text *t,
                                 char *words, size_t room)
{
    text_walk w = {0};
    size_t count = 0;
    failure_text kept = failure_keep();
    elman_status status = walk(t, &w), found = ELMAN_OK;
    for (; w.size && !status && !found; status = walk(t, &w)) {
        /* asked to refuse, the reader names the first */
        found = encoding_read_from(e, w.at, w.size, w.before, 0, NULL, &count,
                                   NULL);
        snprintf(words, room, "%s", found ? elman_message() : "");
    }
    text_reader_clear(&w.reader);
    if (!status) failure_restore(&kept);
    return status;
}

/* Says how much of a text has no token, by the first such place. */
static elman_status note_unknown(elman_dataset *dataset, const text *t,
                                 size_t unknown)
{
    char first[200];
    if (unknown == 0) return ELMAN_OK;
    TRY(find_unknown(dataset->encoding, t, first, sizeof first));
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
    if (e->vocabulary && t->file)
        return text_file_index(t->file, e, &t->tokens, unknown);
    if (e->vocabulary)
        return encoding_read(e, t->at, t->size, 0, NULL, &t->tokens, unknown);
    return count_tokens(e->unit, t, &t->tokens);
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

/* Makes the row of a text, which it takes over if it is in a file. */
static elman_status make_row(const elman_encoding *e, text *t, token_row *row)
{
    enum { AT_ONCE = 4096 };
    size_t count = 0;
    if (t->file) {
        *row = (token_row){.count = t->tokens, .file = t->file};
        t->file = NULL;
        return ELMAN_OK;
    }

    /* some tokens at a time, as wide as the row has them */
    TRY(row_create(row, e->vocabulary, t->tokens));
    int32_t tokens[AT_ONCE];
    token_lookup lookup = token_lookup_make(e);
    for (size_t at = 0, first = 0; at < t->size; first += count, count = 0) {
        for (token_found f; count < AT_ONCE && at < t->size; at += f.bytes) {
            f = token_lookup_next(&lookup, t->at + at, t->size - at);
            if (f.token != TOKEN_NONE) tokens[count++] = f.token;
        }
        row_write(row, first, count, tokens);
        TRY(stop_check());
    }
    return ELMAN_OK;
}

/* All files as rows of tokens. Within the first the parts follow each other. */
static elman_status encode(elman_dataset *dataset, text texts[FILES])
{
    bool own[FILES] = {false};
    for (int part = 0; part < FILES; part++) {
        own[part] = texts[part].name;
        if (own[part])
            TRY(make_row(dataset->encoding, &texts[part],
                         &dataset->rows[part]));
    }
    tokens_place(dataset, own);
    return ELMAN_OK;
}

/* ---- What was understood ------------------------------------------------ */

/* Its size in bytes, and where they are many also as people take them in. */
static elman_status add_file(facts *f, const text *t)
{
    enum { MANY = 100000 };
    char size[48];
    snprintf(size, sizeof size, "%zu bytes", t->size);
    if (t->size >= MANY)
        snprintf(size, sizeof size, "%s (%zu bytes)",
                 bytes_in_words(t->size).text, t->size);
    return facts_add(f, "file", !t->note[0], "%.200s, text of %s%s%s", t->name,
                     size, t->note[0] ? "; " : "", t->note);
}

static elman_status add_facts(elman_dataset *dataset, const text texts[FILES])
{
    static const char *const units[] = {[ELMAN_UNIT_BYTES] = "bytes",
                                        [ELMAN_UNIT_CHARACTERS] = "characters",
                                        [ELMAN_UNIT_WORDS] = "words"};
    const elman_encoding *e = dataset->encoding;
    facts *f = &dataset->facts;

    for (int i = 0; i < FILES; i++) {
        if (!texts[i].name) continue;
        TRY(add_file(f, &texts[i]));
        if (dataset->rows[i].file) TRY(facts_add_reading(f));
        if (texts[i].line_ends)
            TRY(facts_add(f, "lines", false,
                          "%zu line ends of %.200s were read as \\n; "
                          "--line-ends keep leaves them",
                          texts[i].line_ends, texts[i].name));
    }

    /* what is learned of them, and from how much */
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

    TRY(read_files(dataset, in, config, texts));
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
        if (test->name && !test->file) {
            TRY(count_known(dataset, test, &unknown[ELMAN_PART_TEST]));
        }
    }

    /* a text in a file can be read once it is known where its tokens are */
    for (int i = 0; i < FILES && !dataset->following; i++)
        if (texts[i].file) TRY(count_known(dataset, &texts[i], &unknown[i]));
    if (texts[ELMAN_PART_TEST].name)
        dataset->size[ELMAN_PART_TEST] = texts[ELMAN_PART_TEST].tokens;
    for (int i = 0; i < FILES; i++)
        if (texts[i].name) TRY(note_unknown(dataset, &texts[i], unknown[i]));
    TRY(encode(dataset, texts));
    return add_facts(dataset, texts);
}

static elman_status text_open(elman_dataset *dataset, const input *in,
                              const elman_dataset_config *config)
{
    text texts[FILES] = {{0}};
    elman_status status = open_texts(dataset, in, config, texts);
    for (int i = 0; i < FILES; i++) {
        free(texts[i].at);
        text_file_close(texts[i].file);
    }
    return status;
}

const dataset_kind kind_text = {.name = "text",
                                .extensions = {NULL},
                                .tasks = 1u << ELMAN_TASK_LANGUAGE,
                                .options = 1u << OPTION_UNIT |
                                           1u << OPTION_VALIDATION_PATH |
                                           1u << OPTION_MIN_COUNT,
                                .open = text_open};
