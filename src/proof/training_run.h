/* training_run.h: one network in training, in any way. */
#ifndef PROOF_TRAINING_RUN_H
#define PROOF_TRAINING_RUN_H

#include "proof/ways.h"
#include "share/share.h"

/* What is trained. */
typedef struct study {
    const char *name;
    elman_config config;
    elman_loss_config loss;
    elman_optimizer_config optimizer;
    bool carried; /* memory is kept from step to step */
} study;

/* Trains it, as one of the ranks of a share unless that is NULL, and adds
 * losses and weights to hash. */
elman_status training_run(const study *what, const training_way *way,
                          share *with, uint64_t *hash);

#endif
