/*
 * manual.c: man pages, written from the option tables. The build asks for them
 * as `elman --dump-man [COMMAND]`.
 */
#include "manual.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Prints text so that roff takes none of it for a command. */
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

static void man_option(const option_row *row)
{
    fputs(".TP\n.B ", stdout);
    if (row->letter) printf("\\-%c, ", row->letter);
    print_roff(option_spelling(row));
    print_roff(option_sentence(row));
}

static void man_global_options(const command_row *command)
{
    for (const option_row *row = global_options.rows; row->name; row++)
        if (command_takes(command, row)) man_option(row);
}

static void man_tail(void)
{
    fputs(".SH EXIT STATUS\n"
          "0 done, 1 failed, 2 wrong use, 130 after an interrupt, 143 after a "
          "request to terminate.\n"
          ".SH ENVIRONMENT\n"
          ".TP\n.B NO_COLOR\nif set, the output has no colours\n"
          ".TP\n.B ELMAN_ISA\nthe kernels to use: ref, base, avx2, avx512, "
          "neon; all but ref give the same bits. A name that is not there "
          "changes nothing but for a note\n",
          stdout);
}

static void man_examples(const example *at)
{
    fputs(".SH EXAMPLES\n", stdout);
    for (; at->line; at++) {
        fputs(".TP\n.B ", stdout);
        print_roff(at->line);
        print_roff(at->meaning);
    }
}

void man_show(const command_row *command)
{
    man_head(command->name, command->summary);
    printf(".SH SYNOPSIS\n.B elman %s\n[OPTION]... %s\n.SH DESCRIPTION\n",
           command->name, command->operands);

    print_roff(command->description);

    /* the options, group by group */
    fputs(".SH OPTIONS\n", stdout);
    for (const option_group *group = command->options; group->title; group++) {
        if (strcmp(group->title, "Options")) printf(".SS %s\n", group->title);
        for (const option_row *row = group->rows; row->name; row++)
            man_option(row);
    }
    if (command->options[0].title) printf(".SS %s\n", global_options.title);
    man_global_options(command);

    if (command->ranks) {
        fputs(".SH SEVERAL PROCESSES\n", stdout);
        print_roff(command->ranks);
    }

    man_examples(command->examples);
    man_tail();
    fputs(".SH SEE ALSO\n.BR elman (1)", stdout);
    puts(command->ranks ? ",\n.BR elman\\-mpi (1)" : "");
}

void man_show_all(const command_row *const *commands)
{
    man_head(NULL, "recurrent neural networks");
    fputs(".SH SYNOPSIS\n.B elman\nCOMMAND [OPTION]... [FILE]...\n"
          ".SH DESCRIPTION\n",
          stdout);
    print_roff(program_description);

    /* the commands, each a page of its own */
    fputs(".SH COMMANDS\n", stdout);
    for (const command_row *const *at = commands; *at; at++) {
        printf(".TP\n.BR elman\\-%s (1)\n", (*at)->name);
        print_roff((*at)->summary);
    }

    fputs(".SH OPTIONS\n", stdout);
    man_global_options(NULL);
    fputs(".SH SEVERAL PROCESSES\n", stdout);
    print_roff(ranks_description);
    man_tail();

    fputs(".SH SEE ALSO\n", stdout);
    for (const command_row *const *at = commands; *at; at++)
        printf(".BR elman\\-%s (1),\n", (*at)->name);
    fputs(".BR elman\\-mpi (1)\n", stdout);
}

/* ---- elman-mpi ----------------------------------------------------------- */

static const example launchers[] = {
    {"mpirun -np 2 elman-mpi train input.txt",
     "two ranks on this machine, which has as many processors"},
    {"mpirun --oversubscribe --bind-to none -np 4 elman-mpi train input.txt",
     "Open MPI, with more ranks than processors, and each free to use all"},
    {"mpirun --hostfile hosts -np 8 --map-by node elman-mpi train input.txt",
     "Open MPI, on the machines that a file lists"},
    {"mpirun -np 3 elman-mpi train --resume input.txt",
     "go on from the last checkpoint, with another number of ranks"},
    {"srun --mpi=pmix elman-mpi train input.txt",
     "as many ranks as a job of Slurm has tasks; with MPICH --mpi=pmi2"},
    {"OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun -np 2 "
     "elman-mpi train input.txt",
     "as root, which Open MPI refuses otherwise"},
    {NULL, NULL},
};

void man_show_ranks(const command_row *const *commands)
{
    man_head("mpi", "elman in several processes, on one machine or on many");
    fputs(".SH SYNOPSIS\n.B mpirun \\-np\nN\n.B elman\\-mpi\n"
          "COMMAND [OPTION]... [FILE]...\n.SH DESCRIPTION\n",
          stdout);
    print_roff(ranks_description);

    /* what each command does with them */
    fputs(".SH COMMANDS\n", stdout);
    for (const command_row *const *at = commands; *at; at++) {
        if (!(*at)->ranks) continue;
        printf(".TP\n.BR elman\\-%s (1)\n", (*at)->name);
        print_roff((*at)->ranks);
    }
    fputs(".PP\n", stdout);
    print_roff("Other commands are run by the first rank alone.");
    man_examples(launchers);
    man_tail();
    fputs(".SH SEE ALSO\n.BR elman (1)\n", stdout);
}
