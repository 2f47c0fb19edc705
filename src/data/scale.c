/*
 * scale.c: each column gets mean 0 and standard deviation 1 over the training
 * part, so that no column drowns out another. Validation data is never used for
 * this.
 */
#include "data/lent.h"
#include "data/store.h"
#include "data/walk.h"

#include "base/memory.h"
#include "base/spill.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for scaled data");
}

/* What is learned of the columns of rows. */
typedef struct learning {
    size_t columns;
    double rows;
    double *first, *sum, *squares; /* (columns) */
} learning;

/* Adds up what the columns of some rows are off their first value: in the order
 * of the rows, each column for itself. */
static void add_rows(learning *l, const double *rows, size_t count)
{
    size_t n = l->columns;
    if (l->rows == 0) memcpy(l->first, rows, n * sizeof *rows);
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < n; i++)
            l->sum[i] += rows[k * n + i] - l->first[i];
    l->rows += (double)count;
}

/* Adds up the squares around the mean, where off is what that is off the first
 * value. */
static void add_squares(learning *l, const double *off, const double *rows,
                        size_t count)
{
    size_t n = l->columns;
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < n; i++) {
            double distance = rows[k * n + i] - l->first[i] - off[i];
            l->squares[i] += distance * distance;
        }
}

/* Mean and population deviation of each column. The first value is subtracted
 * before anything is summed: a constant column then has a deviation of exactly
 * 0, which becomes a scale of 1. */
static elman_status learn_columns(learning *l, row_walk *walk, double *mean,
                                  double *scale)
{
    const double *rows;
    size_t count;
    TRY(walk_next(walk, &rows, &count));
    while (count) {
        add_rows(l, rows, count);
        TRY(walk_next(walk, &rows, &count));
    }

    /* the squares in a second pass, around the mean */
    for (size_t i = 0; i < l->columns; i++)
        mean[i] = l->rows > 0 ? l->sum[i] / l->rows : 0;
    walk_again(walk);
    TRY(walk_next(walk, &rows, &count));
    while (count) {
        add_squares(l, mean, rows, count);
        TRY(walk_next(walk, &rows, &count));
    }

    /* a constant column is not scaled */
    for (size_t i = 0; i < l->columns; i++) {
        mean[i] = l->first[i] + mean[i];
        scale[i] = l->rows > 0 ? sqrt(l->squares[i] / l->rows) : 0;
        if (scale[i] < DBL_MIN) scale[i] = 1;
    }
    return ELMAN_OK;
}

/* Mean 0 and scale 1 unless there are rows to learn from (NULL: none). */
static elman_status learn(row_walk *walk, size_t columns, const char *noun,
                          double **mean, double **scale)
{
    *mean = calloc(columns + 1, sizeof **mean);
    *scale = calloc(columns + 1, sizeof **scale);
    if (!*mean || !*scale) return no_memory();
    for (size_t i = 0; i < columns; i++)
        (*scale)[i] = 1;
    if (!walk) return ELMAN_OK;

    learning l = {.columns = columns};
    l.first = calloc(3 * columns + 1, sizeof *l.first);
    if (!l.first) return no_memory();
    l.sum = l.first + columns;
    l.squares = l.sum + columns;
    elman_status status = learn_columns(&l, walk, *mean, *scale);
    free(l.first);

    for (size_t i = 0; i < columns && !status; i++)
        if (!isfinite((*mean)[i]) || !isfinite((*scale)[i]))
            status = failure(ELMAN_BAD_FORMAT,
                             "%s %zu: its numbers are too large to be scaled",
                             noun, i + 1);
    return status;
}

elman_status scaled_check(double value, double mean, double scale,
                          const char *noun, size_t column)
{
    if (fabs((value - mean) / scale) <= (double)FLT_MAX) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT, "%s %zu: %g is too large for float32",
                   noun, column + 1, value);
}

/* Makes scaled floats of numbers, in memory that may be theirs: no float is
 * written before its number was read. Where known, unless it is NULL, has NaN
 * there is nothing to scale. */
