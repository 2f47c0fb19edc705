/*
 * options.c: parses a command line by its table; see options.h. The habits
 * are GNU's: --name=value or --name value, short forms that can be joined, --
 * ends the options, and a name may be cut short where it stays unambiguous.
 */
#include "options.h"
#include "screen.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(global_values, field)

const option_row global_options[] = {
    {OPTION_SECTION, 0, "Everywhere", NULL, 0, NULL, NULL, 0, 0, NULL},
    {OPTION_FLAG, 0, "json", NULL, AT(json), NULL, NULL, 0, 0,
     "write the result as JSON"},
    {OPTION_FLAG, 'q', "quiet", NULL, AT(quiet), NULL, NULL, 0, 0,
     "no progress and no notes, only results and errors"},
    {OPTION_FLAG, 'h', "help", NULL, AT(help), NULL, NULL, 0, 0,
     "show this help and stop"},
    {OPTION_FLAG, 'V', "version", NULL, AT(version), NULL, NULL, 0, 0,
     "show the version and stop"},
    {OPTION_END, 0, NULL, NULL, 0, NULL, NULL, 0, 0, NULL}};

/* What a parse works on. */
typedef struct line_parser {
    const command_row *command; /* NULL: global options only */
    global_values *global;
    parsed_line *arguments;
    int argc, at;
    char **argv;
} line_parser;

static bool is_option(const option_row *row)
{
    return row->type != OPTION_SECTION;
}

/* The n-th option that the command takes: its own, then the global ones. */
static const option_row *row_at(const line_parser *parser, size_t n)
{
    if (parser->command)
        for (const option_row *row = parser->command->options; row->type; row++)
            if (is_option(row) && n-- == 0) return row;
    for (const option_row *row = global_options; row->type; row++) {
        bool takes =
            is_option(row) && (strcmp(row->name, "json") != 0 ||
                               !parser->command || parser->command->json);
        if (takes && n-- == 0) return row;
    }
    return NULL;
}

static bool is_global(const option_row *row)
{
    for (const option_row *at = global_options; at->type; at++)
        if (at == row) return true;
    return false;
}

/* "elman train" or "elman" for messages. */
static const char *program_name(const line_parser *parser)
{
    static char name[64];
    snprintf(name, sizeof name, "elman%s%s", parser->command ? " " : "",
             parser->command ? parser->command->name : "");
    return name;
}

static const option_row *unknown(const line_parser *parser, const char *name)
{
    const char *names[128];
    size_t count = 0;
    const option_row *row;
    while (count < 128 && (row = row_at(parser, count)))
        names[count++] = row->name;
    const char *near = nearest_name(name, names, count);
    if (near) misused("unknown option '--%s', did you mean --%s?", name, near);
    else
        misused("unknown option '--%s', see '%s --help'", name,
                program_name(parser));
    return NULL;
}

/* The row of a long name of so many bytes, which may be cut short. */
static const option_row *find_long(const line_parser *parser, const char *text,
                                   size_t length)
{
    const option_row *row, *found = NULL;
    char list[256] = "";
    int matches = 0;
    for (size_t n = 0; (row = row_at(parser, n)); n++) {
        if (strncmp(row->name, text, length) != 0) continue;
        if (!row->name[length]) return row;
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, " --%s", row->name);
        found = row;
        matches++;
    }
    if (matches == 1 && length > 0) return found;
    char name[128];
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    if (matches == 0) return unknown(parser, name);
    misused("option '--%s' is ambiguous:%s", name, list);
    return NULL;
}

static const option_row *find_letter(const line_parser *parser, char letter)
{
    const option_row *row;
    for (size_t n = 0; (row = row_at(parser, n)); n++)
        if (row->letter == letter) return row;
    misused("unknown option '-%c', see '%s --help'", letter,
            program_name(parser));
    return NULL;
}

/* Stores an option; text is NULL for a flag. */
static bool store(line_parser *parser, const option_row *row, const char *text)
{
    char *values = is_global(row) ? (char *)parser->global
                                  : (char *)parser->arguments->values;
    if (!is_global(row))
        parser->arguments->given[row - parser->command->options] = true;
    if (row->type == OPTION_FLAG) {
        *(bool *)(values + row->offset) = true;
        return true;
    }
    return option_read(row, text, values + row->offset);
}

/* The value of an option: what stands behind it, or the next word; the second
 * of a pair is always the next. */
static bool store_with(line_parser *parser, const option_row *row,
                       const char *text)
{
    int words = row->type == OPTION_PAIR ? 2 : 1;
    for (; words > 0; words--, text = NULL) {
        if (!text && parser->at + 1 >= parser->argc) {
            misused("--%s expects %s: --%s%s%s", row->name,
                    row->type == OPTION_PAIR ? "two values" : "a value",
                    row->name, option_joint(row), row->argument);
            return false;
        }
        if (!text) text = parser->argv[++parser->at];
        if (!store(parser, row, text)) return false;
    }
    return true;
}

static bool parse_long(line_parser *parser, const char *text)
{
    size_t length = strcspn(text, "=");
    const option_row *row = find_long(parser, text, length);
    if (!row) return false;
    const char *value = text[length] ? text + length + 1 : NULL;
    if (row->type != OPTION_FLAG) return store_with(parser, row, value);
    if (value) {
        misused("--%s takes no value, found '%s'", row->name, value);
        return false;
    }
    return store(parser, row, NULL);
}

