/* truth.c: see truth.h. */
#include "data/truth.h"

#include "data/encoding.h"
#include "data/lent.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { AT_ONCE = 4096 }; /* numbers that are read from a file */

void truth_reader_clear(truth_reader *reader)
{
    case_reader_clear(&reader->reader);
    *reader = (truth_reader){0};
}

/* ---- In a file ----------------------------------------------------------- */

/* Reads some steps from step on, if the reader has not got it. */
static elman_status load(truth_reader *r, const elman_dataset *dataset,
                         size_t id, size_t step, size_t most)
{
    size_t left = dataset->sequences[id].length - step;
    if (r->id == id && step >= r->first && step - r->first < r->count)
        return ELMAN_OK;

    r->id = id;
    r->first = step;
    r->count = 0;
    if (most < 1) most = 1;
    if (most > left) most = left;
    TRY(case_targets(dataset, id, step, most, &r->reader));
    r->count = most;
    return ELMAN_OK;
}

static elman_status read_kept(truth_reader *r, const elman_dataset *dataset,
                              size_t id, size_t step, double *values)
{
    size_t count = dataset->encoding->target_count;
    TRY(load(r, dataset, id, step, AT_ONCE / (count + !count)));
    memcpy(values, r->reader.rows.values + (step - r->first) * count,
           count * sizeof *values);
    return ELMAN_OK;
}

/* ---- In memory ----------------------------------------------------------- */

/* The row of raw_targets that answers step `step` of sequence id. */
static size_t target_row(const elman_dataset *dataset, uint64_t id, size_t step)
{
    const span *s = &dataset->sequences[id];
    if (!dataset->per_step) return (size_t)id;
    bool forecast = dataset->encoding->task == ELMAN_TASK_FORECAST;
    return s->first + (forecast ? s->length : step);
}

static void read_held(const elman_dataset *dataset, uint64_t id, size_t step,
                      double *values)
{
    const elman_encoding *e = dataset->encoding;
    size_t count = encoding_outputs(e);
    size_t targets = e->class_count ? 0 : e->target_count;
    size_t first = targets ? target_row(dataset, id, step) : 0;
    const float *lent = lent_truth(dataset, (size_t)id, step);
    for (size_t k = 0; lent && k < count; k++)
        values[k] = (double)lent[k];
    if (lent) return;
    if (!dataset->raw_targets.count) targets = 0; /* the file has none */

    /* a horizon may lie partly behind the end of its series */
    size_t end = !targets            ? 0
                 : dataset->per_step ? series_end(dataset, first)
                                     : first + 1;
    if (targets && e->task == ELMAN_TASK_FORECAST)
        end = series_end(dataset, dataset->sequences[id].first);

    for (size_t k = 0; k < count; k++)
        values[k] = targets && first + k / targets < end
                        ? dataset->raw_targets.values[first * targets + k]
                        : NAN;
}

/* ---- Either -------------------------------------------------------------- */

elman_status truth_read(truth_reader *reader, const elman_dataset *dataset,
                        uint64_t id, size_t step, double *values)
{
    if (dataset->kept_targets && step < dataset->sequences[id].length)
        return read_kept(reader, dataset, (size_t)id, step, values);
    read_held(dataset, id, step, values);
    return ELMAN_OK;
}

void truth_horizon(const elman_dataset *dataset, uint64_t id, double *values)
{
    read_held(dataset, id, 0, values);
}

/* Steps of a sequence that are answered one by one, or NaN behind its end. */
static elman_status read_steps(truth_reader *reader,
                               const elman_dataset *dataset, uint64_t id,
                               size_t step, size_t steps, double *values)
{
    size_t O = encoding_outputs(dataset->encoding);
    size_t length = dataset->sequences[id].length;
    bool one = encoding_per_sequence(dataset->encoding);

    /* all from a file before the first is written */
    if (dataset->kept_targets && step < length)
        TRY(load(reader, dataset, (size_t)id, step, steps));
    for (size_t t = 0; t < steps; t++, values += O)
        if (one || (step < length && t < length - step))
            TRY(truth_read(reader, dataset, id, step + t, values));
        else
            for (size_t k = 0; k < O; k++)
                values[k] = NAN;
    return ELMAN_OK;
}

elman_status dataset_truth(const elman_dataset *dataset, uint64_t id,
                           size_t step, size_t steps, double *values)
{
    if (id >= dataset->sequence_count)
        return failure(ELMAN_BAD_VALUE,
                       "sequence %" PRIu64
                       ", expected one of the %zu there are",
                       id, dataset->sequence_count);
    truth_reader reader = {0};
    elman_status status = read_steps(&reader, dataset, id, step, steps, values);
    truth_reader_clear(&reader);
    return status;
}
