/*
 * journal_text.c: the text of a journal is JSON:
 *
 * {"version": 1, "settings": {"data": "input.txt", ...}, "total": 30,
 *  "columns": ["number", "step", "best", "epoch", "loss", ...],
 *  "rows": [[0, 100, 1, 0.5, 2.25, ...], ...]}
 *
 * A number that was not measured is null, an infinite one "inf" or "-inf"; a
 * column without any measured number is left out. Seconds are not there, so
 * that equal runs have equal texts.
 */
#include "learn/journal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "format/json.h"

/* Where the real numbers of a row are. */
typedef struct real_column {
    const char *name;
    size_t offset;
} real_column;

#define AT(field) offsetof(elman_journal_row, field)

static const real_column reals[] = {
    {"epoch", AT(epoch)},
    {"train_loss", AT(train_loss)},
    {"loss", AT(loss)},
    {"score", AT(score)},
    {"learning_rate", AT(learning_rate)},
    {"norm", AT(norm)},
    {"clipped", AT(clipped)},
    {"horizon", AT(horizon)},
    {"rate", AT(rate)},
    {"saturation", AT(saturation)},
    {"update", AT(update)},
};

enum { REALS = sizeof reals / sizeof *reals, WHOLES = 3, COLUMNS = 40 };

static const char *const wholes[WHOLES] = {"number", "step", "best"};

static double *real_of(elman_journal_row *row, size_t column)
{
    return (double *)(void *)((char *)row + reals[column].offset);
}

/* ---- Writing ------------------------------------------------------------ */

static bool was_measured(const elman_journal *journal, size_t column)
{
    for (size_t i = 0; i < journal->count; i++) {
        elman_journal_row row = journal->rows[i];
        if (!isnan(*real_of(&row, column))) return true;
    }
    return false;
}

static void write_real(json_writer *w, double value)
{
    if (isfinite(value)) json_write_number(w, value);
    else if (isnan(value)) json_write_null(w);
    else json_write_text(w, value > 0 ? "inf" : "-inf", value > 0 ? 3 : 4);
}

static void write_settings(json_writer *w, const elman_journal *journal)
{
    json_write_key(w, "settings");
    json_begin(w, '{');
    for (size_t i = 0; i < journal->setting_count; i++) {
        const elman_setting *setting = &journal->settings[i];
        json_write_key(w, setting->name);
        json_write_text(w, setting->value, strlen(setting->value));
    }
    json_end(w, '}');
}

static void write_columns(json_writer *w, const bool measured[REALS])
{
    json_write_key(w, "columns");
    json_begin(w, '[');
    for (size_t i = 0; i < WHOLES; i++)
        json_write_text(w, wholes[i], strlen(wholes[i]));
    for (size_t i = 0; i < REALS; i++)
        if (measured[i])
            json_write_text(w, reals[i].name, strlen(reals[i].name));
    json_end(w, ']');
}

elman_status journal_text(const elman_journal *journal, char **text)
{
    json_writer w = {0};
    bool measured[REALS];
    for (size_t i = 0; i < REALS; i++)
        measured[i] = was_measured(journal, i);

    json_begin(&w, '{');
    json_write_key(&w, "version");
    json_write_whole(&w, 1);
    write_settings(&w, journal);
    json_write_key(&w, "total");
    json_write_whole(&w, (int64_t)journal->total);
    write_columns(&w, measured);

    /* the rows, in the order of those names */
    json_write_key(&w, "rows");
    json_begin(&w, '[');
    for (size_t i = 0; i < journal->count; i++) {
        elman_journal_row row = journal->rows[i];
        json_begin(&w, '[');
        json_write_whole(&w, (int64_t)journal->numbers[i]);
        json_write_whole(&w, (int64_t)row.step);
        json_write_whole(&w, row.best);
        for (size_t k = 0; k < REALS; k++)
            if (measured[k]) write_real(&w, *real_of(&row, k));
        json_end(&w, ']');
    }
    json_end(&w, ']');
    json_end(&w, '}');
    return json_finish(&w, text);
}

/* ---- Reading ------------------------------------------------------------ */

static elman_status bad(const char *what, const char *expected)
{
    return failure(ELMAN_BAD_FORMAT,
                   "%s, expected %s, as 'elman train' writes it", what,
                   expected);
}

/* What a column of a text holds: a whole number, a real one behind those, or
 * one that only a later version knows. */
typedef struct layout {
    size_t count;
    size_t columns[COLUMNS];
} layout;

enum { UNKNOWN = WHOLES + REALS };

