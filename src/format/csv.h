/*
 * csv.h: a table of text cells (RFC 4180, with what occurs in practice: comma,
 * semicolon, tab, bar or blanks between, any line ending, byte order mark,
 * comments, titles, footers, empty rows and columns).
 */
#ifndef FORMAT_CSV_H
#define FORMAT_CSV_H

#include "base/status.h"

typedef struct csv_config {
    char separator; /* 0: find it; ' ': blanks */
} csv_config;

/* What was left out of the table or taken in a way worth telling; 0 where
 * there was nothing. Lines count from 1. */
typedef struct csv_facts {
    size_t comment_lines;             /* begin with # or % */
    size_t title_lines, title_line;   /* above the header; the first of them */
    size_t footer_lines, footer_line; /* below the rows; the first of them */
    size_t empty_rows;      /* blank, or separators alone; before the end */
    size_t dropped_columns; /* at the right, without any text */
    bool header_in_comment; /* the first row is the last comment line */
    bool header_moved; /* it is one cell short: an empty one is put in front,
                          over the column of row names */
} csv_facts;

typedef struct csv {
    size_t row_count, column_count; /* both at least 1 */
    char **cells; /* (row_count,column_count) zero-terminated UTF-8, without the
                    quotes and spaces around it */
    bool *quoted; /* (row_count,column_count) whether the cell was in quotes */
    size_t *lines;  /* (row_count) where each begins in the file, from 1 */
    char separator; /* ',' ';' '\t' '|', ' ' for blanks; ',' of one column */
    csv_facts facts;
    char *bytes; /* the file; owner of the cells */
} csv;

/* Reads a file. Rows of different lengths, an open quote, text that is not
 * UTF-8 are ELMAN_BAD_FORMAT with the line. Messages name the file. */
elman_status csv_open(const char *path, csv **table);

/* The same from memory: bytes, malloc'ed with a zero at [size], are freed by
 * close or by the failure.
 *
 * The separator is the one that cuts most of the first lines into the same
 * number of cells, and those into numbers where there is a choice. Whether the
 * first row is a header is not decided here. Few lines of other shape below
 * all rows, or of text under numbers, are a footer; text in fewer cells above
 * all rows is a title; a row of another length between is a failure. */
elman_status csv_parse(char *bytes, size_t size, csv **table);

/* The same as asked; config may be NULL. */
elman_status csv_parse_as(char *bytes, size_t size, const csv_config *config,
                          csv **table);

void csv_close(csv *table);

#endif
