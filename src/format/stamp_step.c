/*
 * stamp_step.c: the order of a column's stamps, and the step that leads from
 * one to the next. Steps are tried from the longest unit to the shortest:
 * months, business days, then microseconds.
 */
#include "format/stamp_parts.h"

#include "base/spill.h"
#include "base/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Units -------------------------------------------------------------- */

/* Monday is 0. */
static int weekday(int64_t days)
{
    return (int)(days + 3 - 7 * stamp_floor(days + 3, 7));
}

static int64_t business_days(int64_t days)
{
    int64_t week = stamp_floor(days + 3, 7);
    return 5 * week + weekday(days);
}

static int64_t months_of(stamp_day day)
{
    return day.year * 12 + day.month - 1;
}

/* The time of day and zone's shift that all stamps of whole days share. */
static int64_t time_of_day(const stamp_column *c, int64_t stamp)
{
    int64_t local = stamp + c->style.offset * 60 * STAMP_SECOND;
    return local - stamp_floor(local, STAMP_DAY) * STAMP_DAY;
}

static int64_t days_of(const stamp_column *c, int64_t stamp)
{
    return stamp_floor(stamp + c->style.offset * 60 * STAMP_SECOND, STAMP_DAY);
}

/* A stamp counted in a unit. */
static int64_t count_in(const stamp_column *c, stamp_unit unit, int64_t stamp)
{
    if (unit == STAMP_MONTHS) return months_of(stamp_day_of(days_of(c, stamp)));
    if (unit == STAMP_BUSINESS_DAYS) return business_days(days_of(c, stamp));
    return stamp;
}

/* ---- Steps -------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void sort(int64_t *numbers, size_t count)
{
    spill_sort(numbers, count, sizeof *numbers, compare);
}

/* Whether all stamps are days of one place in their months, at one time. */
static bool fit_months(stamp_column *c, const int64_t *sorted, size_t count)
{
    int place = stamp_day_of(days_of(c, sorted[0])).day;
    bool same = true, ends = true;

    for (size_t i = 0; i < count; i++) {
        stamp_day day = stamp_day_of(days_of(c, sorted[i]));
        same = same && day.day == place;
        ends = ends && day.day == stamp_month_length(day.year, day.month);
        if (time_of_day(c, sorted[i]) != time_of_day(c, sorted[0]))
            return false;
    }
    c->month_ends = ends;
    return same || ends;
}

/* Whether all stamps are Mondays to Fridays, with weekends between. */
static bool fit_business(const stamp_column *c, const int64_t *sorted,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (weekday(days_of(c, sorted[i])) > 4 ||
            time_of_day(c, sorted[i]) != time_of_day(c, sorted[0]))
            return false;
    return count > 5 && sorted[count - 1] - sorted[0] > 7 * STAMP_DAY;
}

/* The step between sorted stamps in a unit: the one most often found, if all
 * others are multiples of it; gaps are the stamps left out. */
static bool fit_unit(stamp_column *c, stamp_unit unit, const int64_t *sorted,
                     size_t count, int64_t *steps)
{
    for (size_t i = 0; i + 1 < count; i++)
        steps[i] =
            count_in(c, unit, sorted[i + 1]) - count_in(c, unit, sorted[i]);
    sort(steps, count - 1);

    /* the longest run of equal steps */
    size_t most = 0, run = 0;
    int64_t step = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        run = i && steps[i] == steps[i - 1] ? run + 1 : 1;
        if (run <= most) continue;
        most = run;
        step = steps[i];
    }
    if (step <= 0) return false;
    if (unit == STAMP_BUSINESS_DAYS && step != 1) return false;

    /* all must be multiples; many gaps are no regular step */
    int64_t gaps = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        if (steps[i] % step || steps[i] == 0) return false;
        gaps += steps[i] / step - 1;
        if (gaps > (int64_t)count) return false;
    }

    c->unit = unit;
    c->step = step;
    c->gaps = (size_t)gaps;
    return true;
}

static void find_order(stamp_column *c)
{
    int64_t before = STAMP_MISSING;
    bool rises = false, falls = false;

    for (size_t i = 0; i < c->count; i++) {
        if (c->stamps[i] == STAMP_MISSING) continue;
        rises = rises || (before != STAMP_MISSING && c->stamps[i] > before);
        falls = falls || (before != STAMP_MISSING && c->stamps[i] < before);
        before = c->stamps[i];
    }
    c->order = !falls   ? STAMP_ASCENDING
               : !rises ? STAMP_DESCENDING
                        : STAMP_UNORDERED;
}

