/*
 * runs_list.h: what --sweep asks for, as settings of options, and the file in
 * which finished runs are listed.
 */
#ifndef RUNS_LIST_H
#define RUNS_LIST_H

#include "runs.h"

enum { SWEEP_OPTIONS = 8, SWEEP_VALUES = 64, SWEEP_TEXT = 64 };

/* One option of a sweep and the values it takes, as they would be typed. */
typedef struct sweep_option {
    const option_row *row;
    size_t count;
    char values[SWEEP_VALUES][SWEEP_TEXT];
} sweep_option;

/* All combinations; the last option changes fastest. */
typedef struct sweep {
    size_t options;
    sweep_option *list; /* (SWEEP_OPTIONS) */
    size_t count;       /* settings, at least 1 */
} sweep;

/* Reads a sweep, NULL for none, and checks each value as the command line
 * would. Returns 0 or an exit code; sweep_free either way. */
int sweep_read(const parsed_line *arguments, const char *text, sweep *s);
void sweep_free(sweep *s);

/* "hidden=64 lr=0.001" of a setting, "" without a sweep. */
void sweep_describe(const sweep *s, size_t setting, char *text, size_t size);

/* Gives the options of a setting their values, as if they had been typed. */
void sweep_apply(const sweep *s, size_t setting, const parsed_line *arguments);

/* Begins or goes on with the list at path, which belongs to a command line: one
 * of another command is refused. */
int runs_begin(const char *path, const char *command);

/* Adds a finished run; finds one that was added. */
int runs_append(const char *path, const char *run, const run_score *score);
bool runs_find(const char *path, const char *run, run_score *score);

#endif
