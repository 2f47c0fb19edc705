/*
 * page.c: text that becomes HTML or SVG, on its way to a file.
 */
#include "report/page.h"

#include "base/memory.h"
#include "format/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"

/* ---- The file ----------------------------------------------------------- */

elman_status page_open(page *p, const char *path)
{
    *p = (page){0};
    p->status = file_writer_open(path, &p->file);
    return p->status;
}

elman_status page_end(page *p)
{
    if (!p->file) return p->status;
    elman_status status = file_writer_end(p->file, p->status);
    p->file = NULL;
    return status;
}

static void put(page *p, const char *text, size_t bytes)
{
    if (p->status != ELMAN_OK || !bytes) return;
    p->status = file_writer_write(p->file, text, bytes);
}

void *page_take(page *p, size_t count, size_t bytes)
{
    size_t total;
    void *memory = NULL;
    if (p->status != ELMAN_OK) return NULL;

    if (sizes_multiply(count ? count : 1, bytes, 1, &total))
        memory = malloc(total);
    if (!memory) p->status = failure(ELMAN_NO_MEMORY, "no memory for a page");
    return memory;
}

/* ---- Text --------------------------------------------------------------- */

enum { UNKNOWN = 0xFFFD, PICTURES = 0x2400, PICTURE_OF_DELETE = 0x2421 };

/* Whether a point could hide or turn the text around it, or may not be in XML.
 */
static bool is_unseemly(uint32_t point)
{
    return (point >= 0x80 && point < 0xA0) || point == 0x61C ||
           (point >= 0x200E && point <= 0x200F) ||
           (point >= 0x202A && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069) || (point & 0xFFFE) == 0xFFFE;
}

/* What stands for a point: itself, or the picture of a control. */
static uint32_t point_shown(uint32_t point)
{
    if (point == '\n' || point == '\t') return point;
    if (point < 0x20) return PICTURES + point;
    if (point == 0x7F) return PICTURE_OF_DELETE;
    return is_unseemly(point) ? UNKNOWN : point;
}

static void put_point(page *p, uint32_t point)
{
    static const struct {
        char mark;
        const char *name;
    } marks[] = {{'&', "&amp;"},
                 {'<', "&lt;"},
                 {'>', "&gt;"},
                 {'"', "&quot;"},
                 {'\'', "&#39;"}};
    char text[UTF8_MAX_BYTES];

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (point == (unsigned char)marks[i].mark) {
            put(p, marks[i].name, strlen(marks[i].name));
            return;
        }
    put(p, text, utf8_write(point_shown(point), text));
}

void page_text(page *p, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes;) {
        uint32_t point = UNKNOWN;
        size_t length = utf8_read(text + i, bytes - i, &point);
        put_point(p, length ? point : UNKNOWN);
        i += length ? length : 1;
    }
}

