/*
 * trial.h: one network, one batch, and everything that comes out of a forward
 * and backward pass, however the batch is cut into passes. All variants write
 * outcomes of the same shape, so that two are compared by memcmp.
 *
 * The arrays of a trial and an outcome are time first, for all B sequences,
 * even if the model is batch first: trial_run reorders them.
 */
#ifndef PROOF_TRIAL_H
#define PROOF_TRIAL_H

#include "model/model.h"
#include "proof/random_config.h"

/* The seed of the masks in a trial. */
enum { TRIAL_SEED = 5 };

typedef struct trial {
    const elman_model *model;
    size_t T, B, I, O;
    size_t blocks;    /* y is (blocks,T,B,O), 2 for merge none; or (B,O) */
    bool given;       /* begin with h_0 and c_0, not with a reset */
    bool ragged;      /* lengths differ */
    size_t *lengths;  /* (B) */
    uint64_t *ids;    /* (B) */
    uint64_t draw;    /* of masks */
    float *x;         /* (T,B,I) NaN past a sequence's end */
    int32_t *tokens;  /* (T,B) -7 past a sequence's end */
    float *dy;        /* like y; NaN past a sequence's end */
    float *h_0, *c_0; /* memory of B sequences, laid out as a state's of B */
    float *dh_n, *dc_n;
    void *block;
} trial;

typedef enum outcome_part {
    OUTCOME_Y,
    OUTCOME_H_N,
    OUTCOME_C_N,
    OUTCOME_DX,
    OUTCOME_DH_0,
    OUTCOME_DC_0,
    OUTCOME_GRADIENTS, /* as a state's */
    OUTCOME_PARTS
} outcome_part;

typedef struct outcome {
    size_t count[OUTCOME_PARTS]; /* 0 where there is none */
    float *values[OUTCOME_PARTS];
    void *block;
} outcome;

/* How a batch is cut into passes. All zero is one pass of everything. */
typedef struct split {
    size_t group;   /* sequences per pass, 0 for all; gradients add up */
    size_t chunk;   /* steps per pass, 0 for all; for models that stream */
    size_t padding; /* unused steps, and unused sequences of the state */
    bool uneven;    /* passes of 1 to 3 groups and 1 to 3 chunks */
    bool permuted;  /* sequences in another order */
    bool single;    /* each sequence alone, with T its length */
    bool forward;   /* no backward: a state without training */
    int budget;     /* of the bytes that a state can save by running steps
                       again it has to save so many quarters; 4: all */
    int threads;    /* 0 means 1 */
} split;

/* Draws inputs, lengths and gradients for T steps of B sequences; the model
 * must outlive the trial. */
elman_status trial_create(const elman_model *model, size_t T, size_t B,
                          draws *d, trial *made);
void trial_destroy(trial *t);

/* Rows of y in each of its blocks. */
size_t trial_rows(const trial *t);

/* Whether initial states are parameters of some layer. */
bool trial_learns_state(const elman_model *model);

/* Changes every weight of model by up to 0.3, so that none is exactly 0. */
elman_status trial_move_weights(elman_model *model, draws *d);

/* Makes room for the results of t. */
elman_status outcome_create(const trial *t, outcome *made);
void outcome_destroy(outcome *o);

/* Whether t can be cut like this at all. */
bool split_fits(const trial *t, const split *cut);

/* Whether the gradients of weights must have the same bits as those of one
 * pass: only if the passes are in the order of docs/NUMERICS.md. */
bool split_keeps_gradients(const split *cut);

/* Gives a training state's config the budget that saves so many quarters of the
 * bytes that can be saved; 0: none, 4: all of them. */
elman_status budget_quarters(const elman_model *model, int quarters,
                             elman_state_config *config);

/* Runs all passes forward and, unless cut->forward, backward. */
elman_status trial_run(const trial *t, const split *cut, outcome *out);

/* The name of the first part with a differing bit, or NULL. Without gradients,
 * those of the weights are not compared. */
const char *outcome_difference(const outcome *want, const outcome *got,
                               bool gradients);

/* Where the memory of sequence b and one direction begins, in arrays laid out
 * for capacity sequences: h in h_0, dh_n ..., c in c_0, dc_n ... */
typedef struct memory_slice {
    size_t h, R;
    size_t c, H; /* H is 0 if there is no c */
} memory_slice;

/* False if layer index of the model has no direction d. */
bool memory_slice_at(const elman_model *model, size_t index, size_t d,
                     size_t capacity, size_t b, memory_slice *slice);

#endif
