/*
 * season.c: a season is a lag at which the correlation has a peak that is high
 * enough not to be chance, and above the lags before it: a smooth series
 * correlates with what lies just before. Of several the smallest that is nearly
 * as high as any, as two seasons are a season too.
 */
#include "data/season.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEAST_DAY = 7,         /* rows of it */
    LEAST_SEASON = 3,      /* rows: 2 is a swing */
    MOST_LAG = 1500,       /* a day of minutes */
    MOST_ROWS = 20000,     /* of one series */
    MOST_WORK = 200000000, /* products */
    LEAST_ROWS = 8,        /* of a series that tells anything */
    LAG_OF = 2,
    ROWS = 5,    /* the longest lag is 2/5 of the rows */
    TOGETHER = 8 /* lags that are summed in one pass */
};

/* How high a peak must be, by itself and above the lowest before it, and in
 * deviations of what is seen by chance: less where calendars expect one. */
static const double least_peak = 0.2, least_rise = 0.15;
static const double least_deviations = 3.2, least_deviations_usual = 2.2;

/* How much of a peak must be left at twice its lag. */
static const double least_again = 0.5;

/* The changes that are looked at: over so many rows. */
static const size_t apart[SEASON_VIEWS] = {1, 4, 13, 40, 130};

/* How much of the peak of several days one day must reach to be taken for it.
 */
static const double alike_days = 0.65;

/* A peak this near to the highest is taken before it. */
static const double nearly = 0.8;

/* Seasons that clocks and calendars make, for a peak that noise has moved by a
 * row or two. */
static const size_t usual[] = {4,  7,   12,  24,  48,  52,  60,
                               96, 144, 168, 288, 336, 365, 1440};
static const double as_high = 0.97;

static elman_status reserve(season_search *search)
{
    for (int view = 0; view < SEASON_VIEWS; view++) {
        if (!search->products[view])
            search->products[view] = calloc(MOST_LAG + 2, sizeof(double));
        if (!search->terms[view])
            search->terms[view] = calloc(MOST_LAG + 2, sizeof(double));
        if (!search->products[view] || !search->terms[view])
            return failure(ELMAN_NO_MEMORY, "no memory to look for a season");
    }
    return ELMAN_OK;
}

/* The sums of the products of values at lags from lag on. */
static void sum_products(const double *values, size_t count, size_t lag,
                         double sums[TOGETHER])
{
    double sum[TOGETHER] = {0};
    size_t all = lag + TOGETHER - 1;

    /* rows that only the shorter lags have, then those of all */
    for (size_t k = 0; k < TOGETHER; k++)
        for (size_t t = lag + k; t < all && t < count; t++)
            sum[k] += values[t] * values[t - lag - k];
    for (size_t t = all; t < count; t++)
        for (size_t k = 0; k < TOGETHER; k++)
            sum[k] += values[t] * values[t - lag - k];

    memcpy(sums, sum, sizeof sum);
}

/* Adds the products of values less their mean with those some lags before, over
 * their mean square. */
static void correlate(season_search *search, int view, double *values,
                      size_t count)
{
    double mean = 0, power = 0;

    /* around their mean, and over their mean square */
    for (size_t t = 0; t < count; t++)
        mean += values[t] / (double)count;
    for (size_t t = 0; t < count; t++) {
        values[t] -= mean;
        power += values[t] * values[t] / (double)count;
    }
    if (!(power > 0) || !isfinite(power)) return;

    size_t lags = count * LAG_OF / ROWS;
    if (lags > MOST_LAG) lags = MOST_LAG;
    search->work += (double)lags * (double)count;
    for (size_t lag = 1; lag <= lags; lag += TOGETHER) {
        double sums[TOGETHER];
        sum_products(values, count, lag, sums);
        for (size_t k = 0; k < TOGETHER && lag + k <= lags; k++) {
            search->products[view][lag + k] += sums[k] / power;
            search->terms[view][lag + k] += (double)(count - lag - k);
        }
    }
}

elman_status season_add(season_search *search, const double *values,
                        size_t count, size_t stride)
{
    if (search->work > (double)MOST_WORK || count < LEAST_ROWS) return ELMAN_OK;
    size_t first = count > MOST_ROWS ? count - MOST_ROWS : 0;
    for (size_t t = first; t < count; t++)
        if (!isfinite(values[t * stride])) return ELMAN_OK;

    TRY(reserve(search));
    size_t n = count - first;
    double *copy = calloc(n, sizeof *copy);
    if (!copy)
        return failure(ELMAN_NO_MEMORY, "no memory to look for a season");

    /* changes over more rows only where there are many such */
    for (int view = 0; view < SEASON_VIEWS && apart[view] * 8 <= n; view++) {
        size_t back = apart[view];
        for (size_t t = back; t < n; t++)
            copy[t - back] = values[(first + t) * stride] -
                             values[(first + t - back) * stride];
        correlate(search, view, copy, n - back);
    }
    free(copy);
    return ELMAN_OK;
}

