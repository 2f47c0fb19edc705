/*
 * token.c: text cut into tokens.
 */
#include "data/token.h"

#include "format/utf8.h"

/* Code points beyond ASCII that are tokens of their own: punctuation, and
 * scripts that put no spaces between words. */
static const struct {
    uint32_t first, last;
} single[] = {
    {0x00A0, 0x00BF}, /* Latin-1 punctuation and symbols */
    {0x00D7, 0x00D7}, /* times */
    {0x00F7, 0x00F7}, /* divided */
    {0x2000, 0x2BFF}, /* punctuation, arrows, mathematics, shapes */
    {0x3000, 0x30FF}, /* CJK punctuation, hiragana, katakana */
    {0x3400, 0x9FFF}, /* CJK ideographs */
    {0xF900, 0xFAFF}, /* more of them */
    {0xFE30, 0xFE4F},   {0xFF00, 0xFF0F}, /* wide punctuation */
    {0x1F000, 0x3FFFF},                   /* pictures, rarer ideographs */
};

static bool is_word(uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
               (c >= 'a' && c <= 'z') || c == '_';

    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (c >= single[i].first && c <= single[i].last) return false;
    return true;
}

/* The bytes of a word; an apostrophe between two letters belongs to it. */
static size_t word_bytes(const char *text, size_t bytes)
{
    size_t at = 0;
    while (at < bytes) {
        uint32_t c = 0;
        size_t apostrophe = at > 0 && text[at] == '\'';
        if (at + apostrophe == bytes) break;

        size_t length =
            utf8_read(text + at + apostrophe, bytes - at - apostrophe, &c);
        if (length == 0 || !is_word(c)) break;
        at += apostrophe + length;
    }
    return at;
}

/* The bytes of a word or one other character, with one space before it. */
static size_t spaced_bytes(const char *text, size_t bytes)
{
    uint32_t c = 0;
    size_t space = text[0] == ' ' && bytes > 1 && text[1] != ' ' &&
                   text[1] != '\n' && text[1] != '\r' && text[1] != '\t';

    size_t length = utf8_read(text + space, bytes - space, &c);
    if (length == 0) return space;
    if (is_word(c)) length = word_bytes(text + space, bytes - space);
    return space + length;
}

size_t token_length(elman_unit unit, const char *text, size_t bytes)
{
    uint32_t c = 0;
    if (unit == ELMAN_UNIT_BYTES) return 1;
    if (unit == ELMAN_UNIT_WORDS) return spaced_bytes(text, bytes);
    if (bytes && (unsigned char)text[0] < 0x80) return 1;
    return utf8_read(text, bytes, &c);
}
