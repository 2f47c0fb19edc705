/*
 * case.h: a case of a file of series: a sequence of values and its label or
 * target. What is the same for lines, .ts, .arff and arrays.
 */
#ifndef DATA_CASE_H
#define DATA_CASE_H

#include "data/store.h"

/* Where a case stands: a line of its file, or, if that is 0, a number from 0.
 */
typedef struct case_place {
    size_t line, number;
    bool whole; /* its length was said: missing values at its end are no padding
                 */
} case_place;

/* Settles what becomes of missing values: by the config, or else as the
 * encoding that is followed says. */
elman_status case_begin(elman_dataset *dataset,
                        const elman_dataset_config *config);

/* Settles how many values a step has: the first file of a dataset decides, and
 * all others must have as many. */
elman_status case_inputs(elman_dataset *dataset, size_t inputs);

/* Appends to rows what counts of values (steps,input_size), NaN where one is
 * missing, and counts the rest. Steps at the end without any value are padding,
 * unless it is whole; other missing values are refused or treated as case_begin
 * settled, but for means, which are known later. */
elman_status case_clean(const elman_dataset *dataset, const double *values,
                        size_t steps, case_place place, case_counts *counts,
                        numbers *rows);

/* Adds a sequence of what counts of values. */
elman_status case_add(elman_dataset *dataset, const double *values,
                      size_t steps, case_place place);

/* The refusal of a value that is missing: of the first step, which has none
 * before it, or of another. */
elman_status case_hole(const elman_dataset *dataset, case_place place,
                       size_t step, size_t column, bool first);

/* Adds the label or target of a sequence, a text of some bytes; none if it is
 * missing, which is for data to be answered only. */
elman_status case_label(elman_dataset *dataset, const char *text, size_t bytes,
                        case_place place);

/* The parts of data of independent cases, and the account of it: for
 * sequences_open. Fills what is missing by the means of the training part. */
elman_status case_split(elman_dataset *dataset, const input *in,
                        const elman_dataset_config *config);

#endif
