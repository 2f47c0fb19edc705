/*
 * run_journal.h: the journal of a training run: its settings and a row at each
 * evaluation, kept as the model's note "journal", which goes into the model
 * file and into checkpoints.
 */
#ifndef RUN_JOURNAL_H
#define RUN_JOURNAL_H

#include "outcome.h"

extern const char journal_key[]; /* the note of a model that holds one */

/* Begins the journal of a run that is about to take its first step, or goes on
 * with that of its checkpoint; settings are those of this command. Returns 0 or
 * an exit code. */
int run_journal_open(training *run);

/* Adds an evaluation. */
int run_journal_add(training *run, const elman_journal_row *row);

/* Writes the note, before the model or a checkpoint is saved. */
int run_journal_keep(training *run);

/* The row of the evaluation that the last step ended with, without what a pulse
 * finds. */
elman_journal_row evaluation_row(const training *run,
                                 const elman_progress *progress);

/* The task's metric that people look at first: accuracy, bits, MAE. */
double score_of(const elman_encoding *encoding, const elman_metrics *metrics);

#endif
