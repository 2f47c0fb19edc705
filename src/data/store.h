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
 *
 * A forecast keeps the levels of its targets, in the data's units and as a
 * model knows them: what the inputs say where a target is one of them, and so
 * without holes. A transform makes the moved ones of these.
 */
#ifndef DATA_STORE_H
#define DATA_STORE_H

#include "data/dataset.h"
#include "data/dictionary.h"
#include "data/facts.h"
#include "data/input.h"
#include "data/row.h"
#include "data/transform.h"

#include "format/stamp.h"

/* A growing list of numbers. */
typedef struct numbers {
    double *values;
    size_t count, room;
} numbers;

/* The least and largest number of each column; all zero: of none. NaN does not
 * count. */
typedef struct number_range {
    double *low, *high; /* (columns) */
} number_range;

typedef struct span {
    size_t first, length;
} span;

/* Raw numbers that are read where they lie: in a program's memory, or the
 * targets in a copy of it. */
typedef struct lent_arrays {
    const float *x;      /* (rows,I), NaN where the means fill it; NULL: none */
    const float *values; /* (rows or sequences,targets), NaN where nothing is
                            known; NULL: none */
    size_t T;            /* rows from one sequence to the next; 0: no padding */
    bool borrowed;       /* for as long as the dataset is open */
    float *copy;         /* what values points to if it is not the program's */
} lent_arrays;

/* A file of cases that stay in it: case_file.h. A kind of file has this in
 * front of what else it knows. */
typedef struct case_file case_file;
typedef struct case_reader case_reader;
struct case_file {
    file_reader *file;         /* NULL: it is held in memory */
    const file_reader *beside; /* of targets, or NULL */
    size_t first;              /* the id of its first case */

    /* Reads a case, counted from 0, into reader->rows as case_clean leaves it.
     */
    elman_status (*read)(const case_file *file, const elman_dataset *dataset,
                         size_t number, case_reader *reader);

    /* Reads the values of some steps of a case into reader->rows, (steps,O);
     * NULL where they are in memory. */
    elman_status (*targets)(const case_file *file, const elman_dataset *dataset,
                            size_t number, size_t step, size_t steps,
                            case_reader *reader);
    void (*close)(case_file *file);
};

/* A kind of file: a row of the table in dataset.c. */
typedef struct dataset_kind {
    const char *name;
    const char *extensions[4]; /* lower case, NULL-ended */
    unsigned tasks;            /* 1 << task for each it can be read for */
    unsigned options;          /* 1 << option for each that applies to it */
    elman_status (*open)(elman_dataset *dataset, const input *in,
                         const elman_dataset_config *config);
} dataset_kind;

/* A series of a table: rows that follow each other in time. */
typedef struct row_series {
    char *name; /* NULL: the only one */
    size_t first, count;
    elman_part file;  /* the part whose file it is from; of the data: TRAIN */
    size_t file_rows; /* of all series of that file, and those appended */
    int64_t last;     /* the time of its last row, if there is a clock */

    /* where a forecast went on, in place or with a copy of the end: */
    size_t appended;  /* rows behind those of the file */
    size_t continues; /* copy: 1 + the number of the series; else 0 */
    size_t before;    /* copy: rows of that before the first */
} row_series;

/* Parts of a dataset. */
enum { PART_COUNT = ELMAN_PART_TEST + 1 };

/* Rows that a forecast reads, unless it is told. */
enum { DEFAULT_WINDOW = 24 };

extern const dataset_kind kind_text, kind_series, kind_table, kind_tsf,
    kind_array, kind_memory, kind_tokens;

/* Chooses the kind of a file by config->format; else by the ending of its name
 * where the content agrees; else by the content and the task, which an encoding
 * decides. What looks like data, but could be of several kinds, is refused with
 * the option that settles it; a choice against the name becomes a fact. */
elman_status kind_choose(elman_dataset *dataset, const input *in,
                         const elman_dataset_config *config,
                         const dataset_kind **kind);

/* The times of rows as texts, one behind the other. */
typedef struct row_times {
    size_t *at; /* (rows) 1 + where each begins in text, 0: none; NULL: there
                   are no times */
    char *text;
    size_t bytes, room; /* of text */
} row_times;

