/*
 * elman_train.h: the second part of elman.h, which includes it: data, training,
 * sampling and self-tests. Include elman.h.
 */
#include "elman.h" /* first: it brings the parts in their order */

#ifndef ELMAN_TRAIN_H
#define ELMAN_TRAIN_H

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Data --------------------------------------------------------------- */

/* What a model learns from data. */
typedef enum elman_task {
    ELMAN_TASK_AUTO = 0,     /* decided by the data */
    ELMAN_TASK_LANGUAGE = 1, /* text: the next token at each step */
    ELMAN_TASK_CLASSIFY = 2, /* one class per sequence */
    ELMAN_TASK_TAG = 3,      /* one class per step */
    ELMAN_TASK_FORECAST = 4, /* table, .tsf: the horizon behind a window */
    ELMAN_TASK_REGRESS = 5,  /* values per sequence */
    ELMAN_TASK_TRACK = 6     /* values per step */
} elman_task;

/* What a token of a text is. */
typedef enum elman_unit {
    ELMAN_UNIT_AUTO = 0, /* characters; bytes if the text is none and
                            ELMAN_BAD_BYTES_KEEP says so */
    ELMAN_UNIT_BYTES = 1,
    ELMAN_UNIT_CHARACTERS = 2,
    ELMAN_UNIT_WORDS = 3
} elman_unit;

/* The parts of a dataset. Validation chooses, the test only reports: the best
 * weights and the score that is told never share data. */
typedef enum elman_part {
    ELMAN_PART_TRAIN = 0,
    ELMAN_PART_VALIDATION = 1,
    ELMAN_PART_TEST = 2
} elman_part;

/* How a file of data is written. */
typedef enum elman_data_format {
    ELMAN_DATA_FORMAT_AUTO = 0,   /* by its name, and else by what is in it */
    ELMAN_DATA_FORMAT_TEXT = 1,   /* any text */
    ELMAN_DATA_FORMAT_TABLE = 2,  /* .csv: rows of cells */
    ELMAN_DATA_FORMAT_SERIES = 3, /* .tsv, .txt of the UCR archive: a label
                                     and a series on each line */
    ELMAN_DATA_FORMAT_TS = 4,     /* .ts of sktime and aeon */
    ELMAN_DATA_FORMAT_ARFF = 5,   /* .arff of Weka, as the archives use it */
    ELMAN_DATA_FORMAT_TSF = 6,    /* .tsf of the Monash archive */
    ELMAN_DATA_FORMAT_ARRAY = 7   /* .npy, .npz */
} elman_data_format;

/* Whether a file has something that it may have or not. */
typedef enum elman_presence {
    ELMAN_PRESENCE_AUTO = 0, /* as the file looks */
    ELMAN_PRESENCE_YES = 1,
    ELMAN_PRESENCE_NO = 2
} elman_presence;

/* What becomes of missing values: of cells that are empty, or say NA, ?, -.
 * Nothing is filled from what comes later, nor from another part. A target of a
 * table that is missing is never asked for, however it is filled: a window that
 * would forecast it is left out. */
typedef enum elman_missing {
    ELMAN_MISSING_REFUSE = 0,   /* or as the encoding that is followed says */
    ELMAN_MISSING_DROP = 1,     /* leave the row, step or series out */
    ELMAN_MISSING_PREVIOUS = 2, /* the last value before; none: refused */
    ELMAN_MISSING_MEAN = 3      /* the mean of the training part */
} elman_missing;

/* What becomes of bytes that are no text in a text's encoding. */
typedef enum elman_bad_bytes {
    ELMAN_BAD_BYTES_REPLACE = 0, /* by U+FFFD, each */
    ELMAN_BAD_BYTES_REFUSE = 1,
    ELMAN_BAD_BYTES_KEEP = 2 /* learn bytes */
} elman_bad_bytes;

/* How raw data became numbers, so that new data is treated in the same way. */
typedef struct elman_encoding {
    elman_task task;
    elman_unit unit;      /* language */
    size_t vocabulary;    /* language: V */
    char **tokens;        /* (V) text of each token, zero-terminated */
    size_t *token_bytes;  /* (V) its length: a token may hold a zero byte */
    size_t class_count;   /* classify, tag */
    char **labels;        /* (class_count) */
    size_t input_size;    /* I: inputs per step */
    char **columns;       /* (I) names of the inputs, NULL if they have none */
    double *mean;         /* (I) input = (raw - mean) / scale */
    double *scale;        /* (I) */
    size_t target_count;  /* forecast, regress, track: values per target step */
    char **target_names;  /* (target_count) or NULL */
    double *target_mean;  /* (target_count) */
    double *target_scale; /* (target_count) */
    size_t window;        /* forecast: steps in; table: steps of a sequence */
    size_t horizon;       /* forecast: steps out */

    /* how the file was read, so that others of its kind are read alike */
    size_t *positions;        /* table: (I) the columns, from 1, or NULL */
    size_t *target_positions; /* table: (target_count) or NULL */
    char *time;               /* table: the columns of times, separated by
                                 commas, "none", or NULL */
    char *by;                 /* table: those that tell series apart, or NULL */
    char decimal, thousands;  /* of numbers; 0: not settled */
    elman_missing missing;
    double *fill;        /* (I) the means that take the place of missing
                            values, or NULL */
    char *transform;     /* as in elman_dataset_config, settled, or NULL */
    size_t season;       /* forecast: steps after which the data repeats
                            itself, found or asked for; 0: none */
    bool channels_first; /* arrays: x is (N,I,T) */
    size_t steps;        /* series, arrays: of every sequence; 0: they differ */

    int32_t *sorted; /* (V) the tokens in ascending order of their bytes; NULL:
                        they are */
    bool bare;       /* words: tokens are without the blank before them, which
                        texts have between them; a line ends with <eos> where
                        no token is a line break */
} elman_encoding;

