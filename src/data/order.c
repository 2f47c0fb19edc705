/*
 * order.c: rows are put together by the columns that tell series apart, and
 * each series is brought into the order of its times.
 */
#include "data/order.h"
#include "data/order_parts.h"

#include "base/spill.h"
#include "base/stop.h"
#include "format/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Times that begin again --------------------------------------------- */

static size_t line_of(const order_search *s, size_t row)
{
    return s->p->table->lines[row + s->p->header];
}

/* The first row of the file, from 1 on, that is earlier than the one before
 * while most are not; 0: none. */
static size_t find_restart(const order_search *s)
{
    const row_order *order = s->order;
    for (size_t i = 0; i < order->series_count; i++) {
        const row_series *series = &order->series[i];
        for (size_t k = 1; k < series->count; k++) {
            size_t at = series->first + k;
            if (s->stamps[at] < s->stamps[at - 1]) return at;
        }
    }
    return 0;
}

/* In what way the same times come more than once. */
static void describe_restart(const order_search *s, bool unordered, char *text,
                             size_t room)
{
    const row_order *order = s->order;
    const char *time = s->names[order->time[0]];
    if (unordered)
        snprintf(text, room, "column \"%.60s\" begins again at line %zu", time,
                 line_of(s, order->rows[find_restart(s)]));
    else
        snprintf(text, room,
                 "column \"%.60s\" has a time of another row in %zu of %zu "
                 "rows",
                 time, order->doubled, order->count);
}

/* Times that occur more than once in a series are refused where a column
 * explains them; else they end the search for an order, or are only said. */
static elman_status judge_doubled(order_search *s, bool unordered)
{
    row_order *order = s->order;
    size_t found[MOST_BY + 2], count = 0;
    bool many = 2 * order->doubled >= order->count;
    if (order->doubled == 0 || (!unordered && !many)) return ELMAN_OK;

    char what[200];
    describe_restart(s, unordered, what, sizeof what);

    if (!s->one_series) TRY(order_propose_by(s, found, &count));
    if (count) return order_refuse_series(s, what, found, count);

    /* few doubled times, or rows that are asked for as one */
    if (!unordered || 10 * order->doubled <= order->count) return ELMAN_OK;
    if (s->asked && s->one_series) return ELMAN_OK;
    if (s->asked)
        return failure(ELMAN_BAD_VALUE,
                       "%s, and no column tells series apart; give by (--by) a "
                       "column that does, or time (--time) none for the order "
                       "of the file",
                       what);

    snprintf(order->note, sizeof order->note,
             "%s%s, so rows are taken in the order of the file", what,
             s->one_series ? "" : " and no column tells series apart");
    order->time_count = 0;
    return ELMAN_OK;
}

/* Whether the numbers of a column count rows and begin again with their first:
 * 0, 1, 2, 0, 1, ... */
static bool counts_again(const order_search *s, size_t column)
{
    enum { FEWEST = 3 };
    const profile *p = &s->p->list[column];
    double first = 0, before = 0, step = 0, value = 0;
    size_t begins = 1;
    if (p->kind != COLUMN_NUMBERS || p->amount.other || p->amount.missing ||
        p->constant || order_is_part_of_time(s, column))
        return false;

    for (size_t row = 0; row < s->order->count; row++) {
        (void)amount_parse(order_cell(s, row, column), p->amount.style, &value);
        if (row == 0) first = value;
        if (row == 1) step = value - first;
        if (row && step <= 0) return false;
        if (row && value != before + step) {
            if (value != first) return false;
            begins++;
        }
        before = value;
    }
    return begins > 1 && FEWEST * begins <= s->order->count;
}

/* Whether columns change only where the stamps fall. */
static bool change_at_restarts(const order_search *s, const size_t *columns,
                               size_t count)
{
    for (size_t row = 1; row < s->order->count; row++) {
        if (s->stamps[row] < s->stamps[row - 1]) continue;
        for (size_t i = 0; i < count; i++)
            if (strcmp(order_cell(s, row, columns[i]),
                       order_cell(s, row - 1, columns[i])))
                return false;
    }
    return true;
}

/* Years, or other numbers that count time, which begin again as they do where a
 * file has several series: refused with the columns that tell them apart. */
