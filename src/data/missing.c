/*
 * missing.c: what becomes of missing values. No input is filled from later
 * rows, from another series or another part.
 *
 * A target that is missing is the truth of nothing: whatever fills its row,
 * nothing is asked there. Where the same column is an input, a forecast goes on
 * from what fills that; else from the target before.
 */
#include "data/encoding.h"
#include "data/table.h"

#include "base/spill.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SKIPPED = -100 };

/* One list of rows to be filled. */
typedef struct filling {
    double *values; /* (rows,count) */
    size_t count;
    double *means; /* (count) */
    double *last;  /* (count) the last value before; NaN for none */
    size_t filled; /* values */
} filling;

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for missing values");
}

/* Means of the rows that train, of what is not missing. */
static void learn_means(filling *f, const span *parts, size_t count)
{
    for (size_t j = 0; j < f->count; j++) {
        double sum = 0, rows = 0;
        for (size_t i = 0; i < count; i++)
            for (size_t t = 0; t < parts[i].length; t++) {
                double value = f->values[(parts[i].first + t) * f->count + j];
                if (isnan(value)) continue;
                sum += value;
                rows++;
            }
        f->means[j] = rows > 0 ? sum / rows : NAN;
    }
}

static elman_status begin_filling(filling *f, numbers *values, size_t count)
{
    *f = (filling){.values = values->values, .count = count};
    f->means = calloc(count + 1, sizeof *f->means);
    f->last = calloc(count + 1, sizeof *f->last);
    return f->means && f->last ? ELMAN_OK : no_memory();
}

static void end_filling(filling *f)
{
    free(f->means);
    free(f->last);
}

/* Fills one row; false if it must be left out. */
static bool fill_row(filling *f, size_t row, elman_missing missing)
{
    bool whole = true;
    for (size_t j = 0; j < f->count; j++) {
        double *value = &f->values[row * f->count + j];
        if (isnan(*value)) {
            if (missing == ELMAN_MISSING_PREVIOUS) *value = f->last[j];
            if (missing == ELMAN_MISSING_MEAN) *value = f->means[j];
            f->filled += isnan(*value) ? 0 : 1;
        }
        f->last[j] = *value;
        whole = whole && !isnan(*value);
    }
    return whole;
}

/* Rows that are left out keep numbers, so that what is worked out of
 * neighbouring rows stays finite: the values before them, else those behind. */
static void patch(filling *f, size_t begin, size_t end)
{
    for (size_t j = 0; j < f->count; j++) {
        double value = NAN;
        for (size_t row = begin; row < end && isnan(value); row++)
            value = f->values[row * f->count + j];
        if (isnan(value)) value = 0;

        for (size_t row = begin; row < end; row++) {
            double *at = &f->values[row * f->count + j];
            if (isnan(*at)) *at = value;
            value = *at;
        }
    }
}

/* A mean of several series is none of them. */
static elman_status check_series(const elman_dataset *dataset)
{
    const char *first = dataset->series_count ? dataset->series[0].name : NULL;
    for (size_t i = 1; first && i < dataset->series_count; i++)
        if (strcmp(first, dataset->series[i].name) != 0)
            return failure(ELMAN_BAD_VALUE,
                           "missing is mean, but the rows are of several "
                           "series (\"%.60s\", \"%.60s\"), and the mean of "
                           "all is none of one; choose missing (--missing) "
                           "previous or drop",
                           first, dataset->series[i].name);
    return ELMAN_OK;
}

/* The means that are used: those of training, or those it has left. */
static elman_status settle_means(elman_dataset *dataset, filling *inputs,
                                 const span *parts, size_t train_count)
{
    elman_encoding *e = dataset->encoding;
    size_t bytes = e->input_size * sizeof *e->fill;
    TRY(check_series(dataset));

    // means are learned where the encoding is, and kept in it
    if (!dataset->following) {
        learn_means(inputs, parts, train_count);
        e->fill = malloc(bytes + 1);
        if (!e->fill) return no_memory();
        for (size_t j = 0; j < e->input_size; j++)
            e->fill[j] = isnan(inputs->means[j]) ? 0 : inputs->means[j];
        return ELMAN_OK;
    }

    // a trained model has its own
    if (!e->fill)
        return failure(ELMAN_BAD_VALUE,
                       "missing is mean, but the model was trained without "
                       "means; choose missing (--missing) drop or previous");
    memcpy(inputs->means, e->fill, bytes);
    return ELMAN_OK;
}

static elman_status tell(elman_dataset *dataset, elman_missing missing,
                         size_t filled, size_t dropped)
{
    static const char *const ways[] = {
        [ELMAN_MISSING_REFUSE] = "",
        [ELMAN_MISSING_DROP] = "",
        [ELMAN_MISSING_PREVIOUS] = "the value before",
        [ELMAN_MISSING_MEAN] = "the mean of training"};
    if (filled)
        TRY(facts_add(&dataset->facts, "missing", false,
                      "%zu values filled with %s", filled, ways[missing]));
    if (!dropped) return ELMAN_OK;
    return facts_add(&dataset->facts, "missing", false,
                     "%zu %s left out: no window has one of them", dropped,
                     dropped == 1 ? "row is" : "rows are");
}