/* create parses the text of an encoding, which a model keeps as its note
 * "encoding"; destroy frees it. */
ELMAN_CHECKED elman_status elman_encoding_create(const char *text,
                                                 elman_encoding **encoding);
ELMAN_API void elman_encoding_destroy(elman_encoding *encoding);

/* How many outputs a model needs for an encoding. per_sequence, unless it is
 * NULL, becomes true if they are per sequence, false if per step. */
ELMAN_API size_t elman_encoding_outputs(const elman_encoding *encoding,
                                        bool *per_sequence);

/* Whether a model of this encoding can answer while its data still arrives, row
 * by row: not if a transform needs the whole window ("last") or the whole
 * sequence ("zscore") first. */
ELMAN_API bool elman_encoding_streams(const elman_encoding *encoding);

/* How many rows of a series a forecast needs before its first answer: the
 * window, and what its transform reads before that; 0 for other tasks. */
ELMAN_API size_t elman_encoding_rows(const elman_encoding *encoding);

/* Turns text into tokens. At most capacity of them are written; count is the
 * number that the whole text has. What is not in the vocabulary becomes the
 * token <unk>; if the vocabulary has none, it is left out and counted in
 * unknown, or is ELMAN_BAD_VALUE if unknown is NULL. A byte that is not UTF-8
 * is read as U+FFFD, or is ELMAN_BAD_VALUE if unknown is NULL. */
ELMAN_CHECKED elman_status elman_encoding_read(const elman_encoding *encoding,
                                               const char *text, size_t bytes,
                                               size_t capacity, int32_t *tokens,
                                               size_t *count, size_t *unknown);

/* How to read a file of data. Zero leaves each choice to what the file shows,
 * or to the encoding if one is given; what was chosen and why is told by
 * elman_dataset_facts. */
typedef struct elman_dataset_config {
    elman_task task;
    elman_unit unit;
    const char *validation_path; /* a separate file; NULL: split the data */
    double validation;           /* fraction to split off; 0 means 0.1, or none
                                    of fewer than 200 sequences (or windows of
                                    a forecast); negative means none */
    uint64_t seed;               /* of the split of independent sequences, each
                                    class alike; rows and texts give their last
                                    ones */
    size_t min_count;        /* words seen less often become <unk>, 0 means 1 */
    const char *target_path; /* arrays: the y that goes with x; NULL: in the
                                same .npz */
    const char *target;      /* table: names or numbers (from 1) of the target
                                columns, separated by commas; NULL means the
                                last one of numbers, or of text with few values,
                                that is not in time or by */
    const char *columns;     /* table: the input columns; NULL means all that
                                are numbers and tell something */
    size_t window;           /* table: steps in, 0 means 24; .tsf: up to 32,
                                less for short series */
    size_t horizon;          /* table: steps out, 0 means 1, .tsf: what the file
                                says */
    bool no_scaling;         /* leave values as they are */
    const char *encoding;    /* text of an encoding to use instead of learning
                                one; all data is then validation data */

    /* the file */
    elman_data_format format;
    const char *text_encoding; /* "latin1": any name that iconv knows; NULL:
                                  found by the bytes, which are mostly UTF-8 */
    elman_bad_bytes bad_bytes;
    bool keep_line_ends;     /* text: leave \r\n and \r, else they become \n;
                                bytes are always left */
    elman_presence header;   /* table: names in the first row */
    elman_presence labels;   /* series: a label in front of, or behind, each */
    char decimal, thousands; /* of numbers in text: '.' and ',' */
    elman_missing missing;
    bool channels_first; /* arrays: x is (N,I,T), as Conv1d has it */
    const char *time;    /* table: the column of times, which puts the rows in
                            order, or two, of dates and times of day; "none":
                            the order of the file */
    const char *by;      /* table: the columns whose values tell several
                            series in one table apart; "none" */

    const char *transform; /* undone in elman_dataset_values: a list of "zscore"
                              (each series by itself), "log", "difference",
                              "seasonal:12" (difference over 12 steps), "last"
                              (less the window's last value); "none"; NULL: the
                              training rows of a forecast decide, others are
                              left */

    /* parts */
    const char *test_path; /* a file whose score is told at the end, or NULL */
    double test;           /* a fraction to split off for that, 0 means none */
    size_t folds, fold;    /* cross-validation: part fold (from 0) of folds is
                              the validation part, and of rows only those before
                              it train; 0 folds: none */

    bool answers; /* with an encoding: data to be answered. Labels and targets
                     may be missing, and a forecast has windows whose horizon
                     lies past the end. */

    size_t memory; /* text, labelled series, x of arrays: files of more bytes
                      than this stay where they are and are read when a batch
                      needs them; 0: none. Same batches and hash. Texts and
                      series are UTF-8 then, or read as bytes. Files that are
                      cut short or written to are refused (by
                      elman_loader_read and all that reads batches,
                      ELMAN_BAD_FILE). Of tables and .tsf the lists of rows
                      that take more than a sixteenth of this lie in files
                      without a name, mapped, in TMPDIR, and so does more than
                      this from standard input. A child of fork must not use
                      such a dataset */
} elman_dataset_config;

