/*
 * table.c: a table is one long series, or several. A forecast sees `window`
 * rows and predicts the targets of the `horizon` rows that follow; for tags and
 * tracks each series is cut into chunks of `window` rows, with a target for
 * each row.
 */
#include "data/table.h"
#include "data/encoding.h"

#include "base/memory.h"
#include "base/stop.h"
#include "format/decode.h"
#include "format/missing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_HORIZON = 1 };

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the rows of a table");
}

/* ---- Rows --------------------------------------------------------------- */

/* Marks that label_add refuses as missing. */
static bool is_no_label(const char *text)
{
    double value;
    return !text[0] || number_parse(text, &value) == NUMBER_MISSING;
}

static elman_status read_tag(elman_dataset *dataset, const columns *c,
                             size_t row)
{
    if (c->targets[0] == SIZE_MAX) return label_skip(dataset);
    const char *label = columns_cell(c, row, c->targets[0]);
    if (is_no_label(label)) return label_skip(dataset);

    elman_status status = label_add(dataset, label, strlen(label));
    if (status == ELMAN_OK) return status;

    char where[40];
    snprintf(where, sizeof where, "line %zu", columns_line(c, row));
    return failure_in(status, where);
}

static elman_status read_row(elman_dataset *dataset, const columns *c,
                             size_t row)
{
    double value = NAN;
    for (size_t i = 0; i < c->input_count; i++) {
        TRY(columns_value(c, row, c->inputs[i], &value));
        TRY(numbers_add(&dataset->raw, value));
    }

    if (dataset->encoding->task == ELMAN_TASK_TAG)
        return read_tag(dataset, c, row);
    for (size_t i = 0; i < c->target_count; i++) {
        value = NAN;
        if (c->targets[i] != SIZE_MAX)
            TRY(columns_value(c, row, c->targets[i], &value));
        TRY(numbers_add(&dataset->raw_targets, value));
    }
    return ELMAN_OK;
}

/* The window and horizon that the config asks for, if the task allows them. */
static elman_status settle_windows(elman_encoding *e,
                                   const elman_dataset_config *config)
{
    bool forecast = e->task == ELMAN_TASK_FORECAST;
    if (config->horizon && !forecast)
        return failure(ELMAN_BAD_VALUE,
                       "horizon is for a forecast, but the task is %s",
                       task_name(e->task));

    e->window = config->window ? config->window : DEFAULT_WINDOW;
    e->horizon = config->horizon ? config->horizon : DEFAULT_HORIZON;
    if (!forecast) e->horizon = 0;

    const size_t most = SIZE_MAX >> (4 * sizeof(size_t)); /* products fit */
    if (e->window > most || e->horizon > most)
        return failure(
            ELMAN_BAD_VALUE,
            "window is %zu and horizon %zu, expected at most %zu each",
            e->window, e->horizon, most);
    return ELMAN_OK;
}

/* ---- Missing values ----------------------------------------------------- */

/* What is missing in one column. */
typedef struct hole {
    size_t column, count, row; /* the first row of data */
} hole;

static hole find_holes(const columns *c, size_t column, bool label)
{
    hole h = {.column = column};
    if (c->profiles.list[column].missing == 0) return h;
    for (size_t row = 0; row < c->profiles.row_count; row++) {
        const char *text = columns_cell(c, row, column);
        if (stop_check_row(row)) return h;
        if (label ? !is_no_label(text) : !missing_mark(text)) continue;
        if (h.count++ == 0) h.row = row;
    }
    return h;
}

/* Adds what is missing in a column to a sentence. */
static size_t add_hole(const columns *c, const hole *h, char *text, size_t at,
                       size_t room)
{
    const char *cell = columns_cell(c, h->row, h->column);
    if (at >= room) return at;
    return at + (size_t)snprintf(
                    text + at, room - at,
                    "%s%zu of %zu cells of column \"%.60s\" %s missing (line "
                    "%zu: %s%.20s%s)",
                    at ? ", " : "", h->count, c->profiles.row_count,
                    c->names[h->column], h->count == 1 ? "is" : "are",
                    columns_line(c, h->row), cell[0] ? "\"" : "",
                    cell[0] ? cell : "empty", cell[0] ? "\"" : "");
}

