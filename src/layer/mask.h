/*
 * mask.h: the random masks of dropout and zoneout: a function of seed, layer,
 * draw, sequence id, step and unit alone, so that batches, threads and chunks
 * do not change them.
 */
#ifndef LAYER_MASK_H
#define LAYER_MASK_H

#include "base/random.h"

typedef enum mask_kind {
    MASK_DROPOUT,
    MASK_RECURRENT,       /* forward direction; + direction */
    MASK_ZONEOUT = 3,     /* + direction */
    MASK_ZONEOUT_CELL = 5 /* + direction */
} mask_kind;

/* Which units: all who ask with the same numbers get the same mask. */
typedef struct mask_key {
    uint64_t seed;
    uint64_t draw;
    size_t layer;  /* number in the model's flat list */
    uint32_t kind; /* mask_kind, + direction */
} mask_key;

/* The step to give for a mask that all steps share. */
#define MASK_EVERY_STEP UINT64_MAX

/* mask (n) = one with chance p, else zero, times scale each: drop with
 * (1 - p, 1 / (1 - p)), keep old with (p, 1). */
void mask_fill(const mask_key *key, uint64_t id, uint64_t step, float p,
               float scale, size_t n, float *mask);

#endif
