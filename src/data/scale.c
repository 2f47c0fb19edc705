/*
 * scale.c: each column gets mean 0 and standard deviation 1 over the training
 * part, so that no column drowns out another. Validation data is never used for
 * this.
 */
#include "data/lent.h"
#include "data/store.h"

#include "base/memory.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for scaled data");
}

/* Rows of numbers: raw doubles, or floats of which one may be filled. */
typedef struct source {
    const double *raw;
    const float *lent;  /* NULL: raw has them */
    const double *fill; /* (columns) in place of a NaN, or NULL */
    size_t columns;
} source;

static double number_at(const source *from, size_t row, size_t column)
{
    size_t at = row * from->columns + column;
    if (!from->lent) return from->raw[at];
    double value = (double)from->lent[at];
    return isnan(value) && from->fill ? from->fill[column] : value;
}

/* Mean and population deviation of one column over spans of rows. The first
 * value is subtracted before anything is summed: a constant column then has a
 * deviation of exactly 0, which becomes a scale of 1. */
static void learn_column(const source *from, size_t column, const span *spans,
                         size_t count, double *mean, double *scale)
{
    double first = count ? number_at(from, spans[0].first, column) : 0;
    double sum = 0, squares = 0, rows = 0;

    for (size_t s = 0; s < count; s++) {
        for (size_t t = 0; t < spans[s].length; t++)
            sum += number_at(from, spans[s].first + t, column) - first;
        rows += (double)spans[s].length;
    }

    /* the squares in a second pass, around the mean */
    double off = rows > 0 ? sum / rows : 0;
    for (size_t s = 0; s < count; s++)
        for (size_t t = 0; t < spans[s].length; t++) {
            double distance =
                number_at(from, spans[s].first + t, column) - first - off;
            squares += distance * distance;
        }

    /* a constant column is not scaled */
    *mean = first + off;
    *scale = rows > 0 ? sqrt(squares / rows) : 0;
    if (*scale < DBL_MIN) *scale = 1;
}

static elman_status learn(const source *from, const span *spans, size_t count,
                          bool no_scaling, const char *noun, double **mean,
                          double **scale)
{
    size_t columns = from->columns;
    *mean = calloc(columns + 1, sizeof **mean);
    *scale = calloc(columns + 1, sizeof **scale);
    if (!*mean || !*scale) return no_memory();

    for (size_t i = 0; i < columns; i++) {
        (*scale)[i] = 1;
        if (!no_scaling && (from->raw || from->lent))
            learn_column(from, i, spans, count, &(*mean)[i], &(*scale)[i]);

        if (!isfinite((*mean)[i]) || !isfinite((*scale)[i]))
            return failure(ELMAN_BAD_FORMAT,
                           "%s %zu: its numbers are too large to be scaled",
                           noun, i + 1);
    }
    return ELMAN_OK;
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

    void *shorter = realloc(raw->values, raw->count * sizeof *dataset->x + 1);
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
        !(dataset->values = malloc(bytes + 1)))
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
    *list = calloc(count + 1, sizeof **list);
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

    if (!sorted) qsort(*list, count, sizeof **list, compare_firsts);
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
    *spans = calloc(*count + 1, sizeof **spans);
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

/* Learns from the training rows: one for each sequence if flat. */
static elman_status learn_rows(const elman_dataset *dataset, const source *from,
                               bool flat, bool no_scaling, const char *noun,
                               double **mean, double **scale)
{
    span *spans = NULL;
    size_t count = 0;
    if (from->lent && !flat) TRY(lent_spans(dataset, &spans, &count));
    else TRY(training_spans(dataset, flat, &spans, &count));

    elman_status status =
        learn(from, spans, count, no_scaling, noun, mean, scale);
    free(spans);
    return status;
}

static elman_status learn_all(elman_dataset *dataset, bool no_scaling)
{
    elman_encoding *e = dataset->encoding;
    const numbers *targets =
        dataset_transformed(dataset) ? &dataset->moved : &dataset->raw_targets;

    /* inputs: over every row of the training sequences */
    source from = {.raw = dataset->raw.values,
                   .lent = dataset->lent.x,
                   .fill = e->fill,
                   .columns = e->input_size};
    TRY(learn_rows(dataset, &from, false, no_scaling, "input", &e->mean,
                   &e->scale));

    /* targets: over the same rows, or one for each sequence */
    from = (source){.raw = targets->values,
                    .lent = dataset->lent.values,
                    .columns = e->target_count};
    TRY(learn_rows(dataset, &from, !dataset->per_step, no_scaling, "target",
                   &e->target_mean, &e->target_scale));
    learn_lasts(dataset, no_scaling);
    return ELMAN_OK;
}

elman_status scale_all(elman_dataset *dataset, bool no_scaling)
{
    if (!dataset->following) TRY(learn_all(dataset, no_scaling));
    if (!dataset->lent.x) TRY(scale_inputs(dataset));
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
