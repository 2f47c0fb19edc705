/* hash.c: all batches of each part, in the order of the file. */
#include "data/hash.h"

#include <math.h>

#include "base/hash.h"
#include "data/dataset.h"
#include "data/encoding.h"
#include "data/loader.h"

/* Numbers, every NaN alike: its bits are the processor's. */
static uint64_t add_numbers(uint64_t hash, size_t n, const float *values)
{
    for (size_t i = 0; i < n; i++) {
        float number = isnan(values[i]) ? 0 : values[i];
        hash = hash_word(hash, (uint64_t)isnan(values[i]), 1);
        hash = hash_floats(hash, 1, &number);
    }
    return hash;
}

static uint64_t add_tokens(uint64_t hash, size_t n, const int32_t *tokens)
{
    /* three bytes of most tokens are zero, which only multiply */
    const uint64_t zeros = hash_word(1, 0, sizeof *tokens);
    for (size_t i = 0; i < n; i++) {
        uint32_t token = (uint32_t)tokens[i];
        hash = token <= UINT8_MAX ? (hash ^ token) * zeros
                                  : hash_word(hash, token, sizeof *tokens);
    }
    return hash;
}

static uint64_t add_batch(uint64_t hash, const elman_encoding *e,
                          const elman_batch *batch, const elman_target *target)
{
    bool one = encoding_per_sequence(e);
    size_t rows = batch->T * batch->B, targets = one ? batch->B : rows;
    hash = hash_word(hash, batch->T, 8);
    hash = hash_word(hash, batch->B, 8);
    for (size_t b = 0; b < batch->B; b++)
        hash =
            hash_word(hash, batch->lengths ? batch->lengths[b] : batch->T, 8);

    if (batch->x) hash = add_numbers(hash, rows * e->input_size, batch->x);
    if (batch->tokens) hash = add_tokens(hash, rows, batch->tokens);
    if (target->classes) hash = add_tokens(hash, targets, target->classes);
    if (target->values)
        hash = add_numbers(hash, targets * encoding_outputs(e), target->values);
    return hash;
}

elman_status dataset_hash_part(const elman_dataset *dataset, elman_part part,
                               uint64_t *hash)
{
    size_t size = dataset_size(dataset, part);
    *hash = hash_word(*hash, size, 8);
    if (!size) return ELMAN_OK;

    elman_loader *loader;
    elman_batch batch;
    elman_target target;
    elman_loader_config config = {.part = part};
    TRY(loader_create(dataset, &config, &loader));

    elman_status status = loader_read(loader, &batch, &target);
    while (!status && batch.B > 0) {
        *hash = add_batch(*hash, dataset_encoding(dataset), &batch, &target);
        status = loader_read(loader, &batch, &target);
    }
    loader_destroy(loader);
    return status;
}

elman_status dataset_hash(const elman_dataset *dataset, uint64_t *hash)
{
    uint64_t sum = HASH_EMPTY;
    for (int part = 0; part <= ELMAN_PART_TEST; part++)
        TRY(dataset_hash_part(dataset, (elman_part)part, &sum));

    *hash = sum;
    return ELMAN_OK;
}
