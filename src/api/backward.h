/*
 * backward.h: the public functions that go back through a pass. In libelman.a
 * they are members of their own, static/backward.c, that a program pulls in by
 * calling one: with them it has the segments of a budget (model/budget.h), and
 * one that only runs a model has not.
 */
#ifndef API_BACKWARD_H
#define API_BACKWARD_H

#include "elman.h"
#include "elman_train.h"

#if defined ELMAN_STATIC && defined __ELF__

/* What the members forward to, as elman.h and elman_train.h have it. */
elman_status elman__model_backward(const elman_model *model, elman_state *state,
                                   const float *dy, float *dx);
elman_status elman__model_loss_backward(const elman_model *model,
                                        elman_state *state,
                                        const elman_loss_config *config,
                                        const elman_target *target,
                                        double *loss, float *dx);
elman_status elman__trainer_create(elman_model *model,
                                   const elman_dataset *dataset,
                                   const elman_trainer_config *config,
                                   elman_trainer **trainer);

#endif

#endif
