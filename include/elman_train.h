/*
 * elman_train.h: the second half of elman.h, which includes it: data, training,
 * sampling, looking through time, and proof. Include elman.h.
 */
#ifndef ELMAN_TRAIN_H
#define ELMAN_TRAIN_H

#include "elman.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Data --------------------------------------------------------------- */

typedef enum elman_task {
    ELMAN_TASK_AUTO = 0, /* decided by the data */
    ELMAN_LANGUAGE = 1,  /* text: the next token at each step */
    ELMAN_CLASSIFY = 2,  /* one class per sequence */
    ELMAN_TAG = 3,       /* one class per step */
    ELMAN_FORECAST = 4,  /* table: the horizon steps after a window */
    ELMAN_REGRESS = 5,   /* values per sequence */
    ELMAN_TRACK = 6      /* values per step */
} elman_task;

typedef enum elman_unit {
    ELMAN_UNIT_AUTO = 0, /* characters if the text is UTF-8, else bytes */
    ELMAN_BYTES = 1,
    ELMAN_CHARACTERS = 2,
    ELMAN_WORDS = 3
} elman_unit;

typedef enum elman_part { ELMAN_TRAIN = 0, ELMAN_VALIDATION = 1 } elman_part;

/* How raw data became numbers, so that new data becomes the same ones. */
typedef struct elman_encoding {
    elman_task task;
    elman_unit unit;      /* language */
    size_t vocabulary;    /* language: V */
    char **tokens;        /* (V) text of each token, zero-terminated */
    size_t *token_bytes;  /* (V) its length: a token may hold a zero byte */
    size_t classes;       /* classify, tag */
    char **labels;        /* (classes) */
    size_t input_size;    /* I: inputs per step */
    char **columns;       /* (I) names of the inputs, NULL if they have none */
    double *mean;         /* (I) input = (raw - mean) / scale */
    double *scale;        /* (I) */
    size_t targets;       /* forecast, regress, track: values per target step */
    char **target_names;  /* (targets) or NULL */
    double *target_mean;  /* (targets) */
    double *target_scale; /* (targets) */
    size_t window;        /* forecast: steps in, tag: steps of a sequence */
    size_t horizon;       /* forecast: steps out */
} elman_encoding;

/* An encoding from its text (a model's note "encoding"), and its end. */
ELMAN_CHECKED elman_status elman_encoding_create(const char *text,
                                                 elman_encoding **encoding);
ELMAN_API void elman_encoding_destroy(elman_encoding *encoding);

/* How many outputs a model must have for an encoding: for each step, or, where
 * per_sequence (unless NULL) becomes true, for each sequence. */
ELMAN_API size_t elman_encoding_size(const elman_encoding *encoding,
                                     bool *per_sequence);

/* Turns text into tokens: at most capacity are written; count is how many
 * the whole text has. A piece that is not in the vocabulary is
 * ELMAN_BAD_VALUE, or the token of <unk> where the vocabulary has one. */
ELMAN_CHECKED elman_status elman_encoding_read(const elman_encoding *encoding,
                                               const char *text, size_t bytes,
                                               size_t capacity, int32_t *tokens,
                                               size_t *count);

typedef struct elman_dataset_config {
    elman_task task;
    elman_unit unit;
    const char *validation_path; /* a file of its own, NULL to split */
    double validation;           /* part to split off, 0 means 0.1; negative
                                    means none */
    uint64_t seed;               /* of the split of independent sequences */
    size_t min_count;        /* words seen less often become <unk>, 0 means 1 */
    const char *target_path; /* arrays: the y that goes with x */
    const char *target;      /* table: names or numbers (from 1) of the target
                                columns, comma between; NULL means the last */
    const char *columns;     /* table: the input columns, NULL means all that
                                are numbers */
    size_t window;           /* table: steps in, 0 means 32 */
    size_t horizon;          /* table: steps out, 0 means 1 */
    bool no_scaling;         /* leave values as they are */
    const char *encoding;    /* text of an encoding to follow instead of
                                learning one; all data is then validation */
} elman_dataset_config;

typedef struct elman_dataset elman_dataset;

/* Opens a file and decides its task: .tsv (UCR: label, then values) and .ts
 * (sktime) are labelled series, .csv a table, .npy arrays, any other file
 * text. */
ELMAN_CHECKED elman_status
elman_dataset_open(const char *path, const elman_dataset_config *config,
                   elman_dataset **dataset);
ELMAN_API void elman_dataset_close(elman_dataset *dataset);

ELMAN_API const elman_encoding *
elman_dataset_encoding(const elman_dataset *dataset);

/* The encoding as text, for elman_model_write_note. Owned by the dataset. */
ELMAN_API const char *elman_dataset_note(const elman_dataset *dataset);

/* How many sequences a part has (language: tokens), and the longest of both
 * parts in steps (language: 0). */
ELMAN_API size_t elman_dataset_size(const elman_dataset *dataset,
                                    elman_part part);
