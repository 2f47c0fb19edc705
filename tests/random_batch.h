/*
 * random_batch.h: batches for the small networks of proof/random_config.h, for
 * tests that compare two methods of computing the same thing.
 */
#ifndef TESTS_RANDOM_BATCH_H
#define TESTS_RANDOM_BATCH_H

#include "check.h"
#include "proof/random_config.h"

/* Numbers that depend on test_seed and on which. */
static inline draws draws_begin(uint64_t which)
{
    return draws_from(test_seed(), which);
}

/* Sizes and inputs of a batch; the arrays have room for MOST_T and MOST_B. */
enum { MOST_T = 6, MOST_B = 5, MOST_I = 5, MOST_H = 5 };
typedef struct random_batch {
    size_t T, B;
    bool ragged;
    size_t lengths[MOST_B];
    float x[MOST_T * MOST_B * MOST_I];
    int32_t tokens[MOST_T * MOST_B];
} random_batch;

/* Past a sequence's end is NaN or no token, so that reading it is noticed. */
static inline random_batch draw_batch(draws *d, const elman_config *config,
                                      size_t most_B)
{
    random_batch batch = {.T = draw_size(d, 1, MOST_T),
                          .B = draw_size(d, 1, most_B),
                          .ragged = draw_chance(d, 60)};
    size_t I = config->input_size, V = config->layers[0].num_embeddings;
    for (size_t b = 0; b < batch.B; b++)
        batch.lengths[b] = batch.ragged ? draw_size(d, 0, batch.T) : batch.T;
    for (size_t t = 0; t < batch.T; t++)
        for (size_t b = 0; b < batch.B; b++) {
            size_t row =
                config->batch_first ? b * batch.T + t : t * batch.B + b;
            bool valid = t < batch.lengths[b];
            for (size_t i = 0; i < I; i++)
                batch.x[row * I + i] = valid ? draw_real(d, -1.5f, 1.5f) : NAN;
            batch.tokens[row] =
                valid && V ? (int32_t)draw_size(d, 0, V - 1) : -7;
        }
    return batch;
}

#endif
