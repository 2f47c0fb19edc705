/*
 * fields.h: lines of a pipe and the values on them. A line's separator is the
 * first it has of: comma, semicolon, tab, blanks.
 */
#ifndef FIELDS_H
#define FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct line_source {
    FILE *file;
    char name[4096]; /* for messages: "'x.csv'", "standard input" */
    uint64_t line;   /* of the last one read, from 1 */
    char *text;      /* it, without its line end */
    size_t bytes;    /* its length; it may hold zero bytes */
    size_t room;
    char **fields; /* of the last split, in text */
    size_t count, most;
} line_source;

/* Opens path, or standard input if it is NULL or "-". Returns 0 or an exit
 * code. */
int source_open(const char *path, line_source *source);
void source_close(line_source *source);

/* The next line; false at the end. After that source_error says whether reading
 * failed: 0 or an exit code. */
bool source_read(line_source *source);
int source_error(const line_source *source);

/* Cuts text (inside source->text) into fields, in place: blanks and quotes
 * around them are removed. False after an error line: out of memory. */
bool source_split(line_source *source, char *text);

/* The field as a finite number; false if it is not one. */
bool field_number(const char *field, double *number);

/* True if the field says that there is no value: empty, ?, nan. */
bool field_is_missing(const char *field);

#endif
