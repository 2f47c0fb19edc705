/*
 * runs_all.h: the runs of one command while they are made (runs.c) and when
 * they are over (runs_table.c).
 */
#ifndef RUNS_ALL_H
#define RUNS_ALL_H

#include "process.h"
#include "runs_list.h"
#include "system.h"

/* One run: a process while it lasts. */
typedef struct one_run {
    size_t setting, seed, fold;
    bool finished, failed;
    run_score score;
    process process;
    FILE *kept;      /* what it says, on a rank whose errors nobody reads */
    char said[1024]; /* of a run that failed: its error lines */
} one_run;

typedef struct all_runs {
    const parsed_line *arguments;
    const train_values *values;
    const char *model_path;
    train_function *train_one;
    sweep settings;
    size_t seeds, folds; /* folds at least 1 */
    one_run *list;       /* (count) settings, seeds, folds: the last fastest */
    size_t count;
    char path[PATH_ROOM]; /* of the list of finished runs */
} all_runs;

/* Where the model of a run is, into path (PATH_ROOM). */
void run_model_path(const all_runs *all, const one_run *run, char *path);

/* What is special to a run, as people read it and as the list keeps it. */
const char *run_describe(const all_runs *all, const one_run *run);

/* runs_agree.c: refuses ranks that would train the runs on other data, or from
 * other weights, than rank 0. Returns 0 or an exit code. */
int runs_agree(const all_runs *all);

/* Refuses a rank that does not see the list of runs, which rank 0 has written:
 * it would leave its models where rank 0 finds none. */
int runs_see_list(const all_runs *all);

/* runs_table.c: shows what came of them, and makes the model of the best the
 * command's. Returns 0 or an exit code. */
int runs_settle(const all_runs *all);

#endif
