/*
 * python.h: lines of Python for people to paste.
 */
#ifndef EXPORT_PYTHON_H
#define EXPORT_PYTHON_H

#include "base/status.h"

typedef struct python_writer {
    char *text;
    size_t room, used; /* used may pass room: what was wanted */
} python_writer;

/* Adds code as it stands, or text as a literal in quotes. */
void python_put(python_writer *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void python_put_text(python_writer *w, const char *text);

/* Writes the lines that load the model at path. */
typedef void python_lines(python_writer *w, const elman_model *model,
                          const char *path);

/* Writes lines if all of them fit, the final zero included; else nothing. */
elman_status python_write(python_lines *put, const elman_model *model,
                          const char *path, size_t capacity, char *lines);

#endif