static bool is_listed(const size_t *list, size_t count, size_t column)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == column) return true;
    return false;
}

/* Counts what is missing in the columns that are used; refused unless somebody
 * has said what becomes of it. */
static elman_status check_missing(elman_dataset *dataset, const columns *c,
                                  const elman_dataset_config *config)
{
    char text[600] = "";
    size_t at = 0, holed = 0;
    bool tags = dataset->encoding->task == ELMAN_TASK_TAG;
    elman_missing missing = dataset->encoding->missing;

    for (size_t i = 0; i < c->input_count + c->target_count; i++) {
        bool target = i >= c->input_count;
        size_t j = target ? c->targets[i - c->input_count] : c->inputs[i];
        if (target && (config->answers || j == SIZE_MAX ||
                       is_listed(c->inputs, c->input_count, j)))
            continue;

        hole h = find_holes(c, j, target && tags);
        TRY(stop_check());
        if (h.count == 0) continue;
        holed++;
        if (holed <= 4) at = add_hole(c, &h, text, at, sizeof text);

        if (target && tags && missing == ELMAN_MISSING_MEAN)
            return failure(
                ELMAN_BAD_FORMAT,
                "%s, and labels have no mean; choose missing (--missing) drop "
                "or previous",
                text);
    }

    if (holed == 0) return ELMAN_OK;
    if (missing == ELMAN_MISSING_REFUSE)
        return failure(
            ELMAN_BAD_FORMAT,
            "%s%s; fill in what is missing, or choose missing (--missing) "
            "drop, previous or mean",
            text, holed > 4 ? " and more" : "");
    return facts_add(&dataset->facts, "missing", false, "%s%s", text,
                     holed > 4 ? " and more" : "");
}

/* ---- Where -------------------------------------------------------------- */

/* Sets the time of a row as it is written. */
static elman_status set_time(elman_dataset *dataset, const columns *c,
                             size_t at, size_t row)
{
    const row_order *o = &c->order;
    char text[160];
    if (o->time_count == 1)
        return row_time_set(dataset, at, columns_cell(c, row, o->time[0]));
    calendar_join(&c->profiles, (const char *const *)c->names, o->time,
                  o->time_count, row, text, sizeof text);
    return row_time_set(dataset, at, text);
}

static elman_status place_rows(elman_dataset *dataset, const columns *c)
{
    const row_order *o = &c->order;
    bool timed = o->time_count > 0;
    TRY(rows_widen(dataset, o->count, timed));

    for (size_t i = 0; i < o->count; i++) {
        TRY(stop_check_row(i));
        size_t at = dataset->row_count++, row = o->rows[i];
        dataset->row_lines[at] = columns_line(c, row);
        dataset->row_steps[at] = row;
        if (timed) TRY(set_time(dataset, c, at, row));
    }
    return ELMAN_OK;
}

static elman_status place_series(elman_dataset *dataset, const columns *c)
{
    const row_order *o = &c->order;
    size_t first = dataset->row_count, all = dataset->series_count;
    row_series *wider = array_widen(dataset->series, &dataset->series_room,
                                    all + o->series_count, sizeof *wider);
    if (!wider) return no_memory();
    dataset->series = wider;

    for (size_t i = 0; i < o->series_count; i++) {
        row_series *to = &dataset->series[all + i];
        *to = o->series[i];
        to->first += first;
        to->file = dataset->reading;
        to->name = NULL;
        dataset->series_count++;
        if (o->series[i].name && !(to->name = text_copy(o->series[i].name)))
            return no_memory();
    }

    if (dataset->reading == ELMAN_PART_TRAIN) dataset->clock = o->clock;
    return place_rows(dataset, c);
}

