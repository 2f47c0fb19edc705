/*
 * model_loss.h: the loss of what a model's last pass gave. The state knows the
 * shape of that, so none is asked for, and no array is read past its end.
 */
#ifndef LEARN_MODEL_LOSS_H
#define LEARN_MODEL_LOSS_H

#include "learn/loss.h"
#include "model/model.h"

/* elman_model_loss, elman_model_loss_backward, elman_model_loss_sum and
 * elman_model_loss_weight of elman.h. */
elman_status model_loss(const elman_model *model, elman_state *state,
                        const elman_loss_config *config,
                        const elman_target *target, double *loss, float *dy);
elman_status model_loss_backward(const elman_model *model, elman_state *state,
                                 const elman_loss_config *config,
                                 const elman_target *target, double *loss,
                                 float *dx);
elman_status model_loss_sum(const elman_model *model, elman_state *state,
                            const elman_loss_config *config,
                            const elman_target *target, elman_loss_sum *sum,
                            float *dy);
elman_status model_loss_weight(const elman_model *model,
                               const elman_batch *batch,
                               const elman_loss_config *config,
                               const elman_target *target, double *weight);

#endif
