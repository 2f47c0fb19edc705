/*
 * saving.h: writes a checkpoint to disk on a thread of its own, while its
 * trainer goes on.
 */
#ifndef LEARN_SAVING_H
#define LEARN_SAVING_H

#include "learn/checkpoint.h"

/* elman_trainer_save. Waits for a save that is under way; if that one fails,
 * saving_end still reports it. */
elman_status saving_run(const elman_trainer *trainer, const char *path);

/* elman_trainer_begin_save and elman_trainer_end_save of elman_train.h. */
elman_status saving_begin(elman_trainer *trainer, const char *path);
elman_status saving_end(elman_trainer *trainer, bool wait, bool *ended);

#endif
