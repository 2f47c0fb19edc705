/* hash.c: weights as they are, parameter by parameter, some at a time. */
#include "model/hash.h"

static uint64_t hash_parameter(uint64_t hash, const elman_model *m,
                               const parameter *p)
{
    enum { SOME = 256 };
    float values[SOME];
    for (size_t first = 0; first < p->count; first += SOME) {
        size_t count = p->count - first < SOME ? p->count - first : SOME;
        parameter_read_some(m, p, first, count, values);
        hash = hash_floats(hash, count, values);
    }
    return hash;
}

uint64_t model_hash(const elman_model *m)
{
    uint64_t hash = HASH_EMPTY;
    for (size_t i = 0; i < m->info.parameter_count; i++)
        hash = hash_parameter(hash, m, m->parameters + i);
    return hash;
}
