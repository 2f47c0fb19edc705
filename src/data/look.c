/* look.c: see look.h. */
#include "data/look.h"

#include "data/line.h"
#include "format/missing.h"
#include "format/number.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/real.h"

enum { LINES = 64, FIELD_ROOM = 64 };

/* With fewer lines one label used twice is enough; and with fewer fields the
 * lines may as well be rows of a table. */
enum { MANY_LINES = 8, SERIES_FIELDS = 5 };

/* What the lines have shown so far. */
typedef struct survey {
    size_t lines, fields; /* fields of the first line */
    bool header;          /* the first line holds text behind its first field */
    bool numbers;         /* all fields but first ones and those of the first
                             line are numbers */
    double first[LINES]; /* the first number of each line, or its text's hash */
    bool whole;          /* first ones are whole numbers or text */
    bool behind;         /* all fields but last ones are numbers, those text */
} survey;

/* Whether a field is a number or stands for a missing one. */
static bool is_number(const char *text, size_t bytes, double *value)
{
    char copy[FIELD_ROOM];
    *value = NAN;
    if (bytes >= sizeof copy) return false;
    memcpy(copy, text, bytes);
    copy[bytes] = 0;
    return missing_mark(copy) || number_parse(copy, value) == NUMBER_VALUE;
}

/* A number for a text, the same for the same text: FNV-1a. */
static double hash(const char *text, size_t bytes)
{
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < bytes; i++)
        sum = (sum ^ (unsigned char)text[i]) * 16777619u;
    return (double)sum + 0x1p40;
}

static void look_at_field(survey *s, size_t field, const char *text,
                          size_t bytes)
{
    double value;
    bool number = is_number(text, bytes, &value);
    if (field == 0) {
        s->first[s->lines] = number ? value : hash(text, bytes);
        s->whole = s->whole && (isnan(value) || value == real_floor(value));
    } else if (!number) {
        if (s->lines == 0) s->header = true;
        else s->numbers = false;
    }
}

static void look_at_line(survey *s, line l, char separator)
{
    size_t field = 0, texts = 0;
    bool text_last = false;
    if (separator == ' ') line_skip_spaces(&l, separator);

    do {
        const char *text;
        size_t bytes;
        line_text(&l, separator, &text, &bytes);
        look_at_field(s, field++, text, bytes);

        double value;
        text_last = !is_number(text, bytes, &value);
        texts += text_last;
    } while (line_separator(&l, separator));

    s->behind = s->behind && field > 2 && texts == 1 && text_last;
    if (s->lines == 0) s->fields = field;
    s->lines++;
}

/* How many different first numbers there are. */
static size_t count_labels(const survey *s)
{
    size_t different = 0;
    for (size_t i = 0; i < s->lines; i++) {
        size_t k = 0;
        while (k < i && s->first[k] != s->first[i])
            k++;
        different += k == i && !isnan(s->first[i]);
    }
    return different;
}

/* Few whole numbers, or texts, in front of values of all kinds are labels. */
static look decide(const survey *s)
{
    look seen = {.fields = s->fields, .header = s->header};
    seen.behind = s->lines > 1 && s->behind;
    size_t labels = count_labels(s);
    bool few =
        s->lines < MANY_LINES ? labels < s->lines : 2 * labels <= s->lines;

    seen.labelled = !s->header && s->numbers && s->whole && few &&
                    s->fields >= SERIES_FIELDS;
    return seen;
}

look look_at(const char *text, bool whole)
{
    line l = {.at = text, .number = 1};
    survey s = {.numbers = true, .whole = true, .behind = true};
    if (!line_find_case(&l)) return (look){0};

    char separator = line_find_separator(&l);
    for (; s.lines < LINES && line_find_case(&l); line_next(&l)) {
        /* the last line may go on behind what is known of the file */
        if (!whole && l.at[strcspn(l.at, "\r\n")] == 0 && s.lines > 0) break;
        look_at_line(&s, l, separator);
    }
    return decide(&s);
}
