/*
 * order_numbers.c: columns of numbers as times: what their names and their
 * steps say of that, and their values as stamps.
 */
#include "data/order_parts.h"

#include "format/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/real.h"
#include "base/spill.h"

/* ---- Names -------------------------------------------------------------- */

/* Whether a name holds one of the words, which end with NULL, in any case. */
static bool holds_word(const char *name, const char *const *words)
{
    for (; *words; words++)
        for (const char *c = name; *c; c++)
            if (!strncasecmp(c, *words, strlen(*words))) return true;
    return false;
}

/* Whether a column of numbers is called like a time. */
bool order_is_named_time(const order_search *s, size_t column)
{
    static const char *const words[] = {"year", "date", "time", "stamp", NULL};
    return s->p->list[column].kind == COLUMN_NUMBERS &&
           holds_word(s->names[column], words);
}

/* Whether a column is called like a part of a date or day: with another it may
 * make the time, but tells no series apart. */
bool order_is_part_of_time(const order_search *s, size_t column)
{
    static const char *const words[] = {"hour",     "minute",  "second", "time",
                                        "month",    "mnth",    "day",    "week",
                                        "year",     "quarter", "period", "slot",
                                        "interval", "date",    "stamp",  NULL};
    static const char *const whole[] = {"h", "hr", "min", "sec", "yr", "q"};
    const char *name = s->names[column];
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (!strncasecmp(name, whole[i], strlen(whole[i]) + 1)) return true;
    return holds_word(name, words);
}

/* Whether a name is that of a time alone, in any case, with marks between its
 * words and a unit in brackets: "Decimal Date", "time (s)". */
static bool is_plain_time(const char *name)
{
    static const char *const names[] = {"time",        "times",     "timestamp",
                                        "date",        "dates",     "datetime",
                                        "unixtime",    "posixtime", "epoch",
                                        "decimaldate", "timestamps"};
    char plain[24] = "";
    size_t bytes = 0;
    for (; *name && *name != '(' && *name != '['; name++)
        if (!strchr(" _-.", *name) && bytes < sizeof plain - 1)
            plain[bytes++] = *name;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strncasecmp(plain, names[i], sizeof plain)) return true;
    return false;
}

/* Whether a name is that of what is left of a time, which falls as time goes
 * on. */
static bool is_time_left(const char *name)
{
    static const char *const words[] = {"left", "remain", "until", "till",
                                        "to_",  "_to",    " to ",  "before",
                                        "life", "rul",    NULL};
    return holds_word(name, words);
}

/* ---- Stamps ------------------------------------------------------------- */

