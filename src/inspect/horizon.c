/*
 * horizon.c: half-lives of a gradient, and the verdict.
 *
 *   rate = (norms[b] / norms[a])^(1 / (b - a))
 *
 * from a = 1, for the first step away from the loss is unlike the others (it
 * leaves the output and enters the cell), to b, where a hundredth is left or
 * the norms end. What is too little or too much is in finding_limits.h: the
 * findings go by this verdict.
 */
#include "inspect/horizon.h"

#include <math.h>

#include "base/real.h"
#include "inspect/finding_limits.h"

/* The first lag from which on norms stay under that part of the first; T if
 * there is none. What is not a number is not under it. */
static size_t first_under(size_t T, const double *norms, double part)
{
    size_t k = T;
    while (k > 0 && norms[k - 1] < part * norms[0])
        k--;
    return k;
}

/* Whether norms stop to be numbers before they have grown, which then is a
 * fault of the data or the weights. */
static bool is_broken(size_t T, const double *norms)
{
    double most = norms[0];
    for (size_t k = 0; k < T && most < GROWTH_NOTE * norms[0]; k++) {
        if (isnan(norms[k])) return true;
        most = real_max(most, norms[k]);
    }
    return false;
}

static double rate_of(size_t T, const double *norms, size_t hundredth)
{
    size_t end = hundredth < T ? hundredth : T - 1;
    size_t begin = end > 1 ? 1 : 0;
    if (norms[begin] == 0) begin = 0;

    /* a gradient that is exactly 0 has no logarithm */
    while (end > begin && norms[end] == 0)
        end--;
    if (end == begin) return 0;
    return real_exp(real_log(norms[end] / norms[begin]) /
                    (double)(end - begin));
}

/* The largest norm; a gradient that has overflowed has exploded. */
static double largest(size_t T, const double *norms)
{
    double most = 0;
    for (size_t k = 0; k < T; k++) {
        if (!isfinite(norms[k])) return INFINITY;
        if (norms[k] > most) most = norms[k];
    }
    return most;
}

/* ---- The verdict -------------------------------------------------------- */

static bool explodes(const elman_horizon *h)
{
    return largest(h->T, h->norms) >= GROWTH_NOTE * h->norms[0];
}

static bool vanishes(const elman_horizon *h)
{
    if (h->hundredth >= h->T || h->hundredth * SHORT_PART > h->T) return false;
    return h->hundredth <= SHORT_HORIZON || h->rate < SHORT_RATE;
}

elman_horizon horizon_of(size_t T, const double *norms)
{
    elman_horizon h = {.T = T,
                       .norms = norms,
                       .half = T,
                       .tenth = T,
                       .hundredth = T,
                       .rate = NAN};
    if (T == 0 || norms[0] == 0 || !isfinite(norms[0])) return h;

    if (is_broken(T, norms)) return h;

    h.half = first_under(T, norms, 0.5);
    h.tenth = first_under(T, norms, 0.1);
    h.hundredth = first_under(T, norms, 0.01);
    if (T == 1) return h;
    h.rate = rate_of(T, norms, h.hundredth);

    h.verdict = explodes(&h)   ? ELMAN_VERDICT_EXPLODING
                : vanishes(&h) ? ELMAN_VERDICT_VANISHING
                               : ELMAN_VERDICT_STEADY;
    return h;
}

/* ---- Of a level --------------------------------------------------------- */

bool horizon_by_c(const elman_flow_level *level)
{
    const elman_horizon *h = &level->horizon, *c = &level->c_horizon;
    if (!c->T || c->verdict == ELMAN_VERDICT_UNKNOWN) return false;
    return h->verdict == ELMAN_VERDICT_UNKNOWN || c->hundredth > h->hundredth;
}

const elman_horizon *horizon_of_level(const elman_flow_level *level)
{
    return horizon_by_c(level) ? &level->c_horizon : &level->horizon;
}

void horizon_agree(elman_flow_level *level)
{
    elman_horizon *h = &level->horizon, *c = &level->c_horizon;
    if (!c->T) return;
    bool grows = h->verdict == ELMAN_VERDICT_EXPLODING ||
                 c->verdict == ELMAN_VERDICT_EXPLODING;
    elman_verdict both =
        grows ? ELMAN_VERDICT_EXPLODING : horizon_of_level(level)->verdict;
    h->verdict = c->verdict = both;
}