/* An open file of data. */
typedef struct elman_dataset elman_dataset;

/* Bytes that this process has read of files and pipes so far, by any thread:
 * how far opening a large one, which takes minutes, has come. Each time that
 * the same bytes are read counts. */
ELMAN_API uint64_t elman_bytes_read(void);

/* Whether a call is to end before it is done: not 0 for yes. */
typedef int (*elman_stop_question)(void *context);

/* From now on this thread asks(context), up to ten times a second, while data
 * is opened, hashed or evaluated on: in elman_dataset_open, elman_dataset_read,
 * elman_dataset_open_arrays, elman_dataset_read_hash, elman_model_evaluate and
 * elman_model_residuals. Once the answer is yes, these fail with ELMAN_STOPPED,
 * make nothing, and leave no file of config->memory, until this function is
 * called again. NULL: nobody is asked, as at first. So a program whose signals
 * can only be asked for, as an interpreter's, can end what takes minutes;
 * others answer with a flag that a handler sets. asks may call any function,
 * but none that changes what the call works with; nothing of that is asked. */
ELMAN_API void elman_stop_when(elman_stop_question asks, void *context);

/* Opens a file, "-" for standard input (or a pipe that has a name), decides on
 * its task, and reads it whole: the file is closed again, unless config->memory
 * leaves it open. ELMAN_BAD_FORMAT and ELMAN_BAD_VALUE name the line or the
 * field of the config, and what to do. */
ELMAN_CHECKED elman_status
elman_dataset_open(const char *path, const elman_dataset_config *config,
                   elman_dataset **dataset);

/* The same for a file in memory, which is only read. name stands for it in
 * messages, and its ending tells the format as a path's does. Neither is needed
 * once the call is over. */
ELMAN_CHECKED elman_status
elman_dataset_read(const char *name, const void *bytes, size_t size,
                   const elman_dataset_config *config, elman_dataset **dataset);
ELMAN_API void elman_dataset_close(elman_dataset *dataset);

/* Sequences and their targets in the caller's memory. */
typedef struct elman_arrays {
    size_t N;       /* sequences */
    size_t T;       /* steps that each has room for: x is (N,T,I), and what is
                       per step (N,T) or (N,T,O). 0: sequences lie one behind
                       the other, (rows,I), (rows) and (rows,O) */
    size_t I;       /* inputs per step */
    const float *x; /* NaN: missing, as elman_dataset_config.missing says */
    const size_t *lengths; /* (N) steps of each, 1 to T, nothing behind which is
                              read. NULL: all have T, or fewer if steps at the
                              end are all NaN, as in a file */

    /* targets: one of the two; neither with answers in the config */
    const int32_t *classes; /* (N), or per step, where -100 is no class */
    const float *values;    /* (N,O), or per step */
    size_t O;               /* values per target */
    bool per_step;          /* targets are */
    size_t class_count;     /* classes are 0 to class_count - 1, and those are
                               the outputs. 0: those that occur, in their order,
                               are outputs 0, 1, ..., as in a file */

    const elman_part *parts; /* (N) which each belongs to; NULL: drawn as the
                                config says */
    bool borrowed; /* x and values are not copied: both must stay where they
                      are, and as they are, until the dataset is closed. x is
                      copied all the same by transform "zscore" and by missing
                      drop or previous */

    /* language: tokens in place of x and targets, (N,T) or (rows), I is 0. The
     * sequences of a part are read one behind the other, as one text is */
    const int32_t *tokens;      /* 0 to vocabulary - 1; borrowed as x is, unless
                                   parts or padding ask for a copy */
    const unsigned char *bytes; /* or tokens of one byte each, copied */
    size_t vocabulary; /* how many tokens there are. 0: of bytes all 256, and
                          they are the bytes of a text; of tokens one more than
                          the largest */
} elman_arrays;

/* Opens arrays as elman_dataset_open does an .npz of the same numbers, which
 * gives the same dataset, borrowed or not. What is not borrowed is copied and
 * not needed once the call is over. Opening takes no more memory than the copy
 * that stays, or twice x where x is copied even if it is borrowed. config: task
 * may be left open, for the targets say it; of the rest seed, validation, test,
 * folds, fold, no_scaling, missing, transform, encoding and answers apply; with
 * tokens validation, test and encoding alone. */
