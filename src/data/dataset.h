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
elman_status dataset_read(const char *name, const void *bytes, size_t size,
                          const elman_dataset_config *config,
                          elman_dataset **dataset);
elman_status dataset_open_arrays(const elman_arrays *arrays,
                                 const elman_dataset_config *config,
                                 elman_dataset **dataset);
void dataset_close(elman_dataset *dataset);
const elman_encoding *dataset_encoding(const elman_dataset *dataset);
const char *dataset_note(const elman_dataset *dataset);
size_t dataset_size(const elman_dataset *dataset, elman_part part);
size_t dataset_longest(const elman_dataset *dataset);

/* The bytes that it holds in memory; of lists that lie in files those that may
 * be loaded at once. */
size_t dataset_bytes(const elman_dataset *dataset);
const elman_fact *dataset_facts(const elman_dataset *dataset, size_t *count);
void dataset_origin(const elman_dataset *dataset, uint64_t id, size_t step,
                    elman_origin *origin);
void dataset_values(const elman_dataset *dataset, uint64_t id, size_t step,
                    const float *y, double *values);
elman_status dataset_truth(const elman_dataset *dataset, uint64_t id,
                           size_t step, size_t steps, double *values);
int32_t dataset_class(const elman_dataset *dataset, uint64_t id, size_t step);
elman_status dataset_extend(elman_dataset *dataset, uint64_t id,
                            const double *values, uint64_t *next);

/* The inputs of sequence id, (steps,I). */
elman_status dataset_inputs(const elman_dataset *dataset, uint64_t id, float *x,
                            size_t *steps);

/* Whether a forecast has a transform, so that its scaled values are not those
 * of the file but for a mean and a scale. */
bool dataset_transformed(const elman_dataset *dataset);

/* Forecast: the horizon of sequence id if the last rows of its window went on
 * over and over, (horizon,targets) in the data's units: with 1 the naive
 * forecast, with a season the seasonal naive one. NaN where there are no such
 * rows. */
void dataset_repeat(const elman_dataset *dataset, uint64_t id, size_t rows,
                    double *values);

/* Whether the rows are of several series that have names. */
bool dataset_several(const elman_dataset *dataset);

/* Forecast: how much each target changed from row to row before the horizon of
 * sequence id, (targets) means of absolute values in the data's units, over the
 * last CHANGE_ROWS rows of its series or the window, if that is longer; 0 where
 * nothing is known. */
enum { CHANGE_ROWS = 256 };
void dataset_change(const elman_dataset *dataset, uint64_t id, double *change);

/* Forecast: the last value of each target before the horizon of sequence id (as
 * in elman_batch.ids), (targets), scaled like the targets. Repeating it is the
 * naive forecast. */
void dataset_naive(const elman_dataset *dataset, elman_part part, uint64_t id,
                   float *values);

#endif