static elman_status make_floats(const numbers *raw, const double *known,
                                size_t columns, const double *mean,
                                const double *scale, const char *noun,
                                void *floats)
{
    size_t column = 0; /* rows follow each other */
    for (size_t i = 0; i < raw->count; i++, column++) {
        if (column == columns) column = 0;
        double value = raw->values[i];
        float scaled = NAN;
        if (!known || !isnan(known[i])) {
            TRY(scaled_check(value, mean[column], scale[column], noun, column));
            scaled = (float)((value - mean[column]) / scale[column]);
        }
        memcpy((char *)floats + i * sizeof scaled, &scaled, sizeof scaled);
    }
    return ELMAN_OK;
}

/* Makes x of the raw inputs, where they are: both at once could be more than
 * there is memory for. */
static elman_status scale_inputs(elman_dataset *dataset)
{
    const elman_encoding *e = dataset->encoding;
    numbers *raw = &dataset->raw;
    TRY(make_floats(raw, NULL, e->input_size, e->mean, e->scale, "input",
                    raw->values));

    size_t bytes = raw->count * sizeof *dataset->x + 1;
    void *shorter = spill_resize(raw->values, bytes, bytes);
    if (!shorter) return no_memory();
    dataset->x = shorter;
    *raw = (numbers){0};
    return ELMAN_OK;
}

static elman_status scale_targets(elman_dataset *dataset)
{
    const elman_encoding *e = dataset->encoding;
    const numbers *truth = &dataset->raw_targets;
    size_t bytes = 0;
    if (!sizes_multiply(truth->count, sizeof *dataset->values, 1, &bytes) ||
        !(dataset->values = spill_create(bytes + 1)))
        return no_memory();
    return make_floats(dataset_transformed(dataset) ? &dataset->moved : truth,
                       truth->values, e->target_count, e->target_mean,
                       e->target_scale, "target", dataset->values);
}

static int compare_firsts(const void *left, const void *right)
{
    const span *a = left, *b = right;
    return (a->first > b->first) - (a->first < b->first);
}

/* Where training sequences are, with the rows that they are to answer, in the
 * order of their first rows. */
static elman_status list_training(const elman_dataset *dataset, span **list)
{
    const elman_encoding *e = dataset->encoding;
    size_t count = dataset->size[ELMAN_PART_TRAIN];
    bool sorted = true;
    *list = spill_zeroed(count + 1, sizeof **list);
    if (!*list) return no_memory();

    for (size_t i = 0; i < count; i++) {
        const span *s = &dataset->sequences[dataset->ids[ELMAN_PART_TRAIN][i]];
        size_t end = s->first + s->length;
        if (e->task == ELMAN_TASK_FORECAST) {
            size_t stop = series_end(dataset, s->first);
            end = stop - end > e->horizon ? end + e->horizon : stop;
        }
        (*list)[i] = (span){s->first, end - s->first};
        sorted = sorted && (i == 0 || (*list)[i - 1].first <= s->first);
    }

    /* the parts of several series may be in any order */
    if (!sorted) spill_sort(*list, count, sizeof **list, compare_firsts);
    return ELMAN_OK;
}

/* Whether a row begins a series of a table. */
static bool is_border(const elman_dataset *dataset, size_t row)
{
    return dataset->series && series_of(dataset, row)->first == row;
}

/* The ids of the training sequences, one by one. */
static elman_status training_ids(const elman_dataset *dataset, span **spans,
                                 size_t *count)
{
    *count = dataset->size[ELMAN_PART_TRAIN];
    *spans = spill_zeroed(*count + 1, sizeof **spans);
    if (!*spans) return no_memory();
    for (size_t i = 0; i < *count; i++)
        (*spans)[i] = (span){dataset->ids[ELMAN_PART_TRAIN][i], 1};
    return ELMAN_OK;
}

