/*
 * profile.h: where the seconds of training steps go. Rooms are timed in laps:
 * mark, work, lap. Layers are timed by the passes of the state, the loss by
 * score. Every call takes NULL and then does nothing: nobody asked.
 */
#ifndef LEARN_PROFILE_H
#define LEARN_PROFILE_H

#include "learn/score.h"
#include "model/model.h"

typedef enum profile_room {
    PROFILE_DATA,
    PROFILE_LOSS,
    PROFILE_OPTIMIZER, /* with the norm and the zeroing of gradients */
    PROFILE_REPACK,
    PROFILE_EVALUATION,
    PROFILE_ROOMS
} profile_room;

typedef struct profile {
    const elman_model *model;
    layer_seconds *layers; /* (layer_count) for a state to add to */
    double rooms[PROFILE_ROOMS];
    uint64_t forward_steps, backward_steps; /* of all sequences */
    double started, marked, total;
    elman_profile table;
    elman_profile_row *rows; /* the table's */
} profile;

elman_status profile_create(const elman_model *model, profile **profile);
void profile_destroy(profile *profile);

/* Around all that counts; stop takes along what scored has spent since. */
void profile_start(profile *profile);
void profile_stop(profile *profile, score *scored);

void profile_mark(profile *profile);
void profile_lap(profile *profile, profile_room room);

/* elman_trainer_profile of elman_train.h: its rows, whatever comes to them. */
const elman_profile *profile_read(profile *profile);

#endif
