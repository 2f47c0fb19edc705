/*
 * random.c: Philox4x32-10 from Random123.
 *
 * Philox has a key of 64 bits and a counter of 128. The key is the seed plus
 * purpose and which, mixed by the finalizer of splitmix64 (Steele, Lea & Flood
 * 2014), so that similar ones give distant keys. The counter is the index.
 */
#include "base/random.h"

#include "base/real.h"

#include <math.h>
#include <string.h>
#include <Random123/philox.h>

uint64_t random_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static philox4x32_key_t mixed(random_key key)
{
    uint64_t k = key.seed + random_mix((uint64_t)key.purpose << 32 | key.which);
    return (philox4x32_key_t){{(uint32_t)k, (uint32_t)(k >> 32)}};
}

random_block random_draw(random_key key, const uint32_t index[4])
{
    random_block block;
    random_fill_words(key, index, 4, block.word);
    return block;
}

void random_fill_words(random_key key, const uint32_t index[4], size_t n,
                       uint32_t *words)
{
    philox4x32_key_t k = mixed(key);
    uint64_t at = (uint64_t)index[1] << 32 | index[0];

    for (size_t i = 0; i < n; i += 4, at++) {
        philox4x32_ctr_t counter = {
            {(uint32_t)at, (uint32_t)(at >> 32), index[2], index[3]}};
        philox4x32_ctr_t drawn = philox4x32_R(10, counter, k);

        /* all four words, but for the last block */
        if (n - i >= 4) memcpy(words + i, drawn.v, sizeof drawn.v);
        else memcpy(words + i, drawn.v, (n - i) * sizeof *words);
    }
}

/* ---- Streams of numbers ------------------------------------------------- */

enum { CHUNK = 256 }; /* words at a time, a multiple of a block's */

/* The words of the blocks that hold numbers first and on, up to number first +
 * n - 1 or as many as a chunk has. Returns how many numbers that are; the first
 * one's word is word[first % 4]. */
static size_t fill_chunk(random_key key, uint64_t first, size_t n,
                         uint32_t *word)
{
    uint64_t at = first / 4;
    size_t before = first % 4, room = CHUNK - before;
    size_t taken = n < room ? n : room;

    /* whole blocks: a Gaussian needs its neighbour */
    random_fill_words(key, (uint32_t[4]){(uint32_t)at, (uint32_t)(at >> 32)},
                      (before + taken + 3) / 4 * 4, word);
    return taken;
}

void random_fill_uniform(random_key key, uint64_t first, size_t n,
                         float *values)
{
    uint32_t word[CHUNK];
    for (size_t done = 0, taken; done < n; done += taken) {
        uint64_t at = first + done;
        taken = fill_chunk(key, at, n - done, word);
        for (size_t i = 0; i < taken; i++)
            values[done + i] = random_unit(word[at % 4 + i]);
    }
}

/* Two Gaussian numbers of two words. */
static void make_gaussians(const uint32_t *word, double *pair)
{
    /* in (0,1], so that the logarithm is finite */
    double square = ((double)word[0] + 1) * 0x1p-32;
    double radius = sqrt(-2 * real_log(square)), sine, cosine;
    real_sin_cos_pi((double)word[1] * 0x1p-31, &sine, &cosine);
    pair[0] = radius * cosine;
    pair[1] = radius * sine;
}

void random_fill_gaussian(random_key key, uint64_t first, size_t n,
                          double *values)
{
    uint32_t word[CHUNK];
    double made[CHUNK];
    for (size_t done = 0, taken; done < n; done += taken) {
        uint64_t at = first + done;
        taken = fill_chunk(key, at, n - done, word);
        for (size_t i = at % 4 / 2 * 2; i < at % 4 + taken; i += 2)
            make_gaussians(word + i, made + i);
        memcpy(values + done, made + at % 4, taken * sizeof *values);
    }
}

float random_uniform(random_key key, uint64_t i)
{
    float value;
    random_fill_uniform(key, i, 1, &value);
    return value;
}

double random_gaussian(random_key key, uint64_t i)
{
    double value;
    random_fill_gaussian(key, i, 1, &value);
    return value;
}

/* ---- Integers and orders ------------------------------------------------ */

/* Number i of an epoch, below n: 64 bits modulo n, drawn again if they lie
 * beyond the last whole multiple of n, so that all are equally likely. */
static uint64_t draw_below(random_key key, uint64_t epoch, uint64_t i,
                           uint64_t n)
{
    if (n < 2) return 0;
    uint64_t excess = (UINT64_MAX % n + 1) % n;
    key.seed += random_mix(epoch);
    for (uint32_t attempt = 0;; attempt++) {
        uint32_t index[4] = {(uint32_t)i, (uint32_t)(i >> 32), attempt, 0};
        random_block block = random_draw(key, index);
        uint64_t bits = (uint64_t)block.word[1] << 32 | block.word[0];
        if (bits <= UINT64_MAX - excess) return bits % n;
    }
}

uint64_t random_below(random_key key, uint64_t i, uint64_t n)
{
    return draw_below(key, 0, i, n);
}

void random_permute(random_key key, uint64_t epoch, size_t n, size_t *order)
{
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)draw_below(key, epoch, i, i);
        size_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}
