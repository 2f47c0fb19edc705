/*
 * series.h: what the formats of labelled series, each with a case on a line,
 * are to series.c.
 */
#ifndef DATA_SERIES_H
#define DATA_SERIES_H

#include "data/line_source.h"
#include "data/stamps.h"
#include "data/store.h"

/* A case as it stands on its line; all zero at first, and used again. */
typedef struct series_case {
    numbers values; /* (steps,inputs), NaN for what is missing */
    size_t steps, inputs;
    const char *label; /* in the line, and how long it is; "" for none */
    size_t label_bytes;
    numbers scratch; /* the format's own */
    stamps stamps;   /* times that came with values, of all cases so far */
} series_case;

typedef struct series_format {
    elman_data_format format;
    const char *name;

    /* Reads what stands above the cases and settles the task: l is the first
     * line of the text, and then that of the first case. state is freed by
     * close, also if this fails, and NULL if there is none. */
    elman_status (*begin)(elman_dataset *dataset, const line_source *text,
                          line *l, const elman_dataset_config *config,
                          void **state);

    /* Parses the case on a line, of which it reads no further than its end. */
    elman_status (*parse)(const void *state, const elman_dataset *dataset,
                          line *l, series_case *c);

    /* Counts what a case shows; what all have shown becomes facts, or is
     * refused. Each may be NULL. */
    void (*note)(void *state, const series_case *c);
    elman_status (*end)(void *state, elman_dataset *dataset,
                        const series_case *c,
                        const elman_dataset_config *config);
    void (*close)(void *state);
} series_format;

/* Makes values (steps,inputs) of scratch (inputs,steps). */
elman_status series_turn(series_case *c);

extern const series_format series_lines, series_ts, series_arff;

#endif