/* Marks the rows of the targets: those that nothing is asked of, and with drop
 * those that are left out. */
static void mark_targets(elman_dataset *dataset, const filling *targets)
{
    const elman_encoding *e = dataset->encoding;
    bool tags = e->task == ELMAN_TASK_TAG;
    for (size_t row = 0; row < dataset->row_count; row++) {
        bool known = !tags || dataset->classes[row] != SKIPPED;
        for (size_t j = 0; j < targets->count; j++)
            known = known && !isnan(targets->values[row * targets->count + j]);

        /* a tag is skipped by the loss, so its step may stay */
        bool filled = e->missing == ELMAN_MISSING_PREVIOUS ||
                      e->missing == ELMAN_MISSING_MEAN;
        bool *mark = filled ? dataset->row_unasked : dataset->row_dropped;
        if (!known && !(filled && tags)) mark[row] = true;
    }
}

/* Leaves out the first rows of a series up to where each target was known that
 * is no input: a forecast has nothing to go on from there. */
static void drop_before(elman_dataset *dataset, const filling *targets,
                        const row_series *s)
{
    const elman_encoding *e = dataset->encoding;
    for (size_t j = 0; j < targets->count; j++) {
        bool given = false;
        for (size_t i = 0; i < e->input_size; i++)
            given = given || dataset->target_of[i] == j;

        size_t row = s->first, end = s->first + s->count;
        for (; !given && row < end; row++) {
            if (!isnan(targets->values[row * targets->count + j])) break;
            dataset->row_dropped[row] = true;
        }
    }
}

/* Fills the inputs of all parts and marks the rows that are left out. */
static elman_status fill_parts(elman_dataset *dataset, filling *inputs,
                               const filling *targets, const span *parts,
                               size_t part_count)
{
    elman_missing missing = dataset->encoding->missing;
    size_t dropped = 0;

    // nothing is carried from one part into the next
    for (size_t i = 0; i < part_count; i++) {
        for (size_t j = 0; j < inputs->count; j++)
            inputs->last[j] = NAN;
        for (size_t t = 0; t < parts[i].length; t++) {
            size_t row = parts[i].first + t;
            if (!fill_row(inputs, row, missing))
                dataset->row_dropped[row] = true;
        }
    }

    if (targets->count && dataset->encoding->task == ELMAN_TASK_FORECAST)
        for (size_t i = 0; i < dataset->series_count; i++)
            drop_before(dataset, targets, &dataset->series[i]);
    for (size_t row = 0; row < dataset->row_count; row++)
        dropped += dataset->row_dropped[row];
    if (dropped == 0) {
        spill_free(dataset->row_dropped);
        dataset->row_dropped = NULL;
    }
    return tell(dataset, missing, inputs->filled, dropped);
}

static bool has_holes(const elman_dataset *dataset, bool answers)
{
    for (size_t i = 0; i < dataset->raw.count; i++)
        if (isnan(dataset->raw.values[i])) return true;
    for (size_t i = 0; i < dataset->raw_targets.count && !answers; i++)
        if (isnan(dataset->raw_targets.values[i])) return true;
    for (size_t i = 0; i < dataset->class_count && !answers; i++)
        if (dataset->classes[i] == SKIPPED) return true;
    return false;
}

elman_status rows_fill(elman_dataset *dataset, const span *parts,
                       size_t part_count, size_t train_count, bool answers)
{
    const elman_encoding *e = dataset->encoding;
    bool tags = e->task == ELMAN_TASK_TAG;
    filling inputs = {0}, targets = {0};
    bool learn = e->missing == ELMAN_MISSING_MEAN && !dataset->following;
    if (!learn && !has_holes(dataset, answers)) return ELMAN_OK;

    /* targets that are to be answered may stay unknown */
    dataset->row_dropped = spill_zeroed(dataset->row_count + 1, sizeof(bool));
    dataset->row_unasked = spill_zeroed(dataset->row_count + 1, sizeof(bool));
    elman_status status = dataset->row_dropped && dataset->row_unasked
                              ? targets_match(dataset)
                              : no_memory();
    if (status == ELMAN_OK)
        status = begin_filling(&inputs, &dataset->raw, e->input_size);
    if (status == ELMAN_OK)
        status = begin_filling(&targets, &dataset->raw_targets,
                               answers || tags ? 0 : e->target_count);

    if (status == ELMAN_OK && e->missing == ELMAN_MISSING_MEAN)
        status = settle_means(dataset, &inputs, parts, train_count);
    if (status == ELMAN_OK && !answers) mark_targets(dataset, &targets);
    if (status == ELMAN_OK)
        status = fill_parts(dataset, &inputs, &targets, parts, part_count);

    for (size_t i = 0; status == ELMAN_OK && i < dataset->series_count; i++) {
        const row_series *s = &dataset->series[i];
        patch(&inputs, s->first, s->first + s->count);
        patch(&targets, s->first, s->first + s->count);
    }

    end_filling(&inputs);
    end_filling(&targets);
    return status;
}
