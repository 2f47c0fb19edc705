/*
 * stamp.h: dates and times in text, judged a column at a time. No locale, no
 * zones but those written as an offset; the calendar is the Gregorian one.
 */
#ifndef FORMAT_STAMP_H
#define FORMAT_STAMP_H

#include "base/status.h"

#include <stdint.h>

#define STAMP_MISSING INT64_MIN

enum { STAMP_ROOM = 64 }; /* bytes that a stamp needs as text */

typedef enum stamp_kind {
    STAMP_NONE,     /* no column of stamps */
    STAMP_DATE,     /* dates, with a time or without; months, quarters ... */
    STAMP_TIME,     /* times of day alone */
    STAMP_NUMBER,   /* whole numbers that are years, YYYYMMDD, YYYYMM or seconds
                       since 1970: the column could be read as numbers too */
    STAMP_AMBIGUOUS /* day/month or month/day: nothing in the column tells */
} stamp_kind;

typedef enum stamp_order {
    STAMP_ASCENDING, /* doubled stamps allowed */
    STAMP_DESCENDING,
    STAMP_UNORDERED
} stamp_order;

typedef enum stamp_unit {
    STAMP_IRREGULAR,
    STAMP_MICROSECONDS,
    STAMP_BUSINESS_DAYS, /* Monday to Friday */
    STAMP_MONTHS
} stamp_unit;

/* How the stamps are written. Only stamp_read and stamp_write look into it. */
typedef struct stamp_style {
    const char *date, *time;                    /* patterns; "" for none */
    const char *join;                           /* between them */
    bool short_month, short_day, short_hour;    /* one digit below 10 seen */
    bool padded_month, padded_day, padded_hour; /* a zero in front seen */
    bool long_name, upper_name, lower_name;     /* March, MAR, mar */
    unsigned char fraction;                     /* digits */
    char zone;       /* 'Z', ':' +hh:mm, '4' +hhmm, '2' +hh, 0 none */
    int offset;      /* of the last stamp, in minutes */
    bool lower_half; /* am, pm */
    bool weekday_behind, long_weekday;
    const char *weekday; /* what stands between a weekday and the rest, in front
                            or behind; NULL for none */
} stamp_style;

typedef struct stamp_column {
    stamp_kind kind;
    stamp_style style;   /* of AMBIGUOUS: day first */
    int64_t *stamps;     /* (count) microseconds since 1970, in UTC if an offset
                            is written; months begin on their first day; or
                            STAMP_MISSING */
    size_t count, empty; /* cells; those that are missing */

    stamp_order order;
    bool other_order; /* of AMBIGUOUS: with the month first the rows have
                         another order, or neither has one; else the doubt
                         changes only what the stamps are called */
    size_t doubled;   /* stamps that another row has already */

    /* the step from stamp to stamp in order of time */
    stamp_unit unit;
    int64_t step;    /* so many units, at least 1 */
    size_t gaps;     /* stamps that are missing between the first and last */
    bool month_ends; /* every stamp is the last day of its month */

    /* of NONE: a row whose cell does not fit what the rows before have in
     * common, if they have it, and how that is written; else SIZE_MAX */
    size_t odd_row;
    char odd_style[STAMP_ROOM];
} stamp_column;

/* Reads count cells, stride apart, as stamps of one style. Only no memory is a
 * failure; the column is freed by stamp_close. day_first: 1 or 0 settle what
 * would be AMBIGUOUS, -1 does not.
 *
 * Whole numbers are stamps only where all are plausible and in order: years of
 * 1500 to 2200 that rise or fall by 1; others with a regular step. */
elman_status stamp_settle(const char *const *cells, size_t stride, size_t count,
                          int day_first, stamp_column *column);

void stamp_close(stamp_column *column);

/* Reads one cell in a style; false if it does not fit. */
bool stamp_read(const stamp_style *style, const char *text, int64_t *stamp);

/* Writes a stamp in the style. */
void stamp_write(const stamp_style *style, int64_t stamp,
                 char text[STAMP_ROOM]);

/* The stamp so many steps of the column later (or earlier); the column must
 * not be IRREGULAR. */
int64_t stamp_advance(const stamp_column *column, int64_t stamp, int64_t steps);

/* "1 hour", "7 days", "1 business day", "1 quarter"; "irregular". */
void stamp_describe_step(const stamp_column *column, char text[STAMP_ROOM]);

/* "YYYY-MM-DD hh:mm", for messages. */
void stamp_describe_style(const stamp_style *style, char text[STAMP_ROOM]);

#endif
