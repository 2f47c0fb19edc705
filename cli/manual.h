/*
 * manual.h: everything that is written from the option tables: help, man pages
 * and shell completion, all on standard output. commands is a list of all
 * commands that ends with NULL.
 */
#ifndef MANUAL_H
#define MANUAL_H

#include "options.h"

/* What the program is, in a sentence. */
extern const char program_description[];

/* What elman-mpi is, and its ranks are, in a paragraph. */
extern const char ranks_description[];

/* --help: of a command, of the program. */
void help_show(const command_row *command);
void help_show_all(const command_row *const *commands);

/* -h, a screen at most: a command's most common options, the program's
 * commands. */
void help_show_short(const command_row *command);
void help_show_commands(const command_row *const *commands);

/* Man page in roff: elman-COMMAND(1) or elman(1). */
void man_show(const command_row *command);
void man_show_all(const command_row *const *commands);

/* elman-mpi(1). */
void man_show_ranks(const command_row *const *commands);

/* Completion for a shell: bash, zsh or fish. False if it is another one. */
bool completion_show(const char *shell, const command_row *const *commands);

/* The sentence of row's help with what it needs and its default. In a static
 * buffer. */
const char *option_sentence(const option_row *row);

/* "--hidden=N,...", in a static buffer. */
const char *option_spelling(const option_row *row);

#endif
