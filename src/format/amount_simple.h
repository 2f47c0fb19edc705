/*
 * amount_simple.h: the cells that most columns of numbers consist of, told
 * without a search for units, blanks of Unicode and marks of missing values.
 */
#ifndef FORMAT_AMOUNT_SIMPLE_H
#define FORMAT_AMOUNT_SIMPLE_H

#include <stdbool.h>
#include <stddef.h>

enum { AMOUNT_SIMPLE_ROOM = 40 }; /* bytes of a cell, with its zero */

/* A cell of a sign, digits with at most one point or comma, and an exponent. */
typedef struct amount_simple {
    char mark;     /* 0 for none */
    size_t digits; /* before and behind the mark */
    bool grouped;  /* the mark may be one between thousands */
} amount_simple;

/* Takes text as a simple cell; false for all other cells, of which some are
 * numbers too. */
bool amount_take_simple(const char *text, amount_simple *cell);

#endif
