/*
 * stamps.h: whether the times that values of series come with are even steps.
 */
#ifndef DATA_STAMPS_H
#define DATA_STAMPS_H

#include "data/facts.h"

/* Begins as zeros. */
typedef struct stamps {
    size_t series, uneven; /* with times, and those whose steps differ */
    bool dates;            /* times are dates: a step is in seconds */
    double step;           /* of the first series, 0 before it has two times */
    size_t seen;           /* times of this series */
    double last, own;      /* its latest time, and its step */
    bool odd;              /* its steps differ */
} stamps;

/* Begins a series, and adds a time of it: a number, or a date "2007-01-31
 * 23:59:59", of which the end may be missing. Any other text counts as uneven.
 */
void stamps_begin(stamps *s);
void stamps_add(stamps *s, const char *text, size_t bytes);

/* Says what was found, if there were any times. */
elman_status stamps_describe(const stamps *s, facts *told);

#endif
