/*
 * budget.h: exact gradients in a given number of bytes. A state with a budget
 * keeps the steps of one segment of a pass, and the memory before some of the
 * segments: snapshots. A pass goes through all of them and keeps the snapshots;
 * the way back runs each segment again, from the snapshot before it, the last
 * one first, and hands the gradient at its memory on.
 *
 *   forward    s0 --> s1 --> s2 --> s3         s: a snapshot
 *   backward                        s3 ==> <==
 *                            s2 ==> <==
 *
 * Where there is no room for a snapshot of each segment, those between are made
 * again from an earlier one, by the binomial schedule that repeats the fewest
 * steps (Griewank and Walther 2000, algorithm 799). Every order and every sum
 * is that of a pass without a budget.
 *
 * Layers go through the segments in parts: those that read forward together, a
 * level that reads backward (the reverse direction, and so the other one of a
 * bidirectional level) by itself, a direction at a time, in entries of its own.
 * Between two parts the output of all steps is kept.
 */
#ifndef MODEL_BUDGET_H
#define MODEL_BUDGET_H

#include "base/memory.h"
#include "layer/layer.h"

/* How a budget is spent. */
typedef struct segment_plan {
    size_t L;     /* steps of a segment; 0: all steps are kept at once */
    size_t slots; /* snapshots */
} segment_plan;

/* What a state keeps for it besides the arrays of one segment; all NULL if L
 * is 0. */
typedef struct segments {
    segment_plan plan;

    /* the last pass: it is run again from these */
    size_t T;
    const float *x;        /* the caller's, until backward */
    const int32_t *tokens; /* or these */
    size_t *lengths;       /* (B) */
    uint64_t *before;      /* (B) steps of each sequence before it */
    uint64_t *mirror;      /* (B) for pass.mirror */

    /* snapshots, laid out as the state's memory */
    size_t *at;   /* (slots) the segment before which each was taken */
    float *h, *c; /* (slots,.) */

    /* what goes from segment to segment on the way back */
    pass_memory memory; /* forward again */
    float *dh, *dc;     /* gradients */
    size_t *rows;       /* (leaves) of what was gone back through */

    float *ends, *dends; /* (B,I) one vector per sequence, and the gradient */
    float *y, *dy;       /* (T,B,O) of each part after which they are kept */
    float *factors;      /* (T,B,2,R) of each level whose merge is mul */
    float *x_part, *dx_part; /* (L,B,I) what a part reads; its gradient */
    double *leaves;          /* (leaves) for a loss to sum in */
} segments;

/* What takes the steps [first,first + T) of the output y (T,B,O) on the way
 * back and fills their gradient dy (T,B,O), which may be y. */
typedef struct segment_taker {
    void (*take)(void *context, size_t first, size_t T, const float *y,
                 float *dy);
    void *context;
} segment_taker;

/* What a state with a budget goes by. A program that is linked with libelman.a
 * has it if it calls anything that goes back (api/backward.h), so that one that
 * only runs a model is without the segments. */
typedef struct segment_way {
    /* which segments, of as many bytes as are there; segments_plan.c */
    elman_status (*choose)(const elman_model *model,
                           const elman_state_config *full, segment_plan *plan);
    /* what the state keeps, and the pass; segments.c */
    void (*lay_out)(const elman_model *model, elman_state *state, arena *a);
    void (*forward)(const elman_model *model, elman_state *state,
                    const elman_batch *batch, float *y);
} segment_way;

extern const segment_way elman__segment_way;

/* The same, where it is there: ELF has functions that may be missing. */
#ifdef __ELF__
const segment_way *elman__segments(void)
    __attribute__((weak, visibility("hidden")));
#else
const segment_way *elman__segments(void);
#endif

#endif
