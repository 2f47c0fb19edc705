/*
 * completion.c: shell completion, written from the option tables. The build
 * asks for it as `elman --dump-completion SHELL`.
 */
#include "manual.h"

#include <stdio.h>
#include <string.h>

typedef const command_row *const *command_list;

/* What completes the value of an option. */
typedef enum value_kind {
    VALUE_FREE, /* nothing: a number, a name */
    VALUE_CHOICE,
    VALUE_FILE,
    VALUE_FOLDER
} value_kind;

static value_kind kind_of(const option_row *row)
{
    if (row->type == OPTION_CHOICE || row->type == OPTION_INIT)
        return VALUE_CHOICE;
    bool text = row->type == OPTION_TEXT || row->type == OPTION_PAIR;
    if (!text) return VALUE_FREE;

    if (!strcmp(row->value, "DIR")) return VALUE_FOLDER;
    bool file = strstr(row->value, "FILE") || strstr(row->value, "MODEL") ||
                strstr(row->value, ".npy");
    return file ? VALUE_FILE : VALUE_FREE;
}

/* The words of a VALUE_CHOICE with spaces between. */
static void print_choices(const option_row *row)
{
    const char *choices = row->type == OPTION_INIT ? init_words : row->value;
    for (; *choices; choices++)
        putchar(*choices == '|' ? ' ' : *choices);
}

/* Prints text with escape before each of its characters that is in special. */
static void print_escaped(const char *text, const char *special,
                          const char *escape)
{
    for (; *text; text++) {
        if (strchr(special, *text)) fputs(escape, stdout);
        putchar(*text);
    }
}

/* ---- bash ---------------------------------------------------------------- */

static void bash_name(const option_row *row)
{
    printf(" --%s%s", row->name, *option_joint(row) == '=' ? "=" : "");
}

/* " --json --quiet ..." that command takes. */
static void bash_global_names(const command_row *command)
{
    for (const option_row *row = global_options.rows; row->name; row++)
        if (command_takes(command, row)) bash_name(row);
}

static void bash_values(const command_row *command)
{
    const option_row *row;
    for (size_t n = 0; (row = command_option(command, n)); n++) {
        if (kind_of(row) != VALUE_CHOICE) continue;
        printf("    %s:--%s", command->name, row->name);
        if (row->letter) printf(" | %s:-%c", command->name, row->letter);
        printf(") words=\"");
        print_choices(row);
        puts("\" ;;");
    }
}

static void bash_names(const command_row *command)
{
    const option_row *row;
    printf("    %s:-*) words=\"", command->name);
    for (size_t n = 0; (row = command_option(command, n)); n++)
        bash_name(row);
    bash_global_names(command);
    puts("\" ;;");
}

static void bash_show(command_list commands)
{
    /* a word ends at '=', which is then a word of its own */
    puts("# bash completion for elman\n"
         "_elman()\n{\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} words= command= at\n"
         "    local before=${COMP_WORDS[COMP_CWORD-1]}\n"
         "    [[ $word == '=' ]] && word=\n"
         "    [[ $before == '=' ]] && before=${COMP_WORDS[COMP_CWORD-2]}\n"
         "    for at in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "        [[ $at != -* ]] && command=$at && break\n"
         "    done");

    /* the value of an option, else an option, else a command or a file */
    puts("    case $command:$before in");
    for (command_list at = commands; *at; at++)
        bash_values(*at);
    puts("    *) case $command:$word in");
    for (command_list at = commands; *at; at++)
        bash_names(*at);
    fputs("    :-*) words=\"", stdout);
    bash_global_names(NULL);
    fputs("\" ;;\n    :*) words=\"", stdout);
    for (command_list at = commands; *at; at++)
        printf(" %s", (*at)->name);
    puts("\" ;;\n        esac ;;\n    esac");

    /* `elman help` is followed by a command */
    fputs("    [[ $command == help && $before == help ]] && words=\"", stdout);
    for (command_list at = commands; *at; at++)
        printf(" %s", (*at)->name);
    puts("\"");

    puts("    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
         "}\n"
         "complete -o default -F _elman elman elman-mpi");
}

/* ---- zsh ----------------------------------------------------------------- */

/* Text inside '[...]' or ':...:' of a word in single quotes. */
static void zsh_text(const char *text)
{
    for (; *text; text++)
        if (*text == '\'') fputs("'\\''", stdout);
        else if (strchr("[]:\\", *text)) printf("\\%c", *text);
        else putchar(*text);
}

/* ":what:how to complete it" of one value, named by the first length bytes of
 * text. */
static void zsh_value(const option_row *row, const char *text, size_t length)
{
    char name[128];
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    putchar(':');
    if (kind_of(row) == VALUE_CHOICE) fputs(row->name, stdout);
    else zsh_text(name);
    putchar(':');

    /* how to complete it: nothing, files, or the choices */
    switch (kind_of(row)) {
    case VALUE_FREE:
        putchar(' ');
        break;
    case VALUE_FILE:
        fputs("_files", stdout);
        break;
    case VALUE_FOLDER:
        fputs("_files -/", stdout);
        break;
    case VALUE_CHOICE:
        putchar('(');
        print_choices(row);
        putchar(')');
    }
}

