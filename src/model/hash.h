/* hash.h: a model's weights as one number; elman_model_read_hash. */
#ifndef MODEL_HASH_H
#define MODEL_HASH_H

#include "base/hash.h"
#include "model/model.h"

uint64_t model_hash(const elman_model *model);

#endif
