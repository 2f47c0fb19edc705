/*
 * history.h: the memory before each of the last windows, for truncation with k2
 * above k1: a pass then begins some windows back.
 */
#ifndef LEARN_HISTORY_H
#define LEARN_HISTORY_H

#include "model/model.h"

typedef struct history {
    size_t windows;      /* most windows a pass begins back; 0: none is kept */
    size_t kept;         /* memories so far, at most windows + 1 */
    size_t memory_size;  /* floats of one */
    float *memories;     /* (windows + 1,memory_size) h, then c; oldest first */
    uint64_t *positions; /* (windows + 1,B) */
    size_t position_count;
} history;

/* Makes room for windows + 1 memories of a state of B sequences of model.
 * history_release frees it, also after a failure. */
elman_status history_init(history *history, const elman_model *model, size_t B,
                          size_t windows);
void history_release(history *history);

/* Forgets all of them. */
void history_clear(history *history);

/* Keeps the memory of a state before the window to come. */
void history_push(history *to, const elman_state *from);

/* Goes back to the memory before that many windows of context. */
void history_restore(const history *from, size_t context_windows,
                     elman_state *to);

#endif
