/*
 * unread.h: files of other tools that are not read: what they are, and the line
 * that makes one that is.
 */
#ifndef IMPORT_UNREAD_H
#define IMPORT_UNREAD_H

#include "base/status.h"

/* Refuses a file whose format is not known, by its first bytes or its name. */
elman_status unread_refuse(const char *path, const char *bytes, size_t size);

/* Adds to the sentence on a path that cannot be read what the folder of another
 * tool is that it names; returns status. */
elman_status unread_folder(elman_status status, const char *path);

#endif
