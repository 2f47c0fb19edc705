/*
 * csv_parts.h: what csv.c, csv_separator.c and csv_shape.c share.
 */
#ifndef FORMAT_CSV_PARTS_H
#define FORMAT_CSV_PARTS_H

#include "format/csv.h"

/* How the text is to be cut. */
typedef struct csv_dialect {
    char separator, quote;
    size_t width; /* cells of most of the first lines */
} csv_dialect;

/* Rows as they are cut, of any length. */
typedef struct csv_rows {
    char **cells;   /* of all rows, one after the other, from the second on */
    bool *quoted;   /* of each cell */
    size_t *begins; /* (row_count + 1) the first cell of each row */
    size_t *lines;  /* (row_count) */
    size_t row_count;
} csv_rows;

static inline bool csv_ends_line(char c)
{
    return c == '\n' || c == '\r' || c == 0;
}

static inline bool csv_is_blank(char c) { return c == ' ' || c == '\t'; }

/* After the line ending at c, if there is one. */
static inline const char *csv_next_line(const char *c)
{
    if (*c == 0) return c;
    return c + (c[0] == '\r' && c[1] == '\n' ? 2 : 1);
}

/* Whether a line is a comment: its first character is # or %. */
static inline bool csv_is_comment(const char *line)
{
    while (csv_is_blank(*line))
        line++;
    return *line == '#' || *line == '%';
}

/* How the lines at text are cut; separator as in csv_config. */
csv_dialect csv_find_dialect(const char *text, char separator);

/* How many cells the line at text has; numeric, how many of them are numbers.
 * Returns the line's end. */
const char *csv_count_cells(const char *text, const csv_dialect *dialect,
                            size_t *count, size_t *numeric);

/* Makes the table's cells from rows: all of one length, without footers and
 * the like. They are those of rows, moved together, which has none then. */
elman_status csv_settle_shape(csv_rows *rows, size_t width, csv *table);

#endif
