/*
 * stopping.h: what stops a training run: signals, before its first step and
 * after it.
 */
#ifndef STOPPING_H
#define STOPPING_H

/* Before the first step there is nothing to save: from now on a signal ends the
 * process at once, however much data is being read, says so, and removes the
 * lock that was named last, NULL: none. The path is borrowed. */
void stopping_early(void);
void stopping_lock(const char *path);

/* From now on the first signal asks for the end, which a live terminal is told;
 * a second one ends the process at once. */
void stopping_begin(void);

/* The signal that asked for it, 0 none. */
int stopping_signal(void);

#endif
