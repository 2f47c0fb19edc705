/*
 * residual_lists.h: how far the answers to a part are off, one list for each
 * output, before quantiles are taken of them. Ranks answer some batches each.
 */
#ifndef LEARN_RESIDUAL_LISTS_H
#define LEARN_RESIDUAL_LISTS_H

#include "data/truth.h"
#include "model/model.h"
#include "share/share.h"

typedef struct residual_lists {
    const elman_dataset *dataset;
    share *share; /* ranks that have some batches each, or NULL */
    size_t outputs;
    size_t stride;          /* of the answers, one is measured */
    size_t answers;         /* seen so far */
    size_t room;            /* of each list */
    size_t *counts;         /* (outputs) */
    double *lists;          /* (outputs,room) */
    double *values, *truth; /* (outputs) */
    truth_reader reader;
    double *scale; /* (targets) changes, if those are to be relative */
} residual_lists;

/* Fills the lists, whose dataset and share are set, with those of a part;
 * release frees what there is, also after a failure. */
elman_status residual_lists_measure(residual_lists *lists,
                                    const elman_model *model, elman_part part,
                                    const elman_trainer_config *config);

/* What that takes of a budget at least: the state, the answers to a batch, and
 * the lists. */
elman_status residual_lists_least(const elman_model *model,
                                  const elman_dataset *dataset, elman_part part,
                                  const elman_trainer_config *config,
                                  size_t *least);
void residual_lists_release(residual_lists *lists);

#endif
