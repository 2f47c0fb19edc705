/*
 * compare.h: training runs beside each other: where they are read from, which
 * of them differ in the seed alone, and how they are shown.
 */
#ifndef COMPARE_H
#define COMPARE_H

#include "options.h"

/* The metric of a run that people look at first. */
typedef enum run_metric {
    METRIC_UNKNOWN,
    METRIC_BITS,
    METRIC_ACCURACY, /* more is better */
    METRIC_ERROR     /* MAE */
} run_metric;

typedef struct run_file {
    char *name; /* as people know it: its path */
    elman_journal *journal;
    run_metric metric;
    size_t group;
    const elman_journal_row *best, *last; /* NULL: it has no row */
} run_file;

/* Runs whose settings differ in the seed alone. */
typedef struct run_group {
    size_t first; /* the first of its runs */
    size_t count;
    double mean, deviation; /* of the score; deviation of a sample, NAN of one
                               run */
    double loss;            /* mean of the best ones */
    double horizon;         /* mean of the last ones; NAN: none was measured */
    const char *seeds;      /* "1, 2, 3" */
} run_group;

/* A setting that is not the same in all groups. */
typedef struct run_difference {
    const char *name;
    const char **values; /* (groups) NULL where a group has none */
} run_difference;

typedef struct comparison {
    size_t count, room;
    run_file *runs; /* (count) as they were given */
    size_t group_count;
    run_group *groups; /* (group_count) in the order of their first runs */
    size_t difference_count;
    run_difference *differences; /* (difference_count) */
    size_t same;                 /* settings that are the same in all */
} comparison;

/* Adds the run of a model, of a file of --metrics, or those of all such files
 * in a folder. Returns 0 or an exit code after an error line. */
int runs_read(const char *path, comparison *all);

/* Finds groups and differences. */
int runs_group(comparison *all);
void runs_free(comparison *all);

/* The value of a setting; NULL if the run has none. */
const char *setting_of(const run_file *run, const char *name);

/* The loss that the runs are held against each other by. */
double loss_of(const elman_journal_row *row);

void runs_show(const comparison *all);
void runs_record(const comparison *all);

#endif