ELMAN_CHECKED elman_status elman_dataset_open_arrays(
    const elman_arrays *arrays, const elman_dataset_config *config,
    elman_dataset **dataset);

/* The encoding of a dataset, which owns it. */
ELMAN_API const elman_encoding *
elman_dataset_encoding(const elman_dataset *dataset);

/* The encoding as text, for elman_model_write_note; owned by the dataset. */
ELMAN_API const char *elman_dataset_note(const elman_dataset *dataset);

/* How many sequences a part has (language: tokens; 0 if there is no such part),
 * and how many steps the longest sequence of all parts has (language: 0). */
ELMAN_API size_t elman_dataset_size(const elman_dataset *dataset,
                                    elman_part part);
ELMAN_API size_t elman_dataset_longest(const elman_dataset *dataset);

/* One thing that was understood of the data, and why. */
typedef struct elman_fact {
    const char *name; /* "task", "target", "inputs", "ignored", "time", ... */
    const char *text; /* one line of plain text */
    bool minor;       /* can be left out of a short account */
} elman_fact;

/* What was understood, in the order in which a person wants to know it; count
 * becomes how many. Owned by the dataset. */
ELMAN_API const elman_fact *elman_dataset_facts(const elman_dataset *dataset,
                                                size_t *count);

/* Where a step of a sequence stands in the file. */
typedef struct elman_origin {
    const char *series; /* its name in a file of several, else NULL */
    size_t sequence;    /* its number in the file, from 0 */
    size_t step;        /* row or step of it, from 0, in the file's order */
    size_t line;        /* of the file, from 1; 0: none, as past its end */
    char time[48];      /* its time as the file would write it; "" for none */
} elman_origin;

/* Where a step of sequence id (as in elman_batch.ids) stands. For a
 * forecast, step window + k is step k of the horizon. */
ELMAN_API void elman_dataset_origin(const elman_dataset *dataset, uint64_t id,
                                    size_t step, elman_origin *origin);

/* A model's answer in the units of the data: undoes scaling and transform.
 * y and values have as many numbers as the model has outputs; y is the answer
 * to that step of sequence id, or to the whole sequence. */
ELMAN_API void elman_dataset_values(const elman_dataset *dataset, uint64_t id,
                                    size_t step, const float *y,
                                    double *values);

/* What the file says in the place of the answers to some steps from that one
 * on, (steps,O), NaN where it says nothing; of one answer to the whole sequence
 * steps is 1. It fails if targets that stay in their file cannot be read any
 * more, as it was cut short or written to. */
ELMAN_CHECKED elman_status elman_dataset_truth(const elman_dataset *dataset,
                                               uint64_t id, size_t step,
                                               size_t steps, double *values);

/* The class in the place of that answer, negative for none. */
ELMAN_API int32_t elman_dataset_class(const elman_dataset *dataset, uint64_t id,
                                      size_t step);

/* Forecast: the horizon of sequence id, (horizon,targets) in the units of the
 * data, if the last rows of its window went on over and over: with 1 the naive
 * forecast, with a season the seasonal naive one. NaN where there are no such
 * rows. */
ELMAN_API void elman_dataset_repeat(const elman_dataset *dataset, uint64_t id,
                                    size_t rows, double *values);

/* The inputs of sequence id as a batch would have them, (steps,I), in x, which
 * has room for those of the longest sequence; returns how many steps they are,
 * 0 for a text, an id that is none, or a file that has changed. */
ELMAN_API size_t elman_dataset_inputs(const elman_dataset *dataset, uint64_t id,
                                      float *x);

/* Forecast: puts values (horizon,targets) in the units of the data behind
 * sequence id, a window that ends where its series does, as if the file went
 * on with them. next becomes the id of the window that then ends there. Where
 * an encoding is followed it is the last of the validation part, for loaders
 * made afterwards; else of none, and elman_dataset_inputs tells what a model
 * reads. What the file says stays as it is. It is refused if an input is no
 * target, as nothing is known of it then. */
ELMAN_CHECKED elman_status elman_dataset_extend(elman_dataset *dataset,
                                                uint64_t id,
                                                const double *values,
                                                uint64_t *next);

/* How to make batches. */
typedef struct elman_loader_config {
    elman_part part;
    size_t batch_size; /* sequences, 0 means 32 */
    size_t steps;      /* language: steps of a window, 0 means 64 */
    bool shuffled;     /* a new order each epoch */
    bool bucketed;     /* batches of similar lengths */
    uint64_t seed;     /* of the order */
} elman_loader_config;

/* What makes batches of a dataset. */
typedef struct elman_loader elman_loader;

/* Turns one part of a dataset, which must outlive it, into batches: time first,
 * inputs scaled. A text becomes batch_size streams, each a contiguous chunk of
 * it, in windows of that many steps. */
ELMAN_CHECKED elman_status
elman_loader_create(const elman_dataset *dataset,
                    const elman_loader_config *config, elman_loader **loader);
ELMAN_API void elman_loader_destroy(elman_loader *loader);

