/*
 * model_update.h: an optimizer's step on a model, from the gradients in one of
 * its states.
 */
#ifndef LEARN_MODEL_UPDATE_H
#define LEARN_MODEL_UPDATE_H

#include "learn/optimizer.h"
#include "learn/profile.h"
#include "model/model.h"

/* elman_optimizer_step, elman_optimizer_norm and elman_optimizer_step_norm of
 * elman.h. spent may be NULL. */
elman_status model_update(elman_optimizer *optimizer, elman_model *model,
                          elman_state *state, double learning_rate,
                          double *norm, profile *spent);
elman_status model_norm(const elman_optimizer *optimizer,
                        const elman_model *model, elman_state *state,
                        double *norm);
elman_status model_update_by(elman_optimizer *optimizer, elman_model *model,
                             elman_state *state, double learning_rate,
                             double norm);

#endif
