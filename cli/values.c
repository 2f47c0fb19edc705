/*
 * values.c: from the text of an option to its value, one reader per type.
 */
#include "bytes.h"
#include "options.h"
#include "screen.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char init_words[] =
    "default|constant|uniform|gaussian|xavier-uniform|xavier-normal|he-uniform"
    "|he-normal|orthogonal|identity";

int choice_index(const char *choices, const char *word)
{
    size_t length = strlen(word);
    int index = 0;
    for (const char *at = choices; at; at = strchr(at, '|')) {
        if (*at == '|') at++;
        if (strcspn(at, "|") == length && !memcmp(at, word, length) && length)
            return index;
        index++;
    }

    return -1;
}

const char *choice_word(const char *choices, int index, char *text, size_t size)
{
    const char *at = choices;
    for (; index > 0; index--)
        at = strchr(at, '|') + 1;
    snprintf(text, size, "%.*s", (int)strcspn(at, "|"), at);
    return text;
}

const char *option_zero_word(const option_row *row)
{
    const char *bar = strchr(row->value, '|');
    return bar ? bar + 1 : NULL;
}

double option_zero(const option_row *row)
{
    option_range range = row->range;
    return range.low < range.high && range.low <= 0 ? NAN : 0;
}

static bool wrong(const option_row *row, const char *expected, const char *text)
{
    const char *word = option_zero_word(row);
    if (word)
        misused("--%s expects %s or %s, found '%s'", row->name, expected, word,
                text);
    else misused("--%s expects %s, found '%s'", row->name, expected, text);
    return false;
}

/* A bound as the option would take it: "1000000000000000", "1e-45". */
static const char *bound(const option_row *row, double number, char text[32])
{
    bool whole = row->type != OPTION_REAL;
    snprintf(text, 32, whole ? "%.0f" : "%.15g", number);
    return text;
}

/* "a number from 1 to 64" */
static const char *in_range(const option_row *row, const char *what)
{
    static char text[128];
    char low[32], high[32];
    option_range range = row->range;
    bool above = range.low == ABOVE_ZERO, below = range.high == BELOW_ONE;
    bound(row, range.low, low);
    bound(row, range.high, high);

    if (range.low >= range.high) snprintf(text, sizeof text, "%s", what);
    else if (above && below)
        snprintf(text, sizeof text, "%s above 0 and below 1", what);
    else if (above)
        snprintf(text, sizeof text, "%s above 0 and up to %s", what, high);
    else if (below)
        snprintf(text, sizeof text, "%s from %s to below 1", what, low);
    else snprintf(text, sizeof text, "%s from %s to %s", what, low, high);
    return text;
}

static bool is_inside(const option_row *row, double number)
{
    option_range range = row->range;
    bool any = range.low >= range.high;
    return any || (number >= range.low && number <= range.high);
}

/* The same of a whole number, of which a double may lose the last digits. */
static bool is_whole_inside(const option_row *row, int64_t number)
{
    option_range range = row->range;
    bool any = range.low >= range.high;
    return any ||
           (number >= (int64_t)range.low && number <= (int64_t)range.high);
}

/* The whole of text as a number; false if it is not one. */
static bool whole_number(const char *text, int64_t *number)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    *number = value;
    return end != text && !*end && errno == 0 && *text != ' ' && *text != '+';
}

static bool real_number(const char *text, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return end != text && !*end && isfinite(*number) && *text != ' ';
}

static bool read_choice(const option_row *row, const char *text, void *value)
{
    int index = choice_index(row->value, text);
    if (index >= 0) {
        *(int *)value = index;
        return true;
    }

    char list[256];
    snprintf(list, sizeof list, "%s", row->value);
    for (char *bar; (bar = strchr(list, '|'));)
        *bar = ' ';
    misused("--%s expects one of: %s; found '%s'", row->name, list, text);
    return false;
}

static bool read_count(const option_row *row, const char *text, void *value)
{
    const char *word = option_zero_word(row);
    int64_t number = 0;
    bool is_word = word && !strcmp(text, word);
    if (!is_word && (!whole_number(text, &number) || number < 0 ||
                     !is_whole_inside(row, number)))
        return wrong(row, in_range(row, "a whole number"), text);
    *(uint64_t *)value = (uint64_t)number;
    return true;
}

static bool read_integer(const option_row *row, const char *text, void *value)
{
    int64_t number;
    if (!whole_number(text, &number) || !is_whole_inside(row, number))
        return wrong(row, in_range(row, "a whole number"), text);
    *(int64_t *)value = number;
    return true;
}

static bool read_real(const option_row *row, const char *text, void *value)
{
    const char *word = option_zero_word(row);
    double number = option_zero(row);
    bool is_word = word && !strcmp(text, word);
    if (!is_word && (!real_number(text, &number) || !is_inside(row, number)))
        return wrong(row, in_range(row, "a number"), text);
    *(double *)value = number;
    return true;
}

static bool read_text(const option_row *row, const char *text, void *value)
{
    if (!*text) {
        misused("--%s expects %s, found nothing", row->name, row->value);
        return false;
    }
    *(const char **)value = text;
    return true;
}

static bool read_sizes(const option_row *row, const char *text, void *value)
{
    option_sizes list = {0};
    const char *at = text;
    for (;;) {
        /* the next number, up to a comma */
        char number[24];
        size_t length = strcspn(at, ",");
        int64_t size = 0;
        snprintf(number, sizeof number, "%.*s", (int)length, at);
        if (length >= sizeof number || !whole_number(number, &size) ||
            !is_whole_inside(row, size))
            return wrong(row, in_range(row, "whole numbers"), text);

        if (list.count == ELMAN_MAX_LEVELS) {
            misused("--%s expects at most %d numbers, found '%s'", row->name,
                    (int)ELMAN_MAX_LEVELS, text);
            return false;
        }
        list.sizes[list.count++] = (size_t)size;

        if (!at[length]) break;
        at += length + 1;
    }
    *(option_sizes *)value = list;
    return true;
}

