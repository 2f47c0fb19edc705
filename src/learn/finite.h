/* finite.h: where the first NaN or infinity came from. */
#ifndef LEARN_FINITE_H
#define LEARN_FINITE_H

#include "layer/recurrent.h"
#include "model/model.h"

/* When and on what a value went bad. */
typedef struct finite_where {
    uint64_t epoch, step;
    const char *what; /* "loss" or "gradient" */
    double value;
    double rate;  /* the optimizer's learning rate */
    bool clipped; /* it bounds the norm of the gradient */
} finite_where;

/* ELMAN_NOT_FINITE with a sentence that names the first bad value of the last
 * pass, in the order of computing: weights, inputs, outputs of each layer; and
 * after backward the gradients from the last layer to the first. */
elman_status finite_trace(const elman_model *model, const elman_state *state,
                          const finite_where *where);

/* ELMAN_NOT_FINITE if a weight is NaN or infinite, with a sentence that names
 * it and path, the file that is kept rather than overwritten. */
elman_status finite_weights(const elman_model *model, const char *path);

#endif
