/*
 * csv.h: a table of text cells (RFC 4180, with what occurs in practice: comma,
 * semicolon or tab, any line ending, byte order mark, blank lines, spaces).
 */
#ifndef FORMAT_CSV_H
#define FORMAT_CSV_H

#include "base/status.h"

typedef struct csv {
    size_t row_count, column_count; /* both at least 1 */
    char **cells; /* (row_count,column_count) zero-terminated UTF-8, without the
                    quotes and spaces around it */
    size_t *lines;  /* (row_count) where each begins in the file, from 1 */
    char separator; /* the one found */
    char *bytes;    /* the file; owner of the cells */
} csv;

/* Reads a file. Rows of different lengths, an open quote, text that is not
 * UTF-8 are ELMAN_BAD_FORMAT with the line. Messages name the file. */
elman_status csv_open(const char *path, csv **table);

/* The same from memory: bytes, malloc'ed with a zero at [size], are freed by
 * close or by the failure. */
elman_status csv_parse(char *bytes, size_t size, csv **table);

void csv_close(csv *table);

#endif
