/*
 * manual.c: man pages and shell completion, written from the option tables.
 * The build calls them as `elman --dump-man [COMMAND]` and
 * `elman --dump-completion`.
 */
#include "manual.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Prints text with what roff would take for commands made harmless. */
static void print_roff(const char *text)
{
    bool begins = true;
    for (; *text; text++) {
        if (*text == '\\') fputs("\\e", stdout);
        else if (*text == '-') fputs("\\-", stdout);
        else if (begins && (*text == '.' || *text == '\''))
            printf("\\&%c", *text);
        else if (*text == '\n') fputs("\n.PP\n", stdout);
        else putchar(*text);
        begins = *text == '\n';
    }
    putchar('\n');
}

static void print_upper(const char *text)
{
    for (; *text; text++)
        putchar(toupper((unsigned char)*text));
}

static void man_head(const char *command, const char *summary)
{
    fputs(".TH ELMAN", stdout);
    if (command) putchar('-'), print_upper(command);
    printf(" 1 \"\" \"elman %s\" \"User Commands\"\n.SH NAME\nelman%s%s \\- ",
           elman_version(), command ? "\\-" : "", command ? command : "");
    print_roff(summary);
}

static void man_rows(const option_row *row, bool json)
{
    for (; row->type; row++) {
        if (row->type == OPTION_SECTION) {
            printf(".SS %s\n", row->name);
            continue;
        }
        if (!json && !strcmp(row->name, "json")) continue;
        fputs(".TP\n.B ", stdout);
        if (row->letter) printf("\\-%c, ", row->letter);
        fputs("\\-\\-", stdout);
        char left[256];
        snprintf(left, sizeof left, "%s%s%s", row->name, option_joint(row),
                 row->type == OPTION_FLAG ? "" : row->argument);
        print_roff(left);
        print_roff(option_sentence(row));
    }
}

static void man_tail(void)
{
    fputs(".SH EXIT STATUS\n"
          "0 done, 1 failed, 2 wrong use, 130 after an interrupt, 143 after a "
          "request to terminate.\n"
          ".SH ENVIRONMENT\n"
          ".TP\n.B NO_COLOR\nif set, nothing is coloured\n"
          ".TP\n.B ELMAN_ISA\nthe kernels to use: ref, base, avx2, avx512, "
          "neon; all give the same bits\n",
          stdout);
}

void man_show(const command_row *command)
{
    man_head(command->name, command->summary);
    printf(".SH SYNOPSIS\n.B elman %s\n[OPTION]... %s\n.SH DESCRIPTION\n",
           command->name, command->operands);
    print_roff(command->description);
    fputs(".SH OPTIONS\n", stdout);
    man_rows(command->options, true);
    man_rows(global_options, command->json);
    fputs(".SH EXAMPLES\n", stdout);
    for (const example *at = command->examples; at->line; at++) {
        fputs(".TP\n.B ", stdout);
        print_roff(at->line);
        print_roff(at->meaning);
    }
    man_tail();
    fputs(".SH SEE ALSO\n.BR elman (1)\n", stdout);
}

void man_show_all(const command_row *const *commands)
{
    man_head(NULL, "recurrent neural networks");
    fputs(".SH SYNOPSIS\n.B elman\nCOMMAND [OPTION]... [FILE]...\n"
          ".SH DESCRIPTION\nTrains, looks into and uses Elman networks, LSTMs "
          "and GRUs on text, labelled series, tables and arrays, and "
          "exchanges them with PyTorch and ONNX.\n"
          ".SH COMMANDS\n",
          stdout);
    for (const command_row *const *at = commands; *at; at++) {
        printf(".TP\n.BR elman\\-%s (1)\n", (*at)->name);
        print_roff((*at)->summary);
    }
    fputs(".SH OPTIONS\n", stdout);
    man_rows(global_options, true);
    man_tail();
    fputs(".SH SEE ALSO\n", stdout);
    for (const command_row *const *at = commands; *at; at++)
        printf(".BR elman\\-%s (1)%s\n", (*at)->name, at[1] ? "," : "");
}

static void complete_names(const option_row *row, bool json)
{
    for (; row->type; row++)
        if (row->type != OPTION_SECTION && (json || strcmp(row->name, "json")))
            printf(" --%s%s", row->name, *option_joint(row) == '=' ? "=" : "");
}

static void complete_values(const command_row *command)
{
    for (const option_row *row = command->options; row->type; row++) {
        if (row->type != OPTION_CHOICE) continue;
        printf("    %s:--%s) words=\"", command->name, row->name);
        for (const char *at = row->argument; *at; at++)
            putchar(*at == '|' ? ' ' : *at);
        puts("\" ;;");
    }
}

void completion_show(const command_row *const *commands)
{
    puts("# bash completion for elman\n"
         "_elman()\n{\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} words= command= at\n"
         "    local before=${COMP_WORDS[COMP_CWORD-1]}\n"
         "    [[ $word == '=' ]] && word=\n"
         "    [[ $before == '=' ]] && before=${COMP_WORDS[COMP_CWORD-2]}\n"
         "    for at in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "        [[ $at != -* ]] && command=$at && break\n"
         "    done\n"
         "    case $command:$before in");
    for (const command_row *const *at = commands; *at; at++)
        complete_values(*at);
    puts("    *) case $command:$word in");
    for (const command_row *const *at = commands; *at; at++) {
        printf("    %s:-*) words=\"", (*at)->name);
        complete_names((*at)->options, true);
        complete_names(global_options, (*at)->json);
        puts("\" ;;");
    }
    fputs("    :-*) words=\"", stdout);
    complete_names(global_options, true);
    fputs("\" ;;\n    :*) words=\"", stdout);
    for (const command_row *const *at = commands; *at; at++)
        printf(" %s", (*at)->name);
    puts("\" ;;\n        esac ;;\n    esac\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
         "}\n"
         "complete -o default -F _elman elman");
}
