/*
 * reference.h: a whole network in double, forward and backward, from the
 * readable layers and cells. The fast code is checked against it, and it is
 * itself checked against recorded numbers and finite differences.
 *
 * weights and gradients hold every parameter, one right after the other in the
 * order of elman_model_parameter; the caller writes weights. forward
 * overwrites, backward adds to gradients.
 */
#ifndef MODEL_REFERENCE_H
#define MODEL_REFERENCE_H

#include "base/status.h"
#include "layer/reference.h"

typedef struct reference {
    elman_config config;
    size_t T, B; /* room for so many steps and sequences */
    size_t layer_count;
    reference_layer *layers; /* the flat list, as model.h's */
    size_t levels;           /* recurrent levels */
    size_t weight_count;
    double *weights, *gradients;
    size_t O, outputs;         /* outputs is 2 for merge none: y (2,T,B,O) */
    bool per_sequence;         /* y is (B,O) */
    size_t repeats;            /* of ELMAN_REPEAT, or 0 */
    size_t repeated;           /* y is (repeated,B,O), if not 0 */
    double *x, *dx;            /* (T,B,I) */
    int32_t *tokens;           /* (T,B) */
    size_t *lengths, *one;     /* (B); 1 for every sequence after ELMAN_LAST */
    size_t *many;              /* (B) and repeats behind ELMAN_REPEAT */
    float *room;               /* for a mask */
    reference_pass full, tail; /* before and after ELMAN_LAST */
    reference_pass again;      /* behind ELMAN_REPEAT, from its own beginning */
    void *block;               /* of all arrays */
    bool ran;
} reference;

/* What a pass reads; as elman_batch, in double. */
typedef struct reference_batch {
    size_t T, B;
    const double *x;       /* (T,B,I) or (B,T,I) */
    const int32_t *tokens; /* (T,B) or (B,T) */
    const size_t *lengths; /* (B) or NULL */
    const bool *given;     /* (B) sequences that start from h_0 and c_0 of
                              each direction, which the caller has written; the
                              others, or all if NULL, from zero or what was
                              learned. Borrowed until after backward */
    reference_mask *mask;  /* NULL: not training */
    void *context;
} reference_batch;

/* Room for T steps of B sequences; config need not be completed, but must be
 * one that elman_model_create accepts. */
elman_status reference_create(const elman_config *config, size_t T, size_t B,
                              reference **r);
void reference_destroy(reference *r);

/* The direction that holds the states of a level: h_0, h_n, dh_n ... NULL if
 * there is none. */
reference_direction *reference_level(reference *r, size_t level,
                                     size_t direction);

/* The pass that a layer of r ran in last. */
const reference_pass *reference_pass_of(const reference *r,
                                        const reference_layer *l);

/* What each sequence has pooled in the last pass becomes what it had before the
 * next, as h_n becomes h_0. */
void reference_carry_pool(reference *r);

/* y as elman_model_forward's, or NULL: it is in the last layer's y as well,
 * time first. Zeroes dh_n and dc_n. */
elman_status reference_forward(reference *r, const reference_batch *batch,
                               double *y);

/* dy is like y, NULL for zero; dx is like x, or NULL. Reads dh_n and dc_n,
 * writes dh_0 and dc_0. */
elman_status reference_backward(reference *r, const double *dy, double *dx);

/* The masks that a pass of the fast code draws: context is a reference_masks.
 */
typedef struct reference_masks {
    uint64_t seed, draw;
    const uint64_t *ids; /* (B) or NULL for 0 to B-1 */
    const uint64_t
        *steps_before; /* (B) steps each has behind it, or NULL for 0 */
} reference_masks;
void reference_mask_same(void *context, const reference_draw *draw, size_t n,
                         float *mask);

#endif
