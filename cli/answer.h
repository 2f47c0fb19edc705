/*
 * answer.h: what a model says of a sequence or of a step, as a line of text:
 * the label and its probability, or values in the units of the data.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include "network.h"
#include "quantiles.h"

typedef struct answer_style {
    const elman_encoding *encoding;
    bool probabilities;  /* of all classes, not only of the likeliest */
    bool scaled;         /* values as the model gives them */
    quantiles quantiles; /* of values; count is 0 for none */
} answer_style;

typedef struct answer {
    const elman_dataset *dataset;
    uint64_t id;          /* of the sequence, as in elman_batch.ids */
    size_t step;          /* of it; 0 if the answer is to the whole */
    const float *y;       /* (O) what the model gave; classes: logits */
    const double *values; /* (steps,targets) as they are shown; NULL: classes */
    size_t steps;         /* forecast: of the horizon; else 1 */
} answer;

/* Writes the answer in an answer_style to standard output, after the name of
 * its series if the file has several. Flushes. Returns 0, or EXIT_FAILED if
 * standard output takes no more. */
int answer_write(void *style, const answer *a);

/* The same for a line of text: the mean of bits over its tokens. */
int answer_write_bits(const answer_style *style, double bits, size_t tokens);

/* The likeliest class of logits y (count). */
size_t likeliest(const float *y, size_t count);

/* log2 of the softmax of y (count) at index. */
double log2_softmax(const float *y, size_t count, size_t index);

#endif
