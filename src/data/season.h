/*
 * season.h: after how many rows a series repeats itself, from the correlation
 * of its values with those some rows before.
 */
#ifndef DATA_SEASON_H
#define DATA_SEASON_H

#include "base/status.h"

/* What is correlated: the changes over so many rows. They have no trend, and
 * those over more rows show slow seasons that noise hides from row to row. */
enum { SEASON_VIEWS = 5 };

/* Correlations of all series together; it starts as {0}. */
typedef struct season_search {
    double *products[SEASON_VIEWS]; /* (lags + 1) sums of products */
    double *terms[SEASON_VIEWS];    /* (lags + 1) how many they are */
    double work;                    /* products so far */
} season_search;

/* Adds a series of count values, stride apart. Of long ones the last rows are
 * read, of many series the first; one with a value missing tells nothing. */
elman_status season_add(season_search *search, const double *values,
                        size_t count, size_t stride);

/* The season in rows, 0 if there is none; strength becomes the correlation. */
size_t season_find(const season_search *search, double *strength);
void season_clear(season_search *search);

#endif
