/*
 * baseline.h: what a score has to beat: answers that read no input, or compare
 * it with what was seen. Plain sums in double, in the order of the data.
 */
#ifndef LEARN_BASELINE_H
#define LEARN_BASELINE_H

#include "data/dataset.h"

/* elman_dataset_baseline of elman_train.h; config is not NULL. */
elman_status baseline_read(const elman_dataset *dataset,
                           const elman_baseline_config *config,
                           elman_baseline *baseline);

/* The fraction of part whose nearest training sequence, by dynamic time warping
 * within warp of the length, has its class. */
elman_status neighbour_accuracy(const elman_dataset *dataset,
                                const elman_baseline_config *config,
                                double *accuracy);

#endif
