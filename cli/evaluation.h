/*
 * evaluation.h: an evaluation of a training run as one line for people, and as
 * members of a JSON line.
 */
#ifndef EVALUATION_H
#define EVALUATION_H

#include "train.h"
#include "record.h"

/* Shows it on standard error, in the columns that there are: what matters least
 * is abbreviated, then left out. by_epoch: it is named by its epoch, of epochs
 * (0: unknown). */
void evaluation_show(const elman_encoding *encoding,
                     const elman_progress *progress,
                     const elman_journal_row *row, bool by_epoch,
                     uint64_t epochs);

/* What the pulse gave, or null. */
void pulse_record(record *out, const elman_journal_row *row);

#endif
