/*
 * text_file.c: parts of a file as text, and where its tokens are. Of bytes that
 * are all known token k is byte k. Of all else marks say which token begins
 * where, every so many bytes; what lies between is cut into tokens again.
 */
#include "data/text_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/token.h"
#include "data/token_lookup.h"

enum {
    BYTES = 256,
    AT_ONCE = 1 << 16,
    MOST_MARKS = 1 << 16,
    LONGEST = 1 << 24, /* bytes of a word */
    TOKENS_AT_ONCE = 4096
};

/* Where a token begins. */
typedef struct mark {
    size_t token, at;
} mark;

struct text_file {
    file_reader *reader;
    size_t begin, size; /* of the text: from where in the file, and how much */
    elman_unit unit;
    bool keep_line_ends, as_it_is; /* bytes that are their text */

    /* once it is indexed */
    token_lookup lookup;
    bool plain; /* token k is byte k */
    mark *marks;
    size_t mark_count, mark_room;
};

/* ---- Life ---------------------------------------------------------------- */

elman_status text_file_open(file_reader *reader, text_file **file)
{
    text_file *f = calloc(1, sizeof *f);
    if (!f) {
        elman_status status = failure(ELMAN_NO_MEMORY, "no memory for '%.200s'",
                                      file_reader_path(reader));
        file_reader_close(reader);
        return status;
    }
    f->reader = reader;
    f->size = file_reader_size(f->reader);
    f->unit = ELMAN_UNIT_BYTES;
    f->as_it_is = true;
    *file = f;
    return ELMAN_OK;
}

void text_file_close(text_file *f)
{
    if (!f) return;
    file_reader_close(f->reader);
    free(f->marks);
    free(f);
}

size_t text_file_size(const text_file *f) { return f->size; }

void text_file_settle(text_file *f, const decode_survey *survey,
                      const elman_dataset_config *config, elman_unit unit)
{
    bool bytes = unit == ELMAN_UNIT_BYTES;
    f->begin = survey->begin;
    f->size = file_reader_size(f->reader) - f->begin;
    f->unit = unit;
    f->keep_line_ends = config->keep_line_ends;

    bool turns = survey->returns && !config->keep_line_ends;
    f->as_it_is = bytes || (!survey->found.bad_count && !turns);
}

const file_reader *text_file_reader(const text_file *f) { return f->reader; }

void text_reader_clear(text_reader *reader)
{
    free(reader->raw);
    free(reader->text);
    *reader = (text_reader){0};
}

/* ---- Parts of the text --------------------------------------------------- */

/* Room for so many bytes of the file, and the text that they may become. */
static elman_status make_room(text_reader *r, size_t bytes)
{
    if (bytes <= r->room) return ELMAN_OK;
    char *raw = realloc(r->raw, bytes), *text;
    if (raw) r->raw = raw;
    text = raw ? realloc(r->text, 3 * bytes) : NULL;
    if (text) r->text = text;
    if (!text)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu bytes of a text",
                       bytes);
    r->room = bytes;
    return ELMAN_OK;
}

/* Reads a part of the file at the reader and makes text of it. */
static elman_status read_part(const text_file *f, text_reader *r, size_t bytes,
                              bool *last)
{
    size_t left = f->size - r->at, got;
    *last = bytes >= left;
    if (*last) bytes = left;
    TRY(make_room(r, bytes + 1));
    TRY(file_reader_span(f->reader, f->begin + r->at, r->raw, bytes, bytes,
                         &got));

    if (f->unit == ELMAN_UNIT_BYTES) {
        memcpy(r->text, r->raw, bytes);
        r->size = r->used = bytes;
    } else
        r->size = decode_part(r->raw, bytes, *last, f->keep_line_ends, SIZE_MAX,
                              r->text, &r->used);
    return ELMAN_OK;
}

/* How much of the text at the reader is whole tokens: a word may go on, which
 * an apostrophe and a letter behind it tell. */
static size_t whole_tokens(const text_file *f, const text_reader *r, bool last)
{
    if (f->unit != ELMAN_UNIT_WORDS || last) return r->size;
    size_t whole = r->size, length;

    /* a line break is a token of its own */
    while (whole > 0 && r->text[whole - 1] != '\n')
        whole--;
    if (whole) return whole;

    for (size_t at = 0; at < r->size; at += length) {
        length = token_length(f->unit, r->text + at, r->size - at);
        if (length == 0) length = 1;
        if (at + length + 1 >= r->size) break;
        whole = at + length;
    }
    return whole;
}

