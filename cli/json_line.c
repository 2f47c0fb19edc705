/*
 * json_line.c: see json_line.h.
 */
#include "json_line.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 3, NAME = 128 };

typedef struct reader {
    char *at;
    char name[NAME];
    json_take *take;
    void *context;
} reader;

static void skip_blanks(reader *r) { r->at += strspn(r->at, " \t\r\n"); }

static bool take_character(reader *r, char wanted)
{
    skip_blanks(r);
    if (*r->at != wanted) return false;
    r->at++;
    return true;
}

/* A code point below 0x10000 as UTF-8; where it ends. */
static char *put_point(char *to, unsigned point)
{
    if (point < 0x80) *to++ = (char)point;
    else if (point < 0x800) {
        *to++ = (char)(0xC0 | point >> 6);
        *to++ = (char)(0x80 | (point & 0x3F));
    } else {
        *to++ = (char)(0xE0 | point >> 12);
        *to++ = (char)(0x80 | (point >> 6 & 0x3F));
        *to++ = (char)(0x80 | (point & 0x3F));
    }
    return to;
}

/* What follows a backslash; false if nothing can. */
static bool read_escape(reader *r, char **to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    char c = *r->at;
    if (!c) return false;
    r->at++;
    const char *known = strchr(from, c);
    if (known) {
        *(*to)++ = into[known - from];
        return true;
    }

    /* four digits, and no zero, which would end the text */
    if (c != 'u' || strspn(r->at, "0123456789abcdefABCDEF") < 4) return false;
    char digits[5] = {r->at[0], r->at[1], r->at[2], r->at[3], 0};
    unsigned point = (unsigned)strtoul(digits, NULL, 16);
    r->at += 4;
    *to = put_point(*to, point);
    return point != 0;
}

/* A text, decoded where it stands; NULL if it is none. */
static const char *read_text(reader *r)
{
    if (!take_character(r, '"')) return NULL;
    char *begin = r->at, *to = begin;
    while (*r->at && *r->at != '"') {
        if (*r->at != '\\') *to++ = *r->at++;
        else if (r->at++, !read_escape(r, &to)) return NULL;
    }
    if (!*r->at) return NULL;
    r->at++;
    *to = '\0';
    return begin;
}

static bool read_word(reader *r, double *number)
{
    static const struct {
        const char *word;
        double number;
    } words[] = {{"true", 1}, {"false", 0}, {"null", NAN}};
    for (int n = 0; n < 3; n++) {
        size_t length = strlen(words[n].word);
        if (strncmp(r->at, words[n].word, length) != 0) continue;
        r->at += length;
        *number = words[n].number;
        return true;
    }

    /* a number, and nothing that only strtod takes for one */
    char *end;
    if (!strchr("-0123456789", *r->at) || !*r->at) return false;
    *number = strtod(r->at, &end);
    bool any = end > r->at;
    r->at = end;
    return any;
}

static bool read_object(reader *r, int depth);

static bool read_value(reader *r, int depth)
{
    json_member member = {.name = r->name};
    skip_blanks(r);
    if (*r->at == '{') return read_object(r, depth + 1);
    if (*r->at == '"') member.text = read_text(r);
    if (!member.text && !read_word(r, &member.number)) return false;
    r->take(r->context, &member);
    return true;
}

static bool read_object(reader *r, int depth)
{
    if (depth > DEEPEST || !take_character(r, '{')) return false;
    if (take_character(r, '}')) return true;
    size_t used = strlen(r->name);

    /* each name behind that of the object itself */
    do {
        const char *key = read_text(r);
        if (!key || !take_character(r, ':')) return false;
        int length =
            snprintf(r->name + used, NAME - used, "%s%s", used ? "." : "", key);
        if (length < 0 || (size_t)length >= NAME - used ||
            !read_value(r, depth))
            return false;
        r->name[used] = '\0';
    } while (take_character(r, ','));
    return take_character(r, '}');
}

bool json_line_read(char *line, json_take *take, void *context)
{
    reader r = {.at = line, .take = take, .context = context};
    if (!read_object(&r, 1)) return false;
    skip_blanks(&r);
    return *r.at == '\0';
}