elman_status training_spans(const elman_dataset *dataset, bool flat,
                            span **spans, size_t *count)
{
    if (flat) return training_ids(dataset, spans, count);

    span *list;
    TRY(list_training(dataset, &list));

    /* a span ends where no sequence is open or another series begins */
    size_t n = 0;
    for (size_t i = 0; i < dataset->size[ELMAN_PART_TRAIN]; i++) {
        size_t first = list[i].first, end = first + list[i].length;
        size_t last = n ? list[n - 1].first + list[n - 1].length : 0;
        bool apart = n == 0 || first > last ||
                     (first == last && is_border(dataset, first));
        if (apart) list[n++] = list[i];
        else if (end > last) list[n - 1].length = end - list[n - 1].first;
    }

    *spans = list;
    *count = n;
    return ELMAN_OK;
}

/* What remains of a target once a window's last value is subtracted: its root
 * mean square over the training windows, and over their horizons. */
static void learn_last(const elman_dataset *dataset, size_t j, double *inside,
                       double *ahead)
{
    const elman_encoding *e = dataset->encoding;
    const double *moved = dataset->moved.values + j;
    double squares[2] = {0}, rows[2] = {0};

    /* of each window the rows inside, and those ahead of it */
    for (size_t i = 0; i < dataset->size[ELMAN_PART_TRAIN]; i++) {
        const span *s = &dataset->sequences[dataset->ids[ELMAN_PART_TRAIN][i]];
        size_t end = s->first + s->length, stop = series_end(dataset, s->first);
        if (stop - end > e->horizon) stop = end + e->horizon;
        for (size_t row = s->first; row < stop; row++) {
            double off = moved[row * e->target_count] -
                         moved[(end - 1) * e->target_count];
            squares[row >= end] += off * off;
            rows[row >= end]++;
        }
    }

    *inside = rows[0] > 0 ? sqrt(squares[0] / rows[0]) : 0;
    *ahead = rows[1] > 0 ? sqrt(squares[1] / rows[1]) : 0;
    if (*inside < DBL_MIN) *inside = 1;
    if (*ahead < DBL_MIN) *ahead = 1;
}

static void learn_lasts(elman_dataset *dataset, bool no_scaling)
{
    elman_encoding *e = dataset->encoding;
    for (size_t j = 0; dataset->transform.last && j < e->target_count; j++) {
        double inside = 1, ahead = 1;
        if (!no_scaling) learn_last(dataset, j, &inside, &ahead);
        e->target_mean[j] = 0;
        e->target_scale[j] = ahead;
        for (size_t i = 0; i < e->input_size; i++)
            if (dataset->target_of[i] == j) {
                e->mean[i] = 0;
                e->scale[i] = inside;
            }
    }
}

/* Inputs: over every row of the training sequences. */
static elman_status learn_inputs(elman_dataset *dataset, bool no_scaling)
{
    elman_encoding *e = dataset->encoding;
    span *spans;
    row_walk walk;
    TRY(walk_training(dataset, &walk, &spans));
    elman_status status = learn(no_scaling ? NULL : &walk, e->input_size,
                                "input", &e->mean, &e->scale);
    case_reader_clear(&walk.reader);
    spill_free(spans);
    return status;
}

/* Targets: over the same rows, or one for each sequence. */
static elman_status learn_targets(elman_dataset *dataset, bool no_scaling)
{
    elman_encoding *e = dataset->encoding;
    const numbers *targets =
        dataset_transformed(dataset) ? &dataset->moved : &dataset->raw_targets;
    span *spans = NULL;
    row_walk walk = {.dataset = dataset,
                     .raw = targets->values,
                     .lent = dataset->lent.values,
                     .columns = e->target_count};
    walk.targets = dataset->kept_targets;
    bool none = no_scaling || (!walk.raw && !walk.lent && !walk.targets);
    bool flat = !dataset->per_step || walk.targets;
    TRY(walk.lent && dataset->per_step
            ? lent_spans(dataset, &spans, &walk.count)
            : training_spans(dataset, flat, &spans, &walk.count));
    walk.spans = spans;

    elman_status status = learn(none ? NULL : &walk, e->target_count, "target",
                                &e->target_mean, &e->target_scale);
    case_reader_clear(&walk.reader);
    spill_free(spans);
    return status;
}