/* The bytes of the part at the reader that so many of its text come from. */
static size_t bytes_of(const text_file *f, const text_reader *r, size_t size)
{
    size_t used = 0;
    if (f->as_it_is) return size;
    decode_part(r->raw, r->used, true, f->keep_line_ends, size, r->text, &used);
    return used;
}

elman_status text_file_next(const text_file *f, text_reader *r, size_t bytes,
                            const char **text, size_t *size)
{
    bool last;
    *size = 0;
    if (r->at >= f->size) return ELMAN_OK;

    /* a word that is longer than the part takes a longer one */
    for (size_t wanted = bytes;; wanted *= 2) {
        TRY(read_part(f, r, wanted, &last));
        *size = whole_tokens(f, r, last);
        if (*size) break;
        if (wanted > LONGEST)
            return failure(ELMAN_BAD_FORMAT,
                           "the word at byte %zu has more than %d bytes; take "
                           "unit characters",
                           f->begin + r->at, LONGEST);
    }

    r->at += *size == r->size ? r->used : bytes_of(f, r, *size);
    *text = r->text;
    return ELMAN_OK;
}

/* ---- Bytes --------------------------------------------------------------- */

/* Counts the bytes from begin to end of the file; holes are zeros. */
static elman_status count_bytes(const text_file *f, size_t begin, size_t end,
                                uint64_t counts[BYTES])
{
    unsigned char block[TOKENS_AT_ONCE * 4];
    while (begin < end) {
        size_t from, to, got;
        file_reader_data(f->reader, begin, &from, &to);
        if (from > end) from = end;
        if (to > end) to = end;
        counts[0] += from - begin;

        for (begin = from; begin < to; begin += got) {
            size_t bytes = to - begin;
            if (bytes > sizeof block) bytes = sizeof block;
            TRY(file_reader_span(f->reader, begin, block, bytes, bytes, &got));
            for (size_t i = 0; i < got; i++)
                counts[block[i]]++;
        }
    }
    return ELMAN_OK;
}

elman_status text_file_bytes(const text_file *f, uint64_t counts[BYTES])
{
    memset(counts, 0, BYTES * sizeof *counts);
    return count_bytes(f, f->begin, f->begin + f->size, counts);
}

/* ---- Tokens -------------------------------------------------------------- */

static elman_status add_mark(text_file *f, size_t token, size_t at)
{
    mark *wider =
        array_widen(f->marks, &f->mark_room, f->mark_count + 1, sizeof *wider);
    if (!wider)
        return failure(ELMAN_NO_MEMORY, "no memory for marks in a text");
    f->marks = wider;
    f->marks[f->mark_count++] = (mark){token, at};
    return ELMAN_OK;
}

/* Whether all bytes are known, so that no place has to be looked for. */
static elman_status index_bytes(text_file *f, size_t *count, size_t *unknown)
{
    uint64_t counts[BYTES];
    TRY(text_file_bytes(f, counts));
    *unknown = 0;
    for (int c = 0; c < BYTES; c++)
        if (f->lookup.single[c] == TOKEN_NONE) *unknown += (size_t)counts[c];
    *count = f->size - *unknown;
    f->plain = *unknown == 0;
    return ELMAN_OK;
}

static elman_status index_text(text_file *f, text_reader *r, size_t *count,
                               size_t *unknown)
{
    size_t step = f->size / MOST_MARKS, next = 0;
    if (step < AT_ONCE) step = AT_ONCE;
    *count = *unknown = 0;

    for (;;) {
        const char *text;
        size_t size, begin = r->at;
        TRY(text_file_next(f, r, AT_ONCE, &text, &size));
        if (size == 0) return ELMAN_OK;
        if (begin >= next) {
            TRY(add_mark(f, *count, begin));
            next = begin + step;
        }

        /* what is left out has no number */
        token_found found;
        for (size_t at = 0; at < size; at += found.bytes) {
            found = token_lookup_next(&f->lookup, text + at, size - at);
            *count += found.token != TOKEN_NONE;
            *unknown += found.token == TOKEN_NONE && !found.skipped;
        }
    }
}

