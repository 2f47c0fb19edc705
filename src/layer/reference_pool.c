/*
 * reference_pool.c: one vector per sequence from all its valid steps, in
 * double.
 *
 *   mean        y = sum of x[t] / length
 *   max         y = the largest x[t]; the first of equals has the gradient
 *   attention   u[t] = tanh(W x[t] + b), a = softmax over t of v u[t],
 *               y = sum of a[t] x[t]
 *
 * Memory of a sequence: how many steps it had, attention's largest score and
 * the sum of exp(score - largest), then (I) the sums of x, or the largest x.
 */
#include "layer/reference.h"

#include <math.h>
#include <string.h>

#include "base/real.h"

enum { POOL_STEPS, POOL_TOP, POOL_TOTAL, POOL_SUMS };

size_t reference_pool_width(const reference_layer *l)
{
    return l->I + POOL_SUMS;
}

/* The row of step t of sequence b. */
static size_t row_of(const reference_pass *p, size_t t, size_t b)
{
    return t * p->B + b;
}

/* What sequence b has come to before the pass; NULL if it begins with it. */
static const double *before(const reference_layer *l, const reference_pass *p,
                            size_t b)
{
    const double *memory = l->pooled_0 + b * reference_pool_width(l);
    return p->given && p->given[b] && memory[POOL_STEPS] > 0 ? memory : NULL;
}

static double *after(const reference_layer *l, size_t b)
{
    return l->pooled_n + b * reference_pool_width(l);
}

/* The step with the first of the largest x of feature j; SIZE_MAX if an earlier
 * pass has one as large. */
static size_t largest(const reference_layer *l, const reference_pass *p,
                      size_t b, size_t j, const double *x)
{
    const double *earlier = before(l, p, b);
    size_t best = earlier ? SIZE_MAX : 0;
    double top = earlier ? earlier[POOL_SUMS + j] : x[b * l->I + j];
    for (size_t t = 0; t < p->lengths[b]; t++) {
        double value = x[row_of(p, t, b) * l->I + j];
        if (value <= top) continue;
        top = value;
        best = t;
    }
    return best;
}

/* u and the score of a row. */
static double score(reference_layer *l, const reference_pass *p, size_t row,
                    const double *x)
{
    const double *w = p->weights + l->weight, *v = p->weights + l->score;
    size_t I = l->I;
    double e = 0;

    for (size_t o = 0; o < I; o++) {
        double s = p->weights[l->bias + (ptrdiff_t)o];
        for (size_t i = 0; i < I; i++)
            s += w[o * I + i] * x[row * I + i];
        l->u[row * I + o] = real_tanh(s);
        e += v[o] * l->u[row * I + o];
    }
    return e;
}

/* u and a of sequence b, and what its memory is relative to. */
static void attend(reference_layer *l, const reference_pass *p, size_t b,
                   const double *x)
{
    const double *earlier = before(l, p, b);
    double *memory = after(l, b), top = earlier ? earlier[POOL_TOP] : -INFINITY;
    for (size_t t = 0; t < p->lengths[b]; t++) {
        size_t row = row_of(p, t, b);
        l->attention[row] = score(l, p, row, x);
        top = real_max(top, l->attention[row]);
    }

    /* their softmax, among all steps so far */
    double total =
        earlier ? earlier[POOL_TOTAL] * real_exp(earlier[POOL_TOP] - top) : 0;
    for (size_t t = 0; t < p->lengths[b]; t++) {
        double *a = l->attention + row_of(p, t, b);
        total += *a = real_exp(*a - top);
    }
    for (size_t t = 0; t < p->lengths[b]; t++)
        l->attention[row_of(p, t, b)] /= total;
    memory[POOL_TOP] = top;
    memory[POOL_TOTAL] = total;
}

/* The part that step t of sequence b has in feature j of y. */
static double share(const reference_layer *l, const reference_pass *p, size_t t,
                    size_t b, size_t j, const double *x)
{
    switch (l->config.pool) {
    case ELMAN_POOL_MEAN:
        return 1 / after(l, b)[POOL_STEPS];
    case ELMAN_POOL_SUM:
        return 1;
    case ELMAN_POOL_MAX:
        return largest(l, p, b, j, x) == t ? 1 : 0;
    default:
        return l->attention[row_of(p, t, b)];
    }
}

