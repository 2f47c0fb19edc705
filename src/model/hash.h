/* hash.h: a model's weights as one number; elman_model_read_hash. */
#ifndef MODEL_HASH_H
#define MODEL_HASH_H

#include "base/hash.h"
#include "model/model.h"

static inline uint64_t model_hash(const elman_model *m)
{
    uint64_t hash = HASH_EMPTY;
    for (size_t i = 0; i < m->info.parameter_count; i++)
        hash = hash_floats(hash, m->parameters[i].count,
                           m->weights + m->parameters[i].offset);
    return hash;
}

#endif
