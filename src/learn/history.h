/*
 * history.h: the memory before each of the last windows, for truncation with k2
 * above k1: a pass then begins some windows back.
 */
#ifndef LEARN_HISTORY_H
#define LEARN_HISTORY_H

#include "learn/trainer.h"

/* Keeps the memory before the window to come. */
void history_push(elman_trainer *trainer);

/* Goes back to the memory before so many windows of context. */
void history_restore(elman_trainer *trainer, size_t context_windows);

#endif
