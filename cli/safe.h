/*
 * safe.h: what keeps a run safe: one trainer per checkpoint, saved when it is
 * due while training goes on, and an earlier run's put aside instead of
 * overwritten.
 */
#ifndef SAFE_H
#define SAFE_H

#include "options.h"
#include "system.h"

typedef struct safe_file {
    char path[PATH_ROOM];
    char lock_path[PATH_ROOM];
    option_span every;
    intptr_t lock;         /* the lock, -1 none */
    bool kept_earlier;     /* the earlier run's file was put aside, or there
                              was none to keep */
    char aside[PATH_ROOM]; /* the earlier run's, until one is written */
    bool broken;           /* the last was not written, for weights that are not
                              finite: the next step will say why */
    bool writes;           /* one is being written: */
    uint64_t begun_step;   /* its step */
    double begun_time;
    bool passed; /* its step was evaluated behind it, by a run that went on */
    uint64_t last_step; /* of the last one written */
} safe_file;

/* Takes the lock of the checkpoint at path. Returns 0, or an exit code after
 * an error line: the lock is held by another run, or the folder is not there.
 * resumed: the file is this run's own. */
int safe_open(const char *path, option_span every, bool resumed,
              safe_file *safe);

/* Begins to write one; the earlier run's file, if there is one, becomes
 * PATH.previous. Waits for the one before. */
int safe_write(safe_file *safe, elman_trainer *trainer);

/* Whether it is time, by steps or seconds; or now is true and the last was
 * begun a second ago or none was. */
bool safe_is_due(const safe_file *safe, const elman_trainer *trainer, bool now);

/* Whether the last one begun holds all that the trainer has done. */
bool safe_holds(const safe_file *safe, const elman_trainer *trainer);

/* Reports a failure of the one being written, if it has ended. */
int safe_check(safe_file *safe, elman_trainer *trainer);

/* Waits for the one being written. */
int safe_settle(safe_file *safe, elman_trainer *trainer);

/* Releases the lock and removes its file. */
void safe_close(safe_file *safe);

/* 0 if a file could be written at path, else EXIT_FAILED after an error
 * line. */
int check_writable(const char *path);

#endif
