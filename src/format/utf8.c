/*
 * utf8.c: text as code points.
 */
#include "format/utf8.h"

#include <string.h>

size_t utf8_read(const char *text, size_t bytes, uint32_t *point)
{
    /* the least code point of each length: less is an overlong form */
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *c = (const unsigned char *)text;

    /* the first byte says how many bytes there are */
    size_t length = c[0] < 0x80   ? 1
                    : c[0] < 0xC0 ? 0
                    : c[0] < 0xE0 ? 2
                    : c[0] < 0xF0 ? 3
                    : c[0] < 0xF8 ? 4
                                  : 0;
    if (length == 0 || length > bytes) return 0;

    /* its low bits, then six bits of each other byte */
    uint32_t value = length == 1 ? c[0] : c[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((c[i] & 0xC0) != 0x80) return 0;
        value = value << 6 | (c[i] & 0x3F);
    }

    if (value < least[length] || value > 0x10FFFF ||
        (value >= 0xD800 && value < 0xE000))
        return 0;

    *point = value;
    return length;
}

size_t utf8_ascii(const char *text, size_t bytes)
{
    const uint64_t high = 0x8080808080808080;
    size_t at = 0;
    uint64_t word;

    /* eight bytes at once, then the last ones */
    for (; at + sizeof word <= bytes; at += sizeof word) {
        memcpy(&word, text + at, sizeof word);
        if (word & high) break;
    }
    while (at < bytes && (unsigned char)text[at] < 0x80)
        at++;
    return at;
}

size_t utf8_write(uint32_t point, char text[UTF8_MAX_BYTES])
{
    if (point < 0x80) {
        text[0] = (char)point;
        return 1;
    }

    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, point >>= 6)
        text[i] = (char)(0x80 | (point & 0x3F));

    text[0] = (char)(0xF00u >> length | point);
    return length;
}

size_t utf8_valid(const char *text, size_t bytes)
{
    size_t at = 0;
    uint32_t point;

    while (at < bytes) {
        size_t length;
        if ((unsigned char)text[at] < 0x80)
            length = utf8_ascii(text + at, bytes - at);
        else length = utf8_read(text + at, bytes - at, &point);
        if (length == 0) break;
        at += length;
    }
    return at;
}

static size_t line_of(const char *text, size_t at)
{
    size_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += text[i] == '\n';
    return line;
}

elman_status utf8_check(const char *text, size_t bytes, size_t *start)
{
    if (bytes == 0) return failure(ELMAN_BAD_FORMAT, "the file is empty");

    if (bytes >= 2 &&
        (!memcmp(text, "\xFF\xFE", 2) || !memcmp(text, "\xFE\xFF", 2)))
        return failure(ELMAN_BAD_FORMAT,
                       "the text is UTF-16; save it as UTF-8");

    const char *zero = memchr(text, 0, bytes);
    size_t good = utf8_valid(text, bytes);
    if (zero && (size_t)(zero - text) < good)
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: a zero byte, so this is not text",
                       line_of(text, (size_t)(zero - text)));

    if (good < bytes)
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: byte 0x%02x is not UTF-8 text",
                       line_of(text, good), (unsigned char)text[good]);

    /* a byte order mark is not part of the text */
    *start = bytes >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;
    return ELMAN_OK;
}
