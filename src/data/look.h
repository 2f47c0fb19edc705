/*
 * look.h: whether lines of values look like series behind labels.
 */
#ifndef DATA_LOOK_H
#define DATA_LOOK_H

#include <stdbool.h>
#include <stddef.h>

typedef struct look {
    size_t fields; /* of the first line */
    bool header;   /* it holds text behind its first field */
    bool labelled; /* no header, and in front of some values in each line there
                      is a text or a whole number, one of few */
    bool behind;   /* each line is some numbers and a text behind them */
} look;

/* Looks at the first lines of a text, zero-terminated. whole: it is all of the
 * file, and its last line not cut off. Comments (# and %) and blank lines are
 * passed over. */
look look_at(const char *text, bool whole);

#endif
