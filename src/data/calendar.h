/*
 * calendar.h: dates of which each part is a column of its own: year, month,
 * day, hour, minute.
 */
#ifndef DATA_CALENDAR_H
#define DATA_CALENDAR_H

#include "data/profile.h"

enum { MOST_TIME = 6 }; /* columns that are a time together */

/* Finds the columns by their names, from the year on, where every row has such
 * a number: year and month at least. count is 0 if they are not there. */
void calendar_find(const profiles *p, const char *const *names,
                   size_t columns[MOST_TIME], size_t *count);

/* Writes the time of a row in columns as one text: parts of a calendar as in
 * 2010-01-31 05:00, all others with a blank between. */
void calendar_join(const profiles *p, const char *const *names,
                   const size_t *columns, size_t count, size_t row, char *text,
                   size_t room);

/* Whether a column, by its name and all its cells, is one of hours. */
bool calendar_has_hours(const profiles *p, const char *const *names,
                        size_t column);

#endif
