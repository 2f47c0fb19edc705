/*
 * converter_windows.c: converter.h by the code pages of Windows. UTF-16 and
 * UTF-32 have none and are read here. Pages of one byte become a table; others
 * are asked character by character.
 */
#include "format/converter.h"

#include <windows.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/utf8.h"

enum { BYTES = 256, LONGEST = 4 };

static const uint32_t no_point = UINT32_MAX;

struct converter {
    int width;              /* bytes of a unit of UTF-16 or UTF-32; 0: a page */
    bool big;               /* whose first byte is the largest part */
    unsigned page;          /* a code page */
    uint32_t single[BYTES]; /* what each byte is alone; no_point: nothing */
};

/* ---- Names --------------------------------------------------------------- */

/* A name without what people write in different ways: Shift_JIS, shift-jis. */
static void simplify(const char *name, size_t room, char *plain)
{
    size_t n = 0;
    for (; *name && n < room - 1; name++) {
        const char c = *name;
        if (c == '-' || c == '_' || c == ' ' || c == '.') continue;
        plain[n++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    plain[n] = 0;
}

/* The number that follows the beginning of a name; 0 if it has another. */
static unsigned number_after(const char *name, const char *begin)
{
    const size_t n = strlen(begin);
    if (strncmp(name, begin, n) != 0) return 0;

    unsigned number = 0;
    for (const char *c = name + n; *c; c++) {
        if (*c < '0' || *c > '9' || number > 99999) return 0;
        number = number * 10 + (unsigned)(*c - '0');
    }
    return number;
}

/* The code page of a simplified name; 0 if there is none. */
static unsigned find_page(const char *name)
{
    static const struct {
        const char *name;
        unsigned page;
    } names[] = {
        {"ASCII", 20127},   {"USASCII", 20127},   {"UTF8", 65001},
        {"LATIN1", 28591},  {"LATIN2", 28592},    {"LATIN9", 28605},
        {"SHIFTJIS", 932},  {"SJIS", 932},        {"MSKANJI", 932},
        {"EUCJP", 20932},   {"EUCKR", 949},       {"UHC", 949},
        {"GBK", 936},       {"GB2312", 936},      {"EUCCN", 936},
        {"GB18030", 54936}, {"BIG5", 950},        {"KOI8R", 20866},
        {"KOI8U", 21866},   {"MACINTOSH", 10000}, {"MAC", 10000},
        {"TIS620", 874},    {"JOHAB", 1361},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i].name)) return names[i].page;

    /* ISO 8859 and the pages of Microsoft and IBM count on */
    const unsigned part = number_after(name, "ISO8859");
    if (part >= 1 && part <= 16) return 28590 + part;
    static const char *const begins[] = {"CP", "WINDOWS", "MS", "IBM"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        const unsigned page = number_after(name, begins[i]);
        if (page) return page;
    }
    return 0;
}

/* ---- Characters ---------------------------------------------------------- */

/* The code point of some bytes of a page, if they are one character. */
static uint32_t read_page(unsigned page, const char *from, int bytes)
{
    wchar_t wide[2];
    const DWORD strict = page == 20127 ? 0 : MB_ERR_INVALID_CHARS;
    const int count = MultiByteToWideChar(page, strict, from, bytes, wide, 2);
    if (count < 1) return no_point;
    if (count == 2)
        return 0x10000u + (((uint32_t)wide[0] - 0xD800u) << 10) +
               ((uint32_t)wide[1] - 0xDC00u);

    /* bytes without a meaning, which Windows passes on as they are */
    const uint32_t point = wide[0];
    const bool control = point >= 0x80 && point < 0xA0;
    if (control && (page < 28591 || page > 28606)) return no_point;
    return page == 20127 && (unsigned char)*from >= 0x80 ? no_point : point;
}

/* A character of UTF-16 or UTF-32; how many bytes, 0 if it is none. */
static size_t read_wide(const converter *c, const unsigned char *from,
                        size_t left, uint32_t *point)
{
    const size_t width = (size_t)c->width;
    uint32_t unit[2] = {0};
    for (size_t u = 0; u < 2 && (u + 1) * width <= left; u++)
        for (size_t i = 0; i < width; i++) {
            const size_t at = c->big ? i : width - 1 - i;
            unit[u] = unit[u] << 8 | from[u * width + at];
        }

    if (left < width) return 0;
    *point = unit[0];
    if (unit[0] < 0xD800 || unit[0] > 0xDFFF)
        return unit[0] <= 0x10FFFF ? width : 0;

    /* two halves, which only UTF-16 has */
    if (width == 4 || unit[0] > 0xDBFF || left < 2 * width ||
        unit[1] < 0xDC00 || unit[1] > 0xDFFF)
        return 0;
    *point = 0x10000 + ((unit[0] - 0xD800) << 10) + (unit[1] - 0xDC00);
    return 2 * width;
}

static size_t read_character(const converter *c, const char *from, size_t left,
                             uint32_t *point)
{
    if (c->width) return read_wide(c, (const unsigned char *)from, left, point);

    *point = c->single[(unsigned char)*from];
    if (*point != no_point) return 1;
    for (size_t bytes = 2; bytes <= LONGEST && bytes <= left; bytes++) {
        *point = read_page(c->page, from, (int)bytes);
        if (*point != no_point) return bytes;
    }
    return 0;
}

/* ---- Conversion ---------------------------------------------------------- */

/* UTF-16 and UTF-32, with the largest part first unless the name says less. */
static bool find_width(const char *name, converter *c)
{
    if (strncmp(name, "UTF16", 5) != 0 && strncmp(name, "UTF32", 5) != 0)
        return false;
    const char *order = name + 5;
    c->width = name[3] == '1' ? 2 : 4;
    c->big = !strcmp(order, "BE");
    return c->big || !*order || !strcmp(order, "LE");
}

converter *converter_open(const char *name)
{
    char plain[32];
    CPINFO about;
    simplify(name, sizeof plain, plain);
    converter *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    if (find_width(plain, c)) return c;

    c->page = find_page(plain);
    if (!c->page || !GetCPInfo(c->page, &about)) {
        free(c);
        return NULL;
    }

    for (int byte = 0; byte < BYTES; byte++) {
        const char alone = (char)byte;
        const bool leads = about.MaxCharSize > 1 && byte >= 0x80 &&
                           IsDBCSLeadByteEx(c->page, (BYTE)byte);
        c->single[byte] = leads ? no_point : read_page(c->page, &alone, 1);
    }
    return c;
}

void converter_close(converter *c) { free(c); }

conversion_end converter_run(converter *c, conversion_place *at)
{
    while (at->left) {
        uint32_t point;
        char text[UTF8_MAX_BYTES];
        const size_t bytes = read_character(c, at->from, at->left, &point);
        if (!bytes) return CONVERSION_BAD;

        const size_t count = utf8_write(point, text);
        if (count > at->room) return CONVERSION_NO_ROOM;
        memcpy(at->to, text, count);
        at->to += count;
        at->room -= count;
        at->from += bytes;
        at->left -= bytes;
    }
    return CONVERSION_DONE;
}
