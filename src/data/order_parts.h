/*
 * order_parts.h: what order.c, order_series.c, order_time.c and
 * order_numbers.c share.
 */
#ifndef DATA_ORDER_PARTS_H
#define DATA_ORDER_PARTS_H

#include "data/order.h"

/* A search for the order of rows. */
typedef struct order_search {
    const profiles *p;
    const char *const *names; /* of columns */
    row_order *order;
    int64_t *stamps; /* (rows) of order->rows, in the order of the file */
    int day_first;   /* as stamp_settle takes it */
    bool asked;      /* the columns of time are asked for */
    bool one_series;
    bool numbers; /* that count time in any unit are times */
    const bool *held;
} order_search;

static inline elman_status order_no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the order of rows");
}

static inline const char *order_cell(const order_search *s, size_t row,
                                     size_t column)
{
    return profiles_cell(s->p, row, column);
}

/* ---- Series, order_series.c --------------------------------------------- */

/* A column as a list of columns has it: by its name, or its number from 1 where
 * the name would be read as another. */
void order_call_column(const order_search *s, size_t column, char *text,
                       size_t room);

/* Whether a column is one of order->by. */
bool order_is_by(const row_order *order, size_t column);

/* Makes order->rows and order->series: rows that agree in order->by are one
 * series, in the order of the file; without by all rows are. */
elman_status order_group_rows(order_search *s);

/* The first of the series with most rows; after order_group_rows. */
const row_series *order_longest_series(const row_order *order);

/* Finds the columns that tell series apart: those that do already, and one
 * more, else two; count is 0 if there are none. Needs s->stamps. */
elman_status order_propose_by(const order_search *s, size_t found[MOST_BY + 2],
                              size_t *count);

/* Refuses rows of several series, with the (count) columns that tell them
 * apart; what says how that shows. Always ELMAN_BAD_VALUE. */
elman_status order_refuse_series(const order_search *s, const char *what,
                                 const size_t *columns, size_t count);

/* Says in order->note that rows seem to be of several series which take turns,
 * where nobody has said what they are and nothing else is noted. */
void order_note_turns(order_search *s);

/* ---- Times, order_time.c ------------------------------------------------ */

/* Settles the times of a series in columns, day_first as stamp_settle takes it;
 * the caller closes stamps. */
elman_status order_settle_series(const order_search *s,
                                 const row_series *series,
                                 const size_t *columns, size_t count,
                                 int day_first, stamp_column *stamps);

/* What the times of columns are in the longest series. Where day and month
 * cannot be told apart but the order is the same either way, they are dates
 * with *day_first 1; else that is -1. */
elman_status order_try_times(const order_search *s, const size_t *columns,
                             size_t count, stamp_kind *kind, int *day_first);

/* Finds the columns of time, into order->time: the only dates, with the times
 * of day; else parts of dates, else numbers. order->time_count stays 0 if there
 * are none; dates that disagree on the order are refused. */
elman_status order_find_time(order_search *s);

/* Reads the times of each series into s->stamps, which order each is in into
 * orders (series_count), and order->doubled, gaps and clock. *fits is false
 * where a series has none. */
elman_status order_read_times(order_search *s, bool *fits, stamp_order *orders);

/* ---- Numbers, order_numbers.c ------------------------------------------- */

/* Whether a column of numbers is called like a time. */
bool order_is_named_time(const order_search *s, size_t column);

/* Whether a column is called like a part of a date or day: with another it may
 * make the time, but tells no series apart. */
bool order_is_part_of_time(const order_search *s, size_t column);

/* Reads numbers, the (c->count) cells of a column, as the times of c: seconds,
 * or whatever they count. A cell that is none leaves c without times. */
elman_status order_read_numbers(const order_search *s, const char *const *cells,
                                size_t column, stamp_column *c);

/* Takes the one column of numbers that are times, else the one that serves best
 * as a count of time and sets s->numbers; order->time_count stays 0 if there is
 * none. */
elman_status order_find_numbers(order_search *s);

#endif
