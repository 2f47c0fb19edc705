/*
 * options_write.c: from the value of an option back to the text that would be
 * typed for it; the same value always gives the same text.
 */
#include "options.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The shortest of the texts of a number that give it back. */
static void write_number(double number, char *text, size_t size)
{
    int digits = 6;
    do
        snprintf(text, size, "%.*g", digits, number);
    while (strtod(text, NULL) != number && ++digits <= 17);
}

static void write_sizes(const option_sizes *list, char *text, size_t size)
{
    size_t used = 0;
    text[0] = 0;
    for (size_t n = 0; n < list->count && used < size; n++)
        used += (size_t)snprintf(text + used, size - used, "%s%zu",
                                 n ? "," : "", list->sizes[n]);
}

static void write_init(const elman_init *init, char *text, size_t size)
{
    char word[32], number[32];
    choice_word(init_words, (int)init->kind, word, sizeof word);
    write_number(init->value, number, sizeof number);
    bool plain = init->value == 0 && init->kind != ELMAN_INIT_CONSTANT;
    snprintf(text, size, "%s%s%s", word, plain ? "" : ":", plain ? "" : number);
}

static void write_span(const option_span *span, char *text, size_t size)
{
    char number[32];
    write_number(span->seconds, number, sizeof number);
    if (span->steps) snprintf(text, size, "%" PRIu64, span->steps);
    else snprintf(text, size, "%ss", number);
}

static void write_wait(const option_row *row, const option_wait *wait,
                       char *text, size_t size)
{
    const char *never = option_zero_word(row);
    if (wait->evaluations && wait->steps)
        snprintf(text, size, "%" PRIu64 ",%" PRIu64 "steps", wait->evaluations,
                 wait->steps);
    else if (wait->evaluations)
        snprintf(text, size, "%" PRIu64, wait->evaluations);
    else if (wait->steps) snprintf(text, size, "%" PRIu64 "steps", wait->steps);
    else snprintf(text, size, "%s", never ? never : "0");
}

static void write_count(const option_row *row, uint64_t count, char *text,
                        size_t size)
{
    const char *word = option_zero_word(row);
    if (count == 0 && word) snprintf(text, size, "%s", word);
    else snprintf(text, size, "%" PRIu64, count);
}

static void write_real(const option_row *row, double number, char *text,
                       size_t size)
{
    const char *word = option_zero_word(row);
    bool is_word = isnan(number) || (number == 0 && !isnan(option_zero(row)));
    if (word && is_word) snprintf(text, size, "%s", word);
    else write_number(number, text, size);
}

bool option_write(const option_row *row, const void *value, char *text,
                  size_t size)
{
    const char *words = NULL;

    /* each type as its reader takes it */
    switch (row->type) {
    case OPTION_FLAG:
        snprintf(text, size, "%s", *(const bool *)value ? "yes" : "no");
        return true;
    case OPTION_CHOICE:
        choice_word(row->value, *(const int *)value, text, size);
        return true;
    case OPTION_COUNT:
        write_count(row, *(const uint64_t *)value, text, size);
        return true;
    case OPTION_INTEGER:
        snprintf(text, size, "%" PRId64, *(const int64_t *)value);
        return true;
    case OPTION_REAL:
        write_real(row, *(const double *)value, text, size);
        return true;
    case OPTION_TEXT:
        words = *(const char *const *)value;
        if (words) snprintf(text, size, "%s", words);
        return words != NULL;
    case OPTION_SIZES:
        write_sizes(value, text, size);
        return true;
    case OPTION_INIT:
        write_init(value, text, size);
        return true;
    case OPTION_SPAN:
        write_span(value, text, size);
        return true;
    case OPTION_WAIT:
        write_wait(row, value, text, size);
        return true;
    default: /* lists, pairs, bytes */
        return false;
    }
}
