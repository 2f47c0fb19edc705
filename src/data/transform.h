/*
 * transform.h: what is done to values before they are scaled, so that a model
 * need not learn it, and how that is undone in its answers.
 *
 * Of a forecast's targets, in this order: the logarithm, the difference to the
 * value one season before, the difference to the row before, and, for each
 * window, that to its last row. Of sequences: each by itself less its mean over
 * its deviation, which nothing has to undo.
 */
#ifndef DATA_TRANSFORM_H
#define DATA_TRANSFORM_H

#include "base/status.h"

typedef struct transform {
    bool zscore;     /* of sequences, and then alone */
    bool log;        /* of a forecast, and so the rest */
    size_t season;   /* rows of the seasonal difference, 0: none */
    bool difference; /* to the row before */
    bool last;       /* to the last row of the window */
} transform;

/* Reads a list such as "log,seasonal:12,difference" for a task; its order does
 * not matter. "seasonal" alone means the season found, 0 for none. */
elman_status transform_parse(const char *text, elman_task task, size_t found,
                             transform *t);

/* Writes that list in the order in which it is done; "none" if it is empty. */
enum { TRANSFORM_TEXT = 80 };
void transform_print(const transform *t, char text[TRANSFORM_TEXT]);

/* How many rows of a series have no transformed value: its first ones. */
size_t transform_lost(const transform *t);

/* The transformed value of one row, without what depends on a window. level is
 * its value as it is; those of the rows before stand stride apart before it,
 * and transform_lost of them are read. */
double transform_value(const transform *t, const double *level, size_t stride);

/* Turns count transformed values, stride apart, of the rows behind a window
 * into values as they are. level is that of the window's last row, as above,
 * and lies as far apart. */
void transform_undo(const transform *t, const double *level, size_t stride,
                    double *values, size_t count);

/* Makes mean 0 and population deviation 1 of count values, stride apart;
 * values that are all equal become 0. */
void transform_standardize(double *values, size_t count, size_t stride);

#endif
