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

/* A permutation of all 64-bit numbers that leaves 0 and scatters the rest: what
 * is added to a seed that has to hold more than one number. */
uint64_t random_mix(uint64_t z);

/* Four independent 32-bit numbers for a 128-bit index. */
typedef struct random_block {
    uint32_t word[4];
} random_block;
random_block random_draw(random_key key, const uint32_t index[4]);

/* The first n words of the blocks from index on: index[0] counts up and carries
 * into index[1]. */
void random_fill_words(random_key key, const uint32_t index[4], size_t n,
                       uint32_t *words);

/* A word as a number in [0,1), with 24 bits. */
static inline float random_unit(uint32_t word)
{
    return (float)(word >> 8) * 0x1p-24f;
}

/* Number i of a stream comes from word i % 4 of block i / 4: uniform in [0,1);
 * or Gaussian with mean 0 and deviation 1, where two words make the numbers 2i
 * and 2i + 1, one by the cosine and one by the sine (Box & Muller 1958). */
float random_uniform(random_key key, uint64_t i);
double random_gaussian(random_key key, uint64_t i);

/* The n numbers from first on, far faster than one by one. */
void random_fill_uniform(random_key key, uint64_t first, size_t n,
                         float *values);
void random_fill_gaussian(random_key key, uint64_t first, size_t n,
                          double *values);

/* An integer below n, or 0 if n is 0: number i of its stream. */
uint64_t random_below(random_key key, uint64_t i, uint64_t n);

/* The permutation of 0 to n - 1 that belongs to an epoch (Fisher & Yates). */
void random_permute(random_key key, uint64_t epoch, size_t n, size_t *order);

#endif
