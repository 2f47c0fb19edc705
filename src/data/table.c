/*
 * table.c: a table is one long series. A forecast sees `window` rows and
 * predicts the targets of the `horizon` rows that follow; for tags and tracks
 * the table is cut into chunks of `window` rows, with a target for each row.
 * The last rows are the validation part: in a random split training would see
 * the future.
 */
#include "data/columns.h"
#include "data/encoding.h"
#include "data/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_WINDOW = 32, DEFAULT_HORIZON = 1 };

/* ---- Rows --------------------------------------------------------------- */

static elman_status read_tag(elman_dataset *dataset, const columns *c,
                             size_t row)
{
    const csv *t = c->table;
    const char *label = t->cells[row * t->column_count + c->targets[0]];
    elman_status status = label_add(dataset, label, strlen(label));
    if (status == ELMAN_OK) return status;

    char where[40];
    snprintf(where, sizeof where, "line %zu", t->lines[row]);
    return failure_in(status, where);
}

static elman_status read_row(elman_dataset *dataset, const columns *c,
                             size_t row)
{
    double value;
    bool tags = dataset->encoding->task == ELMAN_TASK_TAG;

    for (size_t i = 0; i < c->input_count; i++) {
        TRY(columns_value(c, row, c->inputs[i], &value));
        TRY(numbers_add(&dataset->raw, value));
    }

    if (tags) return read_tag(dataset, c, row + c->header);
    for (size_t i = 0; i < c->target_count; i++) {
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

static elman_status read_columns(elman_dataset *dataset, const columns *c,
                                 const elman_dataset_config *config)
{
    elman_encoding *e = dataset->encoding;
    if (!dataset->learned) TRY(settle_windows(e, config));

    for (size_t row = 0; row + c->header < c->table->row_count; row++)
        TRY(read_row(dataset, c, row));

    dataset->per_step = true;
    if (!dataset->learned)
        dataset->train_rows = dataset->raw.count / e->input_size;
    return ELMAN_OK;
}

static elman_status table_read(elman_dataset *dataset, const char *path,
                               const elman_dataset_config *config)
{
    csv *table = NULL;
    columns c;

    TRY(csv_open(path, &table));
    elman_status status = columns_open(table, dataset, config, &c);
    if (status == ELMAN_OK) {
        status = read_columns(dataset, &c, config);
        columns_close(&c);
    }

    csv_close(table);
    return status == ELMAN_OK ? status : failure_in(status, path);
}

/* ---- Windows ------------------------------------------------------------ */

/* Makes the sequences of a part from the rows begin to end. */
static elman_status add_windows(elman_dataset *dataset, elman_part part,
                                size_t begin, size_t end)
{
    const elman_encoding *e = dataset->encoding;
    size_t before = dataset->sequence_count, all = e->window + e->horizon;

    /* a forecast begins at every row whose window and horizon still fit */
    if (e->task == ELMAN_TASK_FORECAST)
        for (size_t i = begin; end - i >= all; i++)
            TRY(sequence_add(dataset, i, e->window));
    else
        for (size_t i = begin; i < end; i += e->window)
            TRY(sequence_add(dataset, i,
                             end - i < e->window ? end - i : e->window));

    if (dataset->sequence_count == before && begin < end)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu rows for %s, but window %zu and horizon %zu need "
                       "%zu",
                       end - begin,
                       part == ELMAN_PART_TRAIN ? "training" : "validation",
                       e->window, e->horizon, all);

    return part_set(dataset, part, before, dataset->sequence_count);
}

/* How many rows are for training, and where the windows of the validation part
 * begin: a forecast of the first validation row reads the training rows before
 * it. */
static elman_status split_rows(const elman_dataset *dataset,
                               const elman_dataset_config *config, size_t rows,
                               size_t *train, size_t *begin)
{
    const elman_encoding *e = dataset->encoding;
    size_t count = 0;
    TRY(split_count(config, rows, "rows", &count));

    if (count < e->horizon && config->validation > 0)
        return failure(ELMAN_BAD_VALUE,
                       "validation is %g: %zu of %zu rows, but the horizon is "
                       "%zu",
                       config->validation, count, rows, e->horizon);

    /* fewer rows than the horizon make no validation part by default */
    if (count < e->horizon) count = 0;
    *train = rows - count;

    /* the window of the first validation row is in the training rows */
    bool back = e->task == ELMAN_TASK_FORECAST && count > 0;
    *begin = !back ? *train : *train > e->window ? *train - e->window : 0;
    return ELMAN_OK;
}

static elman_status table_split(elman_dataset *dataset, const char *path,
                                const elman_dataset_config *config)
{
    (void)path;
    size_t rows = dataset->raw.count / dataset->encoding->input_size;
    size_t train = dataset->train_rows, begin = train;

    /* without a file of their own, the last rows are for validation */
    if (!dataset->following && !config->validation_path)
        TRY(split_rows(dataset, config, rows, &train, &begin));

    dataset->train_rows = train;
    TRY(add_windows(dataset, ELMAN_PART_TRAIN, 0, train));
    return add_windows(dataset, ELMAN_PART_VALIDATION, begin, rows);
}

static elman_status table_open(elman_dataset *dataset, const char *path,
                               const elman_dataset_config *config)
{
    return sequences_open(dataset, path, config, table_read, table_split);
}

const dataset_kind kind_table = {
    .name = "a table",
    .extensions = {"csv"},
    .tasks = 1u << ELMAN_TASK_FORECAST | 1u << ELMAN_TASK_TAG |
             1u << ELMAN_TASK_TRACK,
    .options = 1u << OPTION_VALIDATION_PATH | 1u << OPTION_TARGET |
               1u << OPTION_COLUMNS | 1u << OPTION_WINDOW |
               1u << OPTION_HORIZON | 1u << OPTION_NO_SCALING,
    .open = table_open};
