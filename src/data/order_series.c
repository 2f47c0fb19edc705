/*
 * order_series.c: which rows are one series: those that agree in the columns
 * that tell series apart, and the columns to propose where nobody gave any.
 */
#include "data/dictionary.h"
#include "data/order_parts.h"

#include "base/memory.h"
#include "base/spill.h"
#include "base/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PAIRED = 8 };

/* A column as a list of columns has it: by its name, or its number from 1 where
 * the name would be read as another. */
void order_call_column(const order_search *s, size_t column, char *text,
                       size_t room)
{
    const char *name = s->names[column];
    size_t bytes = strlen(name);
    bool plain = bytes > 0 && bytes <= 60 && !strpbrk(name, ",\"") &&
                 name[0] != ' ' && name[bytes - 1] != ' ' &&
                 strcmp(name, "none");
    for (size_t j = 0; j < s->p->table->column_count && plain; j++)
        plain = j == column || strcmp(s->names[j], name) != 0;

    if (plain) snprintf(text, room, "%s", name);
    else snprintf(text, room, "%zu", column + 1);
}

bool order_is_by(const row_order *order, size_t column)
{
    for (size_t i = 0; i < order->by_count; i++)
        if (order->by[i] == column) return true;
    return false;
}

/* ---- Series ------------------------------------------------------------- */

/* Cells of a row in one key, each with the zero that ends it, so that no two
 * lists of cells have the same. */
typedef struct row_key {
    char *text;
    size_t bytes, room;
} row_key;

static elman_status key_add(row_key *key, const void *more, size_t bytes)
{
    char *wider = array_widen(key->text, &key->room, key->bytes + bytes, 1);
    if (!wider) return order_no_memory();
    key->text = wider;
    memcpy(key->text + key->bytes, more, bytes);
    key->bytes += bytes;
    return ELMAN_OK;
}

static elman_status key_set(const order_search *s, size_t row,
                            const size_t *columns, size_t count, row_key *key)
{
    key->bytes = 0;
    for (size_t i = 0; i < count; i++) {
        const char *text = order_cell(s, row, columns[i]);
        TRY(key_add(key, text, strlen(text) + 1));
    }
    return ELMAN_OK;
}

/* Numbers the rows by their series, in the order of first appearance. */
static elman_status number_series(const order_search *s, size_t *number,
                                  dictionary *keys)
{
    row_key key = {0};
    elman_status status = ELMAN_OK;
    for (size_t row = 0; row < s->order->count && status == ELMAN_OK; row++) {
        status = stop_check_row(row);
        if (!status)
            status = key_set(s, row, s->order->by, s->order->by_count, &key);
        if (status == ELMAN_OK)
            status = dictionary_add(keys, key.text, key.bytes, &number[row]);
    }
    free(key.text);
    return status;
}

/* A key as people see it: its cells with "/" between them. */
static char *name_series(const dictionary_entry *key)
{
    char *name = malloc(key->bytes);
    if (!name) return NULL;
    memcpy(name, key->text, key->bytes);
    for (size_t i = 0; i + 1 < key->bytes; i++)
        if (!name[i]) name[i] = '/';
    return name;
}

/* Rows of a series follow each other, in the order of the file. */
static elman_status place_rows(row_order *order, const size_t *number,
                               const dictionary *keys)
{
    for (size_t i = 0, first = 0; i < keys->count; i++) {
        row_series *series = &order->series[i];
        *series = (row_series){.first = first, .file_rows = order->count};
        series->name = name_series(&keys->entries[i]);
        if (!series->name) return order_no_memory();
        first += keys->entries[i].uses;
    }

    for (size_t row = 0; row < order->count; row++) {
        row_series *series = &order->series[number[row]];
        order->rows[series->first + series->count++] = row;
    }
    return ELMAN_OK;
}

