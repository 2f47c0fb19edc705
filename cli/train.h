/*
 * train.h: the options of `elman train` and the parts it is made of: setup
 * turns options into configs, safe writes checkpoints, outcome ends a run.
 */
#ifndef TRAIN_H
#define TRAIN_H

#include "options.h"
#include "reading.h"

/* Indices of the choices of --loss. */
enum {
    LOSS_AUTO,
    LOSS_CROSS_ENTROPY,
    LOSS_SQUARED,
    LOSS_HUBER = 4,
    LOSS_BINARY
};

/* The choices of --pool, in its order. */
enum { POOL_LAST, POOL_MEAN, POOL_MAX, POOL_ATTENTION };

typedef struct train_values {
    reading_values reading; /* the first: see reading.h */
    const char *transform;

    /* data */
    int task, unit;
    const char *validation, *test, *target, *columns;
    uint64_t window, horizon, min_count;
    bool no_scaling;

    /* model */
    int cell, nonlinearity, merge, pool;
    option_sizes hidden;
    uint64_t layers, proj, embedding, chrono;
    bool bidirectional, no_bidirectional, reverse, peephole, coupled,
        reset_before;
    bool learned_state, variational, layer_norm, no_bias;
    double clip_gates, dropout, recurrent_dropout, zoneout, zoneout_cell;
    elman_init init, init_hidden, init_bias;
    double forget_bias;

    /* training */
    int optimizer, flavour, schedule, loss;
    double lr, momentum, dampening, beta1, beta2, alpha, epsilon;
    double weight_decay, lr_decay, initial_accumulator, clip_norm, clip_value;
    bool nesterov, centered, amsgrad, no_bias_decay;
    uint64_t warmup, period, plateau_patience;
    double gamma, minimum_lr;
    const char *class_weights;
    double label_smoothing, huber_delta;
    int64_t ignore_index;
    uint64_t batch, k1, k2, epochs, steps, evaluate_every, seed;
    option_wait patience;
    const char *init_from, *freeze, *init_layers;
    int init_nonlinearity;
    double neighbour;
    bool find_lr;
    uint64_t threads, memory;
    const char *sweep;
    uint64_t seeds, folds, fold;
    bool keep_runs;
    double seconds;
    bool fresh_state, no_shuffle, no_buckets;

    /* files */
    const char *output, *checkpoint, *metrics, *tensorboard, *report;
    option_span checkpoint_every;
    uint64_t metrics_every, report_every;
    bool resume, profile, plan;
} train_values;

/* What is trained: train_options.c. */
extern const option_row train_data_options[];
extern const option_row train_model_options[];
extern const option_row train_file_options[];

/* How it learns: train_options_learning.c. */
extern const option_row train_training_options[];
extern const option_row train_from_options[]; /* --init-from of a file */
extern const option_row train_loss_options[];
extern const option_row train_optimizer_options[];

/* Refuses a --memory that is too small for any data, before a large file of it
 * is read. Returns 0 or an exit code. */
int setup_check_memory(const parsed_line *arguments);

/* Opens the data as the options say and gives the options left open their
 * values for its task; checks that all given ones fit. Returns 0 or an exit
 * code after an error line; *dataset is the caller's on success. */
int setup_data(const parsed_line *arguments, elman_dataset **dataset);

/* Builds the model for the data, with the notes "encoding" and "loss". */
int setup_model(const parsed_line *arguments, const elman_dataset *dataset,
                elman_model **model);

/* What the task, and how much data there is, decide of the options left open;
 * the direction is settled before they are checked. */
void settle_direction(const parsed_line *arguments);
void settle_pool(const parsed_line *arguments, const elman_dataset *dataset);
void settle_batch(const parsed_line *arguments, const elman_dataset *dataset);

/* Optimizer steps of a run whose length was left open, at least; longest is the
 * number of steps of the longest sequence, which counts for classification. */
uint64_t least_steps(elman_task task, size_t longest);

double task_rate(elman_task task);  /* of adam and adamw */
double task_decay(elman_task task); /* of adamw; 0 is the rule's own */

/* After the library refused what options ask for: its message with the options
 * where it names fields. Returns the exit code. */
int setup_refused(elman_status status);

/* Fills config from the options. Returns 0 or an exit code. */
int setup_trainer(const parsed_line *arguments, const elman_dataset *dataset,
                  elman_trainer_config *config);

#endif
