/*
 * table.h: rows of text in aligned columns that fit the terminal; a pipe or a
 * file gets all of every text.
 */
#ifndef TABLE_H
#define TABLE_H

#include "screen.h"

enum { TABLE_COLUMNS = 8 }; /* at most */

/* What gives way where a table is too wide. */
typedef enum column_fit {
    FIT_WHOLE, /* nothing */
    FIT_CUT,   /* texts lose their middle, the widest column first */
    FIT_WRAP   /* texts take more lines; the last column only */
} column_fit;

typedef struct table_column {
    const char *head;
    column_fit fit;
} table_column;

/* Shows the columns (count) and under them the cells (rows, count), NULL for
 * nothing; inks (rows) colours the rows, NULL none. */
void table_show(FILE *file, const table_column *columns, size_t count,
                size_t rows, const char *const *cells, const colour *inks);

/* "(3,4)" of a shape (rank) into text; below 0 is "?". */
const char *sizes_text(size_t rank, const int64_t *shape, char *text,
                       size_t size);

#endif
