/*
 * pool.h: what the kinds of pooling share. What a sequence has come to so far
 * is in the state's memory, so that streams, and sequences that come in chunks
 * of time, give the bits of a whole pass.
 */
#ifndef LAYER_POOL_H
#define LAYER_POOL_H

#include "layer/layer.h"

/* The sequences of a pass, for whichever thread works on them. */
typedef struct pool_job {
    const layer *l;
    const pass *p;
    layer_state *s;
    const float *x;
    float *dx; /* NULL if not wanted */
    void (*one)(const struct pool_job *job, size_t b);
    size_t parts;
} pool_job;

/* Calls one for each sequence, on the pass's threads if there is work enough.
 */
void pool_run(pool_job *job, void (*one)(const pool_job *job, size_t b));

/* The memory of sequence b, or of the gradient at it, in an array that is laid
 * out as the state's h. */
float *pool_memory(const pool_job *job, float *h, size_t b);

/* The same before a sequence's first step of the pass: cleared if it is the
 * first of all. */
float *pool_memory_begin(const pool_job *job, size_t b);

/* Adds a step to the sum in memory: chain (n) is what its last steps add up
 * to, which joins whole (n) after every CHAIN steps. at is the step's number
 * since the sequence began; returns whether the chain has ended. */
static inline bool pool_chain_ends(uint64_t at)
{
    return at % CHAIN == CHAIN - 1;
}

/* Ends a chain: whole += chain, chain = 0. */
void pool_end_chain(const pass *p, size_t n, float *whole, float *chain);

/* pool_attention.c */
elman_status pool_plan_attention(layer *l, layer_plan *plan);
void pool_lay_out_attention(const layer *l, arena *a, size_t T, size_t B,
                            bool training, layer_state *s);
void pool_forward_attention(pool_job *job);
void pool_backward_attention(pool_job *job);

#endif
