/*
 * row.h: a row of tokens, wherever it lies: in memory, as narrow as its numbers
 * allow, or in a text that stays in its file.
 */
#ifndef DATA_ROW_H
#define DATA_ROW_H

#include "data/text_file.h"

/* All zero: an empty one. */
typedef struct token_row {
    const void *at; /* (count) tokens of width bytes */
    void *own;      /* the same, unless they are lent */
    int width;      /* 1, 2 or 4; 0: in file */
    size_t count;
    text_file *file; /* NULL: in memory */
} token_row;

/* Room for count tokens of a vocabulary. */
elman_status row_create(token_row *row, size_t vocabulary, size_t count);
void row_write(token_row *row, size_t first, size_t count,
               const int32_t *tokens);
void row_clear(token_row *row);

/* Tokens of the row from first on; the reader goes on from where it was, or
 * anywhere else. Of a row in memory none is needed (NULL), and nothing fails.
 */
elman_status row_read(const token_row *row, text_reader *reader, size_t first,
                      size_t count, int32_t *tokens);

#endif
