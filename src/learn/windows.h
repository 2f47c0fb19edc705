/*
 * windows.h: cuts batches in time for truncated back-propagation. A window has
 * k1 new steps, and before them its context: up to k2 - k1 earlier steps
 * through which the gradient still flows.
 *
 *   batch      |----k1----|----k1----|----k1----|--|
 *   window 2              <-context-> <--new--->
 */
#ifndef LEARN_WINDOWS_H
#define LEARN_WINDOWS_H

#include "base/status.h"
#include "data/loader.h"

typedef struct window {
    elman_batch batch;      /* context and new steps */
    elman_target target;    /* of the new steps: (T - context,B,.) or (B,.) */
    const size_t *lengths;  /* (B) valid new steps, or NULL: all */
    size_t context;         /* steps before the new ones */
    size_t context_windows; /* how many windows those are */
    size_t whole;           /* sequences on all ranks (windows_deal), or B */
    bool begins; /* first of its sequences: the memory starts afresh */
    bool ended;  /* there is none: the epoch is over */
} window;

typedef struct windows windows;

/* k1 = 0: whole sequences. With text, config->steps must be k1. A window has at
 * most max_context windows of context. O is the width of target values. */
elman_status windows_create(const elman_dataset *dataset,
                            const elman_loader_config *config, size_t k1,
                            size_t max_context, size_t O, windows **windows);
void windows_destroy(windows *w);

/* Valid new steps of all sequences together. */
uint64_t window_steps(const window *w);

/* How many windows of context the window at a position has. */
uint64_t windows_context(const windows *w, uint64_t batch, uint64_t step);

/* The next window, in w's memory until the next read. */
elman_status windows_read(windows *w, window *out);

/* Where the next window is: the epoch's batch, and the step in it. */
void windows_position(const windows *w, uint64_t *batch, uint64_t *step);

/* Goes there, with the context that belongs to it. */
elman_status windows_reset(windows *w, uint64_t epoch, uint64_t batch,
                           uint64_t step);

/* Steps begin to end of a window without context, as a window of its own that
 * points into it; lengths (B) has room for its lengths. */
window windows_slice(const windows *w, const window *whole, size_t begin,
                     size_t end, size_t *lengths);

/* The bytes that they hold. */
size_t windows_bytes(const windows *w);

/* Batches of an epoch, and the most sequences of one window. */
size_t windows_size(const windows *w);
size_t windows_width(const windows *w);

/* From now on windows have the sequences of one of size ranks alone, perhaps
 * none (loader_deal). whole is how many the last window has on all of them,
 * whole_width how many it can have at most, and widest how many one of them
 * can, which is the same on all. */
void windows_deal(windows *w, size_t block, int size, int rank);
size_t windows_widest(const windows *w);
size_t windows_whole(const windows *w);
size_t windows_whole_width(const windows *w);

#endif
