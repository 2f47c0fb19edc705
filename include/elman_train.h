/*
 * elman_train.h: the second part of elman.h, which includes it: data, training,
 * sampling, gradients through time, and self-tests. Include elman.h.
 */
#ifndef ELMAN_TRAIN_H
#define ELMAN_TRAIN_H

#include "elman.h"

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
    ELMAN_TASK_FORECAST = 4, /* table: the horizon steps after a window */
    ELMAN_TASK_REGRESS = 5,  /* values per sequence */
    ELMAN_TASK_TRACK = 6     /* values per step */
} elman_task;

/* What a token of a text is. */
typedef enum elman_unit {
    ELMAN_UNIT_AUTO = 0, /* characters if the text is UTF-8, else bytes */
    ELMAN_UNIT_BYTES = 1,
    ELMAN_UNIT_CHARACTERS = 2,
    ELMAN_UNIT_WORDS = 3
} elman_unit;

/* The two parts of a dataset. */
typedef enum elman_part {
    ELMAN_PART_TRAIN = 0,
    ELMAN_PART_VALIDATION = 1
} elman_part;

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
    size_t window;        /* forecast: steps in, tag: steps of a sequence */
    size_t horizon;       /* forecast: steps out */
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

/* Turns text into tokens. At most capacity of them are written; count is the
 * number that the whole text has. What is not in the vocabulary becomes the
 * token <unk>, or ELMAN_BAD_VALUE if the vocabulary has none. */
ELMAN_CHECKED elman_status elman_encoding_read(const elman_encoding *encoding,
                                               const char *text, size_t bytes,
                                               size_t capacity, int32_t *tokens,
                                               size_t *count);

/* How to read a file of data. */
typedef struct elman_dataset_config {
    elman_task task;
    elman_unit unit;
    const char *validation_path; /* a separate file; NULL: split the data */
    double validation;           /* fraction to split off, 0 means 0.1; negative
                                    means none */
    uint64_t seed;               /* of the split of independent sequences */
    size_t min_count;        /* words seen less often become <unk>, 0 means 1 */
    const char *target_path; /* arrays: the y that goes with x */
    const char *target;      /* table: names or numbers (from 1) of the target
                                columns, separated by commas; NULL means the
                                last */
    const char *columns;     /* table: the input columns; NULL means all that
                                are numbers */
    size_t window;           /* table: steps in, 0 means 32 */
    size_t horizon;          /* table: steps out, 0 means 1 */
    bool no_scaling;         /* leave values as they are */
    const char *encoding;    /* text of an encoding to use instead of learning
                                one; all data is then validation data */
} elman_dataset_config;

/* An open file of data. */
typedef struct elman_dataset elman_dataset;

/* Opens a file and decides on its task: .tsv (UCR: label, then values) and .ts
 * (sktime) are labelled series, .csv is a table, .npy holds arrays, and any
 * other file is text. */
ELMAN_CHECKED elman_status
elman_dataset_open(const char *path, const elman_dataset_config *config,
                   elman_dataset **dataset);
ELMAN_API void elman_dataset_close(elman_dataset *dataset);

/* The encoding of a dataset, which owns it. */
ELMAN_API const elman_encoding *
elman_dataset_encoding(const elman_dataset *dataset);

/* The encoding as text, for elman_model_write_note; owned by the dataset. */
ELMAN_API const char *elman_dataset_note(const elman_dataset *dataset);

/* How many sequences a part has (language: tokens; 0 if there is no such part),
 * and how many steps the longest sequence of both parts has (language: 0). */
ELMAN_API size_t elman_dataset_size(const elman_dataset *dataset,
                                    elman_part part);
ELMAN_API size_t elman_dataset_longest(const elman_dataset *dataset);

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

/* Results over one step or one evaluation, in the data's own units; NaN where
 * the task has no such metric. */
typedef struct elman_metrics {
    double loss;       /* as the loss config reduces it */
    double accuracy;   /* classes: fraction that is right */
    double bits;       /* language: bits per token */
    double perplexity; /* language */
    double mse, mae;   /* values: mean squared and mean absolute error */
    double naive_mse, naive_mae; /* forecast: repeating the last value */
    uint64_t targets;            /* how many counted */
    uint64_t steps;              /* steps of all sequences; for text, tokens */
    double flops;                /* operations; a multiply-add counts as two */
} elman_metrics;

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
} elman_progress;

/* Trains model on dataset; both must outlive the trainer. Without validation
 * data the training loss decides what is best. */
ELMAN_CHECKED elman_status elman_trainer_create(
    elman_model *model, const elman_dataset *dataset,
    const elman_trainer_config *config, elman_trainer **trainer);
ELMAN_API void elman_trainer_destroy(elman_trainer *trainer);

/* Takes one optimizer step, and evaluates if that is due. With ELMAN_NOT_FINITE
 * the weights are those before the step, and the message names the first bad
 * value by epoch, step, sample, layer, direction, time step, gate and unit. */
ELMAN_CHECKED elman_status elman_trainer_step(elman_trainer *trainer);

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

/* Save or load a checkpoint: weights, best weights, optimizer, counters,
 * position in the data and carried states. A trainer of the same model, data
 * and config that loads it goes on to exactly the same weights as if training
 * had never stopped. */
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

/* Puts the best weights so far into the model. */
ELMAN_CHECKED elman_status elman_trainer_keep_best(elman_trainer *trainer);

/* The metrics of a model on a part of a dataset. confusion, unless it is NULL,
 * receives how often each class was taken for each: (class_count,class_count),
 * [true][predicted]. */
ELMAN_CHECKED elman_status
elman_model_evaluate(const elman_model *model, const elman_dataset *dataset,
                     elman_part part, const elman_trainer_config *config,
                     elman_metrics *metrics, uint64_t *confusion);

/* Operations of a forward pass, or of forward and backward, over that many
 * steps of all sequences together; a multiply-add counts as two. */
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

/* ---- Gradients through time --------------------------------------------- */

/* How far back a gradient reaches. Runs batch from the initial state without
 * dropout, puts a gradient of 1 or -1 (fixed random signs) on each output where
 * its sequence ends, and goes back. norms[k] (T) receives the norm of the
 * gradient at the h of level (its forward direction) k steps before that end,
 * averaged over the sequences of more than k steps; 0 if there are none. */
ELMAN_CHECKED elman_status elman_flow_read(const elman_model *model,
                                           const elman_batch *batch,
                                           size_t level, double *norms);

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
                               chunks and batches */
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
