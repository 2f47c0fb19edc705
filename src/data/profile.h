/*
 * profile.h: what the columns of a table are, each judged as a whole, and
 * whether its first row is a header.
 */
#ifndef DATA_PROFILE_H
#define DATA_PROFILE_H

#include "data/dataset.h"

#include "format/amount.h"
#include "format/csv.h"
#include "format/stamp.h"

typedef enum column_kind {
    COLUMN_EMPTY, /* no cell says anything */
    COLUMN_NUMBERS,
    COLUMN_AMBIGUOUS, /* numbers whose decimal mark is not clear */
    COLUMN_TIMES,     /* dates or times of day, in text */
    COLUMN_TEXT
} column_kind;

enum { MOST_DISTINCT = 1000 };

typedef struct profile {
    column_kind kind;
    amount_column amount; /* how its numbers are written */
    stamp_kind stamp;     /* TIMES */
    size_t missing;       /* cells */
    size_t distinct; /* TEXT: different texts, MOST_DISTINCT + 1 for more */
    bool constant;   /* one value alone */
} profile;

/* The columns of a table and its header. */
typedef struct profiles {
    const csv *table;
    size_t header;    /* rows of names before the data: 0 or 1 */
    bool doubtful;    /* the first row counts as data, but may be a header */
    const char *why;  /* the reason for a header or against it */
    size_t row_count; /* of data */
    profile *list;    /* (columns) */
} profiles;

/* How a table is to be read. */
typedef struct reading_hints {
    elman_presence header;
    amount_style asked; /* what the user says of numbers; 0: nothing */
    amount_style known; /* what settles numbers that are ambiguous */
    const elman_encoding *follow; /* whose names a header would hold, or NULL */
} reading_hints;

/* A table with no rows but its header is refused. Freed by profiles_close. */
elman_status profiles_open(const csv *table, const reading_hints *hints,
                           profiles *p);
void profiles_close(profiles *p);

/* How many different texts a column has; MOST_DISTINCT + 1 for more. */
elman_status profiles_distinct(const profiles *p, size_t column,
                               size_t *distinct);

/* The cell of a row of data, counted from 0. */
const char *profiles_cell(const profiles *p, size_t row, size_t column);

#endif
