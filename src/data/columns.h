/*
 * columns.h: which columns of a table are inputs and which are targets.
 */
#ifndef DATA_COLUMNS_H
#define DATA_COLUMNS_H

#include "data/store.h"

#include "format/csv.h"

/* A table and what its columns are for. */
typedef struct columns {
    const csv *table;
    size_t header;       /* rows of names before the data: 0 or 1 */
    char (*numbers)[24]; /* (columns) "1" ...: names where none are given */
    size_t *inputs, input_count; /* columns, counted from 0 */
    size_t *targets, target_count;
} columns;

/* Chooses the columns: while the encoding is being learned by config, and then
 * decides the task and writes the names into the encoding; later by the
 * encoding's names. */
elman_status columns_open(const csv *table, elman_dataset *dataset,
                          const elman_dataset_config *config, columns *c);
void columns_close(columns *c);

/* Reads the number in a data row (counted from 0) of a column. A cell that is
 * not a number is a failure that names its line and column. */
elman_status columns_value(const columns *c, size_t row, size_t column,
                           double *value);

#endif
