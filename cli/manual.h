/*
 * manual.h: everything that is written from the option tables: --help, man
 * pages, shell completion.
 */
#ifndef MANUAL_H
#define MANUAL_H

#include "options.h"

/* The help of a command, or of the program with its commands (a list that
 * ends with NULL), on standard output. */
void help_show(const command_row *command);
void help_show_all(const command_row *const *commands);

/* Man page in roff on standard output: elman-COMMAND(1) or elman(1). */
void man_show(const command_row *command);
void man_show_all(const command_row *const *commands);

/* The completion for bash on standard output. */
void completion_show(const command_row *const *commands);

/* The sentence of row's help with what it needs and its default. In a static
 * buffer. */
const char *option_sentence(const option_row *row);

#endif
