/* hash.h: what training reads of a dataset as one number;
 * elman_dataset_read_hash. */
#ifndef DATA_HASH_H
#define DATA_HASH_H

#include "base/status.h"

elman_status dataset_hash(const elman_dataset *dataset, uint64_t *hash);

#endif
