/*
 * shared_update.h: a step of the optimizer where several ranks have parts of a
 * batch (share/share.h): each sums its own leaves, and moves its own slice.
 */
#ifndef LEARN_SHARED_UPDATE_H
#define LEARN_SHARED_UPDATE_H

#include "learn/optimizer.h"
#include "learn/profile.h"
#include "model/model.h"
#include "share/share.h"

/* Weights that are worth a sum of their own, before others are complete. */
enum { SHARED_PART = 1 << 19 };

/* Takes room for the gradients of a model, whose sum may begin before all of
 * its levels have gone back. */
elman_status shared_prepare(share *share, const elman_model *model);

/* Before a pass goes back over this rank's part of so many leaves: their
 * gradients will be the sums of its nodes. Without any there is no pass. What
 * is complete on the way goes to the other ranks at once. */
elman_status shared_begin(share *share, size_t leaves, elman_state *state);

/* model_update (model_update.h) after that, on all ranks. The optimizer's slice
 * is the share's. ELMAN_NOT_FINITE on all of them. */
elman_status shared_update(share *share, elman_optimizer *optimizer,
                           elman_model *model, elman_state *state, double rate,
                           double *norm, profile *spent);

#endif