ELMAN_API size_t elman_dataset_longest(const elman_dataset *dataset);

typedef struct elman_loader_config {
    elman_part part;
    size_t batch_size; /* sequences, 0 means 32 */
    size_t steps;      /* language: steps of a window, 0 means 64 */
    bool shuffled;     /* another order each epoch */
    bool bucketed;     /* batches of similar lengths */
    uint64_t seed;
} elman_loader_config;

typedef struct elman_loader elman_loader;

/* Turns one part of a dataset, which must outlive it, into batches: time
 * first, inputs scaled. Language: batch_size streams, each a contiguous piece
 * of the text, in windows of steps. */
ELMAN_CHECKED elman_status
elman_loader_create(const elman_dataset *dataset,
                    const elman_loader_config *config, elman_loader **loader);
ELMAN_API void elman_loader_destroy(elman_loader *loader);

/* The next batch of the epoch, in the loader's memory until the next read;
 * batch->B is 0 when the epoch is over, and the read after that begins the
 * next one. */
ELMAN_CHECKED elman_status elman_loader_read(elman_loader *loader,
                                             elman_batch *batch,
                                             elman_target *target);

/* Goes to batch index of an epoch. */
ELMAN_API void elman_loader_reset(elman_loader *loader, uint64_t epoch,
                                  uint64_t index);

/* Batches of an epoch. */
ELMAN_API size_t elman_loader_size(const elman_loader *loader);

/* ---- Training ----------------------------------------------------------- */

/* Sums over one step or one evaluation. Values are in the data's own units;
 * what a task does not have is NaN. */
typedef struct elman_metrics {
    double loss;       /* as the loss config reduces it */
    double accuracy;   /* classes: part that is right */
    double bits;       /* language: bits per token */
    double perplexity; /* language */
    double mse, mae;
    double naive_mse, naive_mae; /* forecast: repeating the last value */
    uint64_t targets;            /* that counted */
    uint64_t steps;              /* steps of all sequences: tokens, for text */
    double flops;                /* multiply-add operations (two each) */
} elman_metrics;

typedef struct elman_trainer_config {
    elman_optimizer_config optimizer;
    elman_schedule_config schedule;
    elman_loss_config loss;
    size_t batch_size; /* 0 means 32 */
    size_t k1;         /* truncation: backward every k1 steps; 0 means 64
                          for text, whole sequences otherwise */
    size_t k2;         /* backward through the last k2 steps, 0 means k1;
                          more than k1 must be a multiple of it */
    bool fresh_state;  /* begin each window from the initial state instead
                          of carrying it over */
    bool in_order;     /* no shuffling */
    bool no_buckets;   /* batches of mixed lengths */
    uint64_t epochs;   /* stop after, 0 means no limit */
    uint64_t steps;    /* stop after so many optimizer steps, 0 no limit */
    uint64_t evaluate_every; /* optimizer steps, 0 means every epoch */
    uint64_t patience;       /* stop after so many evaluations without a better
                                one, 0 never */
    int threads;             /* 0 means 1, at most 64 */
    uint64_t seed;           /* of shuffling and masks */
    bool profile;            /* count where the time goes */
} elman_trainer_config;

typedef struct elman_trainer elman_trainer;

/* Where training stands. */
typedef struct elman_progress {
    uint64_t epoch;           /* that the next step belongs to, from 0 */
    uint64_t step;            /* optimizer steps done */
    uint64_t batch;           /* batches of this epoch done */
    uint64_t batches;         /* batches of an epoch */
    double learning_rate;     /* of the last step */
    double norm;              /* of its gradient before clipping */
    elman_metrics last;       /* of that step, on the training data */
    bool evaluated;           /* that step ended with an evaluation: */
    elman_metrics validation; /* its result; loss is NaN before the first */
    double best_loss;         /* best of all validations so far */
    uint64_t best_step;
    bool best; /* the last evaluation was the best */
    bool done; /* a limit was reached */
} elman_progress;

/* Trains model on dataset; both must outlive the trainer. Without validation
 * data the training loss decides what is best. */
ELMAN_CHECKED elman_status elman_trainer_create(
    elman_model *model, const elman_dataset *dataset,
    const elman_trainer_config *config, elman_trainer **trainer);
ELMAN_API void elman_trainer_destroy(elman_trainer *trainer);

/* One optimizer step, and the evaluation if one is due. ELMAN_NOT_FINITE: the
 * weights are those before the step, and the message names the first bad
 * value: epoch, step, sample, layer, direction, time step, gate, unit. */
ELMAN_CHECKED elman_status elman_trainer_step(elman_trainer *trainer);
ELMAN_API const elman_progress *
elman_trainer_progress(const elman_trainer *trainer);

/* One line of where the time went: "data", "rnn forward", "loss" ... */
typedef struct elman_profile_row {
    char name[ELMAN_MAX_NAME + 48];
    double seconds;
    double flops; /* multiply-add operations (two each) in them */
} elman_profile_row;

