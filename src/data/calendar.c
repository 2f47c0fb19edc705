/* calendar.c: see calendar.h. */
#include "data/calendar.h"

#include "format/number.h"

#include <math.h>
#include <stdio.h>
#include <strings.h>

#include "base/real.h"

enum { PARTS = 5, NAMES = 4, LONGEST = 20 };

/* The parts of a time: how their columns are called, the numbers that they may
 * have, and how they are written behind the part before. */
static const struct {
    const char *names[NAMES];
    double least, most;
    const char *format;
} parts[PARTS] = {{{"year", "yr", "yyyy", "jahr"}, 1500, 2200, "%04d"},
                  {{"month", "mon", "mo", "monat"}, 1, 12, "-%02d"},
                  {{"day", "dd", "day_of_month", "tag"}, 1, 31, "-%02d"},
                  {{"hour", "hr", "hh", "stunde"}, 0, 24, " %02d:"},
                  {{"minute", "min", "minutes", "mi"}, 0, 59, "%02d"}};

/* The part that a name says, or PARTS. */
static size_t part_of(const char *name)
{
    for (size_t k = 0; k < PARTS; k++)
        for (size_t i = 0; i < NAMES; i++)
            if (!strncasecmp(name, parts[k].names[i], LONGEST)) return k;
    return PARTS;
}

/* The number of a cell that fits a part. */
static bool read_part(const profiles *p, size_t row, size_t column, size_t part,
                      int *value)
{
    double number;
    if (number_parse(profiles_cell(p, row, column), &number) != NUMBER_VALUE ||
        number != real_floor(number) || number < parts[part].least ||
        number > parts[part].most)
        return false;
    *value = (int)number;
    return true;
}

static bool fits_all(const profiles *p, size_t column, size_t part)
{
    int value;
    for (size_t row = 0; row < p->row_count; row++)
        if (!read_part(p, row, column, part, &value)) return false;
    return true;
}

bool calendar_has_hours(const profiles *p, const char *const *names,
                        size_t column)
{
    return part_of(names[column]) == 3 && fits_all(p, column, 3);
}

void calendar_find(const profiles *p, const char *const *names,
                   size_t columns[MOST_TIME], size_t *count)
{
    size_t width = p->table->column_count;
    *count = 0;

    /* the parts one after the other, as far as they go */
    for (size_t part = 0; part < PARTS && *count == part; part++)
        for (size_t j = 0; j < width && *count == part; j++)
            if (part_of(names[j]) == part && fits_all(p, j, part))
                columns[(*count)++] = j;

    /* months may be words, which the reader of stamps knows or not */
    for (size_t j = 0; j < width && *count == 1; j++)
        if (part_of(names[j]) == 1 && p->list[j].kind == COLUMN_TEXT)
            columns[(*count)++] = j;
    if (*count < 2) *count = 0;
}

/* The day after a year, month and day. */
static void advance_day(int date[3])
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
    int year = date[0];
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int length = lengths[date[1] - 1] + (leap && date[1] == 2);

    if (++date[2] <= length) return;
    date[2] = 1;
    if (++date[1] <= 12) return;
    date[1] = 1;
    date[0]++;
}

/* Writes parts of a calendar; false if the columns are none. Hour 24 is the
 * first of the next day. */
static bool write_parts(const profiles *p, const char *const *names,
                        const size_t *columns, size_t count, size_t row,
                        char *text, size_t room)
{
    size_t bytes = 0, numbers = count;
    int value[PARTS];
    if (count < 2 || count > PARTS) return false;

    /* a time of day as one text may follow the day */
    bool clock = count == 4 && part_of(names[columns[3]]) == PARTS;
    if (clock) numbers = 3;
    for (size_t part = 0; part < numbers; part++)
        if (part_of(names[columns[part]]) != part ||
            !read_part(p, row, columns[part], part, &value[part]))
            return false;

    if (numbers > 3 && value[3] == 24) {
        value[3] = 0;
        advance_day(value);
    }
    for (size_t part = 0; part < numbers && bytes < room; part++)
        bytes += (size_t)snprintf(text + bytes, room - bytes,
                                  parts[part].format, value[part]);
    if (clock && bytes < room)
        bytes += (size_t)snprintf(text + bytes, room - bytes, " %s",
                                  profiles_cell(p, row, columns[3]));
    if (clock) return bytes < room;

    /* an hour has its minutes */
    if (count == 4 && bytes < room)
        bytes += (size_t)snprintf(text + bytes, room - bytes, "00");
    return bytes < room;
}

void calendar_join(const profiles *p, const char *const *names,
                   const size_t *columns, size_t count, size_t row, char *text,
                   size_t room)
{
    if (write_parts(p, names, columns, count, row, text, room)) return;

    size_t bytes = 0;
    text[0] = 0;
    for (size_t i = 0; i < count && bytes < room; i++) {
        const char *cell = profiles_cell(p, row, columns[i]);
        int hour;

        /* an hour as a number behind a date */
        if (i == 1 && count == 2 && part_of(names[columns[i]]) == 3 &&
            read_part(p, row, columns[i], 3, &hour)) {
            bytes +=
                (size_t)snprintf(text + bytes, room - bytes, " %02d:00", hour);
            continue;
        }
        bytes += (size_t)snprintf(text + bytes, room - bytes, "%s%s",
                                  bytes && cell[0] ? " " : "", cell);
    }
}
