/*
 * amount.h: numbers as people write them, judged a column at a time: decimal
 * commas, marks between thousands, currencies, percent, brackets for minus.
 */
#ifndef FORMAT_AMOUNT_H
#define FORMAT_AMOUNT_H

#include "format/number.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct amount_style {
    char decimal;   /* '.' or ',' */
    char thousands; /* ',' '.' '\'' ' ' '_', or 0 for none. ' ' stands for the
                       blanks of Unicode too, '\'' for its apostrophe */
} amount_style;

enum { AMOUNT_STYLES = 9, AMOUNT_UNIT_ROOM = 8 };

/* What the cells of a column could be. Begins as zeros. */
typedef struct amount_survey {
    size_t cells, missing, infinite;
    size_t marked;                     /* hold a mark: point, comma ... */
    size_t hundreds, above;            /* three digits, or more, and no mark */
    size_t scaled;                     /* end in K, M, B or T */
    size_t with_unit;                  /* hold the unit */
    char unit[AMOUNT_UNIT_ROOM];       /* of the first that has one */
    size_t fitting[AMOUNT_STYLES];     /* cells that are numbers in a style */
    size_t first_other[AMOUNT_STYLES]; /* row + 1 of the first that is not */
} amount_survey;

typedef enum amount_kind {
    AMOUNT_EMPTY,     /* every cell is missing */
    AMOUNT_NUMBERS,   /* more numbers than other text */
    AMOUNT_AMBIGUOUS, /* numbers, but "1,234" may be 1.234 or 1234, and so may
                         "1.234" in a column that has "969" as well */
    AMOUNT_TEXT
} amount_kind;

typedef struct amount_column {
    amount_kind kind;
    amount_style style; /* of the numbers; of AMBIGUOUS: decimal point, with
                           thousands where the comma is not clear */
    bool proven;        /* some cell allows no other decimal mark */
    size_t numbers, missing, infinite;
    size_t other;       /* neither number nor missing; infinite ones too */
    size_t first_other; /* the row of the first of them */
    size_t scaled;      /* "1.5K" is 1500; T is 1e12 */
    size_t with_unit;   /* numbers with the unit; the others have none */
    char unit[AMOUNT_UNIT_ROOM]; /* "$" "EUR" "%" ...; empty for none */
} amount_column;

/* Looks at one cell, UTF-8. Of two units in a column the second is no number.
 */
void amount_look(amount_survey *survey, size_t row, const char *text);

/* Settles a column alone. asked: the style that the user wants, where a zero
 * for a mark leaves it open; or NULL. */
void amount_settle(const amount_survey *survey, const amount_style *asked,
                   amount_column *column);

/* Settles count columns of a table: each alone, then those that are not proven
 * by the decimal mark of most that are. What is AMBIGUOUS after that needs
 * asking. */
void amount_settle_table(const amount_survey *surveys, size_t count,
                         const amount_style *asked, amount_column *columns);

/* Reads a cell in a style. Marks of missing values are NUMBER_MISSING; the
 * value is NaN unless it is one; 5 % is 5. */
number_kind amount_parse(const char *text, amount_style style, double *value);

/* Whether text is an infinity, which is no number to learn from. */
bool amount_infinite(const char *text);

#endif
