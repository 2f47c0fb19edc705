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
#include <Random123/philox.h>

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

random_block random_draw(random_key key, const uint32_t index[4])
{
    uint64_t k = key.seed + mix((uint64_t)key.purpose << 32 | key.which);
    philox4x32_key_t philox_key = {{(uint32_t)k, (uint32_t)(k >> 32)}};
    philox4x32_ctr_t counter = {{index[0], index[1], index[2], index[3]}};
    philox4x32_ctr_t drawn = philox4x32_R(10, counter, philox_key);
    return (random_block){{drawn.v[0], drawn.v[1], drawn.v[2], drawn.v[3]}};
}

static random_block draw_at(random_key key, uint64_t i)
{
    uint32_t index[4] = {(uint32_t)i, (uint32_t)(i >> 32), 0, 0};
    return random_draw(key, index);
}

float random_uniform(random_key key, uint64_t i)
{
    uint32_t word = draw_at(key, i / 4).word[i % 4];
    return (float)(word >> 8) * 0x1p-24f;
}

double random_gaussian(random_key key, uint64_t i)
{
    random_block block = draw_at(key, i / 2);
    const uint32_t *word = block.word + 2 * (i % 2);

    /* in (0,1], so that the logarithm is finite */
    double radius = ((double)word[0] + 1) * 0x1p-32;
    double angle = (double)word[1] * 0x1p-31;
    return sqrt(-2 * real_log(radius)) * real_cos_pi(angle);
}

/* Number i of an epoch, below n: 64 bits modulo n, drawn again if they lie
 * beyond the last whole multiple of n, so that all are equally likely. */
static uint64_t draw_below(random_key key, uint64_t epoch, uint64_t i,
                           uint64_t n)
{
    if (n < 2) return 0;
    uint64_t excess = (UINT64_MAX % n + 1) % n;
    key.seed += mix(epoch);
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