/* The next batch of the epoch, in memory of the loader that the next read
 * reuses. batch->B is 0 when the epoch is over; the read after that begins the
 * next epoch. */
ELMAN_CHECKED elman_status elman_loader_read(elman_loader *loader,
                                             elman_batch *batch,
                                             elman_target *target);

/* Makes batch index of an epoch the next one. */
ELMAN_API void elman_loader_reset(elman_loader *loader, uint64_t epoch,
                                  uint64_t index);

/* How many batches an epoch has. */
ELMAN_API size_t elman_loader_size(const elman_loader *loader);

/* ---- Training ----------------------------------------------------------- */

/* Results over one step or one evaluation; NaN where the task has no such
 * metric. Errors are in the data's own units, with scaling and transform
 * undone; the loss is that of what the model gives. */
typedef struct elman_metrics {
    double loss;       /* as the loss config reduces it, in nats for classes */
    double accuracy;   /* classes: fraction that is right */
    double bits;       /* language: bits per token */
    double perplexity; /* language */
    double mse, mae;   /* values: mean squared and mean absolute error */
    double naive_mse, naive_mae; /* forecast: repeating the last value */
    double seasonal_mse;         /* forecast: repeating the last season; NaN */
    double seasonal_mae;         /* if the data has none */
    uint64_t targets;            /* how many counted */
    uint64_t steps;              /* steps of all sequences; for text, tokens */
    double flops;                /* operations; a multiply-add counts as two */
    double balanced_accuracy;    /* classes: the mean over those that occur of
                                    the fraction of each that is right; NaN for
                                    language and for a step of training */
    double macro_f1; /* the same of F1; a class that is never right has 0 */
} elman_metrics;

/* One message of an exchange between ranks. */
typedef struct elman_transfer {
    int rank;      /* the other one */
    bool receives; /* from it, or else it is sent to it */
    void *data;    /* (bytes) stays as it is until the exchange has ended */
    size_t bytes;  /* above 0; what is sent is as long as what is awaited */
} elman_transfer;

/* How the ranks of one training run reach each other: processes on one machine
 * or on many, each with a trainer of the same model, data and config. The
 * library brings none for processes; the program elman-mpi has one over MPI. A
 * rank uses its transport on one thread at a time. begin and end return NULL,
 * or why it could not be done, in words that stay until the next call. */
typedef struct elman_transport {
    void *context; /* the first argument of the functions */
    int rank;      /* of this process, from 0 to before size */
    int size;      /* how many there are */

    /* Begins to send and receive (count) messages, all at once, and gives what
     * end takes. Those between two ranks arrive in the order in which they were
     * begun, in this exchange and across exchanges. */
    const char *(*begin)(void *context, const elman_transfer *messages,
                         size_t count, void **exchange);

    /* Waits until all of them have been sent or received. */
    const char *(*end)(void *context, void *exchange);

    /* Ends the run of all ranks, which then fail with this sentence, or are
     * ended. It may return. */
    void (*abort)(void *context, const char *sentence);

    /* Whether begin and end may be called on another thread than the others,
     * still one at a time: then parts of a gradient travel while the rest of it
     * is computed. */
    bool any_thread;
} elman_transport;

/* How to train. A batch is whole: the divisor of the loss is 0. The block of
 * the loss is that of the gradients as well. */
typedef struct elman_trainer_config {
    elman_optimizer_config optimizer;
    elman_schedule_config schedule;
    elman_loss_config loss;
    size_t batch_size; /* 0 means 32 */
    size_t k1;         /* truncation: backward every k1 steps; 0 means 64
                          for text, whole sequences otherwise */
    size_t k2;         /* backward through the last k2 steps, 0 means k1;
                          if greater than k1, a multiple of it */
    bool fresh_state;  /* begin each window from the initial state instead of
                          carrying the state over */
    bool in_order;     /* do not shuffle */
    bool no_buckets;   /* batches of mixed lengths */
    uint64_t epochs;   /* stop after that many, 0 means no limit */
    uint64_t steps;    /* stop after that many optimizer steps, 0: no limit */
    uint64_t evaluate_every; /* optimizer steps, 0 means every epoch */
    uint64_t patience;       /* stop after that many evaluations without
                                improvement, 0: never */
    int threads;             /* 0 means 1, at most 64 */
    uint64_t seed;           /* of shuffling and masks */
    bool profile;            /* measure where the time goes */
    uint64_t patience_steps; /* and not before as many optimizer steps without
                                improvement; without patience it counts alone */
    const char *frozen; /* layers or parameters whose weights stay, as names of
                           elman_optimizer_group, besides those of frozen
                           groups; NULL: none */
    const elman_transport *transport; /* of this rank, where several train
                                         together: it must stay as long as the
                                         trainer. NULL: this process alone */
    size_t budget; /* bytes for what passes take: the states to train with and
                      to evaluate with, the losses, the outputs that metrics
                      read, and residuals until their quantiles are known; 0: as
                      many as they take.
                      Nothing else changes, not a bit: see elman_state_size.
                      Besides them are the data, the model, and 4 to 6 numbers
                      for each weight. Each thread has rooms of its own, so the
                      least budget grows with threads, which change no bit: one
                      that is too small is ELMAN_BAD_VALUE, with the number that
                      is enough, and the most threads with which it is enough
                      as it is. Evaluations run as many steps at a time
                      as there is room for; a model that reads backward needs
                      all of them. Those that are asked for beside the steps
                      (elman_trainer_evaluate, elman_trainer_residuals) take
                      the place of the states where there is no room for both.
                      With a transport each rank has as many */
} elman_trainer_config;

