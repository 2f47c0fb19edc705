/*
 * dataset.h: the sequences of a file by index, and the encoding that turned
 * them into numbers. It knows no model.
 *
 * Every kind of file ends up in one form: rows of inputs, and sequences that
 * are spans of rows. The windows of a forecast overlap, so they share rows.
 * Language is different: one row of tokens, the training part first.
 */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "base/status.h"

/* The functions behind elman_dataset_*. Messages of open name the file. */
elman_status dataset_open(const char *path, const elman_dataset_config *config,
                          elman_dataset **dataset);
void dataset_close(elman_dataset *dataset);
const elman_encoding *dataset_encoding(const elman_dataset *dataset);
const char *dataset_note(const elman_dataset *dataset);
size_t dataset_size(const elman_dataset *dataset, elman_part part);
size_t dataset_longest(const elman_dataset *dataset);

/* Forecast: the last value of each target before the horizon of sequence id (as
 * in elman_batch.ids), (targets), scaled like the targets. Repeating it is the
 * naive forecast. */
void dataset_naive(const elman_dataset *dataset, elman_part part, uint64_t id,
                   float *values);

#endif
