/*
 * store.h: what a dataset consists of, and how the kinds of files fill it.
 *
 * A kind reads raw numbers and labels. What follows is the same for all kinds:
 * the labels are sorted, the sequences split into parts, the scaling learned
 * from the training part alone, and the raw numbers turned into scaled floats.
 *
 *   x        (rows,I)    sequence s is length[s] rows from row first[s] on
 *   classes  (sequences) or, if per_step, (rows)
 *   values   (sequences,targets) or, if per_step, (rows,targets); a forecast's
 *            target is the horizon rows after its sequence
 */
#ifndef DATA_STORE_H
#define DATA_STORE_H

#include "data/dataset.h"
#include "data/dictionary.h"

/* A growing list of numbers. */
typedef struct numbers {
    double *values;
    size_t count, room;
} numbers;

typedef struct span {
    size_t first, length;
} span;

/* A kind of file: a row of the table in dataset.c. */
typedef struct dataset_kind {
    const char *name;
    const char *extensions[3]; /* lower case, NULL-ended */
    unsigned tasks;            /* 1 << task for each it can be read for */
    unsigned options;          /* 1 << option for each that applies to it */
    elman_status (*open)(elman_dataset *dataset, const char *path,
                         const elman_dataset_config *config);
} dataset_kind;

extern const dataset_kind kind_text, kind_series, kind_table, kind_array;

/* The fields of elman_dataset_config that do not apply to every kind. */
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
    bool learned;    /* the form is fixed: more data must fit the encoding */
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
    size_t train_rows; /* table: how many rows train; 0: those of the
                          training sequences */
    dictionary labels;
};

/* Grows array to at least needed elements (bytes each) and returns it,
 * or NULL without memory; room is how many elements it has. */
void *array_widen(void *array, size_t *room, size_t needed, size_t bytes);

elman_status numbers_add(numbers *n, double value);
elman_status sequence_add(elman_dataset *dataset, size_t first, size_t length);

/* Adds the class of a label. While the encoding is being learned, a new label
 * is a new class; later it must be a known one. Labels that are equal numbers
 * are one label. */
elman_status label_add(elman_dataset *dataset, const char *text, size_t bytes);

/* Adds a step without a class, which no loss counts. */
elman_status label_skip(elman_dataset *dataset);

/* Opens a dataset of any kind but text: reads path and the validation file, if
 * there is one, with read; then sorts the labels, splits the parts with split
 * and scales. */
typedef elman_status (*dataset_step)(elman_dataset *dataset, const char *path,
                                     const elman_dataset_config *config);
elman_status sequences_open(elman_dataset *dataset, const char *path,
                            const elman_dataset_config *config,
                            dataset_step read, dataset_step split);

/* Splits independent sequences at random by the seed; each class keeps its
 * share in both parts and at least one sequence in training. If a validation
 * file was read, its sequences, from dataset->size[ELMAN_PART_TRAIN] on, are
 * the validation part. */
elman_status split_random(elman_dataset *dataset, const char *path,
                          const elman_dataset_config *config);

/* How many of count (nouns, for messages) the config wants for validation. */
elman_status split_count(const elman_dataset_config *config, size_t count,
                         const char *noun, size_t *validation);

/* Makes a part of the sequences from begin to end. */
elman_status part_set(elman_dataset *dataset, elman_part part, size_t begin,
                      size_t end);

/* Learns mean and scale, unless the encoding was given or no_scaling is set,
 * and makes x and values. */
elman_status scale_all(elman_dataset *dataset, bool no_scaling);

#endif