/* A training run. */
typedef struct elman_trainer elman_trainer;

/* How far training has come. */
typedef struct elman_progress {
    uint64_t epoch;           /* that the next step belongs to, from 0 */
    uint64_t step;            /* optimizer steps done */
    uint64_t batch;           /* batches of this epoch done */
    uint64_t batches;         /* batches of an epoch */
    double learning_rate;     /* of the last step */
    double norm;              /* of its gradient before clipping */
    elman_metrics last;       /* of that step, on the training data */
    bool evaluated;           /* that step ended with an evaluation */
    elman_metrics validation; /* the latest one; its loss is NaN before any */
    double best_loss;         /* best of all validations so far */
    uint64_t best_step;       /* the step that reached it */
    bool best;                /* the latest evaluation was the best */
    bool done;                /* a limit was reached */
    double seconds; /* that all steps took, those before a checkpoint too */

    /* of the steps between the latest evaluation and the one before it; NaN
     * before any */
    double train_loss; /* mean of last.loss */
    double mean_norm;  /* mean of norm */
    double clipped;    /* share of them that clip_norm shortened */
    double update;     /* of the last of them the median over the parameters
                          of |change| / |weight| */
} elman_progress;

/* Trains model on dataset; both must outlive the trainer. Without validation
 * data an evaluation is of what training has seen since the last one, and says
 * nothing of other data: the last weights are the best, and patience never ends
 * the run. Frozen weights keep their bits: their gradients count in no norm,
 * and no decay moves them. */
ELMAN_CHECKED elman_status elman_trainer_create(
    elman_model *model, const elman_dataset *dataset,
    const elman_trainer_config *config, elman_trainer **trainer);
ELMAN_API void elman_trainer_destroy(elman_trainer *trainer);

/* Takes one optimizer step, and evaluates if that is due. With ELMAN_NOT_FINITE
 * the weights are those before the step, and the message names the first bad
 * value by epoch, step, sample, layer, direction, time step, gate and unit. */
ELMAN_CHECKED elman_status elman_trainer_step(elman_trainer *trainer);

/* Asks for the end of evaluations (true), or no longer does (false): one that
 * runs is left behind its current batch, one that begins at once, and its call
 * returns ELMAN_STOPPED. Of elman_trainer_step the step itself is done then,
 * and its evaluation waits: the next elman_trainer_step begins that anew and
 * takes no other step, also of a trainer that loads a checkpoint from in
 * between. So a run that was stopped goes on as if it had not been. Any thread
 * may call this at any time, and a handler of signals. Of several ranks it is
 * rank 0 that is asked, and all of them leave the evaluation. */
ELMAN_API void elman_trainer_stop(elman_trainer *trainer, bool stop);

/* On a rank other than 0: takes part in what rank 0's trainer does, step by
 * step and save by save, until that is destroyed. Ranks share each batch, in
 * blocks of sequences, each sums its part of the gradient, owns one slice of
 * the optimizer's moments and moves that slice of the weights; all have the
 * same weights, which are those that one process would have, bit by bit. On
 * rank 0, elman_trainer_step, the calls that save, keep_best, evaluate,
 * baseline and residuals ask the others to take part. A failure on one rank
 * ends the run of all. ELMAN_BAD_VALUE on rank 0 or without a transport. */
ELMAN_CHECKED elman_status elman_trainer_follow(elman_trainer *trainer);

/* How far training has come, in memory of the trainer. */
ELMAN_API const elman_progress *
elman_trainer_progress(const elman_trainer *trainer);

/* One row of a profile: "data", "rnn forward", "loss" ... */
typedef struct elman_profile_row {
    char name[ELMAN_MAX_NAME + 48]; /* what took the time */
    double seconds;                 /* that it took */
    double flops; /* operations in them; a multiply-add counts as two */
} elman_profile_row;

/* Where the time went. */
typedef struct elman_profile {
    double seconds;                /* of all steps, and of all rows together */
    size_t count;                  /* of the rows */
    const elman_profile_row *rows; /* (count) in the order of a step; the last
                                      is everything else */
} elman_profile;

/* Where the time of all steps so far went, in memory of the trainer until the
 * next call; NULL unless the config asked for it. Layers are listed by name,
 * forward and backward; the loss has a row of its own even where it is computed
 * inside the last layer. */
ELMAN_API const elman_profile *
elman_trainer_profile(const elman_trainer *trainer);

