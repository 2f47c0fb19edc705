/*
 * help.c: -h and --help, written from the option tables.
 */
#include "manual.h"
#include "name.h"
#include "screen.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    NARROWEST = 40,
    WIDEST = 100,
    COLUMN = 28,       /* where sentences begin */
    NARROW_COLUMN = 8, /* the same where there are fewer columns than: */
    NARROW = 60
};

/* What -h, --help and man pages all begin with. */
const char program_description[] =
    "Recurrent neural networks: trains, inspects and runs Elman networks, "
    "LSTMs, GRUs and their kin on text, labelled series, tables and arrays, "
    "and exchanges them with PyTorch and ONNX.";

const char ranks_description[] =
    "elman-mpi is elman in several processes (ranks), which an MPI starts on "
    "one machine or on many. The result is that of elman alone, bit by bit, "
    "for any number of ranks and threads. All ranks read the same line and the "
    "same files; the first one, rank 0, speaks and writes. A rank has as many "
    "threads as --threads says, or its part of the processors of its machine. "
    "A rank that fails or is killed ends the run, and --resume goes on from "
    "the last checkpoint with any other number of ranks.";

/* Of a command that ranks do not share. */
static const char one_rank[] =
    "The first rank runs this command alone, as elman does, and others wait.";

/* Appends the row's need as people read it: " [with --cell lstm, gru]". */
static size_t append_need(char *text, size_t used, size_t size,
                          const char *needs)
{
    size_t name = strcspn(needs, "=");
    used += (size_t)snprintf(text + used, size - used, " [with --%.*s%s",
                             (int)name, needs, needs[name] ? " " : "");
    for (const char *at = needs + name; *at; at++)
        if (*at == ',')
            used += (size_t)snprintf(text + used, size - used, ", ");
        else if (*at != '=') text[used++] = *at;
    return used + (size_t)snprintf(text + used, size - used, "]");
}

/* Appends the default: " (default: 64, language: 256)". */
static void append_default(char *text, size_t used, size_t size,
                           const char *fallback)
{
    used += (size_t)snprintf(text + used, size - used, " (default: ");
    if (fallback[0] == '(') {
        snprintf(text + used, size - used, "%s", fallback + 1);
        return;
    }

    for (const char *at = fallback; *at && used < size - 8; at++) {
        if (*at == ' ') text[used++] = ',';
        text[used++] = *at;
        if (*at == ':') text[used++] = ' ';
    }
    snprintf(text + used, size - used, ")");
}

/* The part of row's help before a semicolon, with its default: what fits a
 * line. In a static buffer. */
static const char *brief_sentence(const option_row *row)
{
    static char text[512];
    int length = (int)strcspn(row->help, ";");
    size_t used =
        (size_t)snprintf(text, sizeof text, "%.*s", length, row->help);
    bool has_default = row->fallback && row->fallback[0] != '(';
    if (has_default) append_default(text, used, sizeof text, row->fallback);
    return text;
}

const char *option_sentence(const option_row *row)
{
    static char text[512];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", row->help);
    if (row->needs) used = append_need(text, used, sizeof text, row->needs);
    if (row->fallback) append_default(text, used, sizeof text, row->fallback);
    return text;
}

const char *option_spelling(const option_row *row)
{
    static char text[256];
    snprintf(text, sizeof text, "--%s%s%s", row->name, option_joint(row),
             row->value ? row->value : "");
    return text;
}

/* ---- Lines --------------------------------------------------------------- */

static int help_width(void)
{
    int width = screen_width(stdout) - 1;
    return width > WIDEST ? WIDEST : width < NARROWEST ? NARROWEST : width;
}

