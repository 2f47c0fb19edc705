/*
 * columns.c: which columns of a table are inputs and which are targets.
 */
#include "data/columns.h"
#include "data/encoding.h"

#include "base/memory.h"
#include "format/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the table");
}

static const char *cell(const columns *c, size_t row, size_t column)
{
    return c->table->cells[row * c->table->column_count + column];
}

/* A column's name: the header's or, if that is empty, its number from 1. */
static const char *name_of(const columns *c, size_t column)
{
    const char *name = c->header ? cell(c, 0, column) : "";
    return name[0] ? name : c->numbers[column];
}

static number_kind kind_of(const columns *c, size_t row, size_t column)
{
    double value;
    return number_parse(cell(c, row, column), &value);
}

elman_status columns_value(const columns *c, size_t row, size_t column,
                           double *value)
{
    static const char *const reasons[] = {
        [NUMBER_MISSING] = "is missing; fill it in first",
        [NUMBER_TOO_LARGE] = "is too large for a number",
        [NUMBER_NONE] = "is not a number"};

    const char *text = cell(c, row + c->header, column);
    number_kind kind = number_parse(text, value);
    if (kind == NUMBER_VALUE) return ELMAN_OK;

    /* the message quotes the cell unless it is empty */
    return failure(ELMAN_BAD_FORMAT, "line %zu, column \"%.60s\": %s%.40s%s %s",
                   c->table->lines[row + c->header], name_of(c, column),
                   text[0] ? "\"" : "", text[0] ? text : "the cell",
                   text[0] ? "\"" : "",
                   text[0] ? reasons[kind] : "is empty; fill it in first");
}

/* Whether no cell of the first row is a number. */
static bool has_header(const columns *c)
{
    for (size_t j = 0; j < c->table->column_count; j++)
        if (kind_of(c, 0, j) != NUMBER_NONE) return false;
    return true;
}

/* Whether a column holds any number: then other text in it is a mistake, and
 * not a column of labels. */
static bool is_numeric(const columns *c, size_t column)
{
    for (size_t row = c->header; row < c->table->row_count; row++)
        if (kind_of(c, row, column) != NUMBER_NONE) return true;
    return false;
}

/* ---- Columns by name ---------------------------------------------------- */

/* The column called name (bytes long); else the column with that number, from
 * 1; else the number of columns. The search begins at hint and wraps around, so
 * that a list in the table's order costs one pass. */
static size_t find_column(const columns *c, const char *name, size_t bytes,
                          size_t hint)
{
    size_t count = c->table->column_count, number = 0;

    for (size_t i = 0; i < count; i++) {
        size_t column = (hint + i) % count;
        const char *have = name_of(c, column);
        if (strlen(have) == bytes && !memcmp(have, name, bytes)) return column;
    }

    /* no such name: digits alone are the column's number */
    for (size_t i = 0; i < bytes; i++) {
        if (name[i] < '0' || name[i] > '9' || number > count) return count;
        number = number * 10 + (size_t)(name[i] - '0');
    }
    return number >= 1 && number <= count ? number - 1 : count;
}

static elman_status no_column(const columns *c, const char *name, size_t bytes)
{
    char list[160] = "";
    size_t at = 0;

    /* as many of the names as fit */
    for (size_t j = 0; j < c->table->column_count && at < sizeof list - 1; j++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%.40s",
                               j ? ", " : "", name_of(c, j));

    return failure(ELMAN_BAD_VALUE,
                   "no column \"%.*s\"; the %zu columns are %s%s",
                   bytes > 60 ? 60 : (int)bytes, name, c->table->column_count,
                   list, at < sizeof list - 1 ? "" : "...");
}

/* Finds the columns of a list "a,b,3". */
static elman_status read_list(const columns *c, const char *list,
                              size_t *column, size_t *count)
{
    bool *seen = calloc(c->table->column_count, sizeof *seen);
    if (!seen) return no_memory();
    elman_status status = ELMAN_OK;
    size_t hint = 0;

    /* one name per turn, up to a comma or the end */
    for (bool last = false; !last && status == ELMAN_OK;) {
        list += strspn(list, " ");
        size_t whole = strcspn(list, ","), bytes = whole;
        while (bytes > 0 && list[bytes - 1] == ' ')
            bytes--;

        size_t found = find_column(c, list, bytes, hint);
        if (found == c->table->column_count) status = no_column(c, list, bytes);
        else if (seen[found])
            status = failure(ELMAN_BAD_VALUE, "column \"%.60s\" is named twice",
                             name_of(c, found));
        else {
            seen[found] = true;
            column[(*count)++] = found;
            hint = found + 1;
        }

        last = list[whole] == 0;
        list += whole + 1;
    }

    free(seen);
    return status;
}

