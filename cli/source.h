/*
 * source.h: the lines of standard input or of a file, each as soon as it is
 * there.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct line_source {
    int fd;
    char name[4096]; /* for messages: "'x.txt'", "standard input" */
    int error;       /* that reading ended with: an errno, 0 none */
    uint64_t line;   /* of the last one read, from 1 */
    char *text;      /* it, without its line end */
    size_t bytes;    /* its length; it may hold zero bytes */
    size_t room;
    char *block; /* what was read and is not yet a line: */
    size_t at, end;
    bool after_return; /* the last line ended with \r: \n belongs to it */
} line_source;

/* True if path can be read only once: standard input (NULL or "-"), a pipe with
 * a name, /dev/fd/63 of a shell's <(command). */
bool source_is_pipe(const char *path);

/* Opens path, or standard input if it is NULL or "-". Returns 0 or an exit
 * code after an error line. */
int source_open(const char *path, line_source *source);
void source_close(line_source *source);

/* The next line, which ends with \n, \r or both; false at the end. After that
 * source_error says whether reading failed: 0 or an exit code. */
bool source_next(line_source *source);
int source_error(const line_source *source);

/* True if a whole line is there that can be read without waiting. */
bool source_has_line(const line_source *source);

/* True if what is read next begins with these bytes: of a file that is written
 * in one piece they arrive together. */
bool source_begins(line_source *source, const char *bytes, size_t count);

/* All that was not read yet, malloc'ed. Returns 0 or an exit code. */
int source_rest(line_source *source, char **bytes, size_t *size);

#endif
