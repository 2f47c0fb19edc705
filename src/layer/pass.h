/*
 * pass.h: what a forward or backward pass is about: its batch, the memory that
 * it starts from, and what it adds to.
 */
#ifndef LAYER_PASS_H
#define LAYER_PASS_H

#include "base/deal.h"
#include "kernel/kernel.h"

/* Who takes the rows of a model's output as they are made, while they are in
 * the cache: blocks of valid rows, as numbers t * B + b, of y (T,B,O) with room
 * dy (T,B,O) for their gradient, or NULL. Called on the thread that made the
 * rows, so on several at once, each row once. */
typedef struct row_sink {
    void (*take)(void *context, size_t count, const uint32_t *rows,
                 const float *y, float *dy);
    void *context;
} row_sink;

/* What all recurrent levels remember between passes. A direction's h is
 * (capacity,R) from h + memory_h * capacity, its c (capacity,H) likewise;
 * gradients of them are laid out in the same way. */
typedef struct pass_memory {
    size_t capacity; /* sequences */
    float *h, *c;
} pass_memory;

/* Leaves of a pass, from begin to before end, that have a sum of their own. */
typedef struct gradient_node {
    size_t begin, end;
    float *total; /* (n) */
} gradient_node;

/* The gradients of all weights while passes add to them. An array (n) is laid
 * out as the weights are. */
typedef struct gradient_sums {
    size_t block;      /* sequences of a leaf */
    size_t n;          /* floats of an array */
    uint64_t capacity; /* leaves that there is room for */
    uint64_t count;    /* leaves that have joined */
    bool joined;       /* total is up to date */
    float *total;      /* (n) */
    float *levels;     /* (level_count,n), or NULL: one pass alone */
    size_t level_count;
    size_t levels_used; /* those that were ever needed */

    /* where the leaves of a pass alone are some nodes of a larger sum: each has
     * a total of its own, instead of total. Without any there is one */
    size_t node_count;
    gradient_node nodes[DEAL_NODES];

    /* leaves that are not closed yet: the chains that are whole, then the one
     * that is not, or 0. The next pass may continue them */
    float *open;       /* (open_capacity,2,n) */
    size_t *open_rows; /* (2,open_capacity) so far, of steps and of sequences */
    bool *open_began;  /* (open_capacity) some sequence's beginning was added */
    size_t open_capacity, open_count;
    size_t open_B;  /* sequences of the open leaves */
    bool continues; /* the pass at hand does that */
    bool opens;     /* and leaves its leaves open */
    bool segment;   /* it is a segment of a pass */
    bool first;     /* with whose first steps */

    /* room for the levels of one slice, and for a leaf and a chain more */
    float *room; /* (threads,room_count,room_size) */
    size_t room_count, room_size;
} gradient_sums;

/* What only training needs. */
typedef struct pass_training {
    uint64_t seed, draw;    /* key the random masks */
    bool inputs_alone;      /* backward is run for dx: what it leaves in the
                               gradients of weights means nothing */
    gradient_sums sums;     /* gradients of weights */
    float *dh_n, *dc_n;     /* gradients at the memory after the pass */
    float *dh_0, *dc_0;     /* and before it */
    const float **pointers; /* (2,row_count) room for row pointers */
} pass_training;

/* What a pass is about: shared by all its layers. */
typedef struct pass {
    size_t T, B;
    int threads;
    const kernels *k;
    const float *packed;       /* the model's copies of its weights */
    const float *table;        /* the rows of its embedding, or NULL */
    const float *for_training; /* what only training reads, or NULL */

    size_t *lengths;        /* (B) */
    bool ragged;            /* some length is less than T */
    const uint32_t *slots;  /* (B) whose memory each has; NULL: its own */
    uint64_t *ids;          /* (B) */
    uint64_t *steps_before; /* (B) steps of each sequence before this pass */
    const uint64_t *mirror; /* (B) NULL, or entries are read backward: that of
                               s is step mirror[b] - 1 - s of its sequence */

    /* valid (t,b) as t * B + b: ascending, and in the order in which gradients
     * of weights are summed (docs/NUMERICS.md) */
    size_t row_count;
    uint32_t *rows, *order;

    /* training: the leaves of these sums; leaf i has the rows of order from
     * leaf_begin[i] to before leaf_begin[i + 1] */
    size_t leaf_count;
    size_t *leaf_begin;      /* (leaf_count + 1) */
    const size_t *open_rows; /* (leaf_count) rows of open leaves before this */

    pass_memory memory;
    const pass_training *training; /* NULL: forward alone, no random masks */
    const int32_t *tokens;         /* (T,B) or NULL */
    const row_sink *sink;          /* for the layer at hand to feed, or NULL */
} pass;

/* The sequence of the memory that sequence b of a pass goes on from. */
static inline size_t pass_slot(const pass *p, size_t b)
{
    return p->slots ? p->slots[b] : b;
}

#endif
