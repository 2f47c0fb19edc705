/* mask.c: one Philox block gives the masks of four units. */
#include "layer/mask.h"

void mask_fill(const mask_key *key, uint64_t id, uint64_t step, float p,
               float scale, size_t n, float *mask)
{
    random_key stream = {
        .seed = key->seed ^ (key->draw >> 32) ^ (id >> 32),
        .purpose = RANDOM_DROPOUT,
        .which = (uint32_t)(key->layer * 8 + key->kind),
    };

    for (size_t j = 0; j < n; j += 4) {
        random_block block = random_draw(
            stream, (uint32_t[4]){(uint32_t)(j / 4), (uint32_t)step,
                                  (uint32_t)id, (uint32_t)key->draw});

        for (size_t i = 0; i < 4 && j + i < n; i++) {
            float u = (float)(block.word[i] >> 8) * 0x1p-24f;
            mask[j + i] = u < p ? scale : 0;
        }
    }
}
