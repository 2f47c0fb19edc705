/*
 * stamp_parts.h: what the files of stamp.h share.
 */
#ifndef FORMAT_STAMP_PARTS_H
#define FORMAT_STAMP_PARTS_H

#include "format/stamp.h"

#define STAMP_SECOND INT64_C(1000000)
#define STAMP_DAY    (86400 * STAMP_SECOND)

/* A day of the calendar. */
typedef struct stamp_day {
    int64_t year;
    int month, day; /* from 1 */
} stamp_day;

/* Days since 1970-01-01, and back (Hinnant, "chrono-compatible low-level date
 * algorithms"). */
int64_t stamp_days(int64_t year, int month, int day);
stamp_day stamp_day_of(int64_t days);
int stamp_month_length(int64_t year, int month);

/* The day that a year's first week begins with: the week of January 4. */
int64_t stamp_first_monday(int64_t year);

extern const char *const stamp_months[12];  /* "January" ... */
extern const char *const stamp_weekdays[7]; /* "Monday" ... */

/* What a pattern is besides its letters. */
typedef enum stamp_rule {
    STAMP_ANY,     /* text that nothing else looks like */
    STAMP_REGULAR, /* a stamp only where the steps are regular */
    STAMP_YEARS,   /* ... by one year */
    STAMP_EPOCH    /* ... and digits that are a number of seconds */
} stamp_rule;

typedef struct stamp_pattern {
    const char *text; /* see stamp_pattern.c */
    stamp_rule rule;
    bool with_time; /* a time may follow */
} stamp_pattern;

enum { STAMP_DATES = 44, STAMP_TIMES = 14, STAMP_JOINS = 3 };
extern const stamp_pattern stamp_dates[STAMP_DATES];
extern const char *const stamp_times[STAMP_TIMES];
extern const char *const stamp_joins[STAMP_JOINS];

/* Reads text in a style and notes in it how digits and names are written. */
bool stamp_match(stamp_style *style, const char *text, int64_t *stamp);

static inline int64_t stamp_floor(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Finds order, doubled stamps and steps of the column's stamps. */
elman_status stamp_find_steps(stamp_column *column);

#endif
