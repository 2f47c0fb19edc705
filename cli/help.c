/*
 * help.c: --help, written from the option tables.
 */
#include "manual.h"
#include "screen.h"

#include <stdio.h>
#include <string.h>

enum { COLUMN = 26, WIDEST = 100 };

const char *option_sentence(const option_row *row)
{
    static char text[512];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", row->help);
    if (row->needs) {
        size_t name = strcspn(row->needs, "=");
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 " [with --%.*s%s", (int)name, row->needs,
                                 row->needs[name] ? " " : "");
        for (const char *at = row->needs + name; *at; at++)
            if (*at == ',')
                used += (size_t)snprintf(text + used, sizeof text - used, ", ");
            else if (*at != '=') text[used++] = *at;
        text[used++] = ']';
        text[used] = '\0';
    }
    if (!row->fallback) return text;
    used += (size_t)snprintf(text + used, sizeof text - used, " (default: ");
    if (row->fallback[0] == '(') {
        snprintf(text + used, sizeof text - used, "%s", row->fallback + 1);
        return text;
    }
    for (const char *at = row->fallback; *at && used < sizeof text - 8; at++) {
        if (*at == ' ') text[used++] = ',';
        text[used++] = *at;
        if (*at == ':') text[used++] = ' ';
    }
    text[used++] = ')';
    text[used] = '\0';
    return text;
}

/* Prints text from column on, in lines that begin at indent. */
static void print_wrapped(const char *text, int column, int indent, int width)
{
    while (*text) {
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
        if (*text == '\n') {
            printf("\n\n%*s", indent, "");
            column = indent;
        }
        if (*text) text++;
    }
    putchar('\n');
}

static int help_width(void)
{
    int width = screen_width(stdout) - 1;
    return width > WIDEST ? WIDEST : width < 50 ? 50 : width;
}

static void print_heading(const char *text)
{
    printf("\n%s%s%s\n", paint(stdout, BOLD), text, paint(stdout, PLAIN));
}

static void print_option(const option_row *row, int width)
{
    char left[256];
    int used =
        row->letter
            ? snprintf(left, sizeof left, "  -%c, --%s", row->letter, row->name)
            : snprintf(left, sizeof left, "      --%s", row->name);
    if (row->type != OPTION_FLAG)
        used += snprintf(left + used, sizeof left - (size_t)used, "%s%s",
                         option_joint(row), row->argument);
    printf("%s", left);
    if (used > COLUMN - 2) printf("\n%*s", COLUMN, "");
    else printf("%*s", COLUMN - used, "");
    print_wrapped(option_sentence(row), COLUMN, COLUMN, width);
}

static void print_rows(const option_row *row, bool json, int width)
{
    for (; row->type; row++)
        if (row->type == OPTION_SECTION) print_heading(row->name);
        else if (json || strcmp(row->name, "json") != 0)
            print_option(row, width);
}

void help_show(const command_row *command)
{
    int width = help_width();
    printf("Usage: elman %s [OPTION]... %s\n\n", command->name,
           command->operands);
    print_wrapped(command->description, 0, 0, width);
    print_rows(command->options, true, width);
    print_rows(global_options, command->json, width);
    print_heading("Examples");
    for (const example *at = command->examples; at->line; at++)
        printf("  %s\n      %s%s%s\n", at->line, paint(stdout, DIM),
               at->meaning, paint(stdout, PLAIN));
}

void help_show_all(const command_row *const *commands)
{
    int width = help_width();
    printf("Usage: elman COMMAND [OPTION]... [FILE]...\n\n");
    print_wrapped("Recurrent neural networks: trains, looks into and uses "
                  "Elman networks, LSTMs and GRUs on text, labelled series, "
                  "tables and arrays, and exchanges them with PyTorch and "
                  "ONNX.",
                  0, 0, width);
    print_heading("Commands");
    for (; *commands; commands++)
        printf("  %-10s%s\n", (*commands)->name, (*commands)->summary);
    print_rows(global_options, true, width);
    print_heading("Examples");
    printf("  elman train input.txt           learn the language of a text\n"
           "  elman sample input.safetensors  write more of it\n"
           "  elman train --help              what else can be set\n");
}
