/*
 * truth.h: what a file says in the place of answers: from memory or, where
 * targets stay in their file, some steps of a sequence at a time.
 */
#ifndef DATA_TRUTH_H
#define DATA_TRUTH_H

#include "data/case_file.h"

/* What somebody who walks over answers needs for it; all zero is the beginning.
 * The steps of a sequence are read once if they are asked for in order. */
typedef struct truth_reader {
    case_reader reader;  /* its rows are */
    uint64_t id;         /* of this sequence, */
    size_t first, count; /* these steps */
} truth_reader;

void truth_reader_clear(truth_reader *reader);

/* What the file says in the place of the answer to a step of sequence id, or to
 * the whole of it, (outputs); NaN where it says nothing. */
elman_status truth_read(truth_reader *reader, const elman_dataset *dataset,
                        uint64_t id, size_t step, double *values);

/* Forecast: the same of the horizon of a sequence, which is in memory. */
void truth_horizon(const elman_dataset *dataset, uint64_t id, double *values);

#endif
