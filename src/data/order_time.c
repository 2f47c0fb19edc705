/*
 * order_time.c: which columns are the time of the rows, by dates and times of
 * day, and the times that a series has in them.
 */
#include "data/calendar.h"
#include "data/order_parts.h"

#include "base/spill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Settles the times of a series in columns; the caller closes them. */
elman_status order_settle_series(const order_search *s,
                                 const row_series *series,
                                 const size_t *columns, size_t count,
                                 int day_first, stamp_column *stamps)
{
    const char **cells = spill_zeroed(series->count + 1, sizeof *cells);
    size_t room = 2 * STAMP_ROOM;
    char *joined = count > 1 ? spill_zeroed(series->count + 1, room) : NULL;
    bool made = cells && (joined || count == 1);
    elman_status status = made ? ELMAN_OK : order_no_memory();
    *stamps = (stamp_column){0};

    if (status == ELMAN_OK) {
        for (size_t i = 0; i < series->count; i++) {
            size_t row = s->order->rows[series->first + i];
            cells[i] = order_cell(s, row, columns[0]);
            if (count == 1) continue;
            calendar_join(s->p, s->names, columns, count, row,
                          joined + i * room, room);
            cells[i] = joined + i * room;
        }
        status = stamp_settle(cells, 1, series->count, day_first, stamps);
    }
    if (status == ELMAN_OK && stamps->kind == STAMP_NONE &&
        (s->asked || s->numbers) && count == 1)
        status = order_read_numbers(s, cells, columns[0], stamps);

    spill_free(cells);
    spill_free(joined);
    return status;
}

/* What the times of columns are in the longest series. Where day and month
 * cannot be told apart but the order is the same either way, they are times. */
elman_status order_try_times(const order_search *s, const size_t *columns,
                             size_t count, stamp_kind *kind, int *day_first)
{
    stamp_column stamps;
    TRY(order_settle_series(s, order_longest_series(s->order), columns, count,
                            -1, &stamps));
    *kind = stamps.kind;
    *day_first = -1;

    if (*kind == STAMP_AMBIGUOUS && !stamps.other_order) {
        *kind = STAMP_DATE;
        *day_first = 1;
    }
    stamp_close(&stamps);
    return ELMAN_OK;
}

/* ---- Columns that are the time ------------------------------------------ */

/* Takes columns of years, months and so on, if they make dates; a clock, the
 * column of times of day, follows them. */
static elman_status find_calendar(order_search *s, size_t clock)
{
    row_order *order = s->order;
    stamp_kind kind;
    int day_first;
    calendar_find(s->p, s->names, order->time, &order->time_count);
    for (size_t i = 0; i < order->time_count; i++)
        if (order_is_by(order, order->time[i])) order->time_count = 0;
    if (order->time_count == 0) return ELMAN_OK;

    if (clock != SIZE_MAX && order->time_count == 3)
        order->time[order->time_count++] = clock;
    TRY(order_try_times(s, order->time, order->time_count, &kind, &day_first));
    if (kind != STAMP_DATE) order->time_count = 0;
    return ELMAN_OK;
}

/* Several columns of dates: rows stand in the order of the file where that is
 * the order of one of them and none falls; they are turned where all fall. */
static elman_status agree_on_dates(order_search *s, size_t dates)
{
    row_order *order = s->order;
    size_t width = s->p->table->column_count, first = 0, ways[3] = {0};
    size_t last = 0;

    for (size_t j = width; j-- > 0;) {
        const profile *p = &s->p->list[j];
        if (p->kind != COLUMN_TIMES || p->stamp == STAMP_TIME ||
            order_is_by(order, j))
            continue;
        stamp_column c;
        TRY(order_settle_series(s, order_longest_series(order), &j, 1, -1, &c));
        bool unclear = c.kind == STAMP_NONE ||
                       (c.kind == STAMP_AMBIGUOUS && c.other_order);
        if (!p->constant) ways[unclear ? STAMP_UNORDERED : c.order]++;
        if (!p->constant) first = j;
        if (!last) last = j;
        stamp_close(&c);
    }

    size_t falling = ways[STAMP_DESCENDING];
    bool alike = !ways[STAMP_ASCENDING] && !ways[STAMP_UNORDERED];
    if (falling && alike) {
        order->time[0] = first;
        order->time_count = 1;
        return ELMAN_OK;
    }

    char calls[2][64];
    order_call_column(s, first, calls[0], sizeof calls[0]);
    order_call_column(s, last, calls[1], sizeof calls[1]);
    if (falling || (ways[STAMP_UNORDERED] && !ways[STAMP_ASCENDING]))
        return failure(ELMAN_BAD_VALUE,
                       "%zu columns hold dates, which do not agree on the "
                       "order of the rows; choose one, as time (--time) "
                       "\"%.60s\" or \"%.60s\", or time (--time) none for the "
                       "order of the file",
                       dates, calls[0], calls[1]);

    snprintf(order->note, sizeof order->note,
             "%zu columns hold dates (the last is \"%.60s\"), so rows are "
             "taken in the order of the file; choose one with time (--time)",
             dates, s->names[last]);
    return ELMAN_OK;
}

