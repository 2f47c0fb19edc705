/*
 * ts.h: the .ts format of sktime and aeon: a header of @words, then one case
 * per line: dimensions separated by ':', values by ',', '?' for a missing one,
 * the label or target last. Lines that begin with # or % are comments.
 *
 *   @univariate false
 *   @classLabel true walk run
 *   @data
 *   1,2,3:4,5,6:walk
 *
 * With @timeStamps true a value is (time,value), and steps are taken as even.
 */
#ifndef DATA_TS_H
#define DATA_TS_H

#include "data/series.h"

/* What a header says; 0 where it is silent. */
typedef struct ts_header {
    bool univariate, stamped;
    bool no_classes; /* @classLabel false */
    bool has_target;
    size_t dimensions, steps;
    dictionary classes; /* as listed; empty if not */
    size_t unknown;     /* words that are passed over */
} ts_header;

/* Reads up to the line after @data; classes are the caller's to clear. */
elman_status ts_header_read(line *l, ts_header *h);

#endif
