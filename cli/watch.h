/*
 * watch.h: what is looked at inside the network while it learns: its pulse, on
 * a small batch that is chosen once. It takes about a hundredth of the work of
 * training; which evaluations it goes with depends on counts alone, never on
 * time, so that equal runs have equal journals.
 */
#ifndef WATCH_H
#define WATCH_H

#include "train.h"

/* What can be wrong with a gradient or a gate, each said once. */
typedef enum warning {
    WARNING_SATURATED,
    WARNING_EXPLODING,
    WARNING_LARGE, /* it explodes, by its norm */
    WARNING_VANISHING,
    WARNING_COUNT
} warning;

typedef struct watch {
    const parsed_line *arguments;
    const elman_model *model;
    elman_loader *loader; /* owns what batch points to; NULL: no watch */
    elman_batch batch;    /* in the model's own order, like its target */
    elman_target target;
    size_t *lengths; /* (B) of a batch that was cut, or NULL */
    void *turned[4]; /* arrays of one that was turned; NULLs at the end */
    uint64_t evaluate_every; /* optimizer steps, 0 epochs */
    uint64_t every;          /* evaluations from pulse to pulse */
    bool due;                /* the last evaluation was one for a pulse */
    bool measured;           /* the last evaluation had a pulse */
    int seen[WARNING_COUNT]; /* pulses in a row that gave reason to warn */
    bool said[WARNING_COUNT];
    elman_verdict verdict; /* of the last pulse */
    double first_norm;     /* the largest mean norm of the first evaluations */
    size_t rows;           /* evaluations so far */
} watch;

/* Chooses the batch: of the validation data, else of the training data. A
 * dataset that gives none leaves the watch idle. Returns 0 or an exit code. */
int watch_open(const parsed_line *arguments, const elman_dataset *dataset,
               const elman_model *model, const elman_trainer *trainer,
               watch *watch);
void watch_close(watch *watch);

/* The bytes that a pulse takes while it is measured. */
size_t watch_bytes(const watch *watch);

/* After an evaluation: takes the pulse if it is time, and puts it into row. */
void watch_measure(watch *watch, const elman_progress *progress,
                   elman_journal_row *row);

/* A sentence about what an evaluation shows to be wrong, with the option that
 * would help; NULL mostly, and each kind only once. In a static buffer. */
const char *watch_warn(watch *watch, const elman_journal_row *row,
                       warning *kind);

/* The word of a kind: "vanishing", "exploding", "saturated". */
const char *warning_word(warning kind);

#endif
