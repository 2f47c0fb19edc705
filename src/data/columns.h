/*
 * columns.h: which columns of a table are inputs and which are targets, and
 * what the others are.
 */
#ifndef DATA_COLUMNS_H
#define DATA_COLUMNS_H

#include "data/order.h"
#include "data/profile.h"

/* A table and what its columns are for. */
typedef struct columns {
    const csv *table;
    profiles profiles;
    row_order order;
    char (*numbers)[24]; /* (columns) "1" ...: names where none are given */
    const char **names;  /* (columns) the header's, else their numbers */
    dictionary by_name;  /* of names; uses: columns of that name */
    size_t *first_of;    /* (by_name.count) the first column of each name */

    size_t *inputs, input_count;   /* columns, counted from 0 */
    size_t *targets, target_count; /* SIZE_MAX: not in the table, which is only
                                      to be answered */
    bool *counters;    /* (columns) numbers that rise or fall by one step */
    bool target_named; /* by the user, or the encoding */
    bool inputs_named;
    bool poor;        /* only such inputs are left as tell nothing */
    bool by_position; /* names were not found, as there is no header */
    char note[200];   /* of time and series that were learned and are not
                         there; "" */
} columns;

/* Chooses the columns: while the encoding is being learned by config, and then
 * decides the task and writes names and places into the encoding; later by the
 * encoding's names, and its places where names do not tell. */
elman_status columns_open(const csv *table, elman_dataset *dataset,
                          const elman_dataset_config *config, columns *c);
void columns_close(columns *c);

/* Reads the number in a row of data (counted from 0) of a column; NaN if it is
 * missing. Any other cell that is not a number is a failure that names its line
 * and column. */
elman_status columns_value(const columns *c, size_t row, size_t column,
                           double *value);

/* The cell there, and the line of the row. */
const char *columns_cell(const columns *c, size_t row, size_t column);
size_t columns_line(const columns *c, size_t row);

/* Why a column is no input and no target, in a few words. */
void columns_reason(const columns *c, size_t column, char *text, size_t room);

#endif
