/*
 * attribution_parts.h: one attribution at work. attribution.c chooses what is
 * explained and adds up; attribution_path.c follows the gradient from the
 * baseline to the input; attribution_occlusion.c leaves steps out.
 */
#ifndef INSPECT_ATTRIBUTION_PARTS_H
#define INSPECT_ATTRIBUTION_PARTS_H

#include "inspect/attribution.h"
#include "model/model.h"

/* Rows of a pass: as many points, or steps left out, as are worked on at
 * once. */
enum { ATTRIBUTION_ROWS = 32, MOST_ADAPTED = 1024 };

typedef struct attribution_run {
    elman_attribution shown; /* first */
    elman_attribution_kind kind;
    elman_model *model;      /* quiet and time first; reads embeddings as x */
    bool embeds;             /* the model itself reads tokens */
    size_t I;                /* features that model reads */
    size_t T;                /* steps that can matter: at most the sequence's */
    size_t rows;             /* of a pass, at most */
    elman_state *state;      /* (T,rows) */
    size_t next, count;      /* points, or steps left out: done, and all */
    double left;             /* part of the progress that is left to show */
    bool adapts;             /* points and window are as the gap asks for */
    size_t begin;            /* the first step of a pass: all but first, where
                                streams go on from the steps before */
    float *h, *c;            /* memory of a state after those, or NULL */
    float *x;                /* (T,I) the sequence */
    float *baseline;         /* (I) */
    float *in;               /* (T,rows,I) of a pass */
    float *dx;               /* (T,rows,I) */
    double *sums;            /* (T,I) of gradients */
    double *nodes, *weights; /* (MOST_ADAPTED or count) of the integral */
    double *values, *steps, *features;
    void *block; /* of these arrays */
} attribution_run;

/* Runs the count first rows of in forward. */
elman_status attribution_forward(attribution_run *run, size_t count);

/* Where the explained number of row b stands in y and dy after that pass of
 * count rows. */
size_t attribution_place(const attribution_run *run, size_t count, size_t b,
                         size_t output);

/* The next rows of each kind; then writing what came out. */
elman_status attribution_follow_path(attribution_run *run);
elman_status attribution_leave_out(attribution_run *run);

/* The nodes and weights (n) of Gauss and Legendre's rule on 0 to 1,
 * ascending. */
void attribution_rule(size_t n, double *nodes, double *weights);

/* Values, of which each takes a pass of its own to leave out. */
enum { OCCLUSION_MOST = 4096 };

/* How many rows occlusion needs. */
size_t attribution_occlusions(const attribution_run *run);

#endif
