/*
 * recent.h: the norms of the last gradients, which tell whether one that is not
 * finite came suddenly or grew.
 */
#ifndef LEARN_RECENT_H
#define LEARN_RECENT_H

#include "base/status.h"

enum {
    RECENT_NORMS = 8,
    RECENT_TEXT = RECENT_NORMS * 17 + 1 /* bytes of them as a text */
};

typedef struct recent {
    size_t count;
    double norms[RECENT_NORMS]; /* (count) before clipping, oldest first */
} recent;

/* Adds one; the oldest makes room. */
void recent_add(recent *recent, double norm);

/* As a text of hexadecimal numbers, which keeps every bit; and from such a
 * text, or NULL, which means none. */
void recent_write(const recent *recent, char text[RECENT_TEXT]);
elman_status recent_read(const char *text, recent *recent);

#endif
