/*
 * carried.h: what a trainer carries from step to step besides weights and
 * numbers: the optimizer's moments, and the memory of all sequences, now and
 * some windows back. Where several ranks train together each has a part of it;
 * a checkpoint has all, so it knows no ranks.
 */
#ifndef LEARN_CARRIED_H
#define LEARN_CARRIED_H

#include "learn/trainer.h"

typedef struct carried {
    size_t moment_count;
    optimizer_tensor moments[OPTIMIZER_MAX_TENSORS]; /* (weight_count) each */
    size_t B;            /* sequences, of all ranks */
    float *h, *c;        /* memory of a state of B sequences */
    uint64_t *position;  /* (B) */
    size_t rows, size;   /* memories that are kept, floats of one */
    float *memories;     /* (rows,size) h, then c */
    uint64_t *positions; /* (rows,B) */
    void *memory;        /* of all arrays; NULL: the trainer's own */
} carried;

/* What the trainer has, where it has all of it; else room for it. release frees
 * that, also after a failure. */
elman_status carried_open(elman_trainer *trainer, carried *carried);
void carried_release(carried *carried);

/* carried_open, and on rank 0 all of it; the other ranks send theirs. */
elman_status carried_gather(elman_trainer *trainer, carried *carried);

/* The trainer's part becomes what is carried, for the batch at hand. */
elman_status carried_restore(elman_trainer *trainer, const carried *carried);

/* Sequences from begin on have no memory: of a batch that has fewer. */
void carried_clear(elman_trainer *trainer, size_t begin);

#endif
