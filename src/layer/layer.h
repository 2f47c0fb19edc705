/*
 * layer.h: a whole sequence. A model's config becomes a flat list of these
 * layers: a recurrent layer of num_layers levels is one layer per level, with
 * dropout layers between them. layers.c has the table of kinds.
 *
 * Data runs from layer to layer in (T,B,.) arrays of the state. Past the end
 * of a sequence every output is 0 and no gradient flows.
 */
#ifndef LAYER_LAYER_H
#define LAYER_LAYER_H

#include "base/memory.h"
#include "base/random.h"
#include "base/status.h"
#include "cell/cell.h"
#include "kernel/kernel.h"

/* One parameter: a named slice of the model's weights. */
typedef struct parameter {
    char name[ELMAN_MAX_NAME + 32]; /* rnn.weight_ih_l0_reverse */
    size_t rank, shape[ELMAN_MAX_RANK];
    size_t count;         /* elements */
    size_t offset;        /* of the first, in floats */
    const char *role;     /* the last word of the name without level:
                             "weight_ih", "bias_hh", "weight", "h_0" ... */
    elman_init init;      /* how it is drawn */
    size_t fan_in, gates; /* columns a unit sees; blocks along shape[0] */
} parameter;

/* What a pass is about: shared by all its layers. */
typedef struct pass {
    size_t T, B;
    const size_t *lengths; /* (B), never NULL */
    bool ragged;           /* some length is less than T */
    const uint64_t *ids;   /* (B), never NULL */
    const uint64_t *position; /* (B) steps each sequence has behind it */
    uint64_t draw, seed;
    bool training, keep_gradients;
    int threads;
    const kernels *k;
    const float *weights;  /* the model's, by parameter offset */
    const float *packed;   /* the model's packed copies */
    float *gradients;      /* the state's, by parameter offset; backward */
    const float *x;        /* (T,B,I) first layer's input, or NULL */
    const int32_t *tokens; /* (T,B) or NULL */
    /* the valid (t,b) pairs as t * B + b: ascending, and in the order in which
     * gradients of weights are summed (docs/NUMERICS.md) */
    const uint32_t *rows, *order;
    size_t row_count;
    const float **pointers; /* room for 3 * T * B + 1 row pointers */
} pass;

typedef struct layer layer;

/* What a state keeps for one layer; the arrays are carved by lay_out. */
typedef struct layer_state {
    float *y, *dy; /* (T,B,O) output, and its gradient if training */
    float *parts[12]; /* the kind's own arrays, drawn at its lay_out */
} layer_state;

#endif