static elman_status check_restarts(order_search *s)
{
    row_order *order = s->order;
    s->asked = true; /* numbers are read as times */
    elman_status status = ELMAN_OK;

    for (size_t j = 0; j < s->p->table->column_count && status == ELMAN_OK;
         j++) {
        stamp_column c;
        bool named = order_is_named_time(s, j) && !s->p->list[j].constant;
        if (!named && !counts_again(s, j)) continue;
        TRY(order_settle_series(s, order->series, &j, 1, -1, &c));
        order->time[0] = j;
        order->time_count = 1;
        order->doubled = c.doubled;
        s->stamps = c.stamps;

        size_t found[MOST_BY + 2], count = 0;
        bool again = c.kind != STAMP_NONE && c.order == STAMP_UNORDERED &&
                     (!named || 2 * c.doubled >= order->count);
        if (again) status = order_propose_by(s, found, &count);
        if (!named && !change_at_restarts(s, found, count)) count = 0;
        if (count && status == ELMAN_OK) {
            char what[120];
            describe_restart(s, true, what, sizeof what);
            status = order_refuse_series(s, what, found, count);
        }
        s->stamps = NULL;
        stamp_close(&c);
    }

    order->time_count = order->doubled = 0;
    s->asked = false;
    return status;
}

/* ---- Order -------------------------------------------------------------- */

typedef struct stamped {
    int64_t stamp;
    size_t row, rank;
} stamped;

