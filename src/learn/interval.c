/* interval.c: see interval.h. */
#include "learn/interval.h"

#include <math.h>
#include <stdlib.h>

#include "base/status.h"

void interval_add(interval *sums, const elman_progress *p, double limit)
{
    sums->steps++;
    sums->clipped += limit > 0 && p->norm > limit;
    sums->loss += p->last.loss;
    sums->norm += p->norm;
}

void interval_end(interval *sums, elman_progress *p)
{
    double steps = (double)sums->steps;
    p->train_loss = sums->loss / steps;
    p->mean_norm = sums->norm / steps;
    p->clipped = (double)sums->clipped / steps;
    *sums = (interval){0};
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

elman_status update_ratio(const elman_model *m, float *before, double *ratio)
{
    size_t count = 0;
    double *ratios = calloc(m->info.parameter_count + 1, sizeof *ratios);
    if (!ratios) return failure(ELMAN_NO_MEMORY, "no memory to train with");

    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const parameter *p = &m->parameters[i];
        float *was = before + p->offset;
        const float *is = model_flat(m) + p->offset;
        double weight = kernels_here()->sum_squares(p->count, was);
        if (weight == 0) continue;

        for (size_t k = 0; k < p->count; k++)
            was[k] = is[k] - was[k];
        double change = kernels_here()->sum_squares(p->count, was);
        ratios[count++] = sqrt(change / weight);
    }

    /* of an even number the mean of the two in the middle */
    qsort(ratios, count, sizeof *ratios, compare);
    double sum = count ? ratios[(count - 1) / 2] + ratios[count / 2] : NAN;
    *ratio = sum / 2;
    free(ratios);
    return ELMAN_OK;
}