/* The part that all steps of earlier passes have. */
static double share_before(const reference_layer *l, const reference_pass *p,
                           size_t b, size_t j, const double *x)
{
    const double *earlier = before(l, p, b), *memory = after(l, b);
    if (!earlier) return 0;
    switch (l->config.pool) {
    case ELMAN_POOL_MEAN:
        return 1 / memory[POOL_STEPS];
    case ELMAN_POOL_SUM:
        return 1;
    case ELMAN_POOL_MAX:
        return largest(l, p, b, j, x) == SIZE_MAX ? 1 : 0;
    default:
        return real_exp(earlier[POOL_TOP] - memory[POOL_TOP]) /
               memory[POOL_TOTAL];
    }
}

static void pool_one(reference_layer *l, const reference_pass *p, size_t b,
                     const double *x)
{
    const double *earlier = before(l, p, b);
    double *memory = after(l, b);
    memory[POOL_STEPS] =
        (double)p->lengths[b] + (earlier ? earlier[POOL_STEPS] : 0);
    if (l->config.pool == ELMAN_POOL_ATTENTION) attend(l, p, b, x);

    /* y, and from it what the memory sums up */
    elman_pool how = l->config.pool;
    double scale = how == ELMAN_POOL_MEAN        ? memory[POOL_STEPS]
                   : how == ELMAN_POOL_ATTENTION ? memory[POOL_TOTAL]
                                                 : 1;
    for (size_t j = 0; j < l->I; j++) {
        double y = 0;
        if (earlier) y = share_before(l, p, b, j, x) * earlier[POOL_SUMS + j];
        for (size_t t = 0; t < p->lengths[b]; t++)
            y += share(l, p, t, b, j, x) * x[row_of(p, t, b) * l->I + j];
        l->y[b * l->I + j] = y;
        memory[POOL_SUMS + j] = y * scale;
    }
}

void reference_pool_forward(reference_layer *l, const reference_pass *p,
                            const double *x)
{
    size_t width = reference_pool_width(l);
    for (size_t b = 0; b < p->B; b++) {
        const double *earlier = before(l, p, b);
        if (p->lengths[b]) pool_one(l, p, b, x);
        else if (earlier) memcpy(after(l, b), earlier, width * sizeof *l->y);
        else memset(after(l, b), 0, width * sizeof *l->y);
    }
}

/* From the gradient at the score of a row to weights and dx. */
static void score_backward(const reference_layer *l, const reference_pass *p,
                           size_t row, double dscore, const double *x,
                           double *dx)
{
    const double *w = p->weights + l->weight, *v = p->weights + l->score;
    double *dw = p->gradients + l->weight, *db = p->gradients + l->bias,
           *dv = p->gradients + l->score;
    size_t I = l->I;

    for (size_t o = 0; o < I; o++) {
        double u = l->u[row * I + o], ds = dscore * v[o] * (1 - u * u);
        dv[o] += dscore * u;
        db[o] += ds;
        for (size_t i = 0; i < I; i++) {
            dw[o * I + i] += ds * x[row * I + i];
            if (dx) dx[row * I + i] += ds * w[o * I + i];
        }
    }
}

void reference_pool_backward(reference_layer *l, const reference_pass *p,
                             const double *x, double *dx)
{
    size_t I = l->I;
    for (size_t b = 0; b < p->B; b++) {
        const double *y = l->y + b * I, *dy = l->dy + b * I;
        for (size_t t = 0; t < p->lengths[b]; t++) {
            size_t row = row_of(p, t, b);
            double dscore = 0;

            for (size_t j = 0; j < I; j++) {
                double a = share(l, p, t, b, j, x);
                if (dx) dx[row * I + j] += a * dy[j];
                dscore += a * dy[j] * (x[row * I + j] - y[j]);
            }
            if (l->config.pool == ELMAN_POOL_ATTENTION)
                score_backward(l, p, row, dscore, x, dx);
        }
    }
}
