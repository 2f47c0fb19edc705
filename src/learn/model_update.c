/* model_update.c: see model_update.h. */
#include "learn/model_update.h"

#include <math.h>

/* The gradients in s of the weights that the optimizer moves, 0 for others. */
static elman_status find_gradients(const elman_optimizer *optimizer,
                                   const elman_model *m, elman_state *s,
                                   float **gradients)
{
    if (s->model != m || !s->config.training)
        return failure(ELMAN_BAD_VALUE,
                       "the state has no gradients for this model, expected a "
                       "training state made for it");
    TRY(optimizer_check(optimizer, m));
    TRY(model_check_own(m));
    TRY(model_make_flat(m));

    *gradients = gradients_join(s);
    optimizer_hold(optimizer, *gradients);
    return ELMAN_OK;
}

elman_status model_update(elman_optimizer *optimizer, elman_model *m,
                          elman_state *s, double learning_rate, double *norm,
                          profile *spent)
{
    float *gradients;
    TRY(model_check_own(m));
    TRY(find_gradients(optimizer, m, s, &gradients));
    TRY(optimizer_update(optimizer, learning_rate, s->config.threads, gradients,
                         model_flat(m), norm));
    profile_lap(spent, PROFILE_OPTIMIZER);
    model_repack(m, s->config.threads);
    return ELMAN_OK;
}

static elman_status check_norm(double norm)
{
    if (norm >= 0 && isfinite(norm)) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "norm is %g, expected a finite number of 0 or more", norm);
}

elman_status model_norm(const elman_optimizer *optimizer, const elman_model *m,
                        elman_state *s, double *norm)
{
    float *gradients;
    TRY(check_norm(*norm));
    TRY(find_gradients(optimizer, m, s, &gradients));
    return optimizer_norm(optimizer, s->config.threads, gradients, norm);
}

elman_status model_update_by(elman_optimizer *optimizer, elman_model *m,
                             elman_state *s, double learning_rate, double norm)
{
    float *gradients;
    TRY(check_norm(norm));
    TRY(model_check_own(m));
    TRY(find_gradients(optimizer, m, s, &gradients));
    TRY(optimizer_move(optimizer, learning_rate, s->config.threads, norm,
                       gradients, model_flat(m)));
    model_repack(m, s->config.threads);
    return ELMAN_OK;
}
