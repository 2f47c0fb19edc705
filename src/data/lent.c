/* lent.c: see lent.h. */
#include "data/lent.h"

#include "base/memory.h"
#include "base/real.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the data");
}

/* ---- Rows --------------------------------------------------------------- */

size_t lent_row(const elman_dataset *dataset, size_t id)
{
    size_t T = dataset->lent.T;
    return T ? id * T : dataset->sequences[id].first;
}

elman_status lent_spans(const elman_dataset *dataset, span **spans,
                        size_t *count)
{
    *count = dataset->size[ELMAN_PART_TRAIN];
    *spans = calloc(*count + 1, sizeof **spans);
    if (!*spans) return no_memory();
    for (size_t i = 0; i < *count; i++) {
        size_t id = dataset->ids[ELMAN_PART_TRAIN][i];
        (*spans)[i] =
            (span){lent_row(dataset, id), dataset->sequences[id].length};
    }
    return ELMAN_OK;
}

/* ---- Numbers ------------------------------------------------------------ */

double lent_input(const elman_dataset *dataset, size_t row, size_t column)
{
    const elman_encoding *e = dataset->encoding;
    double value = (double)dataset->lent.x[row * e->input_size + column];
    return isnan(value) && e->fill ? e->fill[column] : value;
}

const float *lent_truth(const elman_dataset *dataset, size_t id, size_t t)
{
    const lent_arrays *lent = &dataset->lent;
    size_t row = dataset->per_step ? lent_row(dataset, id) + t : id;
    if (!lent->values) return NULL;
    if (dataset->per_step && t >= dataset->sequences[id].length) return NULL;
    return lent->values + row * dataset->encoding->target_count;
}

void lent_inputs(const elman_dataset *dataset, size_t id, size_t t, float *x)
{
    const elman_encoding *e = dataset->encoding;
    size_t row = lent_row(dataset, id) + t;
    for (size_t i = 0; i < e->input_size; i++)
        x[i] =
            (float)((lent_input(dataset, row, i) - e->mean[i]) / e->scale[i]);
}

void lent_targets(const elman_dataset *dataset, size_t id, size_t t,
                  float *values)
{
    const elman_encoding *e = dataset->encoding;
    const float *truth = lent_truth(dataset, id, t);
    for (size_t j = 0; j < e->target_count; j++) {
        bool known = truth && !isnan(truth[j]);
        values[j] = known ? (float)(((double)truth[j] - e->target_mean[j]) /
                                    e->target_scale[j])
                          : NAN;
    }
}

/* ---- The end of the loan ------------------------------------------------ */

static elman_status check_inputs(const elman_dataset *dataset)
{
    const elman_encoding *e = dataset->encoding;
    for (size_t id = 0; id < dataset->sequence_count; id++) {
        size_t first = lent_row(dataset, id);
        for (size_t t = 0; t < dataset->sequences[id].length; t++)
            for (size_t i = 0; i < e->input_size; i++)
                TRY(scaled_check(lent_input(dataset, first + t, i), e->mean[i],
                                 e->scale[i], "input", i));
    }
    return ELMAN_OK;
}

/* How many targets a sequence has. */
static size_t target_rows(const elman_dataset *dataset, size_t id)
{
    return dataset->per_step ? dataset->sequences[id].length : 1;
}

static elman_status check_targets(const elman_dataset *dataset)
{
    const elman_encoding *e = dataset->encoding;
    for (size_t id = 0; id < dataset->sequence_count; id++)
        for (size_t t = 0; t < target_rows(dataset, id); t++) {
            const float *truth = lent_truth(dataset, id, t);
            for (size_t j = 0; j < e->target_count; j++)
                if (!isnan(truth[j]))
                    TRY(scaled_check((double)truth[j], e->target_mean[j],
                                     e->target_scale[j], "target", j));
        }
    return ELMAN_OK;
}

void lent_range(const elman_dataset *dataset, double *low, double *high)
{
    size_t J = dataset->encoding->target_count;
    if (!dataset->lent.values) return;
    for (size_t id = 0; id < dataset->sequence_count; id++) {
        const float *truth = lent_truth(dataset, id, 0);
        for (size_t k = 0; k < target_rows(dataset, id) * J; k++) {
            *low = real_min(*low, (double)truth[k]);
            *high = real_max(*high, (double)truth[k]);
        }
    }
}

static elman_status keep_inputs(elman_dataset *dataset)
{
    size_t I = dataset->encoding->input_size, bytes = 0;
    if (!sizes_multiply(dataset->row_count, I, sizeof(float), &bytes) ||
        !(dataset->x = malloc(bytes + 1)))
        return no_memory();

    float *to = dataset->x;
    for (size_t id = 0; id < dataset->sequence_count; id++)
        for (size_t t = 0; t < dataset->sequences[id].length; t++, to += I)
            lent_inputs(dataset, id, t, to);
    dataset->lent.x = NULL;
    return ELMAN_OK;
}

static elman_status keep_targets(elman_dataset *dataset)
{
    size_t J = dataset->encoding->target_count, bytes = 0;
    size_t rows =
        dataset->per_step ? dataset->row_count : dataset->sequence_count;
    if (!sizes_multiply(rows, J, sizeof(float), &bytes)) return no_memory();
    float *copy = malloc(bytes + 1), *to = copy;
    if (!copy) return no_memory();

    for (size_t id = 0; id < dataset->sequence_count; id++) {
        size_t count = target_rows(dataset, id) * J;
        memcpy(to, lent_truth(dataset, id, 0), count * sizeof *to);
        to += count;
    }
    dataset->lent.values = dataset->lent.copy = copy;
    return ELMAN_OK;
}

elman_status lent_settle(elman_dataset *dataset)
{
    lent_arrays *lent = &dataset->lent;
    if (lent->x) TRY(check_inputs(dataset));
    if (lent->values) TRY(check_targets(dataset));
    if (lent->borrowed) return ELMAN_OK;

    /* what is copied has no padding */
    if (lent->x) TRY(keep_inputs(dataset));
    if (lent->values) TRY(keep_targets(dataset));
    lent->T = 0;
    return ELMAN_OK;
}
