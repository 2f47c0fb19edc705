/*
 * program.c: finds the command in a table, parses the line by the command's own
 * table, runs it.
 *
 * Exit status: 0 done, 1 failed, 2 wrong use, 130 and 143 after SIGINT and
 * SIGTERM. If the reader of standard output is gone, the program dies silently
 * of SIGPIPE (a shell says 141), as others do.
 */
#include "cells.h"
#include "commands.h"
#include "manual.h"
#include "name.h"
#include "program.h"
#include "ranks.h"
#include "rules.h"
#include "screen.h"
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const command_row *const commands[] = {
    &train_command,   &eval_command,
    &predict_command, &sample_command,
    &inspect_command, &replay_command,
    &compare_command, &explain_command,
    &info_command,    &convert_command,
    &run_command,     &verify_command,
    &bench_command,   NULL,
};

static const command_row *find_command(const char *name)
{
    for (const command_row *const *at = commands; *at; at++)
        if (!strcmp((*at)->name, name)) return *at;
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *names[sizeof commands / sizeof *commands];
    size_t count = 0;
    for (; commands[count]; count++)
        names[count] = commands[count]->name;
    const char *near = nearest_name(name, names, count);
    if (near)
        return misused("unknown command '%s', did you mean '%s'?", name, near);
    return misused("unknown command '%s', see '%s --help'", name, name_short());
}

/* `elman help [COMMAND]`, as people expect it, and --help; -h is short. */
static int show_help(const char *name, bool brief)
{
    const command_row *command = name ? find_command(name) : NULL;
    if (name && !command) return unknown_command(name);
    if (command && brief) help_show_short(command);
    else if (command) help_show(command);
    else if (brief) help_show_commands(commands);
    else help_show_all(commands);
    return EXIT_DONE;
}

/* What the build asks for: man pages and completion. */
static int dump(char **words)
{
    const char *name = words[1];
    if (!strcmp(words[0], "--dump-completion")) {
        if (name && completion_show(name, commands)) return EXIT_DONE;
        return misused("--dump-completion expects one of: bash zsh fish; found "
                       "'%s'",
                       name ? name : "");
    }

    bool ranks = name && !strcmp(name, "mpi");
    const command_row *command = name ? find_command(name) : NULL;
    if (name && !command && !ranks) return unknown_command(name);
    if (ranks) man_show_ranks(commands);
    else if (command) man_show(command);
    else man_show_all(commands);
    return EXIT_DONE;
}

static int show_version(void)
{
    printf("%s %s\n", name_short(), elman_version());
    return EXIT_DONE;
}

/* Says so where ELMAN_ISA names what is not there, for the library has nobody
 * to tell. Asking for the machine takes a moment. */
static void check_environment(void)
{
    const char *wanted = getenv("ELMAN_ISA");
    elman_machine machine;
    if (!wanted || !*wanted || elman_machine_read(&machine) != ELMAN_OK) return;
    if (strcmp(wanted, machine.isa) != 0)
        note("ELMAN_ISA names '%s', which this build or this processor lacks: "
             "%s is used; 'elman verify' lists what there is",
             printable(wanted), machine.isa);
}

/* A line that has been parsed: help, or the command itself. */
static int run_parsed(const parsed_line *arguments, const global_values *global)
{
    const command_row *command = arguments->command;
    if (global->help) return show_help(command->name, global->short_help);
    if (global->version) return show_version();
    if (global->json && !command->json)
        return misused("'elman %s' takes no --json", command->name);
    screen.quiet = global->quiet;
    screen.json = global->json;
    check_environment();

    /* what ranks do not share the first does alone */
    if (rank_follow() && !command->ranks) return EXIT_DONE;
    if (rank_count() > 1 && !command->ranks)
        note("ranks do not share '%s': one of %d runs it, as elman does",
             command->name, rank_count());
    if (rank_count() > 1) {
        char again[8192];
        snprintf(again, sizeof again, "%s",
                 command_line(name_typed(), arguments, command->name));
        rank_keep_line(again,
                       command_line(name_typed(), arguments, "--resume"));
    }
    int code = command->ranks
                   ? rank_agree_words(arguments->argc - 1, arguments->argv + 1)
                   : 0;
    return code ? code : command->run(arguments);
}

/* The command's part of the line: its name and the words after it. */
static int run_words(int argc, char **argv, int index, global_values *global)
{
    if (!strcmp(argv[index], "help")) return show_help(argv[index + 1], false);
    const command_row *command = find_command(argv[index]);
    if (!command) return unknown_command(argv[index]);

    parsed_line arguments = {.argc = argc, .argv = argv};
    int code =
        options_parse(argc - index, argv + index, command, global, &arguments);
    if (!code) code = run_parsed(&arguments, global);
    options_close(&arguments);
    return code;
}

static int run(int argc, char **argv)
{
    if (argc > 1 && (!strcmp(argv[1], "--dump-man") ||
                     !strcmp(argv[1], "--dump-completion")))
        return dump(argv + 1);

    /* options before the command's name, and the name */
    global_values global = {0};
    parsed_line arguments = {0};
    int code = options_parse(argc, argv, NULL, &global, &arguments);
    const char *name = arguments.count ? arguments.operands[0] : NULL;
    options_close(&arguments);
    if (code) return code;
    for (int n = 1; name && n < argc; n++)
        if (argv[n] == name) return run_words(argc, argv, n, &global);

    /* no command: without a question, what there is to ask for */
    if (global.version) return show_version();
    return show_help(NULL, !global.help || global.short_help);
}

int program(int argc, char **argv)
{
    system_begin(&argc, &argv);
    screen_open();
    rules_read();
    cells_read();
    return screen_close(run(argc, argv));
}
