/*
 * unrolled_step.h: a recurrence that is written out being read: this knows what
 * goes into a step, unrolled.c puts steps together, unrolled_end.c makes
 * weights and initial states of them.
 */
#ifndef TRACE_UNROLLED_STEP_H
#define TRACE_UNROLLED_STEP_H

#include "trace/recurrent_node.h"

/* What is known of a VALUE_STEP: a state times its weight, perhaps with a bias;
 * summed, if the step of the input has been added, whose view the value has
 * from then on. */
struct traced_step {
    bool summed;
    size_t rank;          /* of the value */
    const view *h;        /* the state; NULL: there is none, but */
    const view *constant; /* its product with the weight, or NULL: zero */
    strides weight;       /* (H,H) */
    bool transposed;      /* its rows are those of weight_hh */
    bool biased;
    strides bias; /* (H) */
};

/* Which axes of a linear layer's y are steps and sequences; AXES if all of it
 * is one step, or one sequence. */
typedef struct step_axes {
    size_t time, batch;
    size_t far; /* how far the batch is from a value's last axis */
} step_axes;

/* One direction of a recurrence. */
typedef struct traced_direction {
    size_t p; /* source: y of the linear layer */
    step_axes axes;
    bool reverse;           /* from the last step to the first */
    size_t steps_met;       /* so far */
    bool weighed;           /* step is known: */
    traced_step step;       /* the weight and bias of every step */
    const view *start;      /* initial state; NULL: zero, and */
    const view *start_c;    /* the same of an LSTM's c; NULL: zero */
    const gate_cell *gates; /* of an LSTM or GRU: what its steps are made of, */
    const gate_node *cell;  /* and c of the last one */
    const view *constant;   /* what the first step adds instead, or NULL */
} traced_direction;

struct unrolled {
    size_t T, direction_count;
    size_t width; /* of the linear layer that it began as */
    traced_direction directions[2];
};

/* The last layer, or NULL. */
traced_layer *unrolled_tip(const trace *t);

/* The direction of it whose steps have not all been met, or NULL. */
traced_direction *unrolled_direction(const trace *t);

/* One step of all sequences of a source whose last axis is features, as a view
 * of that rank. */
view step_view(const trace *t, size_t from, const step_axes *a, size_t rank,
               size_t index);

/* The axes of a linear layer's y of which p has one index (steps, T of them)
 * and all (sequences), and that index; false if it is not such a view. */
bool step_axes_find(const trace *t, const view *p, step_axes *a, size_t *T,
                    size_t *index);

/* Whether x is a state of an unrolled recurrence: one of its steps, or what may
 * be its initial state. */
bool unrolled_multiplies(const trace *t, const traced_value *x);

/* out is the product of a state with a weight. */
elman_status unrolled_product(trace *t, const onnx_node *n,
                              const traced_value *h, const strides *weight,
                              bool transposed, traced_value *out);

/* out is the VALUE_STEP x with the bias b. */
elman_status unrolled_bias(trace *t, const onnx_node *n, const traced_value *x,
                           traced_value *b, traced_value *out);

/* An Add that reads a VALUE_STEP. */
elman_status unrolled_add(trace *t, const onnx_node *n, traced_value *const *in,
                          traced_value *out);

/* Whether p is the step of a linear layer's output that a recurrence would
 * begin with. */
bool unrolled_begins(const trace *t, const traced_value *p);

/* out is the sum of such a step and of c, a constant to which the product of a
 * zero state was folded. */
elman_status unrolled_constant(trace *t, const onnx_node *n,
                               const traced_value *p, traced_value *c,
                               traced_value *out);

#endif
