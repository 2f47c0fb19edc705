/* finite.h: where the first NaN or infinity came from. */
#ifndef LEARN_FINITE_H
#define LEARN_FINITE_H

#include "layer/recurrent.h"
#include "model/model.h"

/* Bytes of one sentence. */
enum { FINITE_TEXT = 200 };

/* A pass that went bad, as it is left in a state. */
typedef struct finite_pass {
    const elman_model *model;
    const elman_state *state;
    const float *targets; /* values, of rows from row context on, or NULL */
    const double *losses; /* of all rows, those before context without use, or
                             NULL */
    size_t context;
} finite_pass;

/* One value of it that is NaN or infinite. */
typedef struct bad_value {
    const char *what; /* "weight", "input", "target", "gate", "c", "output",
                         "loss", "gradient at the output", "gradient" */
    const char *name; /* of the layer or parameter; "the data" */
    const layer *l;   /* of a level, else NULL */
    size_t direction;
    bool placed; /* it has a sequence: b of the batch */
    size_t b;
    uint64_t sample;
    bool whole; /* it is of the whole sequence, not of a step of it */
    uint64_t step;
    const char *gate; /* or NULL */
    size_t unit;      /* of a weight: the element */
    double value;
} bad_value;

/* Lists bad values in the order of computing: weights, inputs, targets, what
 * each layer made of them from the first to the last, losses; if all of these
 * are finite, gradients from the last layer to the first. Of each array it is
 * the first, and from the first one on that has a sequence, the first of that
 * sequence. Returns how many, at most room. */
size_t finite_list(const finite_pass *pass, size_t room, bad_value *list);

/* How many there can be. */
size_t finite_most(const elman_model *model);

/* The value in a sentence without its full stop. */
void finite_describe(const bad_value *value, char text[FINITE_TEXT]);

/* "nan", "inf" or "-inf". */
const char *finite_word(double value);

/* When and on what a value went bad. */
typedef struct finite_where {
    uint64_t epoch, step;
    const char *what; /* "loss" or "gradient" */
    double value;
    double rate;  /* the optimizer's learning rate */
    bool clipped; /* it bounds the norm of the gradient */
} finite_where;

/* ELMAN_NOT_FINITE with a sentence that names the first bad value. */
elman_status finite_trace(const finite_pass *pass, const finite_where *where);

/* ELMAN_NOT_FINITE if a weight is NaN or infinite, with a sentence that names
 * it and path, the file that is kept rather than overwritten. */
elman_status finite_weights(const elman_model *model, const char *path);

#endif