static bool parse_letters(line_parser *parser, const char *letters)
{
    for (; *letters; letters++) {
        const option_row *row = find_letter(parser, *letters);
        if (!row) return false;
        if (row->type != OPTION_FLAG)
            return store_with(parser, row, letters[1] ? letters + 1 : NULL);
        if (!store(parser, row, NULL)) return false;
    }
    return true;
}

static bool parse_words(line_parser *parser)
{
    bool only_operands = false;
    parsed_line *arguments = parser->arguments;
    for (parser->at = 1; parser->at < parser->argc; parser->at++) {
        char *word = parser->argv[parser->at];
        bool operand = only_operands || word[0] != '-' || !word[1];
        if (operand) {
            arguments->operands[arguments->count++] = word;
            if (!parser->command) return true;
        } else if (!strcmp(word, "--")) only_operands = true;
        else if (word[1] == '-' ? !parse_long(parser, word + 2)
                                : !parse_letters(parser, word + 1))
            return false;
    }
    return true;
}

/* Too few or too many operands, by the words of command->operands. */
static int check_operands(const line_parser *parser)
{
    int least = 0, most = 0;
    for (const char *at = parser->command->operands; *at; at++) {
        bool begins =
            isupper((unsigned char)*at) && (at == parser->command->operands ||
                                            !isupper((unsigned char)at[-1]));
        most += begins;
        least += begins && (at == parser->command->operands || at[-1] != '[');
    }
    if (strstr(parser->command->operands, "...")) most = parser->argc;
    const parsed_line *arguments = parser->arguments;
    if (arguments->count < least)
        return misused("'%s' needs %s, see '%s --help'", program_name(parser),
                       parser->command->operands, program_name(parser));
    if (arguments->count > most)
        return misused("'%s' takes %s, found '%s' as well",
                       program_name(parser), parser->command->operands,
                       arguments->operands[most]);
    return 0;
}

int options_parse(int argc, char **argv, const command_row *command,
                  global_values *global, parsed_line *arguments)
{
    size_t rows = 0;
    while (command && command->options[rows].type)
        rows++;
    arguments->command = command;
    arguments->values = calloc(1, command ? command->size + 1 : 1);
    arguments->given = calloc(rows + 1, sizeof *arguments->given);
    arguments->operands = calloc((size_t)argc + 1, sizeof(char *));
    arguments->count = 0;
    if (!arguments->values || !arguments->given || !arguments->operands) {
        failed("out of memory");
        return EXIT_FAILED;
    }
    line_parser parser = {command, global, arguments, argc, 0, argv};
    if (!parse_words(&parser)) return EXIT_MISUSED;
    if (!command || global->help || global->version) return 0;
    options_settle(arguments, NULL);
    return check_operands(&parser);
}

void options_close(parsed_line *arguments)
{
    const option_row *row =
        arguments->command ? arguments->command->options : NULL;
    for (; row && row->type && arguments->values; row++)
        if (row->type == OPTION_LIST)
            free(((option_list *)((char *)arguments->values + row->offset))
                     ->texts);
    free(arguments->values);
    free(arguments->given);
    free(arguments->operands);
    *arguments = (parsed_line){0};
}

void options_settle(const parsed_line *arguments, const char *variant)
{
    static char kept[4096]; /* text values point into it */
    static size_t used;
    const option_row *row = arguments->command->options;
    for (size_t n = 0; row[n].type; n++) {
        char *text = kept + used;
        if (arguments->given[n] || !is_option(&row[n]) ||
            !option_fallback(&row[n], variant, text, sizeof kept - used))
            continue;
        option_read(&row[n], text, (char *)arguments->values + row[n].offset);
        if (row[n].type == OPTION_TEXT) used += strlen(text) + 1;
    }
}

static const option_row *row_named(const command_row *command, const char *name,
                                   size_t length)
{
    const option_row *row = command->options;
    while (row->type && (!is_option(row) || strncmp(row->name, name, length) ||
                         row->name[length]))
        row++;
    return row;
}

bool option_given(const parsed_line *arguments, const char *name)
{
    const option_row *row = row_named(arguments->command, name, strlen(name));
    return row->type && arguments->given[row - arguments->command->options];
}

/* Checks one row's need "name=word,word" or "name". */
static int check_need(const parsed_line *arguments, const option_row *row)
{
    size_t length = strcspn(row->needs, "=");
    const option_row *other = row_named(arguments->command, row->needs, length);
    const char *value = (const char *)arguments->values + other->offset;
    if (!row->needs[length]) {
        bool on = other->type == OPTION_FLAG   ? *(const bool *)value
                  : other->type == OPTION_REAL ? *(const double *)value != 0
                  : other->type == OPTION_TEXT
                      ? *(const char *const *)value != NULL
                      : *(const uint64_t *)value != 0;
        return on ? 0
                  : misused("--%s needs --%s as well", row->name, other->name);
    }
    char word[32];
    choice_word(other->argument, *(const int *)value, word, sizeof word);
    const char *list = row->needs + length + 1;
    for (const char *at = list; at; at = strchr(at, ',')) {
        if (*at == ',') at++;
        size_t span = strcspn(at, ",");
        if (span == strlen(word) && !memcmp(at, word, span)) return 0;
    }
    return misused("--%s is for --%s %s, and here it is %s", row->name,
                   other->name, list, word);
}

int options_check(const parsed_line *arguments)
{
    const option_row *row = arguments->command->options;
    for (size_t n = 0; row[n].type; n++)
        if (arguments->given[n] && row[n].needs) {
            int code = check_need(arguments, &row[n]);
            if (code) return code;
        }
    return 0;
}
