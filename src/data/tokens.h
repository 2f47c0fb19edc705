/*
 * tokens.h: the parts of a text, as tokens, wherever they lie.
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

/* Sets the sizes of the parts as the config says, and where each begins in the
 * row that it lies in; each takes its share from the end of what the data has.
 */
elman_status tokens_split(elman_dataset *dataset,
                          const elman_dataset_config *config,
                          const part_tokens parts[PART_COUNT]);

/* A part that is used needs a token and the one after it. */
elman_status tokens_check(const elman_dataset *dataset);

/* Parts lie in the rows of others, unless they have their own, one behind the
 * other. */
void tokens_place(elman_dataset *dataset, const bool own[PART_COUNT]);

/* The row that a part lies in, and whether it is in a file. */
const token_row *tokens_row(const elman_dataset *dataset, elman_part part);

/* Tokens of a part from first on, through the reader of its row. */
elman_status tokens_read(const elman_dataset *dataset, elman_part part,
                         text_reader *reader, size_t first, size_t count,
                         int32_t *tokens);

/* Adds how often each token occurs in a part from first on. */
elman_status tokens_count(const elman_dataset *dataset, elman_part part,
                          size_t first, uint64_t *counts);

#endif