elman_status order_group_rows(order_search *s)
{
    row_order *order = s->order;
    order->rows = spill_zeroed(order->count + 1, sizeof *order->rows);
    if (!order->rows) return order_no_memory();

    /* without columns to tell them apart all rows are one series */
    if (order->by_count == 0) {
        order->series = calloc(1, sizeof *order->series);
        if (!order->series) return order_no_memory();
        order->series_count = 1;
        *order->series =
            (row_series){.count = order->count, .file_rows = order->count};
        for (size_t row = 0; row < order->count; row++)
            order->rows[row] = row;
        return ELMAN_OK;
    }

    dictionary keys = {0};
    size_t *number = spill_zeroed(order->count + 1, sizeof *number);
    elman_status status =
        number ? number_series(s, number, &keys) : order_no_memory();
    if (status == ELMAN_OK) {
        order->series = calloc(keys.count, sizeof *order->series);
        order->series_count = order->series ? keys.count : 0;
        status = order->series ? place_rows(order, number, &keys)
                               : order_no_memory();
    }

    spill_free(number);
    dictionary_clear(&keys);
    return status;
}

const row_series *order_longest_series(const row_order *order)
{
    const row_series *longest = order->series;
    for (size_t i = 1; i < order->series_count; i++)
        if (order->series[i].count > longest->count)
            longest = &order->series[i];
    return longest;
}

/* ---- Series that nobody asked for --------------------------------------- */

/* What is known of columns that may tell series apart. */
typedef struct trial {
    dictionary keys, series, times; /* rows, texts of the columns, times */
    row_key key;
} trial;

static elman_status try_row(const order_search *s, size_t row,
                            const size_t *columns, size_t count, trial *t)
{
    size_t number;
    const int64_t *stamp = &s->stamps[row];
    TRY(key_set(s, s->order->rows[row], columns, count, &t->key));
    TRY(dictionary_add(&t->series, t->key.text, t->key.bytes, &number));
    TRY(dictionary_add(&t->times, (const char *)stamp, sizeof *stamp, &number));
    TRY(key_add(&t->key, stamp, sizeof *stamp));
    return dictionary_add(&t->keys, t->key.text, t->key.bytes, &number);
}

/* Whether columns tell rows of the same time apart, each text of them with
 * several rows. */
static elman_status tells_apart(const order_search *s, const size_t *columns,
                                size_t count, bool *apart)
{
    trial t = {0};
    elman_status status = ELMAN_OK;
    size_t rows = s->order->count;
    *apart = true;

    for (size_t row = 0; row < rows && *apart && status == ELMAN_OK; row++) {
        status = try_row(s, row, columns, count, &t);
        *apart = t.keys.count == row + 1 && t.series.count <= MOST_DISTINCT;
    }

    /* numbers must fill most of the grid of series and times: others differ
     * by chance */
    bool digits = false;
    for (size_t i = s->order->by_count; i < count; i++)
        digits = digits || s->p->list[columns[i]].kind == COLUMN_NUMBERS;
    *apart = *apart && t.series.count > 1 && 3 * t.series.count <= rows &&
             (!digits || 2 * rows >= t.series.count * t.times.count);

    dictionary_clear(&t.keys);
    dictionary_clear(&t.series);
    dictionary_clear(&t.times);
    free(t.key.text);
    return status;
}

static bool may_tell_apart(const order_search *s, size_t column)
{
    const profile *p = &s->p->list[column];
    for (size_t i = 0; i < s->order->time_count; i++)
        if (s->order->time[i] == column) return false;
    if (p->constant || order_is_by(s->order, column) ||
        order_is_part_of_time(s, column))
        return false;
    return p->kind == COLUMN_NUMBERS
               ? p->amount.other == 0 && p->amount.missing == 0
               : p->kind == COLUMN_TEXT && p->distinct <= MOST_DISTINCT;
}