/* What a run takes of memory, in bytes. */
typedef struct elman_trainer_memory {
    size_t data;       /* the dataset, and its batches */
    size_t model;      /* elman_model_size */
    size_t weights;    /* the best ones, and those before a step */
    size_t optimizer;  /* what it remembers of each weight */
    size_t passes;     /* states of steps and of evaluations between them, the
                          gradients and the losses: what a budget bounds */
    size_t evaluation; /* the largest that is asked for beside the steps, of the
                          validation and the test part if there are such */
    size_t checkpoint; /* the copy that is written while training continues */
    size_t most;       /* as much of all this as there is at once */
} elman_trainer_memory;

/* Finds that by the sizes of all that the trainer holds or will hold; nothing
 * is made. Besides it are the program, and what reading the data took before.
 */
ELMAN_CHECKED elman_status elman_trainer_read_memory(
    const elman_trainer *trainer, elman_trainer_memory *memory);

/* Save or load a checkpoint: weights, best weights, optimizer, counters,
 * position in the data, carried states, and the model's note "journal". A
 * trainer of the same model, data and config that loads it goes on to exactly
 * the same weights as if training had never stopped; other data, also of the
 * same size, is refused by its hash, which the first of these calls computes.
 * read_hash does so at a moment of the caller's choice, as it reads all data
 * to train on and to validate; what it gives, checkpoints have as well. */
ELMAN_CHECKED elman_status elman_trainer_read_hash(elman_trainer *trainer,
                                                   uint64_t *hash);
ELMAN_CHECKED elman_status elman_trainer_save(const elman_trainer *trainer,
                                              const char *path);
ELMAN_CHECKED elman_status elman_trainer_load(elman_trainer *trainer,
                                              const char *path);

/* Save while training continues. begin_save copies what a checkpoint holds, and
 * a thread writes it. Only one save runs at a time: begin_save waits for the
 * one before it, and fails if that failed. end_save returns the result, each
 * failure once: with wait it blocks until the save has ended; without, ended
 * (unless it is NULL) says whether it has. Destroying the trainer waits as
 * well. */
ELMAN_CHECKED elman_status elman_trainer_begin_save(elman_trainer *trainer,
                                                    const char *path);
ELMAN_CHECKED elman_status elman_trainer_end_save(elman_trainer *trainer,
                                                  bool wait, bool *ended);

/* Puts the best weights so far into the model, on all ranks. */
ELMAN_CHECKED elman_status elman_trainer_keep_best(elman_trainer *trainer);

/* The metrics of a model on a part of a dataset. With a transport in the config
 * all ranks make the call, share the batches, and have the metrics of all; they
 * must have the same model and data. confusion, unless it is NULL,
 * receives how often each class was taken for each: (class_count,class_count),
 * [true][predicted]. */
ELMAN_CHECKED elman_status
elman_model_evaluate(const elman_model *model, const elman_dataset *dataset,
                     elman_part part, const elman_trainer_config *config,
                     elman_metrics *metrics, uint64_t *confusion);

/* The same of the trainer's model and data, by its config. Where several ranks
 * train, rank 0 makes the call, and the others take part while they follow. */
ELMAN_CHECKED elman_status elman_trainer_evaluate(elman_trainer *trainer,
                                                  elman_part part,
                                                  elman_metrics *metrics,
                                                  uint64_t *confusion);

/* What a score has to beat: answers that need no network. NaN where the task
 * has no such answer. Shares, means and seasons are those of the training part;
 * of the part itself where there is none. */
typedef struct elman_baseline {
    size_t largest;         /* classes: the largest one */
    double accuracy;        /* of answering it always */
    double loss;            /* classes, language: cross-entropy of their shares,
                               each counted once more than it occurs, in nats
                               per target */
    double vocabulary_bits; /* language: log2 V, bits per token of a blind
                               guess */
    double mean_mse, mean_mae;   /* values: of answering their mean */
    double naive_mse, naive_mae; /* forecast: of repeating the last value */
    size_t season;               /* forecast: steps of a season; 0: none was
                                    found */
    double seasonal_mse, seasonal_mae; /* of repeating the last season */
    double neighbour_accuracy;         /* classes of whole sequences: of the
                                          nearest training sequence */
} elman_baseline;

/* How to work out a baseline. */
typedef struct elman_baseline_config {
    elman_part part; /* that is answered */
    bool neighbour;  /* the nearest neighbour as well, which compares every
                        sequence with all of training */
    double warp;     /* how far its steps may shift against each other by
                        dynamic time warping, as a fraction of the length; 0:
                        no further than unequal lengths ask for */
    int threads;     /* 0 means 1, at most 64 */
} elman_baseline_config;

/* Works out the baseline of a dataset. config may be NULL: the training part,
 * without neighbours. */
ELMAN_CHECKED elman_status elman_dataset_baseline(
    const elman_dataset *dataset, const elman_baseline_config *config,
    elman_baseline *baseline);

/* That of the trainer's data; where several ranks train, the others look for
 * the neighbours of some sequences each, as in elman_trainer_evaluate. */
ELMAN_CHECKED elman_status elman_trainer_baseline(
    elman_trainer *trainer, const elman_baseline_config *config,
    elman_baseline *baseline);