static int compare_stamps(const void *left, const void *right)
{
    const stamped *a = left, *b = right;
    if (a->stamp != b->stamp) return a->stamp < b->stamp ? -1 : 1;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

/* Sorts a series by time; rows of one time keep the order of the file, turned
 * if the whole is. */
static elman_status sort_series(order_search *s, const row_series *series,
                                bool turn)
{
    TRY(stop_check());
    stamped *list = spill_zeroed(series->count + 1, sizeof *list);
    if (!list) return order_no_memory();

    for (size_t k = 0; k < series->count; k++) {
        size_t at = series->first + k;
        list[k] = (stamped){s->stamps[at], s->order->rows[at],
                            turn ? series->count - k : k};
    }

    spill_sort(list, series->count, sizeof *list, compare_stamps);
    for (size_t k = 0; k < series->count; k++) {
        s->order->rows[series->first + k] = list[k].row;
        s->stamps[series->first + k] = list[k].stamp;
    }
    spill_free(list);
    return ELMAN_OK;
}

/* No times that can be followed: refused if they were asked for. */
static elman_status give_up(order_search *s, stamp_kind kind)
{
    row_order *order = s->order;
    const char *name = s->names[order->time[0]];
    order->time_count = 0;
    order->clock = (stamp_column){0};
    order->doubled = order->gaps = 0;

    // a column that was named must be a time
    if (kind == STAMP_AMBIGUOUS && s->asked)
        return failure(ELMAN_BAD_FORMAT,
                       "column \"%.60s\": day and month cannot be told apart; "
                       "write the dates as YYYY-MM-DD, or give time (--time) "
                       "none for the order of the file",
                       name);
    if (s->asked)
        return failure(ELMAN_BAD_FORMAT,
                       "column \"%.60s\" holds no dates or times that can be "
                       "read; write them as YYYY-MM-DD hh:mm, or give time "
                       "(--time) none for the order of the file",
                       name);

    if (kind == STAMP_AMBIGUOUS)
        snprintf(order->note, sizeof order->note,
                 "column \"%.60s\": day and month cannot be told apart, so "
                 "rows are taken in the order of the file",
                 name);
    return ELMAN_OK;
}

/* Rows end to start. */
static void turn_series(order_search *s, const row_series *series)
{
    size_t *rows = s->order->rows + series->first;
    for (size_t k = 0; k < series->count / 2; k++) {
        size_t other = series->count - 1 - k, row = rows[k];
        rows[k] = rows[other];
        rows[other] = row;
    }
}

/* Times of day that begin again are those of another day, so rows keep their
 * order; they are turned where the times mostly fall. */
static void follow_days(order_search *s)
{
    row_order *order = s->order;
    size_t turned = 0;

    for (size_t i = 0; i < order->series_count; i++) {
        const row_series *series = &order->series[i];
        const int64_t *stamps = s->stamps + series->first;
        size_t rises = 0, falls = 0;
        for (size_t k = 1; k < series->count; k++) {
            rises += stamps[k] > stamps[k - 1];
            falls += stamps[k] < stamps[k - 1];
        }
        if (falls <= 2 * rises) continue;
        turn_series(s, series);
        turned++;
    }

    snprintf(order->note, sizeof order->note,
             "column \"%.60s\" holds times of day without a date, which begin "
             "again, so rows are taken in the order of the file%s",
             s->names[order->time[0]],
             turned ? ", turned round where the newest row comes first" : "");
    order->time_count = 0;
}

/* Whether a column of hours or the like rises among rows of one time, which
 * follow each other: they stand in the order of time whatever the whole does.
 */
static bool rises_within(const order_search *s, const row_series *series)
{
    for (size_t j = 0; j < s->p->table->column_count; j++) {
        const profile *p = &s->p->list[j];
        if (p->kind != COLUMN_NUMBERS || p->amount.other || p->amount.missing ||
            p->constant || !order_is_part_of_time(s, j))
            continue;

        // only rows of the same time count
        double before = 0, value = 0;
        size_t rises = 0, falls = 0;
        for (size_t k = 0; k < series->count; k++) {
            size_t at = series->first + k;
            before = value;
            (void)amount_parse(order_cell(s, s->order->rows[at], j),
                               p->amount.style, &value);
            if (k == 0 || s->stamps[at] != s->stamps[at - 1]) continue;
            rises += value > before;
            falls += value < before;
        }
        if (rises && !falls) return true;
    }
    return false;
}

static elman_status sort_rows(order_search *s, stamp_order *orders)
{
    row_order *order = s->order;
    bool fits = true, unordered = false;

    TRY(order_read_times(s, &fits, orders));
    if (!fits) return give_up(s, STAMP_NONE);

    for (size_t i = 0; i < order->series_count; i++)
        unordered = unordered || orders[i] == STAMP_UNORDERED;
    bool days = unordered && order->clock.kind == STAMP_TIME;
    TRY(judge_doubled(s, unordered));
    if (days) follow_days(s);

    /* a column that begins again for no reason is followed no further */
    if (order->time_count == 0) {
        order->clock = (stamp_column){0};
        order->doubled = order->gaps = 0;
        return ELMAN_OK;
    }

    for (size_t i = 0; i < order->series_count; i++) {
        if (orders[i] == STAMP_ASCENDING) continue;
        bool turn = orders[i] == STAMP_DESCENDING;
        order->reversed += turn;
        order->sorted += !turn;
        bool keep =
            turn && order->doubled && rises_within(s, &order->series[i]);
        TRY(sort_series(s, &order->series[i], turn && !keep));
    }

    for (size_t i = 0; i < order->series_count; i++) {
        row_series *series = &order->series[i];
        series->last = s->stamps[series->first + series->count - 1];
    }
    return ELMAN_OK;
}

static elman_status find_order(order_search *s, const order_request *request)
{
    row_order *order = s->order;
    TRY(order_group_rows(s));
    if (request->no_time) return ELMAN_OK;
    if (order->time_count == 0) TRY(order_find_time(s));
    if (order->time_count == 0)
        return order->by_count || s->one_series ? ELMAN_OK : check_restarts(s);

    stamp_kind kind;
    TRY(order_try_times(s, order->time, order->time_count, &kind,
                        &s->day_first));
    if (kind == STAMP_NONE && !s->numbers) {
        s->numbers = true;
        TRY(order_try_times(s, order->time, order->time_count, &kind,
                            &s->day_first));
    }
    if (kind == STAMP_NONE || kind == STAMP_AMBIGUOUS) return give_up(s, kind);

    s->stamps = spill_zeroed(order->count + 1, sizeof *s->stamps);
    stamp_order *orders = calloc(order->series_count + 1, sizeof *orders);
    elman_status status =
        s->stamps && orders ? sort_rows(s, orders) : order_no_memory();
    spill_free(s->stamps);
    free(orders);
    return status;
}

elman_status order_open(const profiles *p, const char *const *names,
                        const order_request *request, row_order *order)
{
    *order = (row_order){.count = p->row_count};
    order->time_count = request->time_count;
    order->by_count = request->by_count;
    memcpy(order->time, request->time, sizeof order->time);
    memcpy(order->by, request->by, sizeof order->by);

    order_search s = {.p = p,
                      .names = names,
                      .order = order,
                      .asked = request->time_asked,
                      .one_series = request->one_series,
                      .held = request->held};
    elman_status status = find_order(&s, request);
    if (status == ELMAN_OK) order_note_turns(&s);
    if (status != ELMAN_OK) order_close(order);
    return status;
}

void order_close(row_order *order)
{
    for (size_t i = 0; i < order->series_count; i++)
        free(order->series[i].name);
    free(order->series);
    spill_free(order->rows);
    *order = (row_order){0};
}
