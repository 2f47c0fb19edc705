/*
 * meter.h: how a training run is going, live: a line that is redrawn on a
 * terminal, an occasional one elsewhere, and the same as JSON lines.
 */
#ifndef METER_H
#define METER_H

#include <stdio.h>

#include "train.h"

/* How much was done, or is done in a second. */
typedef struct speed {
    double updates, steps, flops;
} speed;

typedef struct meter {
    const train_values *values;
    const elman_encoding *encoding;
    bool validates; /* there is validation data */
    double peak;    /* multiply-add operations a second of all threads */
    double start_time, shown_time;
    double shown_part; /* of the run that was done at the last evaluation
                          shown; below 0: none was */
    double start_epochs, start_steps; /* where this run began */
    double loss, bits;                /* smoothed over the last steps */
    uint64_t seen;                    /* steps in them */

    /* since the speed was last updated, and the speed, smoothed: optimizer
     * steps, steps of all sequences, operations */
    double speed_time, step_time;
    speed sums, speed;

    FILE *log; /* JSON lines, NULL none */
} meter;

/* Begins; opens the file of --metrics. Returns 0 or an exit code. */
int meter_open(const train_values *values, const elman_dataset *dataset,
               const elman_progress *progress, meter *meter);

/* Writes the first JSON line: what the run was told. */
int meter_begin(meter *meter, const elman_progress *progress,
                const elman_journal *journal);

/* After each step: counts it, shows it if it is time, writes its JSON line;
 * after one with an evaluation, its line, row. Returns 0, or EXIT_FAILED if the
 * JSON lines could not be written. */
int meter_step(meter *meter, const elman_progress *progress,
               const elman_journal_row *row);

/* Says what is wrong inside the network. */
int meter_warn(meter *meter, const elman_progress *progress, const char *kind,
               const char *text);

/* Erases the live line and closes the JSON lines with a line "end". metrics
 * may be NULL. */
int meter_close(meter *meter, const elman_progress *progress,
                const char *reason, const elman_metrics *metrics);

/* Seconds since it was opened. */
double meter_seconds(const meter *meter);

#endif
