/*
 * system_replace.h: a file takes the place of another in one step, by the means
 * of the system. What uses it is format/file.c.
 */
#ifndef BASE_SYSTEM_REPLACE_H
#define BASE_SYSTEM_REPLACE_H

#include "base/status.h"

typedef struct replacement replacement;

/* Makes a temporary file beside what path names, or what it is a symbolic link
 * to, and holds it so that nobody takes it for one that was left behind. Those
 * that were, by writers of the same target that are gone, are removed. */
elman_status replacement_open(const char *path, replacement **file);

/* The path as it was given; the replacement's own. */
const char *replacement_path(const replacement *file);

/* Appends to the temporary; after a failure it can only be closed. */
elman_status replacement_write(replacement *file, const void *data,
                               size_t bytes);

/* Puts the temporary in the target's place, on the disk. After a failure the
 * target is as it was, unless the message says otherwise. */
elman_status replacement_commit(replacement *file);

/* Ends it; what was not committed is removed. */
void replacement_close(replacement *file);

#endif
