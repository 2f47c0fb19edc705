/*
 * trainer.h: the loop: window, forward, loss, backward, update, and evaluation
 * when it is due. All it needs to continue is in the struct, and in a
 * checkpoint.
 */
#ifndef LEARN_TRAINER_H
#define LEARN_TRAINER_H

#include <stdatomic.h>

#include "data/dataset.h"
#include "learn/evaluate.h"
#include "learn/finite.h"
#include "learn/history.h"
#include "learn/interval.h"
#include "learn/optimizer.h"
#include "learn/profile.h"
#include "learn/recent.h"
#include "learn/windows.h"
#include "model/model.h"

typedef struct saving saving; /* saving.h */

/* Why a step failed with ELMAN_NOT_FINITE. */
typedef struct bad_step {
    const char *what; /* "loss" or "gradient"; NULL: none has */
    double value;
    const float *targets; /* of its window, or NULL */
} bad_step;

struct elman_trainer {
    elman_model *model;
    const elman_dataset *dataset;
    elman_trainer_config config; /* completed */
    elman_optimizer *optimizer;
    elman_schedule schedule;
    windows *windows, *validation_windows; /* of training and validation data */
    elman_state *state, *validation_state;
    row_losses *losses; /* room for the rows of either */
    bool alternate;     /* in a budget that has no room for an evaluation of
                           its own beside these */
    elman_progress progress;
    class_count *counts; /* (class_count) of an evaluation; NULL: no classes */
    float *best;         /* (weight_count) weights of the best evaluation */
    uint64_t waited;     /* evaluations since then */
    bool due;            /* the last step ends with an evaluation that is not
                            done: it was stopped, or failed */
    atomic_bool stop;    /* evaluations are to be left */
    profile *profile;    /* where the time goes, or NULL */
    saving *saving;      /* a checkpoint being written, or NULL */
    struct share *share; /* with other ranks, or NULL: this one alone */
    bool agreed;         /* and they have compared what they train */
    bool telling;        /* others wait to be told how this one goes on; not
                            after a failure, of which they know by themselves */
    size_t *lengths;     /* (2,B) of a window that is cut in two: k2 < k1 */
    metric_sums since;   /* training sums since the last evaluation, a chain */
    interval interval;   /* means of the steps since then */
    float *before;       /* (weight_count) weights before a step that ends with
                            an evaluation */
    history history;     /* of windows that a pass begins back: k2 > k1 */
    recent recent;       /* norms of the last gradients */
    bad_step bad;        /* of the last step, until the next one */
    uint64_t data_hash;  /* of what it reads; 0 until a checkpoint asks */
};

elman_status trainer_create(elman_model *model, const elman_dataset *dataset,
                            const elman_trainer_config *config,
                            elman_trainer **trainer);
void trainer_destroy(elman_trainer *trainer);

/* A state for training windows, one for validation windows, if there are any,
 * and losses for the rows of either. The windows are there. */
elman_status trainer_create_states(elman_trainer *trainer);

/* What these take: both states, and the losses with the outputs kept there. */
size_t trainer_pass_bytes(const elman_trainer *trainer);

/* Runs work that is no step and has states of its own, with a config whose
 * budget is what these may take: what those of the trainer leave, or all, while
 * what its sequences remember alone is kept of those. */
elman_status trainer_beside(elman_trainer *trainer,
                            elman_status (*work)(elman_trainer *trainer,
                                                 const elman_trainer_config *,
                                                 void *context),
                            void *context);
elman_status trainer_step(elman_trainer *trainer);
void trainer_stop(elman_trainer *trainer, bool stop);

/* The same on this rank, when rank 0 has told all. */
elman_status trainer_take_step(elman_trainer *trainer);
const elman_progress *trainer_progress(const elman_trainer *trainer);
const elman_profile *trainer_profile(const elman_trainer *trainer);

elman_status trainer_read_memory(const elman_trainer *trainer,
                                 elman_trainer_memory *memory);

/* The best weights so far become the model's, on this rank. */
void trainer_take_best(elman_trainer *trainer);

/* The pass of a step that failed, as it is left. */
finite_pass trainer_pass(const elman_trainer *trainer);

/* Sets progress.done from the limits and from where training stands. */
void trainer_check_limits(elman_trainer *trainer);

#endif
