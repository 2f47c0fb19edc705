/*
 * token_arrays.c: arrays of tokens in a program's memory as the one row of
 * tokens that a text is. Tokens that are numbers have their numbers as words,
 * so that a model's text can be read again: " 007" of a thousand.
 */
#include "data/encoding.h"
#include "data/memory.h"
#include "data/tokens.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES = 256, UNKNOWN = -1 };

/* The arrays, and what each of their bytes is. */
typedef struct source {
    const elman_arrays *arrays;
    int32_t token_of[BYTES];
    size_t vocabulary;
} source;

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the tokens");
}

/* ---- Checks ------------------------------------------------------------- */

static elman_status check_arrays(const elman_arrays *a, size_t *rows)
{
    if (a->tokens && a->bytes)
        return failure(ELMAN_BAD_VALUE,
                       "tokens and bytes are both given, expected one of them");
    if (a->x || a->classes || a->values || a->I || a->O || a->per_step)
        return failure(ELMAN_BAD_VALUE,
                       "tokens are given, and so is %s: the target of a token "
                       "is the next one",
                       a->x || a->I ? "x or I" : "a target");
    if (!a->N) return failure(ELMAN_BAD_VALUE, "N is 0, expected 1 or more");
    if (a->vocabulary > INT32_MAX)
        return failure(ELMAN_BAD_VALUE,
                       "vocabulary is %zu, expected at most %d", a->vocabulary,
                       INT32_MAX);

    size_t bytes;
    TRY(arrays_count(a, rows));
    if (sizes_multiply(*rows, sizeof *a->tokens, 1, &bytes)) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "%zu tokens or more are too many for this machine's "
                   "addresses",
                   *rows);
}

static elman_status check_config(const elman_arrays *a,
                                 const elman_dataset_config *config)
{
    TRY(arrays_check_parts(a, config));
    if (config->test_path)
        return failure(ELMAN_BAD_VALUE,
                       "test_path is given, but does not apply to arrays in "
                       "memory: set parts");
    if (config->folds)
        return failure(ELMAN_BAD_VALUE,
                       "folds is given, but does not apply to arrays of "
                       "tokens: set parts");
    return ELMAN_OK;
}

/* ---- Tokens ------------------------------------------------------------- */

static size_t length_of(const elman_arrays *a, size_t n)
{
    return a->lengths ? a->lengths[n] : a->T;
}

static int32_t token_at(const source *from, size_t row)
{
    const elman_arrays *a = from->arrays;
    return a->tokens ? a->tokens[row] : from->token_of[a->bytes[row]];
}

static elman_status refuse(const source *from, size_t n, size_t row)
{
    const elman_arrays *a = from->arrays;
    if (a->bytes && from->token_of[a->bytes[row]] == UNKNOWN)
        return failure(ELMAN_BAD_VALUE,
                       "byte 0x%02x of sequence %zu is not in the vocabulary",
                       a->bytes[row], n);
    return failure(ELMAN_BAD_VALUE,
                   "a token of sequence %zu is %" PRId32 ", expected 0 to %zu",
                   n, token_at(from, row), from->vocabulary - 1);
}

/* Checks all tokens, and counts those of each part that is given; largest
 * becomes the largest. A vocabulary of 0 has all. */
static elman_status scan(const source *from, size_t count[PART_COUNT],
                         size_t *largest)
{
    const elman_arrays *a = from->arrays;
    for (size_t n = 0, first = 0; n < a->N; n++) {
        size_t length = length_of(a, n);
        for (size_t row = first; row < first + length; row++) {
            int32_t token = token_at(from, row);
            if (token < 0 ||
                (from->vocabulary && (size_t)token >= from->vocabulary))
                return refuse(from, n, row);
            if ((size_t)token > *largest) *largest = (size_t)token;
        }
        count[a->parts ? (int)a->parts[n] : 0] += length;
        first += a->T ? a->T : length;
    }
    return ELMAN_OK;
}

/* ---- Vocabulary --------------------------------------------------------- */

/* Names a token: a byte is itself, a number is a word of as many digits as the
 * largest has, for tokens ascend. */
static elman_status name_token(elman_encoding *e, size_t token, int digits)
{
    char name[24] = {(char)token};
    size_t bytes = 1;
    if (e->unit == ELMAN_UNIT_WORDS)
        bytes = (size_t)snprintf(name, sizeof name, " %0*zu", digits, token);

    char *copy = malloc(bytes + 1);
    if (!copy) return no_memory();
    memcpy(copy, name, bytes);
    copy[bytes] = 0;
    e->tokens[e->vocabulary] = copy;
    e->token_bytes[e->vocabulary++] = bytes;
    return ELMAN_OK;
}

static elman_status name_tokens(elman_encoding *e, elman_unit unit,
                                size_t count)
{
    int digits = 1;
    for (size_t most = count - 1; most > 9; most /= 10)
        digits++;

    e->unit = unit;
    e->tokens = calloc(count, sizeof *e->tokens);
    e->token_bytes = calloc(count, sizeof *e->token_bytes);
    if (!e->tokens || !e->token_bytes) return no_memory();
    for (size_t token = 0; token < count; token++)
        TRY(name_token(e, token, digits));
    return ELMAN_OK;
}