/* How far a model's answers were from the truth, for each output the quantiles
 * of truth less answer in the data's units. An answer plus the quantile of 0.9
 * is what the truth stays below nine times out of ten, if things go on as in
 * the data that was measured. A forecast of several series has residuals for
 * the size of each: relative to elman_residuals_scale. */
typedef struct elman_residuals elman_residuals;

/* Measures them on a part of a dataset whose targets are values; config gives
 * the batch size and the threads. The validation part is the one to take: on
 * what it was trained on a model is nearer than it will ever be again. With a
 * transport in the config all ranks make the call, as elman_model_evaluate. */
ELMAN_CHECKED elman_status elman_model_residuals(
    const elman_model *model, const elman_dataset *dataset, elman_part part,
    const elman_trainer_config *config, elman_residuals **residuals);

/* The same of the trainer's model and data, as elman_trainer_evaluate. */
ELMAN_CHECKED elman_status elman_trainer_residuals(elman_trainer *trainer,
                                                   elman_part part,
                                                   elman_residuals **residuals);

/* As text, which a model keeps as its note "residuals"; owned by residuals. */
ELMAN_API const char *elman_residuals_note(const elman_residuals *residuals);

/* Reads that text, and checks all of it. */
ELMAN_CHECKED elman_status elman_residuals_create(const char *text,
                                                  elman_residuals **residuals);
ELMAN_API void elman_residuals_destroy(elman_residuals *residuals);

/* How many outputs have residuals: those of a model, for a forecast
 * (horizon,targets). */
ELMAN_API size_t elman_residuals_size(const elman_residuals *residuals);

/* The quantile of an output's residuals at level, from 0.01 to 0.99; between
 * the levels that are kept it is interpolated on a straight line. */
ELMAN_CHECKED elman_status
elman_residuals_read(const elman_residuals *residuals, size_t output,
                     double level, double *quantile);

/* What such a quantile is to be multiplied by for the answer to sequence id,
 * (targets) in the data's units: 1, or of a model of several series how much
 * the target of that series changed from row to row, as the mean absolute
 * change over the last 256 rows before the horizon or the window, if that is
 * longer. */
ELMAN_API void elman_residuals_scale(const elman_residuals *residuals,
                                     const elman_dataset *dataset, uint64_t id,
                                     double *scale);

/* Operations of a forward pass, or of forward and backward, over that many
 * steps of all sequences together, as if ELMAN_REPEAT made as many; a
 * multiply-add counts as two. */
ELMAN_API double elman_model_flops(const elman_model *model, uint64_t steps,
                                   bool backward);

/* ---- Sampling ----------------------------------------------------------- */

/* How to draw a token. */
typedef struct elman_sampler {
    double temperature; /* 0 takes the most likely token */
    size_t top_k;       /* draw from the k most likely only, 0 means all */
    uint64_t seed;      /* of the draws */
} elman_sampler;

/* Draws a token from logits (V). draw is the token's number in the text, so
 * that the same seed gives the same text. */
ELMAN_CHECKED elman_status elman_sampler_step(const elman_sampler *sampler,
                                              uint64_t draw, size_t V,
                                              const float *logits,
                                              int32_t *token);

/* ---- Arrays ------------------------------------------------------------- */

/* Load or save an .npy file as float32; elman_array_destroy frees the data of a
 * loaded array. */
ELMAN_CHECKED elman_status elman_array_load(const char *path,
                                            elman_tensor *array);
ELMAN_CHECKED elman_status elman_array_save(const char *path,
                                            const elman_tensor *array);
ELMAN_API void elman_array_destroy(elman_tensor *array);

/* ---- Self-test ---------------------------------------------------------- */

/* What elman_verify checks. */
typedef struct elman_verify_config {
    uint64_t seed;    /* of the random configurations, 0 means 1 */
    size_t cases;     /* configurations to check, 0 means 40 */
    const char *path; /* check this model as well; NULL means none */
} elman_verify_config;

/* What elman_verify found. */
typedef struct elman_verify_report {
    size_t cases;           /* configurations checked */
    double reference_error; /* worst relative error of the double-precision
                               reference against finite differences */
    double forward_error;   /* worst error of the fast code's outputs against
                               the reference: 1 is the limit, rtol 1e-4 and
                               atol 1e-5 */
    double gradient_error;  /* the same for its gradients */
    bool same_bits;         /* for all ISAs of this machine, 1 to 4 threads,
                               1 to 8 ranks, budgets of bytes, chunks of time
                               and batches; and hash is what it is elsewhere */
    bool passed;            /* everything did */
    char isas[64];          /* the ISAs compared */
    char failure[256];      /* first failure: configuration and what differed */
    uint64_t hash;          /* of a training run; the same on every machine */
} elman_verify_report;

/* Checks this build on this machine. A random configuration that no inputs keep
 * away from the kinks of relu and clip is replaced by another. ELMAN_OK means
 * that it could be checked; report->passed has the result. */
ELMAN_CHECKED elman_status elman_verify(const elman_verify_config *config,
                                        elman_verify_report *report);

#ifdef __cplusplus
}
#endif
#endif
