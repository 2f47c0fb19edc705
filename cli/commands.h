/*
 * commands.h: the commands of the program, one file each. A new command is one
 * file, one line here and one in the table of main.c.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "options.h"

extern const command_row train_command;
extern const command_row eval_command;
extern const command_row predict_command;
extern const command_row sample_command;
extern const command_row inspect_command;
extern const command_row replay_command;
extern const command_row compare_command;
extern const command_row explain_command;
extern const command_row info_command;
extern const command_row convert_command;
extern const command_row run_command;
extern const command_row verify_command;
extern const command_row bench_command;

#endif