/* Finds the columns that an encoding names. */
static elman_status follow_names(const columns *c, char *const *names,
                                 size_t wanted, size_t *column, size_t *count)
{
    if (wanted > c->table->column_count || (wanted && !names))
        return failure(
            ELMAN_BAD_FORMAT, "%zu columns, but the encoding needs %zu%s",
            c->table->column_count, wanted, names ? "" : " with names");

    for (*count = 0; *count < wanted; ++*count) {
        const char *name = names[*count];
        size_t hint = *count ? column[*count - 1] + 1 : 0;
        column[*count] = find_column(c, name, strlen(name), hint);
        if (column[*count] == c->table->column_count)
            return no_column(c, name, strlen(name));
    }
    return ELMAN_OK;
}

/* ---- The choice --------------------------------------------------------- */

/* Text in a target column means tags, numbers mean a forecast. */
static elman_status settle_task(columns *c, elman_encoding *e)
{
    bool text = false;
    for (size_t i = 0; i < c->target_count; i++)
        text = text || !is_numeric(c, c->targets[i]);

    if (e->task == ELMAN_TASK_AUTO)
        e->task = text ? ELMAN_TASK_TAG : ELMAN_TASK_FORECAST;

    if (e->task == ELMAN_TASK_TAG && c->target_count > 1)
        return failure(ELMAN_BAD_VALUE,
                       "%zu target columns, but tags are in one",
                       c->target_count);

    if (text && e->task != ELMAN_TASK_TAG)
        return failure(ELMAN_BAD_VALUE,
                       "the target column holds text (\"%.40s\"), and %s needs "
                       "numbers",
                       cell(c, c->header, c->targets[0]), task_name(e->task));
    return ELMAN_OK;
}

/* The inputs: those named, or all columns of numbers. Targets are among them
 * only in a forecast, which continues them from their own past. */
static elman_status
choose_inputs(columns *c, const elman_dataset_config *config, elman_task task)
{
    if (config->columns) {
        TRY(read_list(c, config->columns, c->inputs, &c->input_count));
    } else {
        for (size_t j = 0; j < c->table->column_count; j++)
            if (is_numeric(c, j)) c->inputs[c->input_count++] = j;
    }

    /* a forecast may read its own targets, every other task leaves them out */
    size_t kept = 0;
    for (size_t i = 0; i < c->input_count && task != ELMAN_TASK_FORECAST; i++) {
        bool is_target = false;
        for (size_t k = 0; k < c->target_count; k++)
            is_target = is_target || c->inputs[i] == c->targets[k];
        if (is_target && config->columns)
            return failure(ELMAN_BAD_VALUE,
                           "column \"%.60s\" is a target, so it cannot be an "
                           "input of %s",
                           name_of(c, c->inputs[i]), task_name(task));
        if (!is_target) c->inputs[kept++] = c->inputs[i];
    }

    if (task != ELMAN_TASK_FORECAST) c->input_count = kept;
    if (c->input_count > 0) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "no column of numbers is left as an input");
}

static elman_status copy_names(const columns *c, const size_t *column,
                               size_t count, char ***names)
{
    *names = calloc(count + 1, sizeof **names);
    if (!*names) return no_memory();

    for (size_t i = 0; i < count; i++)
        if (!((*names)[i] = text_copy(name_of(c, column[i]))))
            return no_memory();
    return ELMAN_OK;
}

static elman_status choose(columns *c, elman_encoding *e,
                           const elman_dataset_config *config)
{
    /* the targets: those named, or the last column */
    c->targets[0] = c->table->column_count - 1;
    if (config->target)
        TRY(read_list(c, config->target, c->targets, &c->target_count));
    else c->target_count = 1;

    TRY(settle_task(c, e));
    TRY(choose_inputs(c, config, e->task));

    e->input_size = c->input_count;
    e->target_count = c->target_count;
    TRY(copy_names(c, c->inputs, c->input_count, &e->columns));
    return copy_names(c, c->targets, c->target_count, &e->target_names);
}

static elman_status open_columns(elman_dataset *dataset,
                                 const elman_dataset_config *config, columns *c)
{
    elman_encoding *e = dataset->encoding;
    size_t count = c->table->column_count;

    c->header = has_header(c);
    if (c->table->row_count == c->header)
        return failure(ELMAN_BAD_FORMAT, "a header, but no rows");

    c->numbers = calloc(count, sizeof *c->numbers);
    c->inputs = calloc(count, sizeof *c->inputs);
    c->targets = calloc(count, sizeof *c->targets);
    if (!c->numbers || !c->inputs || !c->targets) return no_memory();

    /* numbers serve as names where the header has none */
    for (size_t j = 0; j < count; j++)
        snprintf(c->numbers[j], sizeof c->numbers[j], "%zu", j + 1);

    if (!dataset->learned) return choose(c, e, config);

    /* more data: the columns that the encoding names, wherever they stand */
    TRY(follow_names(c, e->columns, e->input_size, c->inputs, &c->input_count));
    return follow_names(c, e->target_names, e->target_count, c->targets,
                        &c->target_count);
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
    free(c->numbers);
    free(c->inputs);
    free(c->targets);
    *c = (columns){0};
}