/* What the cases of files of series have shown, for the account of them. */
typedef struct case_counts {
    size_t missing, holed; /* values between others, and cases that have such */
    size_t hole_case, hole_step, hole_line; /* the first; line 0: of arrays */
    size_t padded;     /* cases with missing values at their end */
    size_t unlabelled; /* without a label or target */
    size_t unknown;    /* with a label that was not learned */
    size_t dropped;    /* steps left out, of cases with holes */
} case_counts;

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
    OPTION_LABELS,
    OPTION_CHANNELS_FIRST,
    OPTION_TRANSFORM,
    OPTION_HEADER,
    OPTION_TIME,
    OPTION_BY,
    OPTION_COUNT /* how many */
};

/* A pipe that the config names, held while the dataset is opened: that of the
 * first file (without a path), of validation, test and targets. */
enum { PIPES = 4 };
typedef struct held_pipe {
    const char *path;
    input in;
} held_pipe;

struct elman_dataset {
    elman_encoding *encoding;
    held_pipe held[PIPES];
    char *note;
    bool following; /* config->encoding was given: all is validation */
    bool learned;   /* the form is fixed: more data must fit the encoding */
    bool answers;   /* labels and targets may be missing */
    case_counts counts;
    facts facts;
    size_t size[PART_COUNT]; /* tokens or sequences */

    /* language: the first row, and those of parts that have their own */
    token_row rows[PART_COUNT];
    int row_of[PART_COUNT];    /* the row that each part is in, */
    size_t begins[PART_COUNT]; /* and its first token there */

    numbers raw;         /* (rows,I), empty once they are scaled */
    numbers raw_targets; /* (rows or sequences,targets) in the data's units,
                            NaN where the file says nothing */
    float *x, *values;
    lent_arrays lent; /* in place of both, and of the raw numbers */
    bool kept;        /* inputs stay in files: neither raw nor x has them */
    case_file *files[PART_COUNT];     /* by the part that each is for */
    bool kept_targets;                /* so do the values of each step */
    number_range range, target_range; /* of what is kept, by column */
    transform transform;
    size_t *target_of;  /* (I) forecast: the target that an input is, or
                           target_count if it is none */
    numbers levels;     /* (rows,targets) forecast */
    numbers moved;      /* the same transformed; empty without a transform */
    size_t row_room;    /* for all lists of rows, once they were widened */
    size_t answer_room; /* for ids to be answered, likewise */
    int32_t *classes;
    size_t class_count, class_room;
    bool per_step;
    span *sequences; /* (sequence_count) */
    size_t sequence_count, sequence_room;
    size_t *ids[PART_COUNT]; /* (size[part]) sequences of each part, in the
                                order of the file */
    size_t longest;          /* steps */

    /* where things stand in the file; each list NULL if it has no use */
    row_series *series; /* (series_count) tables: rows in order of time */
    size_t series_count, series_room;
    size_t memory;          /* bytes its lists may take; 0: any */
    size_t row_count;       /* of all sequences or series */
    size_t *row_lines;      /* (rows) line of each row */
    size_t *row_steps;      /* (rows) its number in the order of the file */
    row_times times;        /* of rows, as they were written */
    size_t *sequence_lines; /* (sequences) line of each */
    size_t line_room;
    bool *row_dropped;  /* (rows) in no window, as a value is missing */
    bool *row_unasked;  /* (rows) in no horizon, as a target is missing that
                           could be filled for what goes on from there */
    size_t unasked;     /* windows that are left out for that */
    stamp_column clock; /* tables: how times go on; kind NONE: they do
                           not */

    /* while files are read */
    elman_part reading;          /* the part that the file is for */
    size_t read_end[PART_COUNT]; /* sequences after the file of each part */
    const elman_part *parts;     /* (sequences) the part of each, borrowed; or
                                    NULL: to be drawn */
    dictionary labels;
};

/* Room for count more rows in the lists of where they stand in their file, and
 * in that of times if any row has one. */
elman_status rows_widen(elman_dataset *dataset, size_t count, bool timed);

/* The time of a row; NULL if it has none. Sets that of one whose room there is.
 */
const char *row_time(const elman_dataset *dataset, size_t row);
elman_status row_time_set(elman_dataset *dataset, size_t row, const char *text);
void row_times_clear(row_times *times);

elman_status numbers_add(numbers *n, double value);
elman_status numbers_add_all(numbers *n, const double *values, size_t count);
elman_status numbers_reserve(numbers *n, size_t count);
elman_status range_add(number_range *range, size_t columns, size_t column,
                       double value);
elman_status sequence_add(elman_dataset *dataset, size_t first, size_t length);

/* The rows of all sequences so far, which lie one behind the other. */
size_t rows_of_sequences(const elman_dataset *dataset);

