/*
 * reference.h: every layer in double, one sequence and one step at a time: the
 * fast layers are checked against it. reference.c has the layers that read one
 * step at a time, reference_recurrent.c those that walk through time,
 * reference_pool.c those that make one vector of all steps.
 *
 * Data runs in (T,B,.) arrays, as in layer.h. A direction keeps its own arrays
 * in the order in which it reads.
 */
#ifndef LAYER_REFERENCE_H
#define LAYER_REFERENCE_H

#include "base/memory.h"
#include "cell/reference.h"
#include "layer/mask.h"

/* Which random mask is asked for: mask_fill's arguments. */
typedef struct reference_draw {
    size_t layer;  /* number in the flat list */
    uint32_t kind; /* mask_kind, + direction */
    size_t b;      /* sequence */
    uint64_t step; /* t, or MASK_EVERY_STEP */
    float p, scale;
} reference_draw;

/* Fills mask (n): scale with chance p, else 0. */
typedef void reference_mask(void *context, const reference_draw *draw, size_t n,
                            float *mask);

/* What a pass is about, for all its layers. */
typedef struct reference_pass {
    size_t T, B;
    const size_t *lengths; /* (B) */
    const int32_t *tokens; /* (T,B) or NULL */
    const double *weights;
    double *gradients;
    const bool *given;    /* (B) those that start from h_0 and c_0 as they
                             stand, or NULL for none */
    reference_mask *mask; /* NULL: not training, no dropout */
    void *context;
    float *room; /* as wide as the widest mask */
} reference_pass;

/* One direction of one recurrent level. */
typedef struct reference_direction {
    reference_cell cell;
    bool reversed;               /* reads from the last step to the first */
    size_t direction;            /* 1 for the second of two directions */
    ptrdiff_t h_0_at, c_0_at;    /* learned initial states, or negative */
    double *h_0, *c_0;           /* (B,R) (B,H) initial states */
    double *h_n, *c_n;           /* final states */
    double *dh_n, *dc_n;         /* their gradients, which backward reads */
    double *dh_0, *dc_0;         /* gradients of the initial states */
    double *h, *c;               /* (T,B,R) (T,B,H) after zoneout */
    double *new_h, *new_c;       /* (T,B,R) (T,B,H) before it */
    double *h_in;                /* (T,B,R) */
    double *sum, *gate, *saved;  /* (T,B,G) (T,B,G) (T,B,H) */
    double *dropped;             /* (B,R) mask of recurrent dropout */
    double *keep_h, *keep_c;     /* (T,B,R) (T,B,H) part of the old value */
    double *dh, *dc, *da;        /* (T,B,.) whole gradients at h, c, sum */
    double *carry_dh, *carry_dc; /* (B,R) (B,H) carried from step to step */
    double *new_dh, *new_dc;     /* (R) (H) scratch of one step */
    double *dh_in, *room;        /* (R) (H) the same */
} reference_direction;

typedef struct reference_layer {
    elman_layer config; /* a recurrent one: of this level alone */
    size_t number;      /* in the flat list */
    size_t I, O, D;
    size_t forward_features; /* features it reads that end at the last step */
    bool per_sequence;       /* reads one vector per sequence, as T = 1 */
    size_t repeated;         /* reads so many steps, made of one; else 0 */
    reference_direction directions[2];
    ptrdiff_t weight, bias; /* offsets, negative if none */
    double *y, *dy;         /* (T,B,O); merge none (D,T,B,R) */
    ptrdiff_t score;        /* attention; the same */
    double *mask;           /* (T,B,O) dropout */
    double *u, *attention;  /* (T,B,O) (T,B) attention */
    double *pooled_0;       /* (B,.) pool: what given sequences have come to */
    double *pooled_n;       /* and come to with the pass */
} reference_layer;

/* x (T,B,I) to l->y, 0 after each sequence's end. */
void reference_layer_forward(reference_layer *l, const reference_pass *p,
                             const double *x);

/* l->dy to dx (T,B,I), which is overwritten; adds to p->gradients. */
void reference_layer_backward(reference_layer *l, const reference_pass *p,
                              const double *x, double *dx);

/* reference_pool.c: the two above for ELMAN_POOL, and how wide its memory is.
 * No gradient is given to pooled_0. */
size_t reference_pool_width(const reference_layer *l);
void reference_pool_forward(reference_layer *l, const reference_pass *p,
                            const double *x);
void reference_pool_backward(reference_layer *l, const reference_pass *p,
                             const double *x, double *dx);

/* Carves the arrays of one direction. */
void reference_direction_lay_out(reference_direction *d, arena *a, size_t T,
                                 size_t B);

/* The two above for a recurrent layer. dx is added to. */
void reference_recurrent_forward(reference_layer *l, const reference_pass *p,
                                 const double *x);
void reference_recurrent_backward(reference_layer *l, const reference_pass *p,
                                  const double *x, double *dx);

/* Draws a mask (n) in double. */
void reference_draw_mask(const reference_pass *p, const reference_draw *draw,
                         size_t n, double *mask);

#endif
