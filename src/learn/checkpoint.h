/*
 * checkpoint.h: a trainer as a file, from which training goes on to the same
 * bits as if it had never stopped.
 */
#ifndef LEARN_CHECKPOINT_H
#define LEARN_CHECKPOINT_H

#include "learn/trainer.h"

/* Replaces path at once or leaves it as it was. ELMAN_NOT_FINITE for weights
 * that are NaN or infinite: the last good checkpoint stays. replay, unless
 * NULL, becomes the note of that name (replay.h). */
elman_status checkpoint_save(const elman_trainer *trainer, const char *replay,
                             const char *path);

/* The contents of such a file, and its path. */
typedef struct checkpoint checkpoint;

/* A copy, which no later training step changes; checks the same. The data must
 * outlive it. */
elman_status checkpoint_copy(const elman_trainer *trainer, const char *path,
                             checkpoint **copy);
elman_status checkpoint_write(const checkpoint *copy);
void checkpoint_destroy(checkpoint *copy);

/* Into a trainer made for the same model, data and course (batches, windows,
 * seed, kinds of optimizer and loss); anything else is refused with the first
 * difference, and nothing changes. Rates, bounds, schedule and limits may
 * differ: they apply from here on. */
elman_status checkpoint_load(elman_trainer *trainer, const char *path);

#endif
