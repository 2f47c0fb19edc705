/* sampler.c: temperature, top-k, and one random number. */
#include "learn/sampler.h"

#include "base/random.h"
#include "base/real.h"

#include <math.h>
#include <string.h>

static elman_status check(const elman_sampler *sampler, size_t V,
                          const float *logits)
{
    if (!(sampler->temperature >= 0 && isfinite(sampler->temperature)))
        return failure(ELMAN_BAD_VALUE,
                       "the temperature is %g, expected a finite number of 0 "
                       "or more",
                       sampler->temperature);
    if (V == 0 || V > INT32_MAX)
        return failure(ELMAN_BAD_VALUE,
                       "the vocabulary has %zu tokens, expected 1 to %d", V,
                       INT32_MAX);

    for (size_t i = 0; i < V; i++)
        if (isnan(logits[i]) || logits[i] == INFINITY)
            return failure(ELMAN_NOT_FINITE, "logit %zu is %g", i,
                           (double)logits[i]);
    return ELMAN_OK;
}

static size_t likeliest(size_t V, const float *logits)
{
    size_t best = 0;
    for (size_t i = 1; i < V; i++)
        if (logits[i] > logits[best]) best = i;
    return best;
}

/* A number whose order is that of the floats; adding 0 makes -0 into 0. */
static uint32_t order_of(float x)
{
    uint32_t bits;
    x += 0.0f;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

static size_t count_from(size_t V, const float *logits, uint32_t least)
{
    size_t count = 0;
    for (size_t i = 0; i < V; i++)
        count += order_of(logits[i]) >= least;
    return count;
}

/* Where the k likeliest begin: all above least, and the first few of those
 * equal to it. Found bit by bit, so that nothing need be sorted or kept. */
typedef struct cut {
    uint32_t least;
    size_t equal;
} cut;

static cut cut_at(size_t V, const float *logits, size_t k)
{
    if (k == 0 || k >= V) return (cut){0, V};
    uint32_t least = 0;
    for (int bit = 31; bit >= 0; bit--) {
        uint32_t higher = least | (uint32_t)1 << bit;
        if (count_from(V, logits, higher) >= k) least = higher;
    }
    return (cut){least, k - count_from(V, logits, least + 1)};
}

/* Walks through the chances until they add up to more than stop; *sum is then
 * what they added up to. Returns the last token with a chance. */
static size_t walk(const elman_sampler *sampler, size_t V, const float *logits,
                   cut from, double highest, double stop, double *sum)
{
    size_t token = 0;
    *sum = 0;
    for (size_t i = 0; i < V && *sum <= stop; i++) {
        uint32_t order = order_of(logits[i]);

        /* only the k likeliest */
        if (order < from.least) continue;
        if (order == from.least) {
            if (from.equal == 0) continue;
            from.equal--;
        }

        double chance =
            real_exp(((double)logits[i] - highest) / sampler->temperature);
        if (chance > 0) token = i;
        *sum += chance;
    }
    return token;
}

elman_status sampler_step(const elman_sampler *sampler, uint64_t draw, size_t V,
                          const float *logits, int32_t *token)
{
    if (!sampler || !logits || !token)
        return failure(ELMAN_BAD_VALUE, "the sampler's %s is NULL",
                       !sampler  ? "config"
                       : !logits ? "logits"
                                 : "result");
    TRY(check(sampler, V, logits));

    size_t best = likeliest(V, logits);
    double highest = (double)logits[best], sum;
    if (highest == -INFINITY)
        return failure(ELMAN_NOT_FINITE, "all %zu logits are -inf", V);

    /* one random number for each draw: where in the sum of chances to stop */
    if (sampler->temperature > 0) {
        random_key key = {sampler->seed, RANDOM_SAMPLE, 0};
        uint32_t index[4] = {(uint32_t)draw, (uint32_t)(draw >> 32), 0, 0};
        random_block block = random_draw(key, index);
        uint64_t bits = (uint64_t)block.word[1] << 32 | block.word[0];
        double part = (double)(bits >> 11) * 0x1p-53;

        cut from = cut_at(V, logits, sampler->top_k);
        walk(sampler, V, logits, from, highest, INFINITY, &sum);
        best = walk(sampler, V, logits, from, highest, part * sum, &sum);
    }
    *token = (int32_t)best;
    return ELMAN_OK;
}
