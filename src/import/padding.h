/*
 * padding.h: sequences that are filled up to one length, by a model whose note
 * "padding" says with what: "token 0", or "value -1" of all numbers of a step.
 */
#ifndef IMPORT_PADDING_H
#define IMPORT_PADDING_H

#include "model/model.h"

/* An input as forward takes it. */
typedef struct padded_input {
    const char *name; /* for messages */
    size_t T, B, row; /* row: numbers of a step of a sequence */
    float *x;
    int32_t *tokens; /* instead of x, or NULL */
} padded_input;

/* Finds where each sequence begins and how many steps it has, and moves its
 * steps to the front. lengths and before are malloc'ed (B), NULL if nothing
 * pads. A hole, or a sequence of padding alone, is refused. */
elman_status padding_find(const elman_model *model, padded_input *input,
                          size_t **lengths, size_t **before);

#endif
