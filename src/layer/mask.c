/* mask.c: one Philox block gives the masks of four units. */
#include "layer/mask.h"

void mask_fill(const mask_key *key, uint64_t id, uint64_t step, float p,
               float scale, size_t n, float *mask)
{
    /* an index has room for the low halves of draw and id */
    uint64_t high = key->draw >> 32 << 32 | id >> 32;
    random_key stream = {
        .seed = key->seed + random_mix(high),
        .purpose = RANDOM_DROPOUT,
        .which = (uint32_t)(key->layer * 8 + key->kind),
    };

    /* so many words at a time, a multiple of a block's */
    enum { CHUNK = 256 };
    uint32_t word[CHUNK];
    for (size_t j = 0; j < n; j += CHUNK) {
        size_t count = n - j < CHUNK ? n - j : CHUNK;
        random_fill_words(stream,
                          (uint32_t[4]){(uint32_t)(j / 4), (uint32_t)step,
                                        (uint32_t)id, (uint32_t)key->draw},
                          count, word);

        for (size_t i = 0; i < count; i++)
            mask[j + i] = random_unit(word[i]) < p ? scale : 0;
    }
}