/* The column of dates if it is the only one, with the one of times of day. */
elman_status order_find_time(order_search *s)
{
    row_order *order = s->order;
    size_t dates = 0, clocks = 0, date = 0, clock = 0;

    for (size_t j = 0; j < s->p->table->column_count; j++) {
        const profile *p = &s->p->list[j];
        if (p->kind != COLUMN_TIMES || order_is_by(order, j)) continue;
        if (p->stamp == STAMP_TIME) {
            clocks++;
            clock = j;
        } else {
            dates++;
            date = j;
        }
    }

    if (dates > 1) return agree_on_dates(s, dates);
    if (dates == 0) {
        TRY(find_calendar(s, clocks == 1 ? clock : SIZE_MAX));
        if (order->time_count) return ELMAN_OK;
    }
    if (dates == 0 && clocks == 0) return order_find_numbers(s);
    if (dates == 0 && clocks > 1) return ELMAN_OK;

    order->time[0] = dates ? date : clock;
    order->time_count = 1;
    if (dates == 0 || clocks != 1) return ELMAN_OK;

    /* both together, if that can be read */
    stamp_kind kind;
    int day_first;
    order->time[1] = clock;
    TRY(order_try_times(s, order->time, 2, &kind, &day_first));
    if (kind == STAMP_DATE || kind == STAMP_AMBIGUOUS) order->time_count = 2;
    return ELMAN_OK;
}

/* ---- Times of all series ------------------------------------------------ */

/* A row without a time keeps its place behind the one before. */
static void fill_stamps(int64_t *stamps, size_t count)
{
    int64_t last = STAMP_MISSING;
    for (size_t k = 0; k < count && last == STAMP_MISSING; k++)
        last = stamps[k];
    for (size_t k = 0; k < count; k++) {
        if (stamps[k] == STAMP_MISSING) stamps[k] = last;
        last = stamps[k];
    }
}

/* Settles the times of a series further, with day and month in the order of
 * another, where it cannot tell by itself. */
static elman_status settle_alike(const order_search *s,
                                 const row_series *series,
                                 const stamp_column *other, stamp_column *c)
{
    const row_order *o = s->order;
    for (int first = 1; first >= 0 && c->kind == STAMP_AMBIGUOUS; first--) {
        stamp_close(c);
        TRY(order_settle_series(s, series, o->time, o->time_count, first, c));
        bool alike = other->style.date && c->style.date &&
                     !strcmp(other->style.date, c->style.date);
        if (first && !alike) c->kind = STAMP_AMBIGUOUS;
    }
    return ELMAN_OK;
}

/* Reads the times of each series and in which order each is. *fits is false
 * where a series has none. */
elman_status order_read_times(order_search *s, bool *fits, stamp_order *orders)
{
    row_order *order = s->order;
    const row_series *longest = order_longest_series(order);
    stamp_column whole;
    TRY(order_settle_series(s, longest, order->time, order->time_count,
                            s->day_first, &whole));
    bool alone = order->series_count == 1;
    if (!alone) stamp_close(&whole);

    for (size_t i = 0; i < order->series_count; i++) {
        const row_series *series = &order->series[i];
        stamp_column c = whole;
        if (!alone)
            TRY(order_settle_series(s, series, order->time, order->time_count,
                                    s->day_first, &c));
        TRY(settle_alike(s, series, &whole, &c));
        *fits = c.kind != STAMP_NONE;
        if (!*fits) {
            stamp_close(&c);
            return ELMAN_OK;
        }

        /* stamps that mostly come more than once are finer than they say */
        if (2 * c.doubled >= c.count) c.unit = STAMP_IRREGULAR;
        memcpy(s->stamps + series->first, c.stamps,
               series->count * sizeof *c.stamps);
        fill_stamps(s->stamps + series->first, series->count);
        orders[i] = c.order;
        order->doubled += c.doubled;
        order->gaps += c.unit == STAMP_IRREGULAR ? 0 : c.gaps;
        stamp_close(&c);
        c.stamps = NULL;
        if (series == longest) order->clock = c;
    }
    return ELMAN_OK;
}