/* Checks that a kind has the value it needs, and none that would stand for
 * another. */
static bool check_init(const option_row *row, const char *word, int kind,
                       bool has_value, double number)
{
    /* the value is all there is, and 0 is rarely meant */
    bool required = kind == ELMAN_INIT_CONSTANT || kind == ELMAN_INIT_UNIFORM ||
                    kind == ELMAN_INIT_NORMAL;
    if (required && !has_value) {
        misused("--%s %s expects a value: %s:VALUE", row->name, word, word);
        return false;
    }

    /* the value is a gain, of which the library's 0 is the default */
    bool gain = !required && kind != ELMAN_INIT_DEFAULT;
    if (gain && has_value && number == 0) {
        misused("--%s %s expects a gain other than 0; without a value it is "
                "the default",
                row->name, word);
        return false;
    }
    return true;
}

static bool read_init(const option_row *row, const char *text, void *value)
{
    char word[32];
    size_t length = strcspn(text, ":");
    snprintf(word, sizeof word, "%.*s", (int)length, text);
    int kind = length < sizeof word ? choice_index(init_words, word) : -1;
    if (!strcmp(word, "normal")) kind = ELMAN_INIT_NORMAL;
    double number = 0;

    if (kind < 0 ||
        (text[length] && !real_number(text + length + 1, &number))) {
        misused("--%s expects KIND or KIND:VALUE with KIND one of default "
                "constant uniform gaussian xavier-uniform xavier-normal "
                "he-uniform he-normal orthogonal identity; found '%s'",
                row->name, text);
        return false;
    }

    *(elman_init *)value = (elman_init){(elman_init_kind)kind, number};
    return check_init(row, word, kind, text[length] == ':', number);
}

static bool read_span(const option_row *row, const char *text, void *value)
{
    char number[32];
    size_t length = strlen(text);
    bool in_seconds = length > 0 && text[length - 1] == 's';
    snprintf(number, sizeof number, "%.*s", (int)(length - in_seconds), text);

    /* whole steps, or any number of seconds */
    option_span span = {0};
    int64_t steps = 0;
    bool fits = length < sizeof number;
    if (in_seconds) fits = fits && real_number(number, &span.seconds);
    else fits = fits && whole_number(number, &steps) && steps > 0;

    if (!fits || span.seconds < 0)
        return wrong(row, "steps ('500') or seconds ('60s')", text);
    span.steps = (uint64_t)steps;
    *(option_span *)value = span;
    return true;
}

static bool read_bytes(const option_row *row, const char *text, void *value)
{
    return bytes_read(text, value) ||
           wrong(row, "bytes, as '512M', '1.5GiB' or '2GB'", text);
}

/* "20", "500steps", "20,500steps", or the word for never. */
static bool read_wait(const option_row *row, const char *text, void *value)
{
    static const char unit[] = "steps";
    option_wait wait = {0};
    bool fits = strcmp(text, option_zero_word(row)) != 0;
    if (!fits) {
        *(option_wait *)value = wait;
        return true;
    }

    for (const char *at = text; fits; at += strcspn(at, ",") + 1) {
        /* digits, and whose number they are */
        char number[24];
        size_t digits = strspn(at, "0123456789"), end = strcspn(at, ",");
        bool of_steps = end == digits + strlen(unit) &&
                        !memcmp(at + digits, unit, strlen(unit));
        uint64_t *count = of_steps ? &wait.steps : &wait.evaluations;
        int64_t read = 0;
        snprintf(number, sizeof number, "%.*s", (int)digits, at);
        fits = (of_steps || end == digits) && digits < sizeof number &&
               whole_number(number, &read) && is_whole_inside(row, read) &&
               *count == 0;
        *count = (uint64_t)read;
        if (!at[end]) break;
    }
    if (!fits)
        return wrong(row,
                     "evaluations ('20'), steps ('500steps'), both "
                     "('20,500steps')",
                     text);
    *(option_wait *)value = wait;
    return true;
}

static bool read_list(const option_row *row, const char *text, void *value)
{
    option_list *list = value;
    const char **texts =
        realloc(list->texts, (list->count + 1) * sizeof *texts);
    if (!texts) {
        failed("out of memory");
        return false;
    }

    list->texts = texts;
    return read_text(row, text, &texts[list->count++]);
}

/* Called for each of the two words; a third starts a new pair. */
static bool read_pair(const option_row *row, const char *text, void *value)
{
    option_pair *pair = value;
    if (pair->first && !pair->second)
        return read_text(row, text, &pair->second);
    pair->second = NULL;
    return read_text(row, text, &pair->first);
}

bool option_read(const option_row *row, const char *text, void *value)
{
    static bool (*const readers[])(const option_row *, const char *, void *) = {
        [OPTION_CHOICE] = read_choice,   [OPTION_COUNT] = read_count,
        [OPTION_INTEGER] = read_integer, [OPTION_REAL] = read_real,
        [OPTION_TEXT] = read_text,       [OPTION_SIZES] = read_sizes,
        [OPTION_INIT] = read_init,       [OPTION_SPAN] = read_span,
        [OPTION_WAIT] = read_wait,       [OPTION_LIST] = read_list,
        [OPTION_PAIR] = read_pair,       [OPTION_BYTES] = read_bytes};
    return readers[row->type](row, text, value);
}
