/*
 * line.c: a text file line by line.
 */
#include "data/line.h"

#include "format/missing.h"
#include "format/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_end(char c) { return c == '\n' || c == '\r' || c == 0; }

static bool is_space(char c) { return c == ' ' || c == '\t'; }

char line_find_separator(const line *l)
{
    static const char candidates[] = "\t;,";
    for (const char *candidate = candidates; *candidate; candidate++)
        for (const char *c = l->at; !is_end(*c); c++)
            if (*c == *candidate && c != l->at) return *candidate;
    return ' ';
}

bool line_ended(const line *l) { return is_end(*l->at); }

void line_next(line *l)
{
    while (!is_end(*l->at))
        l->at++;

    /* a line ends with \n, \r or \r\n */
    if (*l->at) {
        l->at += l->at[0] == '\r' && l->at[1] == '\n' ? 2 : 1;
        l->number++;
    }
    if (*l->at == 0 && l->file) line_more(l);
}

bool line_find(line *l)
{
    for (;;) {
        const char *c = l->at;
        while (is_space(*c))
            c++;
        if (*c == 0) return false;
        if (!is_end(*c)) return true;

        /* blank: on to the next line */
        l->at = c;
        line_next(l);
    }
}

char line_front(const line *l)
{
    const char *c = l->at;
    while (is_space(*c))
        c++;
    return is_end(*c) ? 0 : *c;
}

bool line_find_case(line *l)
{
    for (; line_find(l); line_next(l)) {
        char front = line_front(l);
        if (front != '#' && front != '%') return true;
    }
    return false;
}

void line_skip_spaces(line *l, char separator)
{
    while (*l->at == ' ' || (*l->at == '\t' && separator != '\t'))
        l->at++;
}

bool line_separator(line *l, char separator)
{
    if (separator == ' ') {
        bool any = is_space(*l->at);
        line_skip_spaces(l, separator);
        return any && !line_ended(l);
    }

    if (*l->at != separator) return false;
    l->at++;
    return true;
}

static bool stops(char c, char separator, char stop)
{
    return is_end(c) || c == separator || c == stop ||
           (separator == ' ' && c == '\t');
}

static elman_status bad_value(const line *l, const char *first, char separator,
                              char stop, size_t number, const char *what)
{
    int bytes = 0;
    while (bytes < 40 && !stops(first[bytes], separator, stop))
        bytes++;

    return failure(ELMAN_BAD_FORMAT, "line %zu, value %zu: \"%.*s\" is %s",
                   l->number, number, bytes, first, what);
}

/* Whether a field is a mark for a missing value: NA, null, - and the like. */
static bool is_missing(const char *first, char separator, char stop)
{
    char copy[16];
    size_t bytes = 0;
    while (bytes < sizeof copy && !stops(first[bytes], separator, stop))
        bytes++;
    if (bytes == sizeof copy) return false;

    memcpy(copy, first, bytes);
    copy[bytes] = 0;
    return missing_mark(copy);
}

elman_status line_value(line *l, char separator, char stop, size_t number,
                        double *value, bool *missing)
{
    if (separator != ' ') line_skip_spaces(l, separator);

    const char *first = l->at;
    number_kind kind = number_read(first, &l->at, value);
    if (!stops(*l->at, separator, stop) && is_missing(first, separator, stop)) {
        while (!stops(*l->at, separator, stop))
            l->at++;
        kind = NUMBER_MISSING;
        *value = NAN;
    }
    *missing = kind == NUMBER_MISSING || l->at == first;

    if (separator != ' ') line_skip_spaces(l, separator);

    /* the number must end where the field does */
    if (!stops(*l->at, separator, stop))
        return bad_value(l, first, separator, stop, number, "not a number");
    if (kind == NUMBER_TOO_LARGE)
        return bad_value(l, first, separator, stop, number,
                         "too large for a number");
    return ELMAN_OK;
}

/* Reads a field between quotes, which may hold the separator; false if it is
 * none. */
static bool quoted_text(line *l, char separator, const char **text,
                        size_t *bytes)
{
    if (*l->at != '"') return false;
    const char *end = l->at + 1;
    while (*end != '"' && !is_end(*end))
        end++;
    if (*end != '"') return false;

    line behind = {.at = end + 1, .number = l->number};
    if (separator != ' ') line_skip_spaces(&behind, separator);
    if (!stops(*behind.at, separator, separator)) return false;

    *text = l->at + 1;
    *bytes = (size_t)(end - *text);
    l->at = behind.at;
    return true;
}

void line_text(line *l, char separator, const char **text, size_t *bytes)
{
    line_skip_spaces(l, separator);
    if (quoted_text(l, separator, text, bytes)) return;

    *text = l->at;
    while (!stops(*l->at, separator, separator))
        l->at++;
    *bytes = (size_t)(l->at - *text);

    /* drop the spaces at the end */
    while (*bytes > 0 && is_space((*text)[*bytes - 1]))
        --*bytes;
}

elman_status line_failure(const line *l, elman_status status)
{
    char where[40];
    snprintf(where, sizeof where, "line %zu", l->number);
    return failure_in(status, where);
}
