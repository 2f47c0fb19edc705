/*
 * flow_forward.h: one sequence through a quiet model, and the gradients that
 * start to go back from it: one of each loss step.
 */
#ifndef INSPECT_FLOW_FORWARD_H
#define INSPECT_FLOW_FORWARD_H

#include "inspect/quiet.h"
#include "elman_inspect.h"

typedef struct flow_forward {
    elman_model *quiet;
    elman_state *state; /* training, of this sequence alone */
    const elman_batch *batch;
    size_t sequence, T; /* which of batch, and its steps */
    bool split;         /* one vector per sequence: what it gives to each step
                           is a loss of that step */
    bool spread;        /* the same, not split: one loss, at all steps */
    size_t losses;      /* T; spread: 1; split: those that get anything */
    size_t *steps;      /* (losses) step of each; spread: not used */
    size_t top;         /* layer at whose output it is */
    size_t bottom;      /* lowest recurrent layer */
    size_t count;       /* directions of all recurrent layers */
    float *dy;          /* (losses,O) of layer top; spread: (T,O) */
    float *x;           /* (T,I) copy of the sequence, or NULL */
    int32_t *tokens;    /* (T) */
} flow_forward;

/* Takes sequence of batch, which is borrowed. Fails if there is no such
 * sequence, or none of its steps, or if the model has no recurrent level.
 * split: of a model that gives one vector per sequence. */
elman_status flow_forward_create(const elman_model *model,
                                 const elman_batch *batch, size_t sequence,
                                 bool split, int threads,
                                 flow_forward **forward);
void flow_forward_destroy(flow_forward *forward);

/* Runs it forward and fills dy and steps. What is wrong with tokens, targets or
 * an output is found here. */
elman_status flow_forward_run(flow_forward *forward,
                              const elman_flow_config *config);

/* The first of the numbers, from 0 to count - 1, of layer i's directions. */
size_t flow_forward_index(const flow_forward *forward, size_t i);

/* ELMAN_OK if batch has what model reads, and a sequence in it. */
elman_status flow_check_batch(const elman_model *model,
                              const elman_batch *batch);

/* Steps of a sequence of batch. */
static inline size_t flow_length(const elman_batch *batch, size_t b)
{
    return batch->lengths ? batch->lengths[b] : batch->T;
}

#endif
