/*
 * frozen.h: weights that training leaves as they are. Their gradients are taken
 * out before the norm, and whatever a rule does to them is undone, so that they
 * keep their bits under any rule and any decay.
 */
#ifndef LEARN_FROZEN_H
#define LEARN_FROZEN_H

#include "model/model.h"

typedef struct frozen frozen;

/* Finds the parameters of a list of names, each of a layer or of one parameter,
 * separated by commas. *out is NULL if names is. A name that the model does not
 * have is ELMAN_BAD_VALUE, and so is a list that leaves nothing to train. */
elman_status frozen_create(const elman_model *model, const char *names,
                           frozen **out);
void frozen_destroy(frozen *frozen);

/* Around an update; each does nothing if frozen is NULL. hold makes their
 * gradients zero and remembers the weights; restore puts them back. */
void frozen_hold(frozen *frozen, const float *weights, float *gradients);
void frozen_restore(const frozen *frozen, float *weights);

/* Whether parameter index of the model is one of them. */
bool frozen_holds(const frozen *frozen, size_t index);

#endif
