/*
 * backward.c: the member of libelman.a with the functions that go back: see
 * api/backward.h. A program that calls none of them and wants the segments
 * anyway names this member in its link (-Wl,-u,elman__segments).
 */
#include "api/backward.h"
#include "model/model.h"

const segment_way *elman__segments(void) { return &elman__segment_way; }

elman_status elman_model_backward(const elman_model *model, elman_state *state,
                                  const float *dy, float *dx)
{
    return elman__model_backward(model, state, dy, dx);
}

elman_status elman_model_loss_backward(const elman_model *model,
                                       elman_state *state,
                                       const elman_loss_config *config,
                                       const elman_target *target, double *loss,
                                       float *dx)
{
    return elman__model_loss_backward(model, state, config, target, loss, dx);
}

elman_status elman_trainer_create(elman_model *model,
                                  const elman_dataset *dataset,
                                  const elman_trainer_config *config,
                                  elman_trainer **trainer)
{
    return elman__trainer_create(model, dataset, config, trainer);
}
