/*
 * residual.h: how far a model's answers are from the truth, as quantiles of
 * each output, and as a text that a model keeps.
 */
#ifndef LEARN_RESIDUAL_H
#define LEARN_RESIDUAL_H

#include "data/dataset.h"
#include "model/model.h"

struct share; /* share/share.h */

/* Whether such a part has answers that are values. */
elman_status residuals_check(const elman_model *model,
                             const elman_dataset *dataset, elman_part part);

/* elman_model_residuals on all ranks of share, which have the same model and
 * data, or on this one alone (NULL). */
elman_status residuals_shared(const elman_model *model,
                              const elman_dataset *dataset, elman_part part,
                              const elman_trainer_config *config,
                              struct share *share, elman_residuals **residuals);

/* Behind elman_model_residuals and elman_residuals_*. */
elman_status residuals_measure(const elman_model *model,
                               const elman_dataset *dataset, elman_part part,
                               const elman_trainer_config *config,
                               elman_residuals **residuals);
elman_status residuals_create(const char *text, elman_residuals **residuals);
void residuals_destroy(elman_residuals *residuals);
const char *residuals_note(const elman_residuals *residuals);
size_t residuals_size(const elman_residuals *residuals);
elman_status residuals_read(const elman_residuals *residuals, size_t output,
                            double level, double *quantile);

/* Behind elman_residuals_scale. */
void residuals_scale(const elman_residuals *residuals,
                     const elman_dataset *dataset, uint64_t id, double *scale);

/* The quantile of count numbers in ascending order: on the straight line
 * between the two whose places are around level (count - 1), as NumPy's. */
double quantile_of(const double *ascending, size_t count, double level);

#endif
