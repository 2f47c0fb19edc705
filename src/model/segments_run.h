/* segments_run.h: what both ways through the segments share. */
#ifndef MODEL_SEGMENTS_RUN_H
#define MODEL_SEGMENTS_RUN_H

#include "layer/recurrent.h"
#include "model/model.h"

/* segment_way: as in budget.h. */
elman_status segments_plan(const elman_model *model,
                           const elman_state_config *full, segment_plan *plan);
void segments_pass(const elman_model *model, elman_state *state,
                   const elman_batch *batch, float *y);

/* Whether tokens are still some, which the way back reads again. */
elman_status segments_check(const elman_model *model, const elman_state *state);

/* Runs the layers of a pass that has begun, with y as elman_model_forward has
 * it where the state keeps none, or NULL; and goes back through them. */
void segments_run(const elman_model *model, elman_state *state,
                  const elman_batch *batch, float *y);
elman_status segments_backward(const elman_model *model, elman_state *state,
                               const segment_taker *taker, float *dx);

/* Layers that go through the segments together: some that read forward, or one
 * level that reads backward. */
typedef struct segment_part {
    size_t begin, end;
    bool apart; /* the latter */
} segment_part;

/* Steps from {0} to the first part, or to the next; false after the last. The
 * last one ends where layers begin that read one vector per sequence. */
bool segment_part_next(const elman_model *m, segment_part *part);

/* The part before a part that is not the first; and the last. */
segment_part segment_part_before(const elman_model *m, const segment_part *p);
segment_part segment_part_last(const elman_model *m);

/* A walk of a part through the segments of the pass in state. */
typedef struct segment_run {
    const elman_model *m;
    elman_state *s;
    size_t count; /* segments */
    segment_part part;
    float *y;          /* (T,B,O) of all its steps, or NULL: not kept */
    float *factors;    /* segment_factors */
    size_t memory_end; /* past the last layer of the part that remembers */
    size_t direction;  /* of a part that is apart */
    bool reversed;     /* it reads backward: entry e is step length - 1 - e */
    layer one;         /* it, by itself */
} segment_run;

/* The run of a part, and of a direction if it is apart. */
segment_run segment_run_of(const elman_model *m, elman_state *s,
                           const segment_part *part, size_t direction);

/* The directions that a part goes through one after the other: 1 unless it is
 * apart. */
size_t segment_directions(const elman_model *m, const segment_part *part);

/* Lists in slots the segments before which a pass from the first on leaves a
 * snapshot; returns how many. */
size_t segment_spine(const segments *g, size_t count);

/* The segment before which the next snapshot belongs, where the last one was
 * taken before segment low, free slots are left, and those before high are
 * still to be gone back through. */
size_t segment_middle(size_t low, size_t high, size_t free);

/* How often a step is made again at most. SIZE_MAX: more often than allowed. */
size_t segment_repeats(size_t count, size_t slots);

/* The output (T,B,O) of all steps of the last layer of a part, or NULL; and its
 * gradient, which may be the same array. */
float *segment_output(const elman_model *m, const elman_state *s, size_t i);
float *segment_output_gradient(const elman_model *m, const elman_state *s,
                               size_t i);

/* What both directions (T,B,2,R) of a level that multiplies them gave; NULL: it
 * does not. */
float *segment_factors(const elman_model *m, const elman_state *s, size_t i);

/* Keep the memory of the part in a slot, or take it from there. */
void segment_save(const segment_run *r, size_t slot, const pass_memory *from);
void segment_load(const segment_run *r, size_t slot, pass_memory *to);

/* Copies what the part has in arrays laid out as the state's memory. */
void segment_copy(const segment_run *r, const float *h, const float *c,
                  float *to_h, float *to_c);

/* Makes the pass that of segment k, and gives what the part reads of it. */
const float *segment_begin(segment_run *r, size_t k);

/* Runs its layers up to end, which is the part's or before; the output of the
 * last. */
const float *segment_forward(segment_run *r, const float *x, size_t end);

/* Where entry (row) of segment k stands among the rows of all steps: of arrays
 * (T,B,.) of the state, or of those of the caller, whose first axis may be
 * that of sequences. */
size_t segment_row(const segment_run *r, size_t k, size_t row);
size_t segment_caller_row(const segment_run *r, size_t k, size_t row);

/* Whether layer i makes one vector per sequence of the steps. */
static inline bool segment_reduces(const elman_model *m, size_t i)
{
    return model_per_sequence(m, i) && !m->layers[i].per_sequence;
}

#endif
