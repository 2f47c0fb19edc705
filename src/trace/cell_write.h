/* cell_write.h: a cell that was found as a node. */
#ifndef TRACE_CELL_WRITE_H
#define TRACE_CELL_WRITE_H

#include "trace/grow.h"
#include "trace/cell_match.h"

/* What the node reads, each of three dimensions, and the values that it gives:
 * Y, Y_h and, of an LSTM, Y_c. */
typedef struct cell_ends {
    const char *x, *h, *c;
    const char *y, *y_h, *y_c;
    const char *made; /* the value that the cell is written out as */
} cell_ends;

/* Adds the RNN, GRU or LSTM that does in all steps what the cell does in one,
 * and sets what it gives. */
void cell_write(grown_graph *b, cell_scope *s, const cell_found *c,
                cell_ends *ends);

/* Adds a node that gives a value the axes of another one, or three of them,
 * without or with axes of size 1 from axis at on. */
const char *cell_fit(grown_graph *b, const char *value, const char *like,
                     int64_t at);

/* A value under another name. */
void cell_name(grown_graph *b, const char *value, const char *name);

#endif
