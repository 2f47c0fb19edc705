/*
 * trace_unrolled.h: a recurrence that is written out being read:
 * trace_unrolled_step.c knows what goes into a step, trace_unrolled.c puts
 * steps together, trace_unrolled_end.c makes weights and initial states of
 * them.
 */
#ifndef EXCHANGE_TRACE_UNROLLED_H
#define EXCHANGE_TRACE_UNROLLED_H

#include "exchange/trace_recurrent.h"

/* A value of VALUE_STEP: a state times its weight, then with a bias; or that
 * and a step of the input, whose view the value then has. */
struct traced_step {
    bool summed;
    size_t rank;          /* of the value */
    const view *h;        /* what is multiplied; NULL: nothing, but */
    const view *constant; /* what stands in its place, or NULL */
    strides weight;       /* (H,H) */
    bool transposed;      /* its rows are those of weight_hh */
    bool biased;
    strides bias; /* (H) */
};

/* Axes of a linear layer's y, AXES if all of it is one step or sequence. */
typedef struct step_axes {
    size_t time, batch;
    size_t far; /* how far the batch is from a value's last axis */
} step_axes;

/* One direction. */
typedef struct traced_way {
    size_t p; /* source: y of the linear layer */
    step_axes axes;
    bool down;            /* from the last step to the first */
    size_t made;          /* steps */
    bool weighed;         /* what follows is known: */
    traced_step of;       /* weight and bias of each step */
    const view *start;    /* initial state; NULL: zero, and */
    const view *constant; /* what the first step adds instead, or NULL */
} traced_way;

struct unrolled {
    size_t T, ways;
    traced_way way[2];
};

/* The last layer, or NULL; the direction of it that is being read, whose steps
 * are not all there, or NULL. */
traced_layer *unrolled_tip(const trace *t);
traced_way *unrolled_way(const trace *t);

/* One step of all sequences of a source whose last axis is features, as a view
 * of that rank. */
view step_view(const trace *t, size_t from, const step_axes *a, size_t rank,
               size_t index);

/* The axes of a linear layer's y of which p has one index (steps, T of them)
 * and all (sequences), and that index; false if it is no such view. */
bool step_axes_find(const trace *t, const view *p, step_axes *a, size_t *T,
                    size_t *index);

/* The axis of their source in which alone two views, else the same, begin one
 * index apart; AXES if there is none, BROADCAST if they are the same. */
size_t view_next_axis(const view *a, const view *b);

#endif
