/*
 * profile.h: where the seconds of training steps go. The phases of a step are
 * timed in laps: mark, work, lap. Layers are timed by the passes of the state,
 * the loss by row_losses. Without a profile every call takes NULL and does
 * nothing.
 */
#ifndef LEARN_PROFILE_H
#define LEARN_PROFILE_H

#include "learn/row_loss.h"
#include "model/model.h"

typedef enum profile_phase {
    PROFILE_DATA,
    PROFILE_LOSS,
    PROFILE_OPTIMIZER, /* with the norm and the zeroing of gradients */
    PROFILE_EXCHANGE,  /* with other ranks, waiting for the slowest included */
    PROFILE_REPACK,
    PROFILE_EVALUATION,
    PROFILE_PHASE_COUNT
} profile_phase;

typedef struct profile {
    const elman_model *model;
    layer_seconds *layers; /* (layer_count) for a state to add to */
    double phases[PROFILE_PHASE_COUNT];
    uint64_t forward_steps, backward_steps; /* of all sequences */
    double started, marked, total;
    elman_profile table;
    elman_profile_row *rows; /* the table's */
} profile;

elman_status profile_create(const elman_model *model, profile **profile);
void profile_destroy(profile *profile);

/* Around all that counts; stop also adds, and clears, the seconds of losses. */
void profile_start(profile *profile);
void profile_stop(profile *profile, row_losses *losses);

/* lap adds the seconds since the last mark or lap to phase. */
void profile_mark(profile *profile);
void profile_lap(profile *profile, profile_phase room);

/* elman_trainer_profile of elman_train.h: every row, even one without seconds.
 */
const elman_profile *profile_read(profile *profile);

#endif