/* Adds the class of a label. While the encoding is being learned, a new label
 * is a new class; later it must be a known one, unless the data is only to be
 * answered: then one that is missing or unknown is no class, and counted.
 * Labels that are equal numbers are one label. */
elman_status label_add(elman_dataset *dataset, const char *text, size_t bytes);

/* Makes room for count labels in all. */
elman_status labels_reserve(elman_dataset *dataset, size_t count);

/* The number of a label among those known so far, or how many there are. */
size_t label_find(const elman_dataset *dataset, const char *text, size_t bytes);

/* Adds a step without a class, which no loss counts. */
elman_status label_skip(elman_dataset *dataset);

/* Opens a dataset of any kind but text: reads in and the validation file, if
 * there is one, with read; then sorts the labels, splits the parts with split
 * and scales. */
typedef elman_status (*dataset_step)(elman_dataset *dataset, const input *in,
                                     const elman_dataset_config *config);
elman_status sequences_open(elman_dataset *dataset, const input *in,
                            const elman_dataset_config *config,
                            dataset_step read, dataset_step split);

/* Splits independent sequences at random by the seed; each class keeps its
 * share in each part and at least one sequence in training. What was read from
 * a validation or test file, up to read_end of that part, is that part. Parts
 * that were given are taken as they are. */
elman_status split_random(elman_dataset *dataset, const input *in,
                          const elman_dataset_config *config);

/* The fraction of the data that the config splits off for validation; 0 for
 * none. sequences: how many independent sequences there are, 0 for rows. */
double split_fraction(const elman_dataset_config *config, size_t sequences);

/* fraction of count (nouns, for messages), for what the config calls field.
 * Less than one is refused if asked for. */
elman_status split_count(const char *field, double fraction, bool asked,
                         size_t count, const char *noun, size_t *taken);

/* Makes a part of the sequences from begin to end. */
elman_status part_set(elman_dataset *dataset, elman_part part, size_t begin,
                      size_t end);

/* The rows that training sees, each once and in order, as spans that cross no
 * border of a series; flat: the ids of its sequences. The caller frees them. */
elman_status training_spans(const elman_dataset *dataset, bool flat,
                            span **spans, size_t *count);

/* Makes target_of, unless it is there. */
elman_status targets_match(elman_dataset *dataset);

/* Settles the transform and the season, or takes the encoding's; makes levels
 * and moved, transforms the raw inputs, and leaves out the windows that the
 * transform has no rows for. */
elman_status transform_all(elman_dataset *dataset,
                           const elman_dataset_config *config);

/* Chooses the transform that helps a forecast of the training rows most, and
 * says so in a fact. */
elman_status transform_choose(elman_dataset *dataset, const span *training,
                              size_t count, transform *best);

/* Learns mean and scale, unless the encoding was given or no_scaling is set,
 * and makes x and values. */
elman_status scale_all(elman_dataset *dataset, bool no_scaling);

/* Whether a number can be scaled: else the error that names it by noun and
 * column, counted from 0. */
elman_status scaled_check(double value, double mean, double scale,
                          const char *noun, size_t column);

/* Copies the scaled inputs of step t of sequence id to x (I); of data whose
 * numbers are in memory. */
void inputs_copy(const elman_dataset *dataset, size_t id, size_t t, float *x);

/* The same of all its steps, of which each begins stride numbers behind the one
 * before, of any data. Without files nothing fails. */
elman_status inputs_read(const elman_dataset *dataset, size_t id,
                         case_reader *reader, size_t stride, float *x);

/* The scaled values of all steps of sequence id, in the same way; of targets
 * that are kept. */
elman_status kept_targets_read(const elman_dataset *dataset, size_t id,
                               case_reader *reader, size_t stride,
                               float *values);

/* Copies the scaled targets of a forecast, row k of the horizon of sequence id,
 * to values (targets); NaN for what is not known. */
void targets_copy(const elman_dataset *dataset, size_t id, size_t k,
                  float *values);

/* Tables: the series that a row belongs to, and the first row behind it. */
const row_series *series_of(const elman_dataset *dataset, size_t row);
size_t series_end(const elman_dataset *dataset, size_t row);

/* The time of the row so many rows behind a series, as the file would write it;
 * "" if its times do not go on in regular steps. */
void series_time(const elman_dataset *dataset, const row_series *series,
                 size_t rows, char text[STAMP_ROOM]);

/* "training", "validation", "test". */
const char *part_name(elman_part part);

/* The input that a path of the config names, which may be a pipe that is held.
 */
input dataset_input(const elman_dataset *dataset, const char *path);

#endif