static elman_status learn_all(elman_dataset *dataset, bool no_scaling)
{
    TRY(learn_inputs(dataset, no_scaling));
    TRY(learn_targets(dataset, no_scaling));
    learn_lasts(dataset, no_scaling);
    return ELMAN_OK;
}

elman_status scale_all(elman_dataset *dataset, bool no_scaling)
{
    if (!dataset->following) TRY(learn_all(dataset, no_scaling));
    if (dataset->kept) TRY(case_files_scale(dataset));
    else if (!dataset->lent.x) TRY(scale_inputs(dataset));
    if (dataset->raw_targets.count) TRY(scale_targets(dataset));
    return lent_settle(dataset);
}

/* ---- Batches ------------------------------------------------------------ */

void inputs_copy(const elman_dataset *dataset, size_t id, size_t t, float *x)
{
    const elman_encoding *e = dataset->encoding;
    const span *s = &dataset->sequences[id];
    size_t I = e->input_size, J = e->target_count, row = s->first + t;
    if (dataset->lent.x) {
        lent_inputs(dataset, id, t, x);
        return;
    }
    memcpy(x, dataset->x + row * I, I * sizeof *x);
    if (!dataset->transform.last) return;

    /* less the last value, in double: what is left may be little */
    const double *moved = dataset->moved.values;
    size_t last = s->first + s->length - 1;
    for (size_t i = 0; i < I; i++) {
        size_t j = dataset->target_of[i];
        if (j < J)
            x[i] = (float)((moved[row * J + j] - moved[last * J + j] -
                            e->mean[i]) /
                           e->scale[i]);
    }
}

elman_status inputs_read(const elman_dataset *dataset, size_t id,
                         case_reader *reader, size_t stride, float *x)
{
    const elman_encoding *e = dataset->encoding;
    size_t length = dataset->sequences[id].length, I = e->input_size;
    if (!dataset->kept) {
        for (size_t t = 0; t < length; t++)
            inputs_copy(dataset, id, t, x + t * stride);
        return ELMAN_OK;
    }

    TRY(case_read(dataset, id, reader));
    const double *row = reader->rows.values;
    for (size_t t = 0; t < length; t++, row += I)
        for (size_t i = 0; i < I; i++)
            x[t * stride + i] = (float)((row[i] - e->mean[i]) / e->scale[i]);
    return ELMAN_OK;
}

elman_status kept_targets_read(const elman_dataset *dataset, size_t id,
                               case_reader *reader, size_t stride,
                               float *values)
{
    const elman_encoding *e = dataset->encoding;
    size_t length = dataset->sequences[id].length, J = e->target_count;
    TRY(case_targets(dataset, id, 0, length, reader));
    const double *row = reader->rows.values;
    for (size_t t = 0; t < length; t++, row += J)
        for (size_t j = 0; j < J; j++)
            values[t * stride + j] =
                isnan(row[j]) ? NAN
                              : (float)((row[j] - e->target_mean[j]) /
                                        e->target_scale[j]);
    return ELMAN_OK;
}

void targets_copy(const elman_dataset *dataset, size_t id, size_t k,
                  float *values)
{
    const elman_encoding *e = dataset->encoding;
    const span *s = &dataset->sequences[id];
    size_t J = e->target_count, row = s->first + s->length + k;

    /* what lies behind the end of the series is not known */
    bool known = row < series_end(dataset, s->first) && dataset->values;
    for (size_t j = 0; j < J; j++)
        values[j] = known ? dataset->values[row * J + j] : NAN;
    if (!known || !dataset->transform.last) return;

    const double *moved = dataset->moved.values;
    for (size_t j = 0; j < J; j++)
        if (!isnan(values[j]))
            values[j] =
                (float)((moved[row * J + j] - moved[(row - k - 1) * J + j] -
                         e->target_mean[j]) /
                        e->target_scale[j]);
}
