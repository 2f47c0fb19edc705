/*
 * need.h: the front door. Every public function is in this room: what must not
 * be NULL, then one call down. What arguments mean is checked where they are
 * used.
 */
#ifndef API_NEED_H
#define API_NEED_H

#include "base/status.h"

/* ELMAN_BAD_VALUE for an argument that may not be NULL. */
static inline elman_status need(const void *argument, const char *name)
{
    if (argument) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE, "%s is NULL, expected a pointer", name);
}

#endif
