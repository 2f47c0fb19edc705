/*
 * training.h: a few networks, trained for a few steps on data that is the same
 * everywhere, and one hash of all losses and final weights, in whatever way it
 * is computed.
 */
#ifndef PROOF_TRAINING_H
#define PROOF_TRAINING_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "proof/ways.h"

/* The hash of all networks, on every machine. It changes when a rule of
 * docs/NUMERICS.md or a network here does, and then for a reason. */
#define TRAINING_HASH UINT64_C(0xaa0c4bc54d429c68)

/* How many networks there are, and the name of one. */
size_t training_count(void);
const char *training_name(size_t index);

/* Trains network index and adds the result to hash. */
elman_status training_hash(size_t index, const training_way *way,
                           uint64_t *hash);

/* Trains all of them; hash is their common hash. */
elman_status training_hash_all(const training_way *way, uint64_t *hash);

#endif
