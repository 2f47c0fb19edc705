/* evaluate.h: the metrics of a model on a part of a dataset. */
#ifndef LEARN_EVALUATE_H
#define LEARN_EVALUATE_H

#include "data/dataset.h"
#include "learn/metrics.h"
#include "learn/row_loss.h"
#include "learn/windows.h"
#include "model/model.h"

/* Steps and sequences of a batch when config leaves them to us. */
enum { DEFAULT_BATCH = 32, DEFAULT_STEPS = 64 };

/* Whether model takes what dataset gives and gives what its task wants; one
 * sentence if not. */
elman_status evaluate_check(const elman_model *model,
                            const elman_dataset *dataset,
                            const elman_loss_config *loss);

/* Runs a window forward and takes the loss over its new steps; the gradient,
 * zero for the past, goes to state's "dy" if that is there. Adds to sums. score
 * has room for all rows of the window. */
elman_status evaluate_window(const elman_model *model, elman_state *state,
                             const elman_dataset *dataset, elman_part part,
                             const elman_loss_config *config,
                             const window *window, row_losses *losses,
                             metric_sums *sums, uint64_t *confusion,
                             double *loss);

/* Runs all of windows once, from its beginning, on state. */
elman_status evaluate_all(const elman_model *model, elman_state *state,
                          const elman_dataset *dataset, elman_part part,
                          const elman_loss_config *config, windows *windows,
                          row_losses *losses, metric_sums *sums,
                          uint64_t *confusion);

/* elman_model_evaluate of elman_train.h. */
elman_status evaluate(const elman_model *model, const elman_dataset *dataset,
                      elman_part part, const elman_trainer_config *config,
                      elman_metrics *metrics, uint64_t *confusion);

#endif
