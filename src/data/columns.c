/*
 * columns.c: the columns of a table opened and asked: cells and their values,
 * time and series, what only counts rows, and why a column was not chosen.
 */
#include "data/columns_parts.h"
#include "data/encoding.h"

#include "base/stop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *columns_cell(const columns *c, size_t row, size_t column)
{
    return profiles_cell(&c->profiles, row, column);
}

size_t columns_line(const columns *c, size_t row)
{
    return c->table->lines[row + c->profiles.header];
}

elman_status columns_value(const columns *c, size_t row, size_t column,
                           double *value)
{
    const char *text = columns_cell(c, row, column);
    number_kind kind =
        amount_parse(text, columns_profile(c, column)->amount.style, value);
    if (kind == NUMBER_VALUE || kind == NUMBER_MISSING) return ELMAN_OK;

    const char *reason =
        kind == NUMBER_TOO_LARGE ? "is too large for a number"
        : amount_infinite(text)
            ? "is no number to learn from; take it out"
            : "is not a number; correct it, or leave the "
              "cell empty and give missing (--missing) drop or previous";
    return failure(ELMAN_BAD_FORMAT, "line %zu, column \"%.60s\": \"%.40s\" %s",
                   columns_line(c, row), c->names[column], text, reason);
}

/* ---- Time and series ---------------------------------------------------- */

/* Columns that were learned under a list of names, where they are there. */
static elman_status follow_list(columns *c, const char *list, size_t most,
                                const char *what, size_t *column, size_t *count)
{
    failure_text kept = failure_keep();
    elman_status status = columns_read_list(c, list, most, column, count);
    if (status == ELMAN_OK || status == ELMAN_NO_MEMORY) return status;

    failure_restore(&kept);
    *count = 0;
    snprintf(c->note, sizeof c->note,
             "column \"%.60s\", which the model knows for %s, is not there",
             list, what);
    return ELMAN_OK;
}

/* Marks the columns of numbers that are inputs or targets by name, asked for or
 * learned. A list with a name that is not there is refused later. */
static elman_status hold_columns(const columns *c, const elman_dataset *dataset,
                                 const elman_dataset_config *config, bool *held)
{
    const elman_encoding *e = dataset->encoding;
    size_t width = c->table->column_count, count, column;
    size_t *list = calloc(width, sizeof *list);
    if (!list) return columns_no_memory();

    /* names that are not there are refused where columns are chosen */
    failure_text kept = failure_keep();
    const char *const asked[] = {config->target, config->columns};
    for (size_t k = 0; k < 2 && !dataset->learned; k++) {
        count = 0;
        if (asked[k]) (void)columns_read_list(c, asked[k], width, list, &count);
        for (size_t i = 0; i < count; i++)
            held[list[i]] = true;
    }
    failure_restore(&kept);

    for (size_t i = 0; dataset->learned && i < e->input_size; i++)
        if (e->columns && columns_count_named(c, e->columns[i],
                                              strlen(e->columns[i]), &column))
            held[column] = true;
    for (size_t i = 0; dataset->learned && i < e->target_count; i++)
        if (e->target_names &&
            columns_count_named(c, e->target_names[i],
                                strlen(e->target_names[i]), &column))
            held[column] = true;
    free(list);
    return ELMAN_OK;
}

static elman_status settle_order(columns *c, const elman_encoding *e,
                                 const elman_dataset_config *config,
                                 const bool *held)
{
    order_request r = {.held = held};
    const char *time = config->time ? config->time : e->time;
    const char *by = config->by ? config->by : e->by;

    /* what is asked for must be there, what was learned may be */
    r.no_time = time && !strcmp(time, "none");
    if (config->time && !r.no_time) {
        TRY(columns_read_list(c, time, MOST_TIME, r.time, &r.time_count));
        r.time_asked = true;
    } else if (time && !r.no_time)
        TRY(follow_list(c, time, MOST_TIME, "time", r.time, &r.time_count));

    r.one_series = by && !strcmp(by, "none");
    if (config->by && !r.one_series)
        TRY(columns_read_list(c, by, MOST_BY, r.by, &r.by_count));
    else if (by && !r.one_series)
        TRY(follow_list(c, by, MOST_BY, "series", r.by, &r.by_count));

    return order_open(&c->profiles, c->names, &r, &c->order);
}

/* ---- What only counts rows ---------------------------------------------- */

/* Whether numbers rise or fall by one step from row to row, the same in each
 * series. */
static bool counts_rows(const columns *c, size_t column)
{
    enum { FEWEST = 8 };
    const row_order *o = &c->order;
    size_t longest = 0;
    double step = NAN, value = 0;

    for (size_t i = 0; i < o->series_count; i++) {
        const row_series *s = &o->series[i];
        double first = 0;
        for (size_t k = 0; k < s->count; k++) {
            size_t row = o->rows[s->first + k];
            if (stop_check_row(k)) return false;
            if (columns_value(c, row, column, &value) != ELMAN_OK) return false;
            if (k == 0) first = value;
            else if (isnan(step)) step = value - first;

            // every row is one step on from the first of its series
            double off = k ? value - first - (double)k * step : 0;
            if (step == 0 || !(fabs(off) <= 1e-6 * fabs(step) || k == 0))
                return false;
        }
        if (s->count > longest) longest = s->count;
    }
    return longest >= FEWEST;
}

