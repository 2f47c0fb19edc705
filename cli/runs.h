/*
 * runs.h: many trainings of one command: other seeds, other folds, other values
 * of options. Each is a process of its own with one thread, so as many run side
 * by side as there are processors, and each is what it would be alone.
 */
#ifndef RUNS_H
#define RUNS_H

#include "train.h"

/* What a training came to. */
typedef struct run_score {
    double error;    /* decides which run is best, whatever loss it trained: of
                        the validation part, if there is one, and in the units
                        of the data: 1 - accuracy, bits, mean absolute error */
    double loss;     /* decides between equal ones */
    double headline; /* the metric that people look at, of the test part if
                        there is one, else of the part of the error */
    double baseline; /* the best of what it has to beat, by that metric */
    char word[24];   /* its part, name and unit: "test accuracy, %" */
    bool held;       /* the error is that of a validation part */
    double seconds;
    uint64_t steps;
} run_score;

/* Trains as the arguments say and fills score unless it is NULL. Returns an
 * exit code. */
typedef int train_function(const parsed_line *arguments, run_score *score);

extern const option_row train_runs_options[];

/* True if the options ask for more than one run. */
bool runs_wanted(const train_values *values);

/* Makes all runs, shows them as a table and keeps the best as model_path.
 * Finished runs are listed in MODEL.runs, so that the same command goes on
 * where it was stopped. */
int runs_train(const parsed_line *arguments, const char *model_path,
               train_function *train_one);

#endif
