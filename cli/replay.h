/*
 * replay.h: a training run that broke, done again.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include "outcome.h"

/* After a step that failed with ELMAN_NOT_FINITE and before anything else is
 * done: writes MODEL.replay and prints the library's message, with the command
 * that shows how it came about. Of the run only what was written is left.
 * Returns the exit code. */
int replay_offer(training *run);

#endif
