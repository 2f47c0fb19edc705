/*
 * activation.h: what every room may ask about an activation function;
 * activation.def lists them.
 */
#ifndef BASE_ACTIVATION_H
#define BASE_ACTIVATION_H

#include "elman.h"

enum {
    /* how many values elman_activation_kind has, with the default, 0 */
    ACTIVATION_COUNT = 1
#define FUNCTION(value, NAME, word, parameters) +1
#include "base/activation.def"
};

/* What configurations call it: "leaky_relu", and "default" for 0. */
const char *activation_word(elman_activation_kind kind);

/* How many numbers it takes: 0, 1 alpha, or 2 alpha and beta. */
int activation_parameters(elman_activation_kind kind);

#endif