static void find_counters(columns *c)
{
    for (size_t j = 0; j < c->table->column_count; j++)
        c->counters[j] = columns_profile(c, j)->kind == COLUMN_NUMBERS &&
                         columns_profile(c, j)->amount.other == 0 &&
                         columns_profile(c, j)->missing == 0 &&
                         counts_rows(c, j);
}

/* ---- Open and close ----------------------------------------------------- */

/* Numbers that are used must be clear. */
static elman_status check_numbers(const columns *c, const size_t *column,
                                  size_t count)
{
    double value;
    for (size_t i = 0; i < count; i++) {
        if (column[i] == SIZE_MAX ||
            columns_profile(c, column[i])->kind != COLUMN_AMBIGUOUS)
            continue;

        /* a cell that shows it */
        char mark =
            columns_profile(c, column[i])->amount.style.thousands ? ',' : '.';
        size_t row = 0;
        while (row + 1 < c->profiles.row_count &&
               !strchr(columns_cell(c, row, column[i]), mark))
            row++;
        const char *text = columns_cell(c, row, column[i]);
        (void)amount_parse(text, (amount_style){mark, 0}, &value);
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu, column \"%.60s\": \"%.40s\" may be %g or a "
                       "number with marks between thousands; say which with "
                       "decimal (--decimal) %c or thousands (--thousands) %c",
                       columns_line(c, row), c->names[column[i]], text, value,
                       mark, mark);
    }
    return ELMAN_OK;
}

/* What the file and the encoding know of its numbers and header. */
static reading_hints make_hints(const elman_dataset *dataset,
                                const elman_dataset_config *config)
{
    const elman_encoding *e = dataset->encoding;
    return (reading_hints){
        .header = config->header,
        .asked = {config->decimal, config->thousands},
        .known = {config->decimal ? config->decimal : e->decimal,
                  config->thousands ? config->thousands : e->thousands},
        .follow = dataset->learned ? e : NULL};
}

static elman_status open_columns(elman_dataset *dataset,
                                 const elman_dataset_config *config, columns *c)
{
    elman_encoding *e = dataset->encoding;
    size_t count = c->table->column_count;
    reading_hints hints = make_hints(dataset, config);
    TRY(profiles_open(c->table, &hints, &c->profiles));

    c->numbers = calloc(count, sizeof *c->numbers);
    c->names = calloc(count, sizeof *c->names);
    c->first_of = calloc(count, sizeof *c->first_of);
    c->inputs = calloc(count + e->input_size, sizeof *c->inputs);
    c->targets = calloc(count + e->target_count, sizeof *c->targets);
    c->counters = calloc(count, sizeof *c->counters);
    if (!c->numbers || !c->names || !c->first_of || !c->inputs || !c->targets ||
        !c->counters)
        return columns_no_memory();

    TRY(columns_set_names(c));

    /* what is an input or a target is no time by guess */
    bool *held = calloc(count, sizeof *held);
    if (!held) return columns_no_memory();
    elman_status status = hold_columns(c, dataset, config, held);
    if (status == ELMAN_OK) status = settle_order(c, e, config, held);
    free(held);
    TRY(status);
    find_counters(c);
    TRY(stop_check());

    if (dataset->learned) TRY(columns_follow(c, e, config->answers));
    else TRY(columns_choose(c, e, config));

    TRY(check_numbers(c, c->inputs, c->input_count));
    if (e->task == ELMAN_TASK_TAG) return ELMAN_OK;
    return check_numbers(c, c->targets, c->target_count);
}

elman_status columns_open(const csv *table, elman_dataset *dataset,
                          const elman_dataset_config *config, columns *c)
{
    *c = (columns){.table = table};
    elman_status status = open_columns(dataset, config, c);
    if (status != ELMAN_OK) columns_close(c);
    return status;
}

void columns_close(columns *c)
{
    profiles_close(&c->profiles);
    order_close(&c->order);
    dictionary_clear(&c->by_name);
    free(c->numbers);
    free(c->names);
    free(c->first_of);
    free(c->inputs);
    free(c->targets);
    free(c->counters);
    *c = (columns){0};
}

void columns_reason(const columns *c, size_t column, char *text, size_t room)
{
    const profile *p = columns_profile(c, column);
    const row_order *o = &c->order;

    if (columns_contain(o->time, o->time_count, column))
        snprintf(text, room, "time");
    else if (columns_contain(o->by, o->by_count, column))
        snprintf(text, room, "series");
    else if (p->kind == COLUMN_EMPTY) snprintf(text, room, "empty");
    else if (p->kind == COLUMN_TIMES) snprintf(text, room, "dates or times");
    else if (p->constant)
        snprintf(text, room, "always \"%.30s\"", columns_cell(c, 0, column));
    else if (c->counters[column]) snprintf(text, room, "counts rows");
    else if (p->kind == COLUMN_TEXT && p->distinct > MOST_DISTINCT)
        snprintf(text, room, "text");
    else if (p->kind == COLUMN_TEXT)
        snprintf(text, room, "text, %zu different", p->distinct);
    else snprintf(text, room, "not chosen");
}
