/*
 * reading.h: how a file of data is written, as far as it does not say so
 * itself: the options that every command which reads data has, and what they
 * mean to the library.
 */
#ifndef READING_H
#define READING_H

#include "foreign.h"

/* What the options say. A command that lists reading_options has this as the
 * first member of its values, as the rows' offsets count from there; those of
 * foreign_options do, too. */
typedef struct reading_values {
    foreign_values foreign; /* the first: see foreign.h */
    const char *target_file;
    int format, bad_bytes, line_ends, missing;
    const char *encoding, *decimal, *thousands;
    bool header, no_header, labels, no_labels, channels_first;
    const char *time, *by;
    uint64_t memory; /* bytes; 0: not given */
} reading_values;

extern const option_row reading_options[];

/* Of commands that read data and do not train, which has its own. */
extern const option_row reading_memory_options[];

/* Writes what the options say into config and leaves its other fields as they
 * are. Returns 0, or EXIT_MISUSED after an error line. */
int reading_fill(const reading_values *values, elman_dataset_config *config);

/* The library's message about data, with options in the place of the fields of
 * elman_dataset_config that it names; in a static buffer. */
const char *with_options(const char *message);

/* library_failed of data for a trained model: with options, and without the
 * hint to another unit, which the model has settled. */
int data_failed(void);

#endif
