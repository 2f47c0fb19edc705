/*
 * extend.c: a forecast goes on past its horizon: its values become rows behind
 * the window that they answer, and those the end of another window.
 */
#include "data/store.h"

#include "base/memory.h"
#include "base/spill.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for more rows");
}

static elman_status check_window(const elman_dataset *dataset, uint64_t id)
{
    const elman_encoding *e = dataset->encoding;
    if (e->task != ELMAN_TASK_FORECAST)
        return failure(ELMAN_BAD_VALUE,
                       "only a forecast can be extended, and this is none");

    /* every input has to be known of the rows to come */
    for (size_t i = 0; i < e->input_size; i++)
        if (dataset->target_of[i] >= e->target_count)
            return failure(ELMAN_BAD_VALUE,
                           "input %zu%s%.60s is no target, so nothing is known "
                           "of it past the end of the data; forecast at most "
                           "%zu steps, or train on the targets alone",
                           i + 1, e->columns ? " " : "",
                           e->columns ? e->columns[i] : "", e->horizon);

    if (id >= dataset->sequence_count)
        return failure(ELMAN_BAD_VALUE, "sequence %llu of %zu does not exist",
                       (unsigned long long)id, dataset->sequence_count);
    const span *s = &dataset->sequences[id];
    size_t end = s->first + s->length, stop = series_end(dataset, s->first);
    if (end != stop)
        return failure(ELMAN_BAD_VALUE,
                       "sequence %llu ends %zu rows before its series; extend "
                       "the last window of a series",
                       (unsigned long long)id, stop - end);
    return ELMAN_OK;
}

static elman_status check_values(const elman_dataset *dataset,
                                 const double *values)
{
    const elman_encoding *e = dataset->encoding;
    for (size_t k = 0; k < e->horizon * e->target_count; k++) {
        bool fits = fabs(values[k]) <= DBL_MAX &&
                    (!dataset->transform.log || values[k] > 0);
        if (!fits)
            return failure(
                ELMAN_BAD_VALUE,
                "values[%zu] is %g, expected a finite number%s", k, values[k],
                dataset->transform.log ? " above 0, as transform log is of such"
                                       : "");
    }
    return ELMAN_OK;
}

/* ---- Room --------------------------------------------------------------- */

/* Makes a list of used rows one of so many. */
static elman_status widen_list(void *list, size_t used, size_t rows,
                               size_t row_bytes)
{
    void **at = list, *wider = NULL;
    size_t bytes = 0;
    if (!*at) return ELMAN_OK; /* a list that this dataset does without */

    /* one that may lie in a file grows there */
    if (!sizes_multiply(rows, row_bytes, 1, &bytes) ||
        !(wider = spill_resize(*at, used * row_bytes, bytes + 1)))
        return no_memory();
    *at = wider;
    return ELMAN_OK;
}

static elman_status widen_numbers(numbers *n, size_t used, size_t rows,
                                  size_t columns)
{
    TRY(widen_list(&n->values, used, rows, columns * sizeof(double)));
    if (n->values) n->room = rows * columns;
    return ELMAN_OK;
}

/* Room for more rows in every list of rows, for a series and for a window. */
static elman_status reserve(elman_dataset *d, size_t more)
{
    const elman_encoding *e = d->encoding;
    size_t J = e->target_count, n = d->row_count, rows = n + more;
    if (rows > d->row_room) {
        if (rows < 2 * d->row_room) rows = 2 * d->row_room;
        TRY(widen_list(&d->x, n, rows, e->input_size * sizeof *d->x));
        TRY(widen_list(&d->values, n, rows, J * sizeof *d->values));
        TRY(widen_numbers(&d->raw_targets, n, rows, J));
        TRY(widen_numbers(&d->levels, n, rows, J));
        TRY(widen_numbers(&d->moved, n, rows, J));
        TRY(widen_list(&d->row_lines, n, rows, sizeof *d->row_lines));
        TRY(widen_list(&d->row_steps, n, rows, sizeof *d->row_steps));
        TRY(widen_list(&d->times.at, n, rows, sizeof *d->times.at));
        d->row_room = rows;
    }

    row_series *series = array_widen(d->series, &d->series_room,
                                     d->series_count + 1, sizeof *series);
    if (!series) return no_memory();
    d->series = series;
    span *sequences = spill_widen(d->sequences, &d->sequence_room,
                                  d->sequence_count + 1, sizeof *sequences);
    if (!sequences) return no_memory();
    d->sequences = sequences;

    /* the answers to be given are one part */
    if (!d->following) return ELMAN_OK;
    size_t **ids = &d->ids[ELMAN_PART_VALIDATION];
    if (!d->answer_room) d->answer_room = d->size[ELMAN_PART_VALIDATION];
    size_t *wider =
        spill_widen(*ids, &d->answer_room, d->size[ELMAN_PART_VALIDATION] + 1,
                    sizeof *wider);
    if (!wider) return no_memory();
    *ids = wider;
    return ELMAN_OK;
}

