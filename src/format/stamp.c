/*
 * stamp.c: which way of writing stamps fits a whole column. Of all ways those
 * are kept that fit every cell; where several are left, order and regular steps
 * decide.
 */
#include "format/stamp_parts.h"
#include "format/missing.h"

#include "base/spill.h"
#include "base/stop.h"

#include <stdlib.h>
#include <string.h>

/* A way of writing: places in the lists of patterns. */
typedef struct way {
    size_t date, time, join;
} way;

/* The ways that fit all cells so far. */
typedef struct ways {
    way *list;
    size_t count;
} ways;

static stamp_style style_of(way w)
{
    return (stamp_style){.date = stamp_dates[w.date].text,
                         .time = stamp_times[w.time],
                         .join = stamp_joins[w.join]};
}

/* ---- What fits ---------------------------------------------------------- */

static void add_way(ways *left, size_t date, size_t time, size_t join)
{
    left->list[left->count++] = (way){date, time, join};
}

/* All ways there are. */
static elman_status list_ways(ways *left)
{
    left->list = calloc((size_t)STAMP_DATES * STAMP_TIMES * STAMP_JOINS,
                        sizeof *left->list);
    if (!left->list) return failure(ELMAN_NO_MEMORY, "no memory for dates");

    for (size_t d = 0; d < STAMP_DATES; d++) {
        if (stamp_dates[d].text[0]) add_way(left, d, 0, 0);
        for (size_t t = 1; stamp_dates[d].with_time && t < STAMP_TIMES; t++)
            for (size_t j = 0; j < (stamp_dates[d].text[0] ? STAMP_JOINS : 1);
                 j++)
                add_way(left, d, t, j);
    }
    return ELMAN_OK;
}

/* Keeps the ways that fit a cell; how many are left. */
static size_t keep_fitting(const ways *left, const char *text, way *kept)
{
    size_t count = 0;
    int64_t stamp;

    for (size_t i = 0; i < left->count; i++) {
        stamp_style style = style_of(left->list[i]);
        if (stamp_match(&style, text, &stamp)) kept[count++] = left->list[i];
    }
    return count;
}

/* Keeps the ways that fit all cells, and names the first that none fits. */
static elman_status sift(const char *const *cells, size_t stride,
                         stamp_column *column, ways *left)
{
    way *kept = calloc(left->count, sizeof *kept);
    if (!kept) return failure(ELMAN_NO_MEMORY, "no memory for dates");
    size_t filled = 0;
    elman_status status = ELMAN_OK;

    for (size_t i = 0; i < column->count && left->count && !status; i++) {
        const char *text = cells[i * stride];
        status = stop_check_row(i);
        if (missing_mark(text)) continue;
        size_t count = keep_fitting(left, text, kept);

        /* what the rows before had in common */
        if (count == 0 && filled > 2) {
            stamp_style style = style_of(left->list[0]);
            column->odd_row = i;
            stamp_describe_style(&style, column->odd_style);
        }
        memcpy(left->list, kept, count * sizeof *kept);
        left->count = count;
        filled++;
    }

    if (filled == 0) left->count = 0;
    free(kept);
    return status;
}

/* ---- Which of them ------------------------------------------------------ */

/* Reads all cells in one way. */
static elman_status read_way(const char *const *cells, size_t stride, way w,
                             stamp_column *column)
{
    column->style = style_of(w);
    column->empty = 0;

    for (size_t i = 0; i < column->count; i++) {
        TRY(stop_check_row(i));
        bool missing = missing_mark(cells[i * stride]);
        column->stamps[i] = STAMP_MISSING;
        column->empty += missing;
        if (!missing)
            stamp_match(&column->style, cells[i * stride], &column->stamps[i]);
    }
    return stamp_find_steps(column);
}

/* Whether the years of all stamps are of our time. */
static bool plausible_years(const stamp_column *c, int64_t least)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->stamps[i] == STAMP_MISSING) continue;
        int64_t year = stamp_day_of(stamp_floor(c->stamps[i], STAMP_DAY)).year;
        if (year < least || year > 2200) return false;
    }
    return true;
}

