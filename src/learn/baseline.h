/*
 * baseline.h: what a score has to beat: answers that read no input, or compare
 * it with what was seen. Plain sums in double, in the order of the data.
 */
#ifndef LEARN_BASELINE_H
#define LEARN_BASELINE_H

#include "data/dataset.h"

struct share; /* share/share.h */

/* Whether such a baseline can be worked out. */
elman_status baseline_check(const elman_dataset *dataset,
                            const elman_baseline_config *config);

/* elman_dataset_baseline of elman_train.h; config is not NULL. */
elman_status baseline_read(const elman_dataset *dataset,
                           const elman_baseline_config *config,
                           elman_baseline *baseline);

/* The same on all ranks of share, which look for the neighbours of some
 * sequences each, or on this one alone (NULL). */
elman_status baseline_shared(const elman_dataset *dataset,
                             const elman_baseline_config *config,
                             struct share *share, elman_baseline *baseline);

/* The fraction of part whose nearest training sequence, by dynamic time warping
 * within warp of the length, has its class. */
elman_status neighbour_accuracy(const elman_dataset *dataset,
                                const elman_baseline_config *config,
                                struct share *share, double *accuracy);

#endif