/* One specification of _arguments on a line of its own. */
static void zsh_option(const option_row *row)
{
    /* of an option that may be given once, neither form is offered again */
    fputs("            ", stdout);
    const char *joint = *option_joint(row) == '=' ? "=" : "";
    const char *join_letter = *joint ? "+" : "";
    if (row->type == OPTION_LIST) fputs("'*'", stdout);
    else if (row->letter) printf("'(-%c --%s)'", row->letter, row->name);
    if (row->letter)
        printf("{-%c%s,--%s%s}'", row->letter, join_letter, row->name, joint);
    else printf("'--%s%s", row->name, joint);

    putchar('[');
    zsh_text(row->help);
    putchar(']');

    /* a value, or two with a space between */
    const char *text = row->value;
    while (row->type != OPTION_FLAG && *text) {
        bool pair = row->type == OPTION_PAIR;
        size_t length = pair ? strcspn(text, " ") : strlen(text);
        zsh_value(row, text, length);
        text += length + (text[length] == ' ');
    }
    puts("' \\");
}

static void zsh_global_options(const command_row *command)
{
    for (const option_row *row = global_options.rows; row->name; row++)
        if (command_takes(command, row)) zsh_option(row);
}

static void zsh_command(const command_row *command)
{
    const option_row *row;
    printf("    %s)\n        _arguments -s \\\n", command->name);
    for (size_t n = 0; (row = command_option(command, n)); n++)
        zsh_option(row);
    zsh_global_options(command);
    puts("            '*:file:_files' ;;");
}

static void zsh_show(command_list commands)
{
    puts("#compdef elman elman-mpi\n"
         "# zsh completion for elman\n"
         "_elman_commands() {\n"
         "    local -a commands=(");
    for (command_list at = commands; *at; at++) {
        printf("        '%s:", (*at)->name);
        zsh_text((*at)->summary);
        puts("'");
    }
    puts("    )\n"
         "    _describe command commands\n"
         "}\n");

    /* first the command, then what it takes */
    puts("_elman() {\n"
         "    local curcontext=$curcontext state line ret=1\n"
         "    local -A opt_args\n"
         "    _arguments -C -s \\");
    zsh_global_options(NULL);
    puts("            '1:command:_elman_commands' \\\n"
         "            '*::argument:->argument' && ret=0\n"
         "    [[ $state == argument ]] || return ret\n"
         "    curcontext=${curcontext%:*}-$words[1]:\n"
         "    case $words[1] in");
    for (command_list at = commands; *at; at++)
        zsh_command(*at);
    puts("    help) (( CURRENT == 2 )) && _elman_commands ;;\n"
         "    *) _files ;;\n"
         "    esac\n"
         "}\n");

    /* as a function of the folder of completions, or read by `source` */
    puts("if [[ $funcstack[1] == _elman ]]; then\n"
         "    _elman \"$@\"\n"
         "else\n"
         "    compdef _elman elman elman-mpi\n"
         "fi");
}

/* ---- fish ---------------------------------------------------------------- */

static void fish_describe(const char *text)
{
    fputs(" -d '", stdout);
    print_escaped(text, "'\\", "\\");
    puts("'");
}

/* One line for an option where the condition holds. */
static void fish_option(const char *condition, const option_row *row)
{
    printf("complete -c elman -n '%s' -l %s", condition, row->name);

    if (row->letter) printf(" -s %c", row->letter);

    /* how to complete its value */
    if (row->type != OPTION_FLAG) switch (kind_of(row)) {
        case VALUE_FREE:
            fputs(" -x", stdout);
            break;
        case VALUE_FILE:
            fputs(" -r -F", stdout);
            break;
        case VALUE_FOLDER:
            fputs(" -x -a '(__fish_complete_directories)'", stdout);
            break;
        case VALUE_CHOICE:
            fputs(" -x -a '", stdout);
            print_choices(row);
            putchar('\'');
        }

    fish_describe(row->help);
}

static void fish_global_options(const char *condition,
                                const command_row *command)
{
    for (const option_row *row = global_options.rows; row->name; row++)
        if (command_takes(command, row)) fish_option(condition, row);
}

static void fish_show(command_list commands)
{
    static const char no_command[] = "__fish_use_subcommand";
    puts("# fish completion for elman\n"
         "complete -c elman-mpi -w elman");
    for (command_list at = commands; *at; at++) {
        printf("complete -c elman -n %s -f -a %s", no_command, (*at)->name);
        fish_describe((*at)->summary);
    }
    fish_global_options(no_command, NULL);

    /* `elman help` is followed by a command */
    for (command_list at = commands; *at; at++) {
        printf("complete -c elman -n '__fish_seen_subcommand_from help' -f "
               "-a %s",
               (*at)->name);
        fish_describe((*at)->summary);
    }

    for (command_list at = commands; *at; at++) {
        char condition[64];
        const option_row *row;
        snprintf(condition, sizeof condition, "__fish_seen_subcommand_from %s",
                 (*at)->name);
        for (size_t n = 0; (row = command_option(*at, n)); n++)
            fish_option(condition, row);
        fish_global_options(condition, *at);
    }
}

bool completion_show(const char *shell, const command_row *const *commands)
{
    static const struct {
        const char *name;
        void (*show)(command_list commands);
    } shells[] = {{"bash", bash_show}, {"zsh", zsh_show}, {"fish", fish_show}};

    for (size_t n = 0; n < sizeof shells / sizeof *shells; n++) {
        if (strcmp(shells[n].name, shell) != 0) continue;
        shells[n].show(commands);
        return true;
    }
    return false;
}