static int compare_times(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* What a column of stamps needs of numbers that only count time: no step. */
static elman_status judge_numbers(stamp_column *c)
{
    size_t rises = 0, falls = 0;
    int64_t *sorted = spill_zeroed(c->count + 1, sizeof *sorted);
    if (!sorted) return order_no_memory();

    for (size_t i = 1; i < c->count; i++) {
        rises += c->stamps[i] > c->stamps[i - 1];
        falls += c->stamps[i] < c->stamps[i - 1];
    }

    memcpy(sorted, c->stamps, c->count * sizeof *sorted);
    spill_sort(sorted, c->count, sizeof *sorted, compare_times);
    /* equal times follow each other */
    c->doubled = 0;
    for (size_t i = 1; i < c->count; i++)
        c->doubled += sorted[i] == sorted[i - 1];

    c->kind = STAMP_NUMBER;
    c->style = (stamp_style){0};
    c->unit = STAMP_IRREGULAR;
    c->gaps = 0;
    c->order = !falls   ? STAMP_ASCENDING
               : !rises ? STAMP_DESCENDING
                        : STAMP_UNORDERED;
    spill_free(sorted);
    return ELMAN_OK;
}

/* The nearest whole number; halves away from 0. */
static int64_t whole(double x)
{
    double size = fabs(x), below = real_floor(size);
    return (int64_t)copysign(below + (size - below >= 0.5), x);
}

/* Reads numbers as times where that is asked for: seconds, or whatever they
 * count. A cell that is none leaves the column without times. */
elman_status order_read_numbers(const order_search *s, const char *const *cells,
                                size_t column, stamp_column *c)
{
    const profile *p = &s->p->list[column];
    if (p->kind != COLUMN_NUMBERS || p->amount.other || p->amount.missing)
        return ELMAN_OK;

    int64_t *stamps = spill_zeroed(c->count + 1, sizeof *stamps);
    if (!stamps) return order_no_memory();
    spill_free(c->stamps);
    c->stamps = stamps;

    for (size_t i = 0; i < c->count; i++) {
        double value = 0;
        (void)amount_parse(cells[i], p->amount.style, &value);
        if (!(fabs(value) < 9e12)) return ELMAN_OK;
        stamps[i] = whole(value * 1e6);
    }
    return judge_numbers(c);
}

/* ---- Columns ------------------------------------------------------------ */

/* Whether stamps keep one step from row to row. */
static bool steps_evenly(const stamp_column *c)
{
    double step = c->count > 1 ? (double)(c->stamps[1] - c->stamps[0]) : 0;
    for (size_t i = 2; i < c->count; i++) {
        double off = (double)(c->stamps[i] - c->stamps[i - 1]) - step;
        if (fabs(off) > 2 + 1e-6 * fabs(step)) return false;
    }
    return step != 0;
}

/* Whether the numbers of a column fall by one step from row to row. */
static bool falls_evenly(const order_search *s, size_t column)
{
    enum { FEWEST = 8 };
    const row_series *series = order_longest_series(s->order);
    const profile *p = &s->p->list[column];
    double before = 0, step = 0, value = 0;
    if (p->kind != COLUMN_NUMBERS || p->amount.other || p->amount.missing)
        return false;

    for (size_t k = 0; k < series->count; k++) {
        (void)amount_parse(
            order_cell(s, s->order->rows[series->first + k], column),
            p->amount.style, &value);
        if (k == 1) step = value - before;
        double off = k > 1 ? value - before - step : 0;
        if (k && !(step < 0 && fabs(off) <= -1e-5 * step)) return false;
        before = value;
    }
    return series->count >= FEWEST;
}

/* How well numbers serve as a time in whatever they count: 0 not at all, 1 if
 * the rows must be sorted by them. Those that rise evenly need not be known. */
static elman_status judge_count(order_search *s, size_t column, int *fit)
{
    enum { FEWEST = 3 };
    stamp_column c;
    bool last = column + 1 == s->p->table->column_count;
    *fit = 0;
    if (is_time_left(s->names[column]) ||
        (last && !is_plain_time(s->names[column])))
        return ELMAN_OK;

    *fit = column == 0 && falls_evenly(s, column);
    if (*fit || !order_is_named_time(s, column)) return ELMAN_OK;

    TRY(order_settle_series(s, order_longest_series(s->order), &column, 1, -1,
                            &c));
    if (c.kind == STAMP_NUMBER && c.doubled == 0 && c.count >= FEWEST) {
        stamp_order way = c.order;
        if (way == STAMP_UNORDERED)
            spill_sort(c.stamps, c.count, sizeof *c.stamps, compare_times);
        bool even = steps_evenly(&c);

        /* numbers in no order may be what is asked about */
        if (way == STAMP_UNORDERED)
            *fit = is_plain_time(s->names[column]) && (even || !last);
        else if (way == STAMP_DESCENDING || !even) *fit = 2;
    }
    stamp_close(&c);
    return ELMAN_OK;
}

/* Takes the column that serves best as a time in whatever it counts; one that
 * only looks like a count backwards is told. */
static elman_status find_count(order_search *s)
{
    row_order *order = s->order;
    size_t width = s->p->table->column_count;
    int best = 0, fit;
    s->numbers = true;

    // the first of the columns that count best
    for (size_t j = 0; j < width && width > 1; j++) {
        if (order_is_by(order, j) || (s->held && s->held[j])) continue;
        TRY(judge_count(s, j, &fit));
        if (fit <= best) continue;
        best = fit;
        order->time[0] = j;
        order->time_count = 1;
    }

    s->numbers = best > 0;
    for (size_t j = 0; j + 1 < width && !best && !order->note[0]; j++)
        if (!order_is_by(order, j) && !(s->held && s->held[j]) &&
            falls_evenly(s, j))
            snprintf(order->note, sizeof order->note,
                     "column \"%.60s\" counts backwards, as where the newest "
                     "row comes first; rows are taken in the order of the "
                     "file; to turn them give time (--time) %zu",
                     s->names[j], j + 1);
    return ELMAN_OK;
}

/* Takes the one column of numbers that are times, if there is one. */
elman_status order_find_numbers(order_search *s)
{
    row_order *order = s->order;
    size_t found = 0, column = 0;
    stamp_kind kind;
    int day_first;

    for (size_t j = 0; j < s->p->table->column_count; j++) {
        bool numeric = s->p->list[j].kind == COLUMN_NUMBERS;
        if (!order_is_named_time(s, j) && !(numeric && j == 0)) continue;
        if (order_is_by(order, j)) continue;
        TRY(order_try_times(s, &j, 1, &kind, &day_first));
        if (kind != STAMP_NUMBER) continue;
        found++;
        column = j;
    }

    if (found == 0) return find_count(s);
    if (found == 1) order->time[order->time_count++] = column;
    return ELMAN_OK;
}