static size_t column_named(const char *name)
{
    for (size_t i = 0; i < WHOLES; i++)
        if (!strcmp(name, wholes[i])) return i;
    for (size_t i = 0; i < REALS; i++)
        if (!strcmp(name, reals[i].name)) return WHOLES + i;
    return UNKNOWN;
}

static elman_status read_columns(const json_node *list, layout *l)
{
    bool seen[UNKNOWN + 1] = {false};
    if (!list || list->kind != JSON_KIND_LIST || list->count > COLUMNS)
        return bad("its columns are no list", "a list of names");

    for (const json_node *n = list->is.first; n; n = n->next) {
        const char *name = json_text(n);
        if (!name) return bad("a column has no name", "texts");
        size_t column = column_named(name);
        if (column != UNKNOWN && seen[column])
            return bad("a column is there twice", "each once");
        seen[column] = true;
        l->columns[l->count++] = column;
    }
    for (size_t i = 0; i < WHOLES; i++)
        if (!seen[i])
            return bad("a column is missing", "number, step and best");
    return ELMAN_OK;
}

static elman_status read_settings(const json_node *list, elman_journal *journal)
{
    if (!list || list->kind != JSON_KIND_OBJECT)
        return bad("it has no settings", "an object of texts");
    for (const json_node *n = list->is.first; n; n = n->next) {
        const char *value = json_text(n);
        if (!value) return bad("a setting is no text", "texts");
        TRY(journal_write_setting(journal, n->key, value));
    }
    return ELMAN_OK;
}

static bool read_real(const json_node *node, double *value)
{
    const char *text = json_text(node);
    *value = NAN;
    if (text && !strcmp(text, "inf")) *value = INFINITY;
    else if (text && !strcmp(text, "-inf")) *value = -INFINITY;
    else if (node->kind != JSON_KIND_NULL) return json_number(node, value);
    return true;
}

static elman_status read_row(const json_node *list, const layout *l,
                             elman_journal *journal)
{
    int64_t whole[WHOLES] = {0};
    elman_journal_row row = {.seconds = NAN};
    for (size_t i = 0; i < REALS; i++)
        *real_of(&row, i) = NAN;
    if (list->kind != JSON_KIND_LIST || list->count != l->count)
        return bad("a row has other columns", "as many numbers as names");

    size_t at = 0;
    for (const json_node *n = list->is.first; n; n = n->next) {
        size_t column = l->columns[at++];
        bool fits = true;
        if (column < WHOLES)
            fits = json_whole(n, &whole[column]) && whole[column] >= 0;
        else if (column < UNKNOWN)
            fits = read_real(n, real_of(&row, column - WHOLES));
        if (!fits) return bad("a row has something else", "numbers");
    }

    /* rows in the order in which they were made */
    uint64_t number = (uint64_t)whole[0];
    if ((journal->count && number < journal->total) || number == INT64_MAX)
        return bad("its rows are out of order", "ascending numbers");
    if (whole[2] > 1) return bad("a row is best more than once", "0 or 1");
    row.step = (uint64_t)whole[1];
    row.best = whole[2] == 1;
    return journal_append(journal, &row, number);
}

static elman_status read_root(const json_node *root, elman_journal *journal)
{
    int64_t version, total;
    if (!json_whole(json_find(root, "version"), &version) || version != 1)
        return bad("it has another version", "version 1");
    layout l = {0};
    TRY(read_settings(json_find(root, "settings"), journal));
    TRY(read_columns(json_find(root, "columns"), &l));

    /* rows by their columns; the last one tells how many there were */
    const json_node *rows = json_find(root, "rows");
    if (!rows || rows->kind != JSON_KIND_LIST || rows->count > JOURNAL_ROWS)
        return bad("its rows are no list of at most 500", "a list of rows");
    for (const json_node *n = rows->is.first; n; n = n->next)
        TRY(read_row(n, &l, journal));

    if (!json_whole(json_find(root, "total"), &total) ||
        total != (int64_t)journal->total)
        return bad("its total is not that of the last row",
                   "the number of all rows");
    return ELMAN_OK;
}

elman_status journal_read(const char *text, elman_journal *journal)
{
    json_tree *tree = NULL;
    char *copy = text_copy(text);
    if (!copy) return failure(ELMAN_NO_MEMORY, "no memory for a journal");

    elman_status status = json_read(copy, strlen(copy), false, &tree);
    if (!status) status = read_root(json_root(tree), journal);
    if (status) status = failure_in(status, "the journal");
    json_close(tree);
    free(copy);
    return status;
}