/* Columns that may tell series apart, text before numbers. */
static size_t list_candidates(const order_search *s, size_t list[MOST_PAIRED])
{
    size_t width = s->p->table->column_count, count = 0;
    for (int numeric = 0; numeric < 2; numeric++)
        for (size_t j = 0; j < width && count < MOST_PAIRED; j++) {
            bool digits = s->p->list[j].kind == COLUMN_NUMBERS;
            if (digits == numeric && may_tell_apart(s, j)) list[count++] = j;
        }
    return count;
}

/* Finds the columns that tell series apart: those that do already, and one
 * more, else two; count is 0 if there are none. */
elman_status order_propose_by(const order_search *s, size_t found[MOST_BY + 2],
                              size_t *count)
{
    size_t list[MOST_PAIRED], candidates = list_candidates(s, list);
    size_t known = s->order->by_count;
    bool apart = false;
    memcpy(found, s->order->by, known * sizeof *found);

    *count = known + 1;
    for (size_t a = 0; a < candidates; a++) {
        found[known] = list[a];
        TRY(tells_apart(s, found, *count, &apart));
        if (apart) return ELMAN_OK;
    }

    *count = known + 2;
    for (size_t a = 0; a < candidates; a++)
        for (size_t b = a + 1; b < candidates; b++) {
            found[known] = list[a];
            found[known + 1] = list[b];
            TRY(tells_apart(s, found, *count, &apart));
            if (apart) return ELMAN_OK;
        }

    *count = 0;
    return ELMAN_OK;
}

/* Refuses rows of several series, with the columns that tell them apart. */
elman_status order_refuse_series(const order_search *s, const char *what,
                                 const size_t *columns, size_t count)
{
    char names[200] = "", list[200] = "", call[64];
    size_t at = 0, end = 0;
    for (size_t i = 0; i < count; i++) {
        const char *between = i ? "," : "";
        order_call_column(s, columns[i], call, sizeof call);
        if (at < sizeof names)
            at += (size_t)snprintf(names + at, sizeof names - at, "%s%.60s",
                                   between, s->names[columns[i]]);
        if (end < sizeof list)
            end += (size_t)snprintf(list + end, sizeof list - end, "%s%s",
                                    between, call);
    }
    return failure(ELMAN_BAD_VALUE,
                   "%s: the rows are of several series, which %s \"%s\" %s "
                   "apart; give by (--by) \"%s\", or by (--by) none to take "
                   "them as one",
                   what, count > 1 ? "columns" : "column", names,
                   count > 1 ? "tell" : "tells", list);
}

/* How many texts of a column come in turn, each once before the first comes
 * again: A, B, C, A, B, C; 0 if they do not. */
static size_t count_turns(const order_search *s, size_t column)
{
    enum { FEWEST = 6 };
    size_t rows = s->order->count, turn = s->p->list[column].distinct;
    if (turn < 2 || rows < FEWEST * turn) return 0;
    for (size_t row = turn; row < rows; row++)
        if (strcmp(order_cell(s, row, column),
                   order_cell(s, row - turn, column)))
            return 0;
    return turn;
}

/* Says that rows seem to be of several series which take turns, where nobody
 * has said what they are. */
void order_note_turns(order_search *s)
{
    row_order *order = s->order;
    char call[64];
    if (order->by_count || s->one_series || order->note[0]) return;

    /* the last column may be tags */
    for (size_t j = 0; j + 1 < s->p->table->column_count; j++) {
        if (s->p->list[j].kind != COLUMN_TEXT || !may_tell_apart(s, j) ||
            (s->held && s->held[j]))
            continue;
        size_t turn = count_turns(s, j);
        if (!turn) continue;
        order_call_column(s, j, call, sizeof call);
        snprintf(order->note, sizeof order->note,
                 "the %zu texts of column \"%.60s\" take turns from row to "
                 "row, as where the rows are of %zu series, but they are taken "
                 "as one; to tell them apart give by (--by) \"%s\"",
                 turn, s->names[j], turn, call);
        return;
    }
}
