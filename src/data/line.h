/*
 * line.h: a text file line by line, and the numbers in a line.
 */
#ifndef DATA_LINE_H
#define DATA_LINE_H

#include "base/status.h"

/* A place in a zero-terminated text. */
typedef struct line {
    const char *at; /* first byte that is not yet read */
    size_t number;  /* of this line, from 1 */
} line;

/* Steps over blank lines; false at the end of the text. */
bool line_find(line *l);

/* Steps over the rest of the line and its ending. */
void line_next(line *l);

bool line_ended(const line *l);
void line_skip_spaces(line *l, char separator);

/* Reads field number (from 1, for messages) of the line up to separator, stop
 * or the line's end, which is not read. missing: empty, nan or ?. A separator
 * ' ' is any run of spaces and tabs. */
elman_status line_value(line *l, char separator, char stop, size_t number,
                        double *value, bool *missing);

/* Reads text up to separator or the line's end, without the spaces around. */
void line_text(line *l, char separator, const char **text, size_t *bytes);

/* Steps over a separator; false if there is none. */
bool line_separator(line *l, char separator);

/* "line 7: " and the sentence of a failure. */
elman_status line_failure(const line *l, elman_status status);

#endif