elman_status stamp_find_steps(stamp_column *c)
{
    TRY(stop_check());
    find_order(c);
    c->unit = STAMP_IRREGULAR;
    c->step = 0;
    c->doubled = c->gaps = 0;

    int64_t *sorted = spill_zeroed(c->count + 1, sizeof *sorted);
    int64_t *steps = spill_zeroed(c->count + 1, sizeof *steps);
    if (!sorted || !steps) {
        spill_free(sorted);
        spill_free(steps);
        return failure(ELMAN_NO_MEMORY, "no memory for %zu stamps", c->count);
    }

    /* each stamp once, in order of time */
    size_t filled = 0, count = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->stamps[i] != STAMP_MISSING) sorted[filled++] = c->stamps[i];
    sort(sorted, filled);
    for (size_t i = 0; i < filled; i++)
        if (i == 0 || sorted[i] != sorted[i - 1]) sorted[count++] = sorted[i];
    c->doubled = filled - count;

    bool fit = count < 2;
    if (!fit && fit_months(c, sorted, count))
        fit = fit_unit(c, STAMP_MONTHS, sorted, count, steps);
    if (!fit) c->month_ends = false;
    if (!fit && fit_business(c, sorted, count))
        fit = fit_unit(c, STAMP_BUSINESS_DAYS, sorted, count, steps);
    if (!fit) fit_unit(c, STAMP_MICROSECONDS, sorted, count, steps);

    spill_free(sorted);
    spill_free(steps);
    return ELMAN_OK;
}

/* ---- Going on ----------------------------------------------------------- */

static int64_t add_months(const stamp_column *c, int64_t stamp, int64_t months)
{
    int64_t days = days_of(c, stamp), rest = stamp - days * STAMP_DAY;
    stamp_day day = stamp_day_of(days);
    int64_t target = months_of(day) + months;
    int64_t year = stamp_floor(target, 12);
    int month = (int)(target - 12 * year) + 1;

    int length = stamp_month_length(year, month);
    if (c->month_ends || day.day > length) day.day = length;
    return stamp_days(year, month, day.day) * STAMP_DAY + rest;
}

int64_t stamp_advance(const stamp_column *c, int64_t stamp, int64_t steps)
{
    int64_t distance = steps * c->step;
    if (c->unit == STAMP_MONTHS) return add_months(c, stamp, distance);
    if (c->unit != STAMP_BUSINESS_DAYS) return stamp + distance;

    /* a count of business days has its own weekday */
    int64_t days = days_of(c, stamp), rest = stamp - days * STAMP_DAY;
    int64_t target = business_days(days) + distance;
    int64_t week = stamp_floor(target, 5);
    return (7 * week + (target - 5 * week) - 3) * STAMP_DAY + rest;
}

void stamp_describe_step(const stamp_column *c, char text[STAMP_ROOM])
{
    static const struct {
        stamp_unit unit;
        int64_t of;
        const char *name;
    } names[] = {{STAMP_MONTHS, 12, "year"},
                 {STAMP_MONTHS, 3, "quarter"},
                 {STAMP_MONTHS, 1, "month"},
                 {STAMP_BUSINESS_DAYS, 1, "business day"},
                 {STAMP_MICROSECONDS, 7 * STAMP_DAY, "week"},
                 {STAMP_MICROSECONDS, STAMP_DAY, "day"},
                 {STAMP_MICROSECONDS, 3600 * STAMP_SECOND, "hour"},
                 {STAMP_MICROSECONDS, 60 * STAMP_SECOND, "minute"},
                 {STAMP_MICROSECONDS, STAMP_SECOND, "second"},
                 {STAMP_MICROSECONDS, STAMP_SECOND / 1000, "millisecond"},
                 {STAMP_MICROSECONDS, 1, "microsecond"}};

    snprintf(text, STAMP_ROOM, "irregular");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].unit == c->unit && c->step % names[i].of == 0) {
            long long count = c->step / names[i].of;
            snprintf(text, STAMP_ROOM, "%lld %s%s", count, names[i].name,
                     count == 1 ? "" : "s");
            return;
        }
}
