/*
 * encoding_read.c: text to tokens, for datasets and prompts alike.
 */
#include "data/encoding.h"
#include "data/token.h"
#include "data/token_lookup.h"

#include "format/utf8.h"

#include <inttypes.h>
#include <string.h>

/* The token with these bytes, by binary search, or TOKEN_NONE. */
static int32_t find(const elman_encoding *e, const char *text, size_t bytes)
{
    size_t low = 0, high = e->vocabulary;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        size_t token = e->sorted ? (size_t)e->sorted[middle] : middle;
        size_t have = e->token_bytes[token];
        int order = memcmp(text, e->tokens[token], bytes < have ? bytes : have);
        if (order == 0 && bytes == have) return (int32_t)token;
        if (order > 0 || (order == 0 && bytes > have)) low = middle + 1;
        else high = middle;
    }
    return TOKEN_NONE;
}

token_lookup token_lookup_make(const elman_encoding *encoding)
{
    token_lookup made = {.encoding = encoding};
    for (int c = 0; c < 256; c++) {
        char one = (char)c;
        made.single[c] = find(encoding, &one, 1);
    }

    /* only words have tokens for what is not in the vocabulary */
    made.unknown = find(encoding, "<unk>", 5);
    made.unknown_spaced = find(encoding, " <unk>", 6);
    if (encoding->unit != ELMAN_UNIT_WORDS) made.unknown = TOKEN_NONE;
    made.line_end = encoding->bare ? find(encoding, "<eos>", 5) : TOKEN_NONE;
    return made;
}

/* True if text is but the blank between two words that have none. */
static bool is_between(const elman_encoding *e, const char *text, size_t bytes)
{
    return e->bare && bytes == 1 && text[0] == ' ';
}

static int32_t token_of(const token_lookup *l, const char *text, size_t bytes)
{
    /* words that stand in the vocabulary without the blank before them */
    if (l->encoding->bare && bytes > 1 && text[0] == ' ') {
        text++;
        bytes--;
    }
    int32_t token = bytes == 1 ? l->single[(unsigned char)text[0]]
                               : find(l->encoding, text, bytes);

    if (token == TOKEN_NONE && bytes == 1 && text[0] == '\n')
        token = l->line_end;
    if (token != TOKEN_NONE || l->unknown == TOKEN_NONE) return token;

    bool spaced =
        text[0] == ' ' && bytes > 1 && l->unknown_spaced != TOKEN_NONE;
    return spaced ? l->unknown_spaced : l->unknown;
}

token_found token_lookup_next(const token_lookup *lookup, const char *text,
                              size_t bytes)
{
    const elman_encoding *e = lookup->encoding;
    size_t length = token_length(e->unit, text, bytes);
    if (is_between(e, text, length))
        return (token_found){length, TOKEN_NONE, .skipped = true};
    if (length == 0) /* no character: read as files are */
        return (token_found){1, token_of(lookup, "\xEF\xBF\xBD", 3),
                             .bad = true};
    return (token_found){length, token_of(lookup, text, length), .bad = false};
}

static elman_status unknown_token(const elman_encoding *encoding,
                                  const char *text, size_t bytes, size_t at)
{
    uint32_t c = 0;

    if (encoding->unit == ELMAN_UNIT_WORDS)
        return failure(ELMAN_BAD_VALUE,
                       "word \"%.*s\" at byte %zu is not in the vocabulary",
                       bytes > 60 ? 60 : (int)bytes, text, at);

    if (encoding->unit == ELMAN_UNIT_CHARACTERS && utf8_read(text, bytes, &c))
        return failure(ELMAN_BAD_VALUE,
                       "character '%.*s' (U+%04" PRIX32
                       ") at byte %zu is not in the vocabulary",
                       (int)bytes, text, c, at);

    return failure(ELMAN_BAD_VALUE,
                   "byte 0x%02x at byte %zu is not in the vocabulary",
                   (unsigned char)text[0], at);
}

elman_status encoding_read_from(const elman_encoding *encoding,
                                const char *text, size_t bytes, size_t before,
                                size_t capacity, int32_t *tokens, size_t *count,
                                size_t *unknown)
{
    if (encoding->task != ELMAN_TASK_LANGUAGE)
        return failure(ELMAN_BAD_VALUE,
                       "the encoding is for %s, text needs one for language",
                       task_name(encoding->task));

    token_lookup l = token_lookup_make(encoding);
    size_t found = 0, left_out = 0;
    token_found next;
    for (size_t at = 0; at < bytes; at += next.bytes) {
        next = token_lookup_next(&l, text + at, bytes - at);
        if (next.skipped) continue;
        if (next.bad && !unknown)
            return failure(ELMAN_BAD_VALUE,
                           "byte 0x%02x at byte %zu is not "
                           "UTF-8 text",
                           (unsigned char)text[at], before + at);
        if (next.token == TOKEN_NONE && !unknown)
            return unknown_token(encoding, text + at, next.bytes, before + at);

        /* what is left out is neither read nor predicted */
        if (next.token == TOKEN_NONE) {
            left_out++;
            continue;
        }

        /* more than fit are only counted, so that the caller can make room */
        if (found < capacity) tokens[found] = next.token;
        found++;
    }

    *count = found;
    if (unknown) *unknown = left_out;
    return ELMAN_OK;
}

elman_status encoding_read(const elman_encoding *encoding, const char *text,
                           size_t bytes, size_t capacity, int32_t *tokens,
                           size_t *count, size_t *unknown)
{
    return encoding_read_from(encoding, text, bytes, 0, capacity, tokens, count,
                              unknown);
}