/* ---- Rows --------------------------------------------------------------- */

static void copy_numbers(numbers *n, size_t to, size_t from, size_t count,
                         size_t columns)
{
    if (!n->values) return;
    memcpy(n->values + to * columns, n->values + from * columns,
           count * columns * sizeof *n->values);
    n->count = (to + count) * columns;
}

/* Copies rows behind all others. */
static void copy_rows(elman_dataset *d, size_t from, size_t count)
{
    const elman_encoding *e = d->encoding;
    size_t to = d->row_count, I = e->input_size, J = e->target_count;

    /* their numbers, and where they stand in the file */
    memcpy(d->x + to * I, d->x + from * I, count * I * sizeof *d->x);
    if (d->values)
        memcpy(d->values + to * J, d->values + from * J,
               count * J * sizeof *d->values);
    copy_numbers(&d->raw_targets, to, from, count, J);
    copy_numbers(&d->levels, to, from, count, J);
    copy_numbers(&d->moved, to, from, count, J);

    for (size_t r = 0; r < count; r++) {
        if (d->row_lines) d->row_lines[to + r] = d->row_lines[from + r];
        if (d->row_steps) d->row_steps[to + r] = d->row_steps[from + r];
        if (d->times.at) d->times.at[to + r] = d->times.at[from + r];
    }
    d->row_count += count;
}

/* Appends a row of levels to the last series. It stands in no file. */
static void append_row(elman_dataset *d, const double *level)
{
    const elman_encoding *e = d->encoding;
    size_t row = d->row_count++, I = e->input_size, J = e->target_count;
    d->series[d->series_count - 1].count++;
    d->series[d->series_count - 1].appended++;

    /* as levels, and transformed; the truth is not known */
    memcpy(d->levels.values + row * J, level, J * sizeof *level);
    d->levels.count += J;
    for (size_t j = 0; j < J; j++) {
        if (d->raw_targets.values) d->raw_targets.values[row * J + j] = NAN;
        if (d->values) d->values[row * J + j] = NAN;
        if (d->moved.values)
            d->moved.values[row * J + j] = transform_value(
                &d->transform, d->levels.values + row * J + j, J);
    }
    if (d->raw_targets.values) d->raw_targets.count += J;
    if (d->moved.values) d->moved.count += J;

    const numbers *source = d->moved.values ? &d->moved : &d->levels;
    for (size_t i = 0; i < I; i++)
        d->x[row * I + i] =
            (float)((source->values[row * J + d->target_of[i]] - e->mean[i]) /
                    e->scale[i]);

    if (d->row_lines) d->row_lines[row] = 0;
    if (d->row_steps) d->row_steps[row] = 0;
    if (d->times.at) d->times.at[row] = 0;
}

/* Makes the end of a series the last rows of all: a series of its own, with as
 * much before the end as its next window and its transform read. */
static elman_status split_end(elman_dataset *d, size_t end, size_t keep)
{
    size_t number = (size_t)(series_of(d, end - 1) - d->series);
    const row_series *s = d->series + number; /* reserve made room behind it */
    if (keep > s->count) keep = s->count;

    char *name = s->name ? text_copy(s->name) : NULL;
    if (s->name && !name) return no_memory();
    row_series copy = *s;
    copy.name = name;
    copy.first = d->row_count;
    copy.count = keep;
    copy.before = s->before + s->count - keep;
    if (!s->continues) copy.continues = number + 1;
    copy_rows(d, end - keep, keep);
    d->series[d->series_count++] = copy;
    return ELMAN_OK;
}

static elman_status extend(elman_dataset *dataset, uint64_t id,
                           const double *values, uint64_t *next)
{
    TRY(check_window(dataset, id));
    TRY(check_values(dataset, values));
    const elman_encoding *e = dataset->encoding;
    span window = dataset->sequences[id];
    size_t end = window.first + window.length;

    /* rows, behind a copy of the end if others lie behind that */
    size_t keep = window.length + transform_lost(&dataset->transform);
    TRY(reserve(dataset, keep + e->horizon));
    if (end != dataset->row_count) TRY(split_end(dataset, end, keep));
    for (size_t h = 0; h < e->horizon; h++)
        append_row(dataset, values + h * e->target_count);

    /* and the window that ends with them */
    *next = dataset->sequence_count;
    if (dataset->following)
        dataset->ids[ELMAN_PART_VALIDATION]
                    [dataset->size[ELMAN_PART_VALIDATION]++] = (size_t)*next;
    return sequence_add(dataset, dataset->row_count - window.length,
                        window.length);
}

elman_status dataset_extend(elman_dataset *dataset, uint64_t id,
                            const double *values, uint64_t *next)
{
    size_t before = spill_limit(dataset->memory);
    elman_status status = extend(dataset, id, values, next);
    spill_limit(before);
    return status;
}
