/*
 * fixed_points_solve.c: Newton's method on F(s) - s, damped:
 *
 *   (J - 1) d = s - F(s),   s += d / 2^k for the first k from 0 that makes
 *                           |F(s) - s| smaller (Dennis & Schnabel 1983)
 *
 * The residual is in double, J and its factors in float: that only makes the
 * last steps gain five digits each instead of doubling them. Where no d helps
 * the map itself takes a few steps, which lead towards what attracts.
 */
#include "inspect/fixed_points_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRIES = 60,    /* Newton steps of a search */
    HALVINGS = 12, /* of one step */
    SLIDES = 6,    /* times that the map takes over */
    SLIDE = 20     /* its steps then */
};

/* What counts as found; as good as it gets; and as gone. */
static const double found = 1e-10, exact = 1e-14, gone = 1e8;

elman_status search_create(map *m, search *s)
{
    size_t n = m->n;
    *s = (search){.map = m};
    s->state = calloc(4 * n, sizeof *s->state);
    s->jacobian = calloc(n * n, sizeof *s->jacobian);
    s->matrix = calloc(n * n + n, sizeof *s->matrix);
    s->rows = calloc(n, sizeof *s->rows);
    if (!s->state || !s->jacobian || !s->matrix || !s->rows)
        return failure(ELMAN_NO_MEMORY, "no memory for a matrix of %zu rows",
                       n);
    s->next = s->state + n;
    s->trial = s->next + n;
    s->after = s->trial + n;
    s->vector = s->matrix + n * n;
    return ELMAN_OK;
}

void search_destroy(search *s)
{
    free(s->state);
    free(s->jacobian);
    free(s->matrix);
    free(s->rows);
    *s = (search){0};
}

/* |a - b| */
static double distance(size_t n, const double *a, const double *b)
{
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(squares);
}

static double largest(size_t n, const double *a)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fabs(a[i]) > most ? fabs(a[i]) : most;
    return most;
}

/* Moves to state with its F and speed. */
static elman_status arrive(search *s)
{
    TRY(map_step(s->map, s->state, s->next));
    s->speed = distance(s->map->n, s->next, s->state);
    return ELMAN_OK;
}

elman_status search_begin(search *s)
{
    s->tries = s->slides = 0;
    return arrive(s);
}

/* ---- Linear equations --------------------------------------------------- */

/* Solves rows (n,n) y = vector by Gauss's elimination with row exchanges;
 * vector becomes y. False if a pivot is 0 or no number. */
static bool solve(const kernels *k, size_t n, float **rows, float *vector)
{
    for (size_t i = 0; i < n; i++) {
        /* the largest pivot comes first */
        size_t best = i;
        for (size_t j = i + 1; j < n; j++)
            if (fabsf(rows[j][i]) > fabsf(rows[best][i])) best = j;
        if (!(fabsf(rows[best][i]) > 0)) return false;

        float *row = rows[best], value = vector[best];
        rows[best] = rows[i], vector[best] = vector[i];
        rows[i] = row, vector[i] = value;

        for (size_t j = i + 1; j < n; j++) {
            float factor = rows[j][i] / row[i];
            if (factor == 0) continue;
            k->add_scaled(n - i, -factor, row + i, rows[j] + i);
            vector[j] -= factor * value;
        }
    }

    /* back from the last unknown */
    for (size_t i = n; i-- > 0;) {
        double rest = (double)vector[i] -
                      k->dot(n - i - 1, rows[i] + i + 1, vector + i + 1);
        vector[i] = (float)(rest / (double)rows[i][i]);
    }
    return true;
}

/* vector becomes Newton's step, but for the factor that it returns: the speed,
 * so that floats hold it however small it is. 0 if there is none. */
static double solve_step(search *s)
{
    size_t n = s->map->n;
    for (size_t i = 0; i < n; i++) {
        s->rows[i] = s->matrix + i * n;
        for (size_t j = 0; j < n; j++)
            s->rows[i][j] = (float)(s->jacobian[i * n + j] - (i == j));
        s->vector[i] = (float)((s->state[i] - s->next[i]) / s->speed);
    }
    return solve(kernels_here(), n, s->rows, s->vector) ? s->speed : 0;
}

/* ---- Steps -------------------------------------------------------------- */

/* Goes along vector times scale, or a part of it; found is whether that made
 * the speed smaller. */
static elman_status try_step(search *s, double scale, bool *better)
{
    size_t n = s->map->n;
    *better = false;
    for (size_t k = 0; k < HALVINGS && scale > 0; k++) {
        for (size_t i = 0; i < n; i++)
            s->trial[i] = s->state[i] + scale * (double)s->vector[i];
        TRY(map_step(s->map, s->trial, s->after));

        scale /= 2;
        double speed = distance(n, s->trial, s->after);
        if (!(speed < s->speed)) continue;
        memcpy(s->state, s->trial, n * sizeof *s->state);
        memcpy(s->next, s->after, n * sizeof *s->next);
        s->speed = speed;
        *better = true;
        return ELMAN_OK;
    }
    return ELMAN_OK;
}

/* Lets the map itself go on. */
static elman_status slide(search *s)
{
    s->slides++;
    for (size_t i = 0; i < SLIDE; i++) {
        memcpy(s->state, s->next, s->map->n * sizeof *s->state);
        TRY(arrive(s));
    }
    return ELMAN_OK;
}

elman_status search_step(search *s, search_end *end)
{
    size_t n = s->map->n;
    double size = largest(n, s->state);
    *end = SEARCH_LOST;
    if (!isfinite(s->speed) || size > gone) return ELMAN_OK;
    *end = SEARCH_FOUND;
    if (s->speed <= exact * (1 + size)) return ELMAN_OK;

    /* a step that helps, or no more to be had */
    bool better;
    double before = s->speed;
    TRY(map_jacobian(s->map, s->state, s->jacobian));
    TRY(try_step(s, solve_step(s), &better));
    bool near = s->speed <= found;
    if (near && s->speed > before / 2) return ELMAN_OK;
    s->tries++;
    *end = near ? SEARCH_FOUND : SEARCH_LOST;
    if (s->tries == TRIES || (!better && s->slides == SLIDES)) return ELMAN_OK;

    if (!better) TRY(slide(s));
    *end = SEARCH_GOES_ON;
    return ELMAN_OK;
}