typedef struct elman_profile {
    double seconds; /* of all steps, and of the rows together */
    size_t count;
    const elman_profile_row *rows; /* (count) in the order of a step, the last
                                      of them everything else */
} elman_profile;

/* Where the time of all steps so far went, in the trainer's memory until the
 * next call; NULL unless the config asked for it. Layers come by name, forward
 * and backward; the loss is its own row also where it is taken inside the last
 * layer. */
ELMAN_API const elman_profile *
elman_trainer_profile(const elman_trainer *trainer);

/* A checkpoint: weights, best weights, optimizer, counters, data position,
 * carried states. Loading into a trainer of the same model, data and config
 * goes on to the same bits as if it had never stopped. */
ELMAN_CHECKED elman_status elman_trainer_save(const elman_trainer *trainer,
                                              const char *path);
ELMAN_CHECKED elman_status elman_trainer_load(elman_trainer *trainer,
                                              const char *path);

/* The same while steps go on: begin copies what a checkpoint holds, and a
 * thread writes it. One at a time: begin waits for the one before, and fails as
 * that one did. end says how it went, each failure once: if wait, when it is
 * done, else ended (unless NULL) tells whether it is. Destroying the trainer
 * waits as well. */
ELMAN_CHECKED elman_status elman_trainer_begin_save(elman_trainer *trainer,
                                                    const char *path);
ELMAN_CHECKED elman_status elman_trainer_end_save(elman_trainer *trainer,
                                                  bool wait, bool *ended);

/* Puts the best weights seen into the model. */
ELMAN_CHECKED elman_status elman_trainer_keep_best(elman_trainer *trainer);

/* The metrics of a model on a part of a dataset. confusion, unless NULL, is
 * (classes,classes): [true][predicted], zeroed first. */
ELMAN_CHECKED elman_status
elman_model_evaluate(const elman_model *model, const elman_dataset *dataset,
                     elman_part part, const elman_trainer_config *config,
                     elman_metrics *metrics, uint64_t *confusion);

/* Multiply-add operations (two each) of a forward pass, or of forward and
 * backward, over so many steps of all sequences together. */
ELMAN_API double elman_model_flops(const elman_model *model, uint64_t steps,
                                   bool backward);

/* ---- Sampling ----------------------------------------------------------- */

typedef struct elman_sampler {
    double temperature; /* 0 takes the likeliest */
    size_t top_k;       /* only among the k likeliest, 0 means all */
    uint64_t seed;
} elman_sampler;

/* Draws a token from logits (V); draw is its number in the text, so that the
 * same seed gives the same text. */
ELMAN_CHECKED elman_status elman_sampler_step(const elman_sampler *sampler,
                                              uint64_t draw, size_t V,
                                              const float *logits,
                                              int32_t *token);

/* ---- Arrays ------------------------------------------------------------- */

/* An .npy file as float32: data is freed by elman_array_destroy. */
ELMAN_CHECKED elman_status elman_array_load(const char *path,
                                            elman_tensor *array);
ELMAN_CHECKED elman_status elman_array_save(const char *path,
                                            const elman_tensor *array);
ELMAN_API void elman_array_destroy(elman_tensor *array);

/* ---- Looking through time ----------------------------------------------- */

/* How far back a gradient reaches: batch is run from the initial state, without
 * dropout, a gradient of 1 or -1 (fixed random signs) is put on each output
 * unit where its sequence ends, and norms[k] (T) gets the norm of the gradient
 * at the h of level (the forward of two directions), k steps before that end,
 * averaged over the sequences of more than k steps; 0 if there is none. */
ELMAN_CHECKED elman_status elman_flow_read(const elman_model *model,
                                           const elman_batch *batch,
                                           size_t level, double *norms);

/* ---- Proof -------------------------------------------------------------- */

typedef struct elman_verify_config {
    uint64_t seed;    /* of the random configurations, 0 means 1 */
    size_t cases;     /* configurations to check, 0 means 40 */
    const char *path; /* check this model as well; NULL for none */
} elman_verify_config;

typedef struct elman_verify_report {
    size_t cases;           /* configurations checked */
    double reference_error; /* worst of the double-precision reference against
                               finite differences, relative */
    double forward_error;   /* worst of the fast code against the reference, */
    double gradient_error;  /* in units of rtol 1e-4, atol 1e-5: 1 is the bar */
    bool same_bits;         /* all ISAs here, threads 1 to 4, chunks, batches */
    bool passed;
    char isas[64];     /* the ISAs compared */
    char failure[256]; /* first failure: configuration and what differed */
    uint64_t hash;     /* of a training run; equal on every machine */
} elman_verify_report;

/* Checks this build on this machine. ELMAN_OK if it could be checked: passed
 * tells the result. */
ELMAN_CHECKED elman_status elman_verify(const elman_verify_config *config,
                                        elman_verify_report *report);

#ifdef __cplusplus
}
#endif
#endif
