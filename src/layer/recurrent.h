/*
 * recurrent.h: one level of nn.RNN, nn.LSTM or nn.GRU, in one or two
 * directions. recurrent.c plans, packs and lays out; recurrent_forward.c and
 * recurrent_backward.c walk through time; recurrent_step.c streams;
 * recurrent_plan.c finds out how threads share a walk.
 *
 * A direction stores everything in the order in which it reads: entry s of the
 * reverse one belongs to step length-1-s. So a direction is an index map, and
 * the walk knows only one.
 */
#ifndef LAYER_RECURRENT_H
#define LAYER_RECURRENT_H

#include "layer/layer.h"

/* Floats of weights that a second-level cache holds along with the rest of a
 * step. */
enum { WEIGHTS_FIT = 1 << 18 };

/* A walk through time, cut into parts: groups of sequences of a direction. */
typedef struct walk {
    const layer *l;
    const pass *p;
    layer_state *s;
    const float *x;
    size_t groups; /* of sequences per direction */
    int threads;   /* that go through each step together */
} walk;

/* The sequences from begin to before end of a direction, at most CELL_ROWS:
 * part index of a walk. */
typedef struct walk_part {
    size_t direction, begin, end;
} walk_part;
walk_part walk_part_at(const walk *w, size_t index);

/* recurrent_plan.c: how to share the walk that begins now, and that it is done.
 */
walk_sharing walk_choose(const layer *l, const pass *p, layer_state *s,
                         bool backward);
void walk_done(const pass *p, layer_state *s, bool backward);

/* Nanoseconds that threads need to come together once. */
enum { WALK_MEET = 1500 };

/* recurrent_cost.c: asks the system once how large its caches are, for what
 * walks cost; without that common sizes are taken. */
void walk_measure_caches(void);

/* About how many nanoseconds a walk would take, shared so; WALK_WAVE: as
 * WALK_ALONE. */
double walk_cost(const layer *l, const pass *p, walk_sharing sharing,
                 bool backward);

/* Shares every walk of several threads, and the steps of streams, so, where
 * that is possible; WALK_UNDECIDED: measure and decide again. For tests and the
 * proof of equal bits. */
void walk_force(walk_sharing sharing);
walk_sharing walk_forced(void);

/* A walk that is shared so: its groups of sequences have at most CELL_ROWS
 * each. */
walk walk_begin(const layer *l, const pass *p, layer_state *s, const float *x,
                walk_sharing sharing);

/* Runs part(walk, index) for each group of each direction. */
void walk_run(const walk *w, walk_sharing sharing,
              void (*part)(void *context, size_t index));

/* Steps of B sequences whose input part is made at once: as much as stays in
 * the second-level cache until its step, but enough rows for a good product on
 * each of two threads. */
size_t walk_block(const layer *l, size_t B);

/* The row (t,b) of a direction's entry (s,b). */
size_t walk_row(const layer *l, const pass *p, size_t direction, size_t s,
                size_t b);

/* Collects the sequences of a part that have an entry s: rows (M) gets each
 * one's row s * B + b, and r what forward and backward read: h_prev, h_in,
 * c_prev, gate, saved. */
void walk_gather(const walk *w, const walk_part *part, size_t s, size_t *rows,
                 cell_rows *r);

/* The packed weights as the cell wants them. */
cell_weights walk_weights(const layer *l, const pass *p, size_t direction);

/* Adds to carry (R) the part of the gradient dy (O) at the merged output that
 * belongs to a direction, at row t * B + b in time. With merge none dy (R) is
 * the direction's own. */
void walk_add_output(const layer *l, const pass *p, const layer_state *s,
                     size_t direction, size_t row, const float *dy,
                     float *carry);

/* After a walk backward: the gradients of a direction's parameters, from the
 * entries that p's order lists; and those of its learned initial states, from
 * the sequences that begin with p. */
void walk_weight_gradients(const layer *l, const pass *p, size_t direction,
                           const direction_state *d, const float *x);
void walk_state_gradients(const layer *l, const pass *p, size_t direction,
                          const direction_state *d);

/* Bytes that steps of B streams prepare in: struct stream_steps. */
size_t stream_steps_size(size_t B);

/* recurrent_step.c, as struct layer_kind has them. */
bool recurrent_steps(const layer *l);
void recurrent_prepare(const layer *l, const pass *p, layer_state *s);
void recurrent_aim(const layer *l, const pass *p, layer_state *s);
void recurrent_step(const layer *l, const pass *p, layer_state *s,
                    const float *x);

/* recurrent_direct.c: likewise; and room for what is prepared. */
bool recurrent_direct_fits(const layer *l);
size_t recurrent_direct_rows(const layer *l);
void recurrent_direct_lay_out(const layer *l, arena *a, direction_state *d);
direct_pass *recurrent_prepare_direct(const layer *l, const pass *p,
                                      layer_state *s);

/* recurrent_forward in three, for one direction without padding: the entries
 * from begin to before end at a time, in order. recurrent_begin sets where y
 * will be. */
void recurrent_begin(const layer *l, const pass *p, layer_state *s);
void recurrent_walk(const layer *l, const pass *p, layer_state *s,
                    const float *x, size_t begin, size_t end);
void recurrent_end(const layer *l, const pass *p, layer_state *s);

/* One direction of a level by itself, as a layer that reads its entries in
 * order: what it reads, and its y, dy and dx, are in the order of its entries.
 * dx of a second one adds to what is there. With merge mul it reads the other
 * one's output in the layer's state. */
layer recurrent_direction(const layer *l, size_t direction);

/* Whether a level has a direction that reads backward. */
bool recurrent_reverses(const layer *l);

void recurrent_forward(const layer *l, const pass *p, layer_state *s,
                       const float *x);
void recurrent_backward(const layer *l, const pass *p, layer_state *s,
                        const float *x, float *dx);

#endif
