/*
 * rows.h: tables of made-up rows, and what a dataset says of them.
 */
#ifndef TESTS_ROWS_H
#define TESTS_ROWS_H

#include "dataset.h"

enum { ROWS = 160, MOST = 4000 };

static inline double uniform(uint64_t which, size_t i)
{
    float value;
    random_fill(which * 100003 + i, 1, 0, 1, &value);
    return (double)value;
}

/* Columns a, b and other, all above 0, with a trend and a season of 7. */
static inline void make_rows(uint64_t seed, size_t rows, double (*values)[3])
{
    for (size_t t = 0; t < rows; t++)
        for (size_t j = 0; j < 3; j++)
            values[t][j] = 20 + 0.1 * (double)(t * (j + 1)) +
                           5 * sin((double)t * 0.8975979 + (double)j) +
                           3 * uniform(seed, 3 * t + j);
}

static inline const char *put_rows(const char *name, double (*values)[3],
                                   size_t rows)
{
    static char text[ROWS * 100];
    size_t at = (size_t)sprintf(text, "a,other,b\n");
    for (size_t t = 0; t < rows; t++)
        at += (size_t)sprintf(text + at, "%.17g,%.17g,%.17g\n", values[t][0],
                              values[t][1], values[t][2]);
    return put_bytes(name, text, at);
}

/* One column, without a name. */
static inline const char *put_column(const char *name, const double *values,
                                     size_t n)
{
    static char text[MOST * 26];
    size_t at = 0;
    for (size_t t = 0; t < n; t++)
        at += (size_t)sprintf(text + at, "%.17g\n", values[t]);
    return put_bytes(name, text, at);
}

static inline const char *fact(const elman_dataset *d, const char *name)
{
    size_t count = 0;
    const elman_fact *list = dataset_facts(d, &count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(list[i].name, name)) return list[i].text;
    return "";
}

#endif
