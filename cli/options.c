/*
 * options.c: the options of a command, their defaults and what they need; see
 * options.h.
 */
#include "options.h"
#include "screen.h"

#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(global_values, field)

static const option_row global_rows[] = {
    {.name = "json",
     .type = OPTION_FLAG,
     .field = AT(json),
     .help = "write the result as JSON"},
    {.name = "quiet",
     .letter = 'q',
     .type = OPTION_FLAG,
     .field = AT(quiet),
     .help = "no progress and no notes, only results and errors"},
    {.name = "help",
     .letter = 'h',
     .type = OPTION_FLAG,
     .field = AT(help),
     .help = "show this help; -h shows a short one"},
    {.name = "version",
     .letter = 'V',
     .type = OPTION_FLAG,
     .field = AT(version),
     .help = "show the version"},
    {0},
};

const option_group global_options = {"Global options", global_rows};

const option_row *command_option(const command_row *command, size_t n)
{
    for (const option_group *group = command->options; group->title; group++)
        for (const option_row *row = group->rows; row->name; row++)
            if (n-- == 0) return row;
    return NULL;
}

bool command_takes(const command_row *command, const option_row *global)
{
    return !command || command->json || strcmp(global->name, "json") != 0;
}

size_t option_index(const command_row *command, const option_row *option)
{
    size_t n = 0;
    while (command_option(command, n) != option)
        n++;
    return n;
}

const option_row *option_named(const command_row *command, const char *name,
                               size_t length)
{
    const option_row *row;
    for (size_t n = 0; (row = command_option(command, n)); n++)
        if (!strncmp(row->name, name, length) && !row->name[length]) return row;
    return NULL;
}

bool option_given(const parsed_line *arguments, const char *name)
{
    const command_row *command = arguments->command;
    const option_row *row = option_named(command, name, strlen(name));
    return row && arguments->given[option_index(command, row)];
}

const char *option_joint(const option_row *row)
{
    if (row->type == OPTION_FLAG) return "";
    return row->type == OPTION_LIST || row->type == OPTION_PAIR ? " " : "=";
}

/* ---- Defaults ------------------------------------------------------------ */

const char *option_fallback(const option_row *row, const char *variant,
                            char *text, size_t size)
{
    const char *list = row->fallback;
    if (!list || *list == '(') return NULL;

    /* the first word is for all variants, "VARIANT:WORD" for one */
    size_t length = variant ? strlen(variant) : 0;
    const char *found = list;
    for (const char *at = strchr(list, ' '); at && length;
         at = strchr(at + 1, ' '))
        if (!strncmp(at + 1, variant, length) && at[1 + length] == ':')
            found = at + length + 2;
    snprintf(text, size, "%.*s", (int)strcspn(found, " "), found);
    return text;
}

void options_settle(const parsed_line *arguments, const char *variant)
{
    static char kept[4096]; /* text values point into it */
    static size_t used;
    const option_row *row;
    for (size_t n = 0; (row = command_option(arguments->command, n)); n++) {
        char *text = kept + used;
        if (arguments->given[n] ||
            !option_fallback(row, variant, text, sizeof kept - used))
            continue;

        option_read(row, text, (char *)arguments->values + row->field);
        if (row->type == OPTION_TEXT) used += strlen(text) + 1;
    }
}

/* ---- Needs --------------------------------------------------------------- */

/* True if an option has a value other than none and zero. */
static bool is_on(const option_row *row, const void *value)
{
    switch (row->type) {
    case OPTION_FLAG:
        return *(const bool *)value;
    case OPTION_REAL:
        return *(const double *)value != 0;
    case OPTION_TEXT:
        return *(const char *const *)value != NULL;
    case OPTION_PAIR:
        return ((const option_pair *)value)->first != NULL;
    default:
        return *(const uint64_t *)value != 0;
    }
}

/* True if word is one of "one,two,three". */
static bool is_listed(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        if (*at == ',') at++;
        if (strcspn(at, ",") == length && !memcmp(at, word, length))
            return true;
    }
    return false;
}

/* "one, two or three" of "one,two,three", in a static buffer. */
static const char *alternatives(const char *list)
{
    static char text[256];
    size_t used = 0;
    for (const char *at = list; *at && used < sizeof text - 8; at++) {
        const char *joint = strchr(at + 1, ',') ? ", " : " or ";
        if (*at != ',') text[used++] = *at;
        else used += (size_t)snprintf(text + used, 8, "%s", joint);
    }
    text[used] = '\0';
    return text;
}

bool option_applies(const parsed_line *arguments, const option_row *row)
{
    if (!row->needs) return true;
    size_t length = strcspn(row->needs, "=");
    const option_row *other =
        option_named(arguments->command, row->needs, length);
    const char *value = (const char *)arguments->values + other->field;
    if (!row->needs[length]) return is_on(other, value);

    char word[32];
    choice_word(other->value, *(const int *)value, word, sizeof word);
    return is_listed(row->needs + length + 1, word);
}

/* Checks one row's need, "name=word,word" or "name". */
static int check_need(const parsed_line *arguments, const option_row *row)
{
    size_t length = strcspn(row->needs, "=");
    const option_row *other =
        option_named(arguments->command, row->needs, length);
    const char *value = (const char *)arguments->values + other->field;
    if (option_applies(arguments, row)) return 0;

    /* it needs any value of the other */
    if (!row->needs[length])
        return misused("--%s requires --%s", row->name, other->name);

    /* it needs one of some choices of the other */
    char word[32];
    const char *list = row->needs + length + 1;
    choice_word(other->value, *(const int *)value, word, sizeof word);
    return misused("--%s requires --%s %s (it is %s)", row->name, other->name,
                   alternatives(list), word);
}

int options_check(const parsed_line *arguments)
{
    const option_row *row;
    for (size_t n = 0; (row = command_option(arguments->command, n)); n++) {
        if (!arguments->given[n] || !row->needs) continue;
        int code = check_need(arguments, row);
        if (code) return code;
    }
    return 0;
}
