/*
 * scale.c: each column gets mean 0 and standard deviation 1 over the training
 * part, so that no column drowns out another. Validation data is never used for
 * this.
 */
#include "data/store.h"

#include "base/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for scaled data");
}

/* Mean and population deviation of one column over spans of rows. The first
 * value is subtracted before anything is summed: a constant column then has a
 * deviation of exactly 0, which becomes a scale of 1. */
static void learn_column(const double *raw, size_t columns, const span *spans,
                         size_t count, double *mean, double *scale)
{
    double first = count ? raw[spans[0].first * columns] : 0;
    double sum = 0, squares = 0, rows = 0;

    for (size_t s = 0; s < count; s++) {
        const double *value = raw + spans[s].first * columns;
        for (size_t t = 0; t < spans[s].length; t++)
            sum += value[t * columns] - first;
        rows += (double)spans[s].length;
    }

    /* the squares in a second pass, around the mean */
    double off = rows > 0 ? sum / rows : 0;
    for (size_t s = 0; s < count; s++) {
        const double *value = raw + spans[s].first * columns;
        for (size_t t = 0; t < spans[s].length; t++) {
            double distance = value[t * columns] - first - off;
            squares += distance * distance;
        }
    }

    /* a constant column is not scaled */
    *mean = first + off;
    *scale = rows > 0 ? sqrt(squares / rows) : 0;
    if (*scale < DBL_MIN) *scale = 1;
}

static elman_status learn(const numbers *raw, size_t columns, const span *spans,
                          size_t count, bool no_scaling, const char *noun,
                          double **mean, double **scale)
{
    *mean = calloc(columns + 1, sizeof **mean);
    *scale = calloc(columns + 1, sizeof **scale);
    if (!*mean || !*scale) return no_memory();

    for (size_t i = 0; i < columns; i++) {
        (*scale)[i] = 1;
        if (!no_scaling && raw->count)
            learn_column(raw->values + i, columns, spans, count, &(*mean)[i],
                         &(*scale)[i]);

        if (!isfinite((*mean)[i]) || !isfinite((*scale)[i]))
            return failure(ELMAN_BAD_FORMAT,
                           "%s %zu: its numbers are too large to be scaled",
                           noun, i + 1);
    }
    return ELMAN_OK;
}

/* Makes scaled floats of the raw numbers and frees those. */
static elman_status make_floats(numbers *raw, size_t columns,
                                const double *mean, const double *scale,
                                const char *noun, float **floats)
{
    size_t bytes = 0;
    if (!sizes_multiply(raw->count, sizeof **floats, 1, &bytes) ||
        !(*floats = malloc(bytes + 1)))
        return no_memory();

    /* rows follow each other, so the column is the index modulo their length */
    for (size_t i = 0; i < raw->count; i++) {
        size_t column = i % columns;
        double value = (raw->values[i] - mean[column]) / scale[column];

        if (!(fabs(value) <= (double)FLT_MAX))
            return failure(ELMAN_BAD_FORMAT,
                           "%s %zu: %g is too large for float32", noun,
                           column + 1, raw->values[i]);
        (*floats)[i] = (float)value;
    }

    free(raw->values);
    *raw = (numbers){0};
    return ELMAN_OK;
}

/* The rows that the scaling is learned from; if flat, a sequence has one row,
 * that of its id. */
static elman_status training_spans(const elman_dataset *dataset, bool flat,
                                   span **spans, size_t *count)
{
    size_t n = dataset->train_rows ? 1 : dataset->size[ELMAN_PART_TRAIN];
    *spans = calloc(n + 1, sizeof **spans);
    if (!*spans) return no_memory();

    /* a table: its first rows, as one span */
    if (dataset->train_rows) **spans = (span){0, dataset->train_rows};

    /* otherwise: a span for each training sequence */
    for (size_t i = 0; !dataset->train_rows && i < n; i++) {
        size_t id = dataset->ids[ELMAN_PART_TRAIN][i];
        (*spans)[i] = flat ? (span){id, 1} : dataset->sequences[id];
    }

    *count = n;
    return ELMAN_OK;
}

static elman_status learn_all(elman_dataset *dataset, bool no_scaling)
{
    elman_encoding *e = dataset->encoding;
    span *spans = NULL;
    size_t count = 0;

    /* inputs: over every row of the training sequences */
    TRY(training_spans(dataset, false, &spans, &count));
    elman_status status = learn(&dataset->raw, e->input_size, spans, count,
                                no_scaling, "input", &e->mean, &e->scale);
    free(spans);
    TRY(status);

    /* targets: over the same rows, or one for each sequence */
    TRY(training_spans(dataset, !dataset->per_step, &spans, &count));
    status = learn(&dataset->raw_targets, e->target_count, spans, count,
                   no_scaling, "target", &e->target_mean, &e->target_scale);
    free(spans);
    return status;
}

elman_status scale_all(elman_dataset *dataset, bool no_scaling)
{
    elman_encoding *e = dataset->encoding;
    if (!dataset->following) TRY(learn_all(dataset, no_scaling));

    TRY(make_floats(&dataset->raw, e->input_size, e->mean, e->scale, "input",
                    &dataset->x));
    if (dataset->raw_targets.count == 0) return ELMAN_OK;
    return make_floats(&dataset->raw_targets, e->target_count, e->target_mean,
                       e->target_scale, "target", &dataset->values);
}