/* Prints text from column on, in lines that begin at indent. */
static void print_wrapped(const char *text, int column, int indent)
{
    int width = help_width();
    while (*text) {
        /* the next word, on this line if it has room */
        size_t length = strcspn(text, " \n");
        if (column > indent && column + 1 + (int)length > width) {
            printf("\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)length, text);
        column += (int)length;
        text += length;

        /* a newline ends a paragraph */
        if (*text == '\n') {
            printf("\n\n%*s", indent, "");
            column = indent;
        }
        if (*text) text++;
    }
    putchar('\n');
}

static void print_heading(const char *text)
{
    printf("\n%s%s%s\n", paint(stdout, BOLD), text, paint(stdout, PLAIN));
}

static void print_usage(const char *program, const char *words,
                        const char *operands)
{
    printf("%sUsage:%s %s %s %s\n\n", paint(stdout, BOLD), paint(stdout, PLAIN),
           program, words, operands);
}

/* That of a command. */
static void print_command_usage(const command_row *command)
{
    char words[64];
    snprintf(words, sizeof words, "%s [OPTION]...", command->name);
    print_usage(name_usage(command->ranks != NULL), words, command->operands);
}

/* Prints two columns, the right one wrapped and on a line of its own where the
 * left one is too long. */
static void print_pair(const char *left, const char *right, int column)
{
    int used = (int)strlen(left);
    if (help_width() < NARROW) column = NARROW_COLUMN;
    printf("%s", left);
    if (used > column - 2) printf("\n%*s", column, "");
    else printf("%*s", column - used, "");
    print_wrapped(right, column, column);
}

static void print_option(const option_row *row, const char *sentence)
{
    char left[272];
    if (row->letter)
        snprintf(left, sizeof left, "  -%c, %s", row->letter,
                 option_spelling(row));
    else snprintf(left, sizeof left, "      %s", option_spelling(row));
    print_pair(left, sentence, COLUMN);
}

static void print_global_options(const command_row *command)
{
    print_heading(global_options.title);
    for (const option_row *row = global_options.rows; row->name; row++)
        if (command_takes(command, row))
            print_option(row, option_sentence(row));
}

/* ---- Pages --------------------------------------------------------------- */

void help_show(const command_row *command)
{
    print_command_usage(command);
    print_wrapped(command->description, 0, 0);
    if (name_is_launched()) {
        print_heading("Ranks");
        print_wrapped(command->ranks ? command->ranks : one_rank, 0, 0);
    }

    /* its options, then those of the program */
    for (const option_group *group = command->options; group->title; group++) {
        print_heading(group->title);
        for (const option_row *row = group->rows; row->name; row++)
            print_option(row, option_sentence(row));
    }
    print_global_options(command);

    print_heading("Examples");
    for (const example *at = command->examples; at->line; at++) {
        printf("  %s\n      %s", name_example(at->line, command->ranks != NULL),
               paint(stdout, DIM));
        print_wrapped(at->meaning, 6, 6);
        fputs(paint(stdout, PLAIN), stdout);
    }
}

void help_show_short(const command_row *command)
{
    char summary[128];
    print_command_usage(command);

    /* the summary as a sentence */
    snprintf(summary, sizeof summary, "%s.", command->summary);
    summary[0] = (char)toupper((unsigned char)summary[0]);
    print_wrapped(summary, 0, 0);

    const option_row *row;
    bool begun = false;
    for (size_t n = 0; (row = command_option(command, n)); n++) {
        if (!row->common) continue;
        if (!begun) print_heading("Common options");
        begun = true;
        print_option(row, brief_sentence(row));
    }
    printf("\nSee '%s %s --help' for %s.\n", name_short(), command->name,
           begun ? "all options and examples" : "more");
}

static void print_command(const command_row *command)
{
    char left[32];
    snprintf(left, sizeof left, "  %s", command->name);
    print_pair(left, command->summary, 12);
}

static void print_commands(const command_row *const *commands)
{
    if (!name_is_launched()) {
        print_heading("Commands");
        for (; *commands; commands++)
            print_command(*commands);
        return;
    }

    print_heading("Commands that ranks share");
    for (const command_row *const *at = commands; *at; at++)
        if ((*at)->ranks) print_command(*at);
    print_heading("Commands that the first rank runs alone, as elman does");
    for (const command_row *const *at = commands; *at; at++)
        if (!(*at)->ranks) print_command(*at);
}

static void print_example(const char *line, const char *meaning, bool shared)
{
    char left[128];
    snprintf(left, sizeof left, "  %s", name_example(line, shared));
    print_pair(left, meaning, 34);
}

void help_show_all(const command_row *const *commands)
{
    print_usage(name_usage(true), "COMMAND", "[OPTION]... [FILE]...");
    print_wrapped(program_description, 0, 0);
    if (name_is_launched()) {
        print_heading("Ranks");
        print_wrapped(ranks_description, 0, 0);
    }
    print_commands(commands);
    print_global_options(NULL);

    print_heading("Examples");
    print_example("elman train input.txt", "learn the language of a text",
                  true);
    print_example("elman sample input.safetensors", "generate more of it",
                  false);
    print_example("elman train --help", "all options of training", false);
}

void help_show_commands(const command_row *const *commands)
{
    char see[160];
    print_usage(name_usage(true), "COMMAND", "[OPTION]... [FILE]...");
    print_wrapped("Trains, inspects and runs recurrent neural networks.", 0, 0);
    print_commands(commands);
    putchar('\n');
    snprintf(see, sizeof see,
             "See '%s COMMAND -h' for the most common options of a command, "
             "'%s --help' for more.",
             name_short(), name_short());
    print_wrapped(see, 0, 0);
}
