/*
 * gradients.h: the double-precision reference against finite differences, and
 * the fast code against the reference.
 */
#ifndef PROOF_GRADIENTS_H
#define PROOF_GRADIENTS_H

#include "proof/trial.h"

/* How far off the results are; for the last two, 1 is the most that passes. */
typedef struct gradient_errors {
    double reference; /* relative, of derivatives in random directions */
    double forward;   /* in units of atol 1e-5 and rtol 1e-4 */
    double gradient;  /* the same */
    char worst[64];   /* what is furthest past its limit, or "" */
} gradient_errors;

/* The largest error of the reference that passes. */
#define REFERENCE_BAR 1e-5

/* Compares got, what the fast code made of t in training, with the reference,
 * and the reference with finite differences in directions drawn from d. found
 * is false if a sum is so near to a kink (relu, clip) that rounding decides on
 * which side it falls: then nothing was compared. */
elman_status gradients_check(const trial *t, const outcome *got, draws *d,
                             gradient_errors *errors, bool *found);

#endif
