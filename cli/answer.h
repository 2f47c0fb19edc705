/*
 * answer.h: the output of a model as a line of text: the label and its
 * probability, or values in the units of the data.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include "network.h"

typedef struct answer_style {
    const elman_encoding *encoding;
    bool probabilities; /* of all classes, not only of the likeliest */
    bool scaled;        /* values as the model gives them */
} answer_style;

/* Writes the answer y for one sequence or one step: (classes) logits, (O)
 * values. Flushes. Returns 0, or EXIT_FAILED if standard output takes
 * no more. */
int answer_write(const answer_style *style, const float *y);

/* The same for a line of text: the mean of bits over its tokens. */
int answer_write_bits(const answer_style *style, double bits, size_t tokens);

/* Puts y (O) back into the units of the data, in place. */
void answer_unscale(const elman_encoding *encoding, float *y);

/* log2 of the softmax of y (count) at index. */
double log2_softmax(const float *y, size_t count, size_t index);

#endif
