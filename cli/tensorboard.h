/*
 * tensorboard.h: a training run as TensorBoard shows it (--tensorboard):
 * numbers, histograms of gates and gradients, how far gradients flow as a
 * picture, what a language model writes, and the settings.
 */
#ifndef TENSORBOARD_H
#define TENSORBOARD_H

#include "events.h"
#include "outcome.h"

/* Begins, if the options ask for it. Returns 0 or an exit code. */
int board_open(training *run);

/* After each step: its numbers, of one now and then; after an evaluation, row,
 * the rest. What cannot be written is said once, and ends no run. */
void board_step(training *run, const elman_progress *progress,
                const elman_journal_row *row);

/* Ends it. */
void board_close(training *run, bool finished);

#endif
