/*
 * attribution_occlusion.c: what the answer loses if a step, or one feature
 * there, is as in the baseline (Zeiler & Fergus 2014): F(x) less F of the
 * sequence without it. It needs no gradient, so it checks those that do. Steps
 * come first, then, if they are at most OCCLUSION_MOST, the single features of
 * each; each is a sequence of a batch.
 */
#include "inspect/attribution_parts.h"

#include <math.h>
#include <string.h>

size_t attribution_occlusions(const attribution_run *run)
{
    size_t T = run->T;
    if (run->embeds || run->I == 1 || run->I > OCCLUSION_MOST / T) return T;
    return T + T * run->I;
}

/* Which step, and which features from begin to before end, row number n of all
 * is without. */
typedef struct omission {
    size_t t, begin, end;
} omission;

static omission omission_at(const attribution_run *run, size_t n)
{
    if (n < run->T) return (omission){n, 0, run->I};
    size_t t = (n - run->T) / run->I, i = (n - run->T) % run->I;
    return (omission){t, i, i + 1};
}

static void write_row(attribution_run *run, size_t count, size_t b, size_t n)
{
    size_t I = run->I;
    for (size_t t = 0; t < run->T; t++)
        memcpy(run->in + (t * count + b) * I, run->x + t * I,
               I * sizeof *run->in);
    omission without = omission_at(run, n);
    memcpy(run->in + (without.t * count + b) * I + without.begin,
           run->baseline + without.begin,
           (without.end - without.begin) * sizeof *run->in);
}

elman_status attribution_leave_out(attribution_run *run)
{
    size_t left = run->count - run->next;
    size_t count = left < run->rows ? left : run->rows;
    for (size_t b = 0; b < count; b++)
        write_row(run, count, b, run->next + b);
    TRY(attribution_forward(run, count));

    const float *y = state_output(run->model, run->state);
    for (size_t b = 0; b < count; b++) {
        size_t n = run->next + b;
        double lost =
            run->shown.answer -
            (double)y[attribution_place(run, count, b, run->shown.output)];
        if (n < run->T) run->steps[n] = lost;
        else run->values[n - run->T] = lost;
    }
    run->next += count;
    if (run->next < run->count || run->count > run->T) return ELMAN_OK;

    /* steps alone were left out: of one feature that is all */
    for (size_t t = 0; t < run->T; t++)
        for (size_t i = 0; i < run->shown.I; i++)
            run->values[t * run->shown.I + i] =
                run->shown.I == 1 ? run->steps[t] : NAN;
    return ELMAN_OK;
}
