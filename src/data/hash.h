/* hash.h: what training reads of a dataset as one number;
 * elman_dataset_read_hash. */
#ifndef DATA_HASH_H
#define DATA_HASH_H

#include "base/status.h"

/* Adds all sequences of a part to a hash. */
elman_status dataset_hash_part(const elman_dataset *dataset, elman_part part,
                               uint64_t *hash);

elman_status dataset_hash(const elman_dataset *dataset, uint64_t *hash);

#endif
