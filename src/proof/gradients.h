/*
 * gradients.h: the double-precision reference against finite differences, and
 * the fast code against the reference.
 */
#ifndef PROOF_GRADIENTS_H
#define PROOF_GRADIENTS_H

#include "proof/trial.h"

/* How far off; 1 is the bar for the last two. */
typedef struct gradient_errors {
    double reference; /* relative, of derivatives in random directions */
    double forward;   /* in units of atol 1e-5 and rtol 1e-4 */
    double gradient;  /* the same */
    char worst[64];   /* what is furthest past its bar, "" if nothing is */
} gradient_errors;

/* Largest reference error that passes. */
#define REFERENCE_BAR 1e-5

/* Holds got, what the fast code made of t in training, against the reference,
 * and the reference against differences in directions drawn from d. found is
 * false if a sum stands so near to a kink (relu, clip) that rounding decides
 * on which side it falls: then nothing was compared. */
elman_status gradients_check(const trial *t, const outcome *got, draws *d,
                             gradient_errors *errors, bool *found);

#endif