size_t text_columns(const char *text)
{
    size_t width = 0;
    for (; text && *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

/* ---- Numbers ------------------------------------------------------------ */

/* Makes the decimal point a point, whatever the locale has there, and leaves
 * out zeros at the end behind it. */
static void make_plain(const char *from, char *text)
{
    size_t bytes = 0, point = 0;
    bool fraction = false;

    for (; *from; from++)
        if (strchr("0123456789-", *from)) text[bytes++] = *from;
        else if (!fraction) {
            fraction = true;
            point = bytes;
            text[bytes++] = '.';
        }

    while (fraction && bytes > point + 1 && text[bytes - 1] == '0')
        bytes--;
    if (fraction && bytes == point + 1) bytes--;
    text[bytes] = 0;
}

void number_label(double value, int digits, char text[NUMBER_ROOM])
{
    char scientific[64], plain[64];
    const char *special = isnan(value)   ? "–"
                          : value == 0   ? "0"
                          : isinf(value) ? (value > 0 ? "∞" : "-∞")
                                         : NULL;
    if (special) {
        snprintf(text, NUMBER_ROOM, "%s", special);
        return;
    }

    /* the digits, and the power of ten of the first */
    snprintf(scientific, sizeof scientific, "%.*e", digits - 1, value);
    char *e = strchr(scientific, 'e');
    int power = (int)strtol(e + 1, NULL, 10);

    if (power >= -4 && power < 7) {
        int decimals = digits - 1 - power;
        snprintf(plain, sizeof plain, "%.*f", decimals > 0 ? decimals : 0,
                 value);
        make_plain(plain, text);
        return;
    }

    *e = 0;
    make_plain(scientific, plain);
    snprintf(text, NUMBER_ROOM, "%.24se%d", plain, power);
}

static void put_coordinate(page *p, double value)
{
    char text[NUMBER_ROOM];
    double tenths = isfinite(value) && fabs(value) < 1e9
                        ? real_floor(fabs(value) * 10 + 0.5)
                        : 0;
    uint64_t whole = (uint64_t)tenths;
    int bytes = snprintf(text, sizeof text, "%s%" PRIu64,
                         value < 0 && whole ? "-" : "", whole / 10);
    if (whole % 10)
        bytes += snprintf(text + bytes, sizeof text - (size_t)bytes,
                          ".%" PRIu64, whole % 10);
    put(p, text, (size_t)bytes);
}

static void put_number(page *p, double value, const char *unit)
{
    char text[NUMBER_ROOM];
    number_label(value, unit ? 3 : 4, text);
    put(p, text, strlen(text));
    if (unit && !isnan(value)) put(p, unit, strlen(unit));
}

/* ---- All of it ---------------------------------------------------------- */

static void put_whole(page *p, size_t value)
{
    char text[NUMBER_ROOM];
    put(p, text, (size_t)snprintf(text, sizeof text, "%zu", value));
}

static void put_grouped(page *p, size_t value)
{
    char text[NUMBER_ROOM];
    size_t digits = (size_t)snprintf(text, sizeof text, "%zu", value);
    for (size_t i = 0; i < digits; i++) {
        if (i && (digits - i) % 3 == 0) put(p, ",", 1);
        put(p, text + i, 1);
    }
}

/* Writes one value of page_write; false if the letter has none. */
static bool put_value(page *p, char letter, va_list *values)
{
    const char *text;
    switch (letter) {
    case 't':
        text = va_arg(*values, const char *);
        if (text) page_text(p, text, strlen(text));
        return true;
    case 'r':
        text = va_arg(*values, const char *);
        put(p, text, strlen(text));
        return true;
    case 'u':
        put_whole(p, va_arg(*values, size_t));
        return true;
    case 'g':
        put_grouped(p, va_arg(*values, size_t));
        return true;
    case 'n':
        put_number(p, va_arg(*values, double), NULL);
        return true;
    case 'p':
        put_number(p, 100 * va_arg(*values, double), " %");
        return true;
    case 'x':
        put_coordinate(p, va_arg(*values, double));
        return true;
    default:
        return false;
    }
}

void page_write(page *p, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    while (*format) {
        size_t plain = strcspn(format, "@");
        put(p, format, plain);
        format += plain;
        if (!*format) break;
        if (put_value(p, format[1], &values)) format += 2;
        else put(p, format++, 1);
    }
    va_end(values);
}

void page_base64(page *p, const void *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
                                 "tuvwxyz0123456789+/";
    const unsigned char *from = bytes;
    char line[1024];
    size_t filled = 0;

    for (size_t i = 0; i < count; i += 3) {
        size_t some = count - i < 3 ? count - i : 3;
        uint32_t word = (uint32_t)from[i] << 16;
        if (some > 1) word |= (uint32_t)from[i + 1] << 8;
        if (some > 2) word |= from[i + 2];

        /* four digits of six bits; what is not there is = */
        for (size_t k = 0; k < 4; k++)
            line[filled++] = k > some ? '=' : digits[word >> (18 - 6 * k) & 63];
        if (filled == sizeof line) {
            put(p, line, filled);
            filled = 0;
        }
    }
    put(p, line, filled);
}