/* ---- Peaks -------------------------------------------------------------- */

static double correlation(const season_search *search, int view, size_t lag)
{
    double terms = search->terms[view][lag];
    return terms > 0 ? search->products[view][lag] / terms : -1;
}

/* The usual season that a peak means, 0 if none. */
static size_t find_usual(const season_search *search, int view, size_t peak)
{
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        size_t far = usual[i] > peak ? usual[i] - peak : peak - usual[i];
        size_t reach = peak / 40 + (peak >= 10);
        if (far <= reach && correlation(search, view, usual[i]) >=
                                as_high * correlation(search, view, peak))
            return usual[i];
    }
    return 0;
}

/* Whether what is alike over one season is alike over two, as far as there are
 * rows for that. */
static bool comes_again(const season_search *search, int view, size_t lag)
{
    double again = -1;
    for (size_t twice = 2 * lag - 1; twice <= 2 * lag + 1; twice++) {
        if (twice > MOST_LAG || !(search->terms[view][twice] > 0)) return true;
        double r = correlation(search, view, twice);
        if (r > again) again = r;
    }
    return again >= least_again * correlation(search, view, lag);
}

/* Whether the correlation at a lag is a peak that means a season. chance is the
 * deviation of what is seen without one, lowest the least at shorter lags. */
static bool is_peak(const season_search *search, int view, size_t lag,
                    double chance, double lowest)
{
    double r = correlation(search, view, lag);
    if (lag < LEAST_SEASON || r < correlation(search, view, lag - 1) ||
        r < correlation(search, view, lag + 1))
        return false;

    double deviations = find_usual(search, view, lag) ? least_deviations_usual
                                                      : least_deviations;
    return r >= least_peak && r >= lowest + least_rise &&
           r >= deviations * chance && comes_again(search, view, lag);
}

/* Goes through the peaks in turn. What chance gives grows with the correlations
 * of the shorter lags (Bartlett 1946). Returns the first peak of at least high;
 * highest, unless it is NULL, becomes the height of the highest of all. */
static size_t find_peak(const season_search *search, int view, double high,
                        double *highest)
{
    double squares = 0, lowest = 1;
    for (size_t lag = 1; lag < MOST_LAG && search->terms[view][lag] > 0;
         lag++) {
        double r = correlation(search, view, lag);
        double chance = sqrt((1 + 2 * squares) / search->terms[view][lag]);
        if (is_peak(search, view, lag, chance, lowest)) {
            if (highest && r > *highest) *highest = r;
            if (!highest && r >= high) return lag;
        }
        squares += r * r;
        if (r < lowest) lowest = r;
    }
    return 0;
}

/* The day of a season that is some days, up to a week, if days are alike as
 * well; else the season. */
static size_t find_day(const season_search *search, int view, size_t season)
{
    for (size_t days = 7; days > 1; days--) {
        size_t day = season / days;
        if (season % days || day < LEAST_DAY) continue;

        double r = correlation(search, view, day);
        if (find_usual(search, view, day) == day &&
            r >= correlation(search, view, day - 1) &&
            r >= correlation(search, view, day + 1) &&
            r >= alike_days * correlation(search, view, season))
            return day;
    }
    return season;
}

size_t season_find(const season_search *search, double *strength)
{
    /* the view that shows it most clearly */
    double highest = 0;
    int best = -1;
    for (int view = 0; view < SEASON_VIEWS && search->work > 0; view++) {
        double here = 0;
        find_peak(search, view, 0, &here);
        if (here > highest) best = view;
        if (here > highest) highest = here;
    }
    if (best < 0) return 0;

    size_t peak = find_peak(search, best, nearly * highest, NULL);
    peak = find_day(search, best, peak);
    size_t season = find_usual(search, best, peak);
    if (!season) season = peak;
    *strength = correlation(search, best, season);
    return season;
}

void season_clear(season_search *search)
{
    for (int view = 0; view < SEASON_VIEWS; view++) {
        free(search->products[view]);
        free(search->terms[view]);
    }
    *search = (season_search){0};
}