elman_status text_file_index(text_file *f, const elman_encoding *encoding,
                             size_t *count, size_t *unknown)
{
    f->lookup = token_lookup_make(encoding);
    f->mark_count = 0;
    f->plain = false;
    if (f->unit == ELMAN_UNIT_BYTES) {
        TRY(index_bytes(f, count, unknown));
        if (f->plain) return ELMAN_OK;
    }

    text_reader reader = {0};
    elman_status status = index_text(f, &reader, count, unknown);
    text_reader_clear(&reader);
    return status;
}

/* Puts a reader at the last mark before a token, unless that is behind it and
 * it gets there sooner from where it is. */
static void seek(const text_file *f, text_reader *r, size_t token)
{
    size_t low = 0, high = f->mark_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (f->marks[middle].token <= token) low = middle;
        else high = middle;
    }

    const mark *m = &f->marks[low];
    if (r->token <= token && r->token >= m->token && r->at) return;
    r->token = m->token;
    r->at = m->at;
}

static elman_status changed(const text_file *f)
{
    TRY(file_reader_check(f->reader));
    return failure(ELMAN_BAD_FILE,
                   "'%.200s' has not the tokens that it had when it was opened",
                   file_reader_path(f->reader));
}

/* Bytes that are tokens, in parts. */
static elman_status read_plain(const text_file *f, size_t first, size_t count,
                               int32_t *tokens)
{
    unsigned char block[TOKENS_AT_ONCE];
    if (first > f->size || count > f->size - first) return changed(f);
    for (size_t got; count > 0; count -= got, first += got) {
        size_t bytes = count < sizeof block ? count : sizeof block;
        TRY(file_reader_span(f->reader, f->begin + first, block, bytes, bytes,
                             &got));
        for (size_t i = 0; i < got; i++) {
            *tokens = f->lookup.single[block[i]];
            if (*tokens++ == TOKEN_NONE) return changed(f);
        }
    }
    return ELMAN_OK;
}

/* Takes up to count tokens of a part that begins with the reader's next token;
 * those before first are passed over. Returns how many, and sets used to the
 * bytes of the part's text up to behind them. */
static size_t take_tokens(const text_file *f, text_reader *r, const char *text,
                          size_t size, size_t first, size_t count,
                          int32_t *tokens, size_t *used)
{
    size_t at = 0, taken = 0;
    while (at < size && taken < count) {
        token_found found = token_lookup_next(&f->lookup, text + at, size - at);
        at += found.bytes;
        if (found.token == TOKEN_NONE) continue;
        if (r->token++ >= first) tokens[taken++] = found.token;
    }
    *used = at;
    return taken;
}

elman_status text_file_tokens(const text_file *f, text_reader *r, size_t first,
                              size_t count, int32_t *tokens)
{
    enum { LEAST = 256, PER_TOKEN = 5 };
    TRY(file_reader_check(f->reader));
    if (f->plain) return read_plain(f, first, count, tokens);
    if (!f->mark_count) return changed(f);

    /* parts of about as many bytes as the tokens may have */
    seek(f, r, first);
    while (count > 0) {
        const char *text;
        size_t size, used, begin = r->at, ahead = first - r->token + count;
        size_t bytes =
            ahead < AT_ONCE / PER_TOKEN ? ahead * PER_TOKEN : AT_ONCE;
        TRY(text_file_next(f, r, bytes < LEAST ? LEAST : bytes, &text, &size));
        if (size == 0) return changed(f);

        size_t taken =
            take_tokens(f, r, text, size, first, count, tokens, &used);
        if (used < size) r->at = begin + bytes_of(f, r, used);
        first += taken;
        tokens += taken;
        count -= taken;
    }
    return ELMAN_OK;
}

elman_status text_file_count(const text_file *f, size_t first, size_t end,
                             uint64_t *counts)
{
    if (f->plain) {
        uint64_t bytes[BYTES] = {0};
        TRY(count_bytes(f, f->begin + first, f->begin + end, bytes));
        for (int c = 0; c < BYTES; c++)
            if (bytes[c]) counts[f->lookup.single[c]] += bytes[c];
        return file_reader_check(f->reader);
    }

    /* others as they are read */
    int32_t tokens[TOKENS_AT_ONCE];
    text_reader reader = {0};
    elman_status status = ELMAN_OK;
    for (size_t count; first < end && !status; first += count) {
        count = end - first < TOKENS_AT_ONCE ? end - first : TOKENS_AT_ONCE;
        status = text_file_tokens(f, &reader, first, count, tokens);
        for (size_t i = 0; i < count && !status; i++)
            counts[tokens[i]]++;
    }
    text_reader_clear(&reader);
    return status;
}
