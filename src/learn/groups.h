/*
 * groups.h: which weights an optimizer moves, and how: parameters by name,
 * with a learning rate and a decay of their own, or left as they are. Weights
 * are one flat array; a group is some runs of it.
 */
#ifndef LEARN_GROUPS_H
#define LEARN_GROUPS_H

#include "kernel/kernel.h"
#include "model/model.h"

/* Weights that one thread moves at a time: with gradient and two moments what
 * a second-level cache holds. */
enum { RUN_MOST = 1 << 14 };

typedef struct weight_group {
    bool frozen;          /* weights keep their bits */
    double learning_rate; /* its own; 0: the optimizer's */
    double weight_decay;
    size_t config; /* its number in the config from 1; 0: none of those */
    update update; /* the numbers of the step at hand */
} weight_group;

/* Consecutive weights, at most RUN_MOST, of one group. */
typedef struct weight_run {
    size_t begin, count;
    const weight_group *group;
} weight_run;

typedef struct weight_groups {
    size_t group_count;
    weight_group *groups;
    size_t run_count;
    weight_run *runs; /* all weights, ascending */
    uint64_t layout;  /* where the model's parameters are; 0: no model */
} weight_groups;

/* The groups of config, whose defaults are filled in, over n weights: those of
 * model, or of no model (NULL), which has no names. frozen, unless NULL, lists
 * more names of weights that stay. A name that the model does not have is
 * ELMAN_BAD_VALUE; so is a parameter of two groups, and a list that leaves
 * nothing to train. Whatever happens, release frees what was made. */
elman_status groups_init(const elman_optimizer_config *config, size_t n,
                         const elman_model *model, const char *frozen,
                         weight_groups *groups);
void groups_release(weight_groups *groups);

/* ELMAN_OK if model's parameters are where those of groups are. */
elman_status groups_check(const weight_groups *groups,
                          const elman_model *model);

/* The group of the weight at offset. */
const weight_group *groups_find(const weight_groups *groups, size_t offset);

#endif
