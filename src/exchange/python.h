/*
 * python.h: lines of Python for people to paste.
 */
#ifndef EXCHANGE_PYTHON_H
#define EXCHANGE_PYTHON_H

#include "base/status.h"

typedef struct python_writer {
    char *text;
    size_t room, used; /* used may pass room: what was wanted */
} python_writer;

/* Adds code as it stands, or text as a literal in quotes. */
void python_put(python_writer *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void python_put_text(python_writer *w, const char *text);

/* Whether it all fit, its final zero included. */
elman_status python_end(const python_writer *w);

#endif
