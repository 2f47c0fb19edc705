/*
 * axis.h: from values to places on paper, and the ticks between them.
 */
#ifndef REPORT_AXIS_H
#define REPORT_AXIS_H

#include "report/page.h"

enum { AXIS_TICKS = 16 };

typedef struct axis {
    bool log;
    bool parts;       /* it has seen a value that is not whole, so that its
                         ticks need not be */
    double low, high; /* values at the ends */
    double from, to;  /* where these are */
    size_t tick_count;
    double ticks[AXIS_TICKS];
} axis;

/* Widens an axis of low > high, which has seen nothing, to hold value. */
void axis_see(axis *a, double value);

/* Settles the ends around what was seen, and the ticks, about wanted of them.
 * Rounded: the ends are ticks. */
void axis_settle(axis *a, size_t wanted, bool rounded);

/* Where value is; NaN if it cannot be shown. */
double axis_place(const axis *a, double value);

/* A tick's number: on a logarithmic axis a power of ten. */
void axis_tick_text(const axis *a, size_t tick, char text[NUMBER_ROOM]);

#endif
