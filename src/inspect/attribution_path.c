/*
 * attribution_path.c: integrated gradients (Sundararajan et al. 2017, Axiomatic
 * attribution for deep networks). With the input x, the baseline b and the
 * explained number F, step t and feature i have
 *
 *     (x - b)[t,i] int_0^1 dF/dx[t,i] (b + a (x - b)) da
 *
 * whose sum is F(x) - F(b). The integral is Gauss and Legendre's rule: a
 * network of smooth functions is smooth along the path, and n points then err
 * like a constant to the power of -n; where a relu kinks, they err as others
 * do. Points are sequences of a batch, so a weight is read once for many; their
 * gradients add up in double, in order. Gradient times input is the rule of the
 * one point a = 1.
 */
#include "inspect/attribution_parts.h"

#include <math.h>
#include <string.h>

#include "base/real.h"

/* Legendre's polynomial of degree n at z, and its derivative, by the recurrence
 * of three terms. */
static double legendre(size_t n, double z, double *derivative)
{
    double value = 1, before = 0;
    for (size_t k = 0; k < n; k++) {
        double last = before;
        before = value;
        value = ((double)(2 * k + 1) * z * before - (double)k * last) /
                (double)(k + 1);
    }
    *derivative = (double)n * (z * value - before) / (z * z - 1);
    return value;
}

void attribution_rule(size_t n, double *nodes, double *weights)
{
    for (size_t i = 0; i < (n + 1) / 2; i++) {
        double z = real_cos_pi(((double)i + 0.75) / ((double)n + 0.5));
        double derivative;
        for (size_t tries = 0; tries < 10; tries++)
            z -= legendre(n, z, &derivative) / derivative;
        (void)legendre(n, z, &derivative);

        nodes[i] = (1 - z) / 2;
        nodes[n - 1 - i] = (1 + z) / 2;
        weights[i] = weights[n - 1 - i] =
            1 / ((1 - z * z) * derivative * derivative);
    }
}

/* Row b of a pass of count rows: the point a of the path. */
static void write_point(attribution_run *run, size_t count, size_t b, double a)
{
    for (size_t t = run->begin; t < run->T; t++)
        for (size_t i = 0; i < run->I; i++) {
            double from = (double)run->baseline[i];
            double to = (double)run->x[t * run->I + i];
            bool stays = a == 1 || t < run->shown.first;
            run->in[((t - run->begin) * count + b) * run->I + i] =
                (float)(stays ? to : from + a * (to - from));
        }
}

elman_status attribution_follow_path(attribution_run *run)
{
    size_t left = run->count - run->next;
    size_t count = left < run->rows ? left : run->rows;
    for (size_t b = 0; b < count; b++)
        write_point(run, count, b, run->nodes[run->next + b]);
    TRY(attribution_forward(run, count));

    /* a gradient of 1 at the explained number of each point */
    const elman_model *m = run->model;
    const layer *last = m->layers + m->layer_count - 1;
    float *dy = state_output_gradient(m, run->state);
    size_t rows = (m->info.per_sequence ? 1 : run->T - run->begin) * count;
    memset(dy, 0, rows * last->O * sizeof *dy);
    for (size_t b = 0; b < count; b++)
        dy[attribution_place(run, count, b, run->shown.output)] = 1;

    gradients_zero(run->state);
    TRY(model_backward(m, run->state, NULL, run->dx));
    for (size_t t = run->shown.first; t < run->T; t++)
        for (size_t b = 0; b < count; b++) {
            const float *dx = run->dx + ((t - run->begin) * count + b) * run->I;
            double weight = run->weights[run->next + b];
            for (size_t i = 0; i < run->I; i++)
                run->sums[t * run->I + i] += weight * (double)dx[i];
        }
    run->next += count;
    if (run->next < run->count) return ELMAN_OK;

    /* a token has one feature, the sum over its embedding */
    for (size_t t = run->shown.first; t < run->T; t++)
        for (size_t i = 0; i < run->I; i++) {
            double off =
                (double)run->x[t * run->I + i] - (double)run->baseline[i];
            run->values[run->embeds ? t : t * run->I + i] +=
                off * run->sums[t * run->I + i];
        }
    return ELMAN_OK;
}
