/* backward.c: see backward.h. */
#include "api/backward.h"
#include "api/need.h"
#include "learn/model_loss.h"
#include "learn/trainer.h"
#include "model/model.h"

#if defined ELMAN_STATIC && defined __ELF__
#define elman_model_backward      elman__model_backward
#define elman_model_loss_backward elman__model_loss_backward
#define elman_trainer_create      elman__trainer_create
#else
const segment_way *elman__segments(void) { return &elman__segment_way; }
#endif

elman_status elman_model_backward(const elman_model *model, elman_state *state,
                                  const float *dy, float *dx)
{
    NEED(model, state);
    return model_backward(model, state, dy, dx);
}

elman_status elman_model_loss_backward(const elman_model *model,
                                       elman_state *state,
                                       const elman_loss_config *config,
                                       const elman_target *target, double *loss,
                                       float *dx)
{
    NEED(model, state, config, target, loss);
    return model_loss_backward(model, state, config, target, loss, dx);
}

elman_status elman_trainer_create(elman_model *model,
                                  const elman_dataset *dataset,
                                  const elman_trainer_config *config,
                                  elman_trainer **trainer)
{
    NEED(model, dataset, config, trainer);
    return trainer_create(model, dataset, config, trainer);
}
