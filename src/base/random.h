/*
 * random.h: random numbers that depend on what they are for, never on what was
 * drawn before: Philox4x32-10 (Salmon et al. 2011), keyed by seed and purpose,
 * counted by index. So threads and batches do not change them.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* What the numbers are for; each purpose has a stream of its own. */
typedef enum random_purpose {
    RANDOM_WEIGHTS = 1,
    RANDOM_SHUFFLE,
    RANDOM_SPLIT,
    RANDOM_DROPOUT, /* with the layer added in the index */
    RANDOM_SAMPLE,
    RANDOM_TEST
} random_purpose;

typedef struct random_key {
    uint64_t seed;
    uint32_t purpose; /* random_purpose */
    uint32_t which;   /* the parameter, layer ... within the purpose */
} random_key;

/* Four independent 32-bit numbers for a 128-bit index. */
typedef struct random_block {
    uint32_t word[4];
} random_block;
random_block random_draw(random_key key, const uint32_t index[4]);

/* Number i of a stream: uniform in [0,1), with 24 bits; Gaussian with mean 0
 * and deviation 1 (Box & Muller 1958, from the 32-bit numbers 2i and 2i + 1);
 * an integer below n, or 0 if n is 0. */
float random_uniform(random_key key, uint64_t i);
double random_gaussian(random_key key, uint64_t i);
uint64_t random_below(random_key key, uint64_t i, uint64_t n);

/* The permutation of 0 to n - 1 that belongs to an epoch (Fisher & Yates). */
void random_permute(random_key key, uint64_t epoch, size_t n, size_t *order);

#endif
