/*
 * options_parse.c: parses a command line by its tables; see options.h. The
 * habits are GNU's: --name=value or --name value, short forms that can be
 * joined, -- ends the options, and a name may be cut short where it stays
 * unambiguous.
 */
#include "name.h"
#include "options.h"
#include "screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a parse works on. */
typedef struct line_parser {
    const command_row *command; /* NULL: global options only */
    global_values *global;
    parsed_line *arguments;
    int argc, at;
    char **argv;
} line_parser;

static size_t option_count(const command_row *command)
{
    size_t count = 0;
    while (command && command_option(command, count))
        count++;
    return count;
}

/* The n-th option that may be on the line: the command's own, then the global
 * ones; NULL past the end. */
static const option_row *row_at(const line_parser *parser, size_t n)
{
    const command_row *command = parser->command;
    size_t own = option_count(command);
    if (n < own) return command_option(command, n);

    n -= own;
    for (const option_row *row = global_options.rows; row->name; row++)
        if (command_takes(command, row) && n-- == 0) return row;
    return NULL;
}

static bool is_global(const option_row *row)
{
    for (const option_row *at = global_options.rows; at->name; at++)
        if (at == row) return true;
    return false;
}

/* The program and its command, for messages. */
static const char *program_name(const line_parser *parser)
{
    static char name[64];
    snprintf(name, sizeof name, "%s%s%s", name_short(),
             parser->command ? " " : "",
             parser->command ? parser->command->name : "");
    return name;
}

/* ---- Which option -------------------------------------------------------- */

static const option_row *unknown(const line_parser *parser, const char *name)
{
    const char *names[128];
    size_t count = 0;
    const option_row *row;
    while (count < 128 && (row = row_at(parser, count)))
        names[count++] = row->name;

    /* a global option that this command is without */
    for (row = global_options.rows; row->name; row++)
        if (!strcmp(row->name, name)) {
            misused("'%s' takes no --%s", program_name(parser), name);
            return NULL;
        }

    const char *near = nearest_name(name, names, count);
    if (near) misused("unknown option '--%s', did you mean --%s?", name, near);
    else
        misused("unknown option '--%s', see '%s --help'", name,
                program_name(parser));
    return NULL;
}

/* The row of a long name (length bytes), which may be cut short. */
static const option_row *find_long(const line_parser *parser, const char *text,
                                   size_t length)
{
    /* a whole name, or the only one that begins so */
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

/* ---- Its value ----------------------------------------------------------- */

/* Stores an option; text is NULL for a flag. */
static bool store(line_parser *parser, const option_row *row, const char *text)
{
    parsed_line *arguments = parser->arguments;
    char *values = (char *)parser->global;
    if (!is_global(row)) {
        values = arguments->values;
        arguments->given[option_index(parser->command, row)] = true;
    }

    if (row->type != OPTION_FLAG)
        return option_read(row, text, values + row->field);
    *(bool *)(values + row->field) = true;
    return true;
}

/* The value of an option is joined to it or the next word; the second of a
 * pair is always the next. */
static bool store_with(line_parser *parser, const option_row *row,
                       const char *text)
{
    int words = row->type == OPTION_PAIR ? 2 : 1;
    for (; words > 0; words--, text = NULL) {
        if (!text && parser->at + 1 >= parser->argc) {
            misused("--%s expects %s: --%s%s%s", row->name,
                    row->type == OPTION_PAIR ? "two values" : "a value",
                    row->name, option_joint(row), row->value);
            return false;
        }

        if (!text) text = parser->argv[++parser->at];
        if (!store(parser, row, text)) return false;
    }
    return true;
}

/* ---- The words of a line ------------------------------------------------- */

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

        /* what follows the letter of an option with a value is that value */
        if (row->type != OPTION_FLAG)
            return store_with(parser, row, letters[1] ? letters + 1 : NULL);
        if (!store(parser, row, NULL)) return false;
        if (*letters == 'h') parser->global->short_help = true;
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
            /* the program's own options end at the command's name */
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
    /* each word is one operand; in brackets it may be left out */
    const char *operands = parser->command->operands;
    char required[64] = "";
    int least = 0, most = 0;
    for (const char *at = operands; *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " "), used = strlen(required);
        bool many = length > 3 && !memcmp(at + length - 3, "...", 3);
        if (*at != '[') {
            snprintf(required + used, sizeof required - used, "%s%.*s",
                     least ? " and " : "", (int)(length - (many ? 3 : 0)), at);
            least++;
        }
        most++;
        at += length;
    }
    if (strstr(operands, "...")) most = parser->argc;

    const parsed_line *arguments = parser->arguments;
    if (arguments->count < least)
        return misused("'%s' requires %s, see '%s --help'",
                       program_name(parser), required, program_name(parser));
    if (arguments->count <= most) return 0;

    const char *surplus =
        parser->command->surplus ? parser->command->surplus : "";

    /* what there is room for, and the first word beyond it */
    const char *extra = arguments->operands[most];
    if (most == 1)
        return misused("'%s' takes one %.*s%s; '%s' is one too many%s",
                       program_name(parser),
                       (int)strcspn(operands + !least, "]"), operands + !least,
                       strstr(operands, "CELL") ? "" : " file", extra, surplus);
    return misused("'%s' takes %s; '%s' is one too many%s",
                   program_name(parser), least == most ? required : operands,
                   extra, surplus);
}

int options_parse(int argc, char **argv, const command_row *command,
                  global_values *global, parsed_line *arguments)
{
    size_t rows = option_count(command);
    arguments->command = command;
    arguments->values = calloc(1, command ? command->size + 1 : 1);
    arguments->given = calloc(rows + 1, sizeof *arguments->given);
    arguments->operands = calloc((size_t)argc + 1, sizeof(char *));
    arguments->count = 0;
    if (!arguments->values || !arguments->given || !arguments->operands)
        return failed("out of memory");

    line_parser parser = {.command = command,
                          .global = global,
                          .arguments = arguments,
                          .argc = argc,
                          .argv = argv};
    if (!parse_words(&parser)) return EXIT_MISUSED;
    if (!command || global->help || global->version) return 0;

    /* the command will run: what was not given gets its default */
    options_settle(arguments, NULL);
    return check_operands(&parser);
}

void options_close(parsed_line *arguments)
{
    const command_row *command = arguments->command;
    const option_row *row;
    for (size_t n = 0; command && (row = command_option(command, n)); n++) {
        if (row->type != OPTION_LIST || !arguments->values) continue;
        option_list *list =
            (option_list *)((char *)arguments->values + row->field);
        free(list->texts);
    }

    free(arguments->values);
    free(arguments->given);
    free(arguments->operands);
    *arguments = (parsed_line){0};
}
