/*
 * order.h: which rows of a table are one series, and their order in time.
 */
#ifndef DATA_ORDER_H
#define DATA_ORDER_H

#include "data/calendar.h"
#include "data/store.h"

enum { MOST_BY = 8 }; /* columns */

typedef struct row_order {
    size_t time[MOST_TIME], time_count; /* columns: date and time of day, or
                                           year, month ... */
    size_t by[MOST_BY], by_count;       /* columns that tell series apart */

    size_t *rows; /* (count) rows of data: series after series in the order of
                     their first rows, each in order of time */
    size_t count;
    row_series *series; /* (series_count) spans of rows; names are NULL
                           without by */
    size_t series_count;
    stamp_column clock; /* of the longest series, without stamps; kind NONE:
                           rows stand in the order of the file */

    /* how it was found */
    size_t reversed, sorted; /* series whose rows came otherwise */
    size_t doubled;          /* rows whose time another row of their series
                                has */
    size_t gaps;             /* times that are missing between others */
    char note[320];          /* why a column of times is not followed; "" */
} row_order;

/* What is settled about time and series before: names of columns, found. */
typedef struct order_request {
    size_t time[MOST_TIME], time_count;
    size_t by[MOST_BY], by_count;
    bool no_time;     /* even if there is a column of times */
    bool time_asked;  /* somebody wants that time, so it must do */
    bool one_series;  /* even if the times begin again */
    const bool *held; /* (columns) numbers that are inputs or targets already,
                         so no time unless that is asked for */
} order_request;

/* Finds series and order. Rows that begin again in time where a column tells
 * series apart are refused with that column's name. names: (columns) for
 * messages. Freed by order_close. */
elman_status order_open(const profiles *p, const char *const *names,
                        const order_request *request, row_order *order);
void order_close(row_order *order);

#endif
