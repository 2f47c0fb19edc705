/*
 * answer.c: where a sequence stands in its file, what a model's answer to it
 * means there, and what the file says in its place.
 */
#include "data/case_file.h"
#include "data/encoding.h"
#include "data/store.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Where -------------------------------------------------------------- */

const row_series *series_of(const elman_dataset *dataset, size_t row)
{
    /* the last series that does not begin behind the row */
    size_t low = 0, high = dataset->series_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (dataset->series[middle].first <= row) low = middle;
        else high = middle;
    }
    return dataset->series + low;
}

size_t series_end(const elman_dataset *dataset, size_t row)
{
    if (!dataset->series) return dataset->row_count;
    const row_series *s = series_of(dataset, row);
    return s->first + s->count;
}

void series_time(const elman_dataset *dataset, const row_series *series,
                 size_t rows, char text[STAMP_ROOM])
{
    const stamp_column *clock = &dataset->clock;
    text[0] = 0;
    if (clock->kind == STAMP_NONE || clock->unit == STAMP_IRREGULAR) return;
    stamp_write(&clock->style,
                stamp_advance(clock, series->last, (int64_t)rows), text);
}

/* A row of a table, or one past the end of its series. */
static void row_origin(const elman_dataset *dataset, const row_series *series,
                       size_t row, elman_origin *origin)
{
    size_t end = series->first + series->count;
    origin->series = series->name;
    origin->sequence = series->continues ? series->continues - 1
                                         : (size_t)(series - dataset->series);
    origin->step = series->before + row - series->first;
    if (row + series->appended >= end) { /* past the end of the file */
        size_t past = row + series->appended - end;
        char text[STAMP_ROOM];
        if (series->file_rows) origin->step = series->file_rows + past;
        series_time(dataset, series, past + 1, text);
        snprintf(origin->time, sizeof origin->time, "%.47s", text);
        return;
    }

    origin->step = series->before + row - series->first;
    if (dataset->row_steps) origin->step = dataset->row_steps[row];
    if (dataset->row_lines) origin->line = dataset->row_lines[row];
    const char *time = row_time(dataset, row);
    if (time) snprintf(origin->time, sizeof origin->time, "%s", time);
}

void dataset_origin(const elman_dataset *dataset, uint64_t id, size_t step,
                    elman_origin *origin)
{
    *origin = (elman_origin){.sequence = (size_t)id, .step = step};
    if (id >= dataset->sequence_count) return;

    const span *s = &dataset->sequences[id];
    if (dataset->series)
        row_origin(dataset, series_of(dataset, s->first), s->first + step,
                   origin);
    else if (dataset->sequence_lines)
        origin->line = dataset->sequence_lines[id];
}

elman_status dataset_inputs(const elman_dataset *dataset, uint64_t id, float *x,
                            size_t *steps)
{
    case_reader reader = {0};
    if (id >= dataset->sequence_count)
        return failure(ELMAN_BAD_VALUE,
                       "sequence %" PRIu64
                       ", expected one of the %zu there are",
                       id, dataset->sequence_count);
    elman_status status = inputs_read(dataset, (size_t)id, &reader,
                                      dataset->encoding->input_size, x);
    case_reader_clear(&reader);
    if (!status) *steps = dataset->sequences[id].length;
    return status;
}

/* ---- What --------------------------------------------------------------- */

static size_t last_row(const elman_dataset *dataset, uint64_t id)
{
    const span *s = &dataset->sequences[id];
    return s->first + s->length - 1;
}

/* Turns transformed values (horizon,targets) behind a window into levels. */
static void undo(const elman_dataset *dataset, uint64_t id, double *values)
{
    const elman_encoding *e = dataset->encoding;
    const double *level =
        dataset->levels.values + last_row(dataset, id) * e->target_count;
    for (size_t j = 0; j < e->target_count; j++)
        transform_undo(&dataset->transform, level + j, e->target_count,
                       values + j, e->horizon);
}

void dataset_values(const elman_dataset *dataset, uint64_t id, size_t step,
                    const float *y, double *values)
{
    (void)step;
    const elman_encoding *e = dataset->encoding;
    size_t targets = e->target_count, count = encoding_outputs(e);
    for (size_t k = 0; k < count; k++)
        values[k] = (double)y[k] * e->target_scale[k % targets] +
                    e->target_mean[k % targets];
    if (dataset_transformed(dataset)) undo(dataset, id, values);
}

bool dataset_transformed(const elman_dataset *dataset)
{
    return dataset->moved.count > 0;
}

bool dataset_several(const elman_dataset *dataset)
{
    const row_series *s = dataset->series;
    for (size_t i = 1; i < dataset->series_count; i++)
        if (s[0].name && s[i].name && strcmp(s[0].name, s[i].name) != 0)
            return true;
    return false;
}

/* A target of a row: what is known of it, else what filled it as an input. */
static double level_at(const elman_dataset *dataset, size_t row, size_t target)
{
    size_t at = row * dataset->encoding->target_count + target;
    double known =
        dataset->raw_targets.count ? dataset->raw_targets.values[at] : NAN;
    return isnan(known) ? dataset->levels.values[at] : known;
}

void dataset_change(const elman_dataset *dataset, uint64_t id, double *change)
{
    size_t length = dataset->sequences[id].length, last = last_row(dataset, id);
    size_t begin = series_of(dataset, last)->first;
    size_t most = length > CHANGE_ROWS ? length : CHANGE_ROWS;
    if (last - begin >= most) begin = last + 1 - most;

    for (size_t j = 0; j < dataset->encoding->target_count; j++) {
        double sum = 0, count = 0;
        for (size_t row = begin + 1; row <= last; row++) {
            double step =
                level_at(dataset, row, j) - level_at(dataset, row - 1, j);
            if (isnan(step)) continue;
            sum += fabs(step);
            count++;
        }
        change[j] = count > 0 ? sum / count : 0;
    }
}

void dataset_repeat(const elman_dataset *dataset, uint64_t id, size_t rows,
                    double *values)
{
    const elman_encoding *e = dataset->encoding;
    size_t J = e->target_count, end = last_row(dataset, id) + 1;
    size_t have = end - series_of(dataset, end - 1)->first;

    /* the rows before the end over and over, as far as they are there */
    for (size_t k = 0; k < e->horizon * J; k++) {
        size_t back = rows - k / J % rows;
        values[k] = back <= have ? level_at(dataset, end - back, k % J) : NAN;
    }
}

int32_t dataset_class(const elman_dataset *dataset, uint64_t id, size_t step)
{
    if (!dataset->classes) return -1;
    const span *s = &dataset->sequences[id];
    size_t at = dataset->per_step ? s->first + step : (size_t)id;
    return dataset->classes[at] < 0 ? -1 : dataset->classes[at];
}

void dataset_naive(const elman_dataset *dataset, elman_part part, uint64_t id,
                   float *values)
{
    (void)part; /* ids are those of the whole dataset */
    size_t targets = dataset->encoding->target_count;
    const span *s = &dataset->sequences[id];
    memcpy(values, dataset->values + (s->first + s->length - 1) * targets,
           targets * sizeof *values);
}
