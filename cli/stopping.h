/*
 * stopping.h: what stops a training run: signals, before its first step and
 * after it.
 */
#ifndef STOPPING_H
#define STOPPING_H

#include "elman.h"

#include <stdbool.h>

/* Before the first step there is nothing to save: from now on a signal ends the
 * process at once, however much data is being read, says so, and removes the
 * lock that was named last, NULL: none. The path is borrowed. */
void stopping_early(void);
void stopping_lock(const char *path);

/* From now on the first signal asks for the end, which a live terminal is told:
 * an evaluation of the trainer that runs is left. A second one ends the process
 * at once. end: before the trainer is destroyed. */
void stopping_begin(elman_trainer *trainer);
void stopping_end(void);

/* The signal that asked for it, 0 none. */
int stopping_signal(void);

/* After a signal: what is left to do, so that a run has a result, may take so
 * many seconds. Then it is left as well. */
void stopping_allow(double seconds);

/* Whether what can be left is to be left now. */
bool stopping_now(void);

#endif
