/*
 * training.h: a few networks, trained for a few steps on data that is the same
 * everywhere, and one hash of all losses and final weights.
 */
#ifndef PROOF_TRAINING_H
#define PROOF_TRAINING_H

#include "base/status.h"

/* How many networks there are, and the name of one. */
size_t training_count(void);
const char *training_name(size_t index);

/* Trains network index with that many threads and adds the result to hash. */
elman_status training_hash(size_t index, int threads, uint64_t *hash);

/* The same in the fewest bytes that its state can have. */
elman_status training_hash_in_least(size_t index, int threads, uint64_t *hash);

/* Trains all of them; hash is their common hash. */
elman_status training_hash_all(int threads, uint64_t *hash);

/* The same on so many ranks, each a thread that has a part of each batch, a
 * slice of the optimizer's moments and a model of its own. */
elman_status training_hash_ranks(size_t index, int size, uint64_t *hash);
elman_status training_hash_all_ranks(int size, uint64_t *hash);

#endif