/* Which token each byte is: its number, or in the vocabulary of a text what has
 * it. */
static void map_bytes(source *from, const elman_encoding *e)
{
    bool texts = e->vocabulary && e->unit == ELMAN_UNIT_BYTES;
    for (int32_t byte = 0; byte < BYTES; byte++)
        from->token_of[byte] = texts ? UNKNOWN : byte;
    for (size_t k = 0; texts && k < e->vocabulary; k++)
        from->token_of[(unsigned char)e->tokens[k][0]] = (int32_t)k;
}

/* Settles the vocabulary, and what each part has of it. */
static elman_status settle(elman_dataset *dataset, source *from,
                           size_t count[PART_COUNT])
{
    elman_encoding *e = dataset->encoding;
    const elman_arrays *a = from->arrays;
    size_t largest = 0;
    bool texts = a->bytes && !a->vocabulary;
    if (dataset->following && a->vocabulary && a->vocabulary != e->vocabulary)
        return failure(ELMAN_BAD_VALUE,
                       "vocabulary is %zu, but the encoding has %zu tokens",
                       a->vocabulary, e->vocabulary);

    map_bytes(from, e);
    from->vocabulary = dataset->following ? e->vocabulary
                       : texts            ? BYTES
                                          : a->vocabulary;
    TRY(scan(from, count, &largest));
    if (dataset->following) return ELMAN_OK;
    return name_tokens(e, texts ? ELMAN_UNIT_BYTES : ELMAN_UNIT_WORDS,
                       from->vocabulary ? from->vocabulary : largest + 1);
}

/* ---- All together ------------------------------------------------------- */

/* Copies the tokens part by part into one row. */
static elman_status copy_tokens(elman_dataset *dataset, const source *from)
{
    const elman_arrays *a = from->arrays;
    token_row *row = &dataset->rows[0];
    size_t all = 0, to = 0;
    for (int part = 0; part < PART_COUNT; part++)
        all += dataset->size[part];
    TRY(row_create(row, dataset->encoding->vocabulary, all));

    /* padding, and what belongs to another part, is passed over */
    for (int part = 0; part < (a->parts ? PART_COUNT : 1); part++)
        for (size_t n = 0, first = 0; n < a->N; n++) {
            size_t length = length_of(a, n);
            bool taken = !a->parts || (int)a->parts[n] == part;
            for (size_t t = 0; taken && t < length; t++) {
                int32_t token = token_at(from, first + t);
                row_write(row, to++, 1, &token);
            }
            first += a->T ? a->T : length;
        }
    return ELMAN_OK;
}

static elman_status tell(elman_dataset *dataset, const elman_arrays *a)
{
    const size_t *size = dataset->size;
    TRY(facts_add(&dataset->facts, "file", false,
                  "arrays in memory: %zu sequence%s of tokens", a->N,
                  a->N == 1 ? "" : "s"));
    TRY(facts_add(&dataset->facts, "task", false,
                  "language: the next of %zu different tokens",
                  dataset->encoding->vocabulary));
    if (dataset->following) return ELMAN_OK;
    return facts_add(&dataset->facts, "split", false,
                     "%s: %zu tokens to train, %zu to validate, %zu to test",
                     a->parts ? "as given" : "in their order",
                     size[ELMAN_PART_TRAIN], size[ELMAN_PART_VALIDATION],
                     size[ELMAN_PART_TEST]);
}

static elman_status open_tokens(elman_dataset *dataset, const elman_arrays *a,
                                const elman_dataset_config *config)
{
    size_t rows, count[PART_COUNT] = {0};
    source from = {.arrays = a};
    TRY(check_arrays(a, &rows));
    TRY(check_config(a, config));
    dataset->encoding->task = ELMAN_TASK_LANGUAGE;
    TRY(settle(dataset, &from, count));

    if (a->parts) {
        memcpy(dataset->size, count, sizeof count);
        TRY(tokens_check(dataset));
    } else {
        const part_tokens parts[PART_COUNT] = {{true, count[0]}};
        TRY(tokens_split(dataset, config, parts));
    }

    /* what lies in one row can stay where it is */
    if (a->tokens && a->borrowed && !a->parts && count[0] == rows)
        dataset->rows[0] =
            (token_row){.at = a->tokens, .width = 4, .count = rows};
    else TRY(copy_tokens(dataset, &from));
    tokens_place(dataset, (bool[PART_COUNT]){true});
    return tell(dataset, a);
}

static elman_status tokens_open(elman_dataset *dataset, const input *in,
                                const elman_dataset_config *config)
{
    elman_status status = open_tokens(dataset, in->arrays, config);
    if (status == ELMAN_BAD_FORMAT) status = ELMAN_BAD_VALUE;
    return status ? failure_in(status, in->name) : ELMAN_OK;
}

const dataset_kind kind_tokens = {.name = "arrays of tokens",
                                  .extensions = {NULL},
                                  .tasks = 1u << ELMAN_TASK_LANGUAGE,
                                  .options = 0,
                                  .open = tokens_open};
