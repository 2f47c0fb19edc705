/*
 * tokens.h: the parts of a row of tokens, wherever it is from.
 */
#ifndef DATA_TOKENS_H
#define DATA_TOKENS_H

#include "data/store.h"

/* The tokens that a part has for itself; of training: all that the data has,
 * which parts without their own share. */
typedef struct part_tokens {
    bool own;
    size_t count;
} part_tokens;

/* Sets the sizes of the parts as the config says; each takes its share from the
 * end of what the data has. */
elman_status tokens_split(elman_dataset *dataset,
                          const elman_dataset_config *config,
                          const part_tokens parts[PART_COUNT]);

/* A part that is used needs a token and the one after it. */
elman_status tokens_check(const elman_dataset *dataset);

/* All tokens, one part behind the other. */
const int32_t *tokens_all(const elman_dataset *dataset);

#endif
