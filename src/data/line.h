/*
 * line.h: a text file line by line, and the numbers in a line.
 */
#ifndef DATA_LINE_H
#define DATA_LINE_H

#include "base/status.h"

/* A text in a file, of which some whole lines are in memory: line_source.h. */
typedef struct line_file line_file;

/* A position in a zero-terminated text. */
typedef struct line {
    const char *at;  /* the next byte to read */
    size_t number;   /* of this line, from 1 */
    line_file *file; /* what is read on from at its end, or NULL; then only one
                        position may go past this line */
} line;

/* What separates the values of this line: a tab, semicolon, comma or blanks. */
char line_find_separator(const line *l);

/* Skips blank lines; false at the end of the text. */
bool line_find(line *l);

/* The first byte of the line that is no blank; 0 at its end. */
char line_front(const line *l);

/* Skips blank lines and comments, which begin with # or %; false at the end of
 * the text. */
bool line_find_case(line *l);

/* Skips the rest of the line and its ending. */
void line_next(line *l);

/* At the end of what is in memory of a file: goes on with what follows. */
void line_more(line *l);

bool line_ended(const line *l);
void line_skip_spaces(line *l, char separator);

/* Reads a value up to separator, stop or the line's end, which is left unread.
 * number counts the values of the line from 1, for messages. missing is set if
 * the value is empty, nan or ?. A separator ' ' means any spaces and tabs. */
elman_status line_value(line *l, char separator, char stop, size_t number,
                        double *value, bool *missing);

/* Reads text up to separator or the line's end, without surrounding spaces and
 * quotes. */
void line_text(line *l, char separator, const char **text, size_t *bytes);

/* Skips a separator; false if there is none. */
bool line_separator(line *l, char separator);

/* Puts "line 7: " before the message of a failure. */
elman_status line_failure(const line *l, elman_status status);

#endif
