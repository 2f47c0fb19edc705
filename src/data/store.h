/*
 * store.h: what a dataset is made of, and how the kinds of files fill it.
 *
 * A kind reads raw numbers and labels; then, once for all kinds, the parts are
 * split, the labels sorted, the scaling learned from the training part alone,
 * and the raw numbers turned into scaled floats.
 *
 *   x        (rows,I)    sequence s is rows first[s] to first[s]+length[s]-1
 *   classes  (sequences) or, if per_step, (rows)
 *   values   (sequences,targets) or, if per_step, (rows,targets); a forecast's
 *            target is the horizon rows behind its sequence
 */
#ifndef DATA_STORE_H
#define DATA_STORE_H

#include "data/dataset.h"
#include "data/dictionary.h"

/* Numbers that are still coming. */
typedef struct numbers {
    double *values;
    size_t count, room;
} numbers;

typedef struct span {
    size_t first, length;
} span;

/* A sort of file: a row of the table in dataset.c. */
typedef struct dataset_kind {
    const char *name;
    const char *extensions[3]; /* lower case, NULL-ended */
    unsigned tasks;            /* 1 << task for each it can be read for */
    unsigned options;          /* 1 << option for each that it heeds */
    elman_status (*open)(elman_dataset *dataset, const char *path,
                         const elman_dataset_config *config);
} dataset_kind;

extern const dataset_kind kind_text, kind_series, kind_table, kind_array;

/* The fields of elman_dataset_config that not every kind heeds. */
enum dataset_option {
    OPTION_UNIT,
    OPTION_VALIDATION_PATH,
    OPTION_MIN_COUNT,
    OPTION_TARGET_PATH,
    OPTION_TARGET,
    OPTION_COLUMNS,
    OPTION_WINDOW,
    OPTION_HORIZON,
    OPTION_NO_SCALING,
    OPTION_COUNT /* how many */
};

struct elman_dataset {
    elman_encoding *encoding;
    char *note;
    bool following;  /* config->encoding was given: all is validation */
    bool learned;    /* the encoding's form is fixed: more data must fit it */
    size_t size[2];  /* by part: tokens or sequences */
    int32_t *tokens; /* language */

    numbers raw, raw_targets; /* empty once they are scaled */
    float *x, *values;
    int32_t *classes;
    size_t class_count, class_room;
    bool per_step;
    span *sequences; /* (sequence_count) */
    size_t sequence_count, sequence_room;
    size_t *ids[2];    /* (size[part]) sequences of each part, ascending */
    size_t longest;    /* steps */
    size_t train_rows; /* table: the first so many; 0: those of the training
                          sequences */
    dictionary labels;
};

/* The larger array, with at least needed elements of so many bytes, or NULL;
 * room is how many there are. */
void *array_widen(void *array, size_t *room, size_t needed, size_t bytes);

elman_status numbers_add(numbers *n, double value);
elman_status sequence_add(elman_dataset *dataset, size_t first, size_t length);

/* Adds the class of a label: a new one while learning, one of those that were
 * learned after. Labels that are equal numbers are one label. */
elman_status label_add(elman_dataset *dataset, const char *text, size_t bytes);

/* Adds a step that does not count. */
elman_status label_skip(elman_dataset *dataset);

/* Reads path with read, and the validation file if there is one; then labels,
 * parts by split, scaling. The way of all kinds but text. */
typedef elman_status (*dataset_step)(elman_dataset *dataset, const char *path,
                                     const elman_dataset_config *config);
elman_status sequences_open(elman_dataset *dataset, const char *path,
                            const elman_dataset_config *config,
                            dataset_step read, dataset_step split);

/* A split of independent sequences, at random by the seed; each class keeps
 * its share and at least one in training. If a validation file was read, its
 * sequences, from dataset->size[ELMAN_TRAIN] on, are the validation part. */
elman_status split_random(elman_dataset *dataset, const char *path,
                          const elman_dataset_config *config);

/* How many of count the config wants for validation. */
elman_status split_count(const elman_dataset_config *config, size_t count,
                         const char *noun, size_t *validation);

/* Makes a part of the sequences from begin to end. */
elman_status part_set(elman_dataset *dataset, elman_part part, size_t begin,
                      size_t end);

/* Learns mean and scale unless following or told not to, and makes x, values.
 */
elman_status scale_all(elman_dataset *dataset, bool no_scaling);

#endif