/* ---- A file ------------------------------------------------------------- */

/* Room for all rows at once, which growing lists would need twice. */
static elman_status reserve_rows(elman_dataset *dataset, const columns *c)
{
    size_t rows = c->order.count, inputs = 0, targets = 0;
    if (!sizes_multiply(rows, c->input_count, 1, &inputs) ||
        !sizes_multiply(rows, c->target_count, 1, &targets))
        return no_memory();

    /* inputs, and what each row is to be answered with */
    TRY(numbers_reserve(&dataset->raw, dataset->raw.count + inputs));
    if (dataset->encoding->task == ELMAN_TASK_TAG)
        return labels_reserve(dataset, dataset->class_count + rows);
    return numbers_reserve(&dataset->raw_targets,
                           dataset->raw_targets.count + targets);
}

static elman_status read_columns(elman_dataset *dataset, const columns *c,
                                 const elman_dataset_config *config)
{
    elman_encoding *e = dataset->encoding;
    if (!dataset->learned) TRY(settle_windows(e, config));
    if (config->missing) e->missing = config->missing;

    TRY(check_missing(dataset, c, config));
    TRY(reserve_rows(dataset, c));
    for (size_t i = 0; i < c->order.count; i++) {
        TRY(stop_check_row(i));
        TRY(read_row(dataset, c, c->order.rows[i]));
    }

    dataset->per_step = true;
    return place_series(dataset, c);
}

static elman_status read_csv(const input *in,
                             const elman_dataset_config *config, decoded *text,
                             csv **table)
{
    static const bad_bytes choices[] = {
        [ELMAN_BAD_BYTES_REPLACE] = BAD_BYTES_REPLACE,
        [ELMAN_BAD_BYTES_REFUSE] = BAD_BYTES_REFUSE,
        [ELMAN_BAD_BYTES_KEEP] = BAD_BYTES_REPLACE};
    decode_config how = {.encoding = config->text_encoding,
                         .bad = choices[config->bad_bytes]};
    char *bytes = NULL;
    size_t size = 0;

    TRY(input_read(in, &bytes, &size));
    elman_status status = decode_text(bytes, size, &how, text);
    if (status == ELMAN_OK) status = csv_parse(text->text, text->size, table);
    text->text = NULL; /* the table's */
    return status == ELMAN_OK ? status : failure_in(status, in->name);
}

static elman_status table_read(elman_dataset *dataset, const input *in,
                               const elman_dataset_config *config)
{
    csv *table = NULL;
    decoded text;
    columns c;
    TRY(read_csv(in, config, &text, &table));

    elman_status status = columns_open(table, dataset, config, &c);
    if (status == ELMAN_OK) {
        if (dataset->reading == ELMAN_PART_TRAIN)
            status = table_tell(dataset, &c, config->task, text.note);
        if (status == ELMAN_OK) status = read_columns(dataset, &c, config);
        columns_close(&c);
    }

    csv_close(table);
    return status == ELMAN_OK ? status : failure_in(status, in->name);
}

static elman_status table_open(elman_dataset *dataset, const input *in,
                               const elman_dataset_config *config)
{
    return rows_open(dataset, in, config, table_read);
}

const dataset_kind kind_table = {
    .name = "a table",
    .extensions = {"csv"},
    .tasks = 1u << ELMAN_TASK_FORECAST | 1u << ELMAN_TASK_TAG |
             1u << ELMAN_TASK_TRACK,
    .options = 1u << OPTION_VALIDATION_PATH | 1u << OPTION_TARGET |
               1u << OPTION_COLUMNS | 1u << OPTION_WINDOW |
               1u << OPTION_HORIZON | 1u << OPTION_NO_SCALING |
               1u << OPTION_TRANSFORM | 1u << OPTION_HEADER |
               1u << OPTION_TIME | 1u << OPTION_BY,
    .open = table_open};
