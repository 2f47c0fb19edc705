/*
 * replay.h: a checkpoint that also says how its run broke; as elman_replay_...
 * in elman_inspect.h. docs/DATA.md describes the file.
 */
#ifndef LEARN_REPLAY_H
#define LEARN_REPLAY_H

#include "learn/trainer.h"
#include "elman_inspect.h"

elman_status replay_save(const elman_trainer *trainer, const elman_trace *trace,
                         const char *const *words, size_t count,
                         const char *path);
elman_status replay_open(const char *path, elman_replay **replay);
elman_status replay_create_model(const elman_replay *replay,
                                 elman_model **model);
void replay_close(elman_replay *replay);

#endif