/* How well what was read fits: 0 not at all. */
static int judge(const stamp_column *c, stamp_rule rule)
{
    bool ordered = c->order != STAMP_UNORDERED;
    bool regular = c->unit != STAMP_IRREGULAR && ordered;
    size_t filled = c->count - c->empty;

    if (rule != STAMP_ANY) {
        bool numbers = strchr(c->style.date, '-') == NULL;
        if (!regular || filled < 3) return 0;
        if (c->gaps > filled / 2) return 0;
        if (numbers && !plausible_years(c, 1500)) return 0;
    }
    if (rule == STAMP_YEARS && (c->step != 12 || c->gaps || c->doubled))
        return 0;
    if (strstr(c->style.date, "%o") &&
        (c->unit != STAMP_MONTHS || c->step != 1))
        return 0;
    if (rule == STAMP_EPOCH && !plausible_years(c, 1973)) return 0;

    /* rows in order before steps without gaps, those before other steps */
    int steps = c->unit == STAMP_IRREGULAR ? 0 : c->gaps ? 1 : 2;
    return 1 + steps + (ordered ? 3 : 0);
}

static stamp_kind kind_of(const stamp_column *c, stamp_rule rule)
{
    if (!c->style.date[0]) return STAMP_TIME;
    bool digits = rule != STAMP_ANY && !strchr(c->style.date, '-');
    return digits ? STAMP_NUMBER : STAMP_DATE;
}

/* Whether two ways differ in what they say of day and month alone. */
static bool asked_order(const stamp_style *style, int day_first)
{
    const char *day = strstr(style->date, "%d");
    const char *month = strstr(style->date, "%m");
    if (day_first < 0 || !day || !month) return true;
    return (day < month) == (day_first == 1) || style->date[1] == 'Y';
}

/* Reads the column in the best of the ways that are left. */
static elman_status choose(const char *const *cells, size_t stride,
                           const ways *left, int day_first,
                           stamp_column *column)
{
    int most = 0;
    size_t best = 0, ties = 0, last = 0;
    stamp_order order = STAMP_UNORDERED;
    bool other = false;

    for (size_t i = 0; i < left->count; i++) {
        TRY(read_way(cells, stride, left->list[i], column));
        last = i;
        if (!asked_order(&column->style, day_first)) continue;
        int fit = judge(column, stamp_dates[left->list[i].date].rule);
        if (fit == 0 || fit < most) continue;
        ties = fit == most ? ties + 1 : 0;
        if (fit > most) {
            best = i;
            order = column->order;
        }
        other = ties && column->order != order;
        most = fit;
    }

    column->kind = STAMP_NONE;
    if (most == 0) return ELMAN_OK;
    if (last != best) TRY(read_way(cells, stride, left->list[best], column));
    column->other_order = other || (ties && order == STAMP_UNORDERED);
    column->kind =
        ties ? STAMP_AMBIGUOUS
             : kind_of(column, stamp_dates[left->list[best].date].rule);
    return ELMAN_OK;
}

elman_status stamp_settle(const char *const *cells, size_t stride, size_t count,
                          int day_first, stamp_column *column)
{
    *column = (stamp_column){.count = count, .odd_row = SIZE_MAX};
    column->stamps = spill_zeroed(count + 1, sizeof *column->stamps);
    if (!column->stamps)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu stamps", count);

    ways left = {0};
    elman_status status = list_ways(&left);
    if (status == ELMAN_OK) status = sift(cells, stride, column, &left);
    if (status == ELMAN_OK)
        status = choose(cells, stride, &left, day_first, column);

    free(left.list);
    if (status != ELMAN_OK) stamp_close(column);
    return status;
}

void stamp_close(stamp_column *column)
{
    spill_free(column->stamps);
    column->stamps = NULL;
}
