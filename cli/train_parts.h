/*
 * train_parts.h: what `elman train` is made of besides its steps: where its
 * files go, what it says of a run before the first step, and what a run came
 * to.
 */
#ifndef TRAIN_PARTS_H
#define TRAIN_PARTS_H

#include "outcome.h"
#include "runs.h"

/* ---- Where files go: train_paths.c --------------------------------------- */

/* The pipe that data comes from, or NULL. */
const char *pipe_of(const parsed_line *arguments);

/* Where the model goes: as --output says, or named after DATA; and whether it
 * can, on a rank that writes it. Returns 0 or an exit code. */
int choose_model(const parsed_line *arguments, bool writes,
                 char model[PATH_ROOM]);

/* The same, and where the checkpoint goes: as --checkpoint says, or beside the
 * model. */
int choose_paths(training *run);

/* ---- What is said before the first step: train_show.c -------------------- */

/* The data as it was understood, and the run in figures: all of it, or what
 * fits a dozen lines. */
void describe_run(const training *run, FILE *file, bool all);

/* --plan: what would be done, and nothing more. Returns 0 or an exit code. */
int show_plan(training *run);

/* ---- What a run came to: train_score.c ----------------------------------- */

/* What the score that is told will be held against, that of the last part that
 * there is: false after a failure. It is read once. */
bool read_told_baseline(const training *run, elman_baseline *baseline);
elman_part told_part(const training *run);

/* For the table of many runs. */
void fill_score(const training *run, run_score *score);

#endif
