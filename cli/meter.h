/*
 * meter.h: how a training run is going, live: a line that is redrawn on a
 * terminal, an occasional one elsewhere, and the same as JSON lines.
 */
#ifndef METER_H
#define METER_H

#include <stdio.h>

#include "train.h"

typedef struct meter {
    const train_values *values;
    const elman_encoding *encoding;
    double peak; /* multiply-add operations a second of all threads */
    double start_time, shown_time;
    double start_epochs, start_steps; /* where this run began */
    double loss, bits;                /* smoothed over the last steps */
    uint64_t seen;                    /* steps in them */

    /* speed, smoothed; since it was last updated */
    double speed_time, speed_steps, speed_flops;
    double steps_per_second, flops_per_second;

    /* sums since the last evaluation */
    double train_loss;
    uint64_t train_steps;
    double last_train_loss; /* their mean at the last evaluation */

    FILE *log; /* JSON lines, NULL none */
} meter;

/* Begins; opens the file of --metrics. Returns 0 or an exit code. */
int meter_open(const train_values *values, const elman_encoding *encoding,
               const elman_progress *progress, meter *meter);

/* After each step: counts it, shows it if it is time, writes its JSON line;
 * after one with an evaluation, its line. Returns 0, or EXIT_FAILED if the
 * JSON lines could not be written. */
int meter_step(meter *meter, const elman_progress *progress);

/* Erases the live line and closes the JSON lines with a line "end". metrics
 * may be NULL. */
int meter_close(meter *meter, const elman_progress *progress,
                const char *reason, const elman_metrics *metrics);

/* Seconds since it was opened. */
double meter_seconds(const meter *meter);

#endif
