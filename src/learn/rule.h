/*
 * rule.h: one row for each optimizer: its names, the fields of its config,
 * their defaults, the moments it keeps and its kernel. Everything else about a
 * rule follows from its row.
 */
#ifndef LEARN_RULE_H
#define LEARN_RULE_H

#include "base/status.h"
#include "kernel/kernel.h"

enum { RULE_MAX_MOMENTS = 3 };

/* Some weights, what they are moved by, and what is kept for them. */
typedef struct weights_part {
    const kernels *k;
    const update *u;
    size_t n;
    const float *dp;                  /* (n) gradients */
    float *moments[RULE_MAX_MOMENTS]; /* (n) each; NULL: not kept */
    float *p;                         /* (n) weights */
} weights_part;

/* When a moment is kept: always, or if that field of the config is not 0. */
typedef enum moment_use {
    MOMENT_ALWAYS,
    MOMENT_AMSGRAD,
    MOMENT_CENTERED,
    MOMENT_MOMENTUM
} moment_use;

typedef struct rule_moment {
    const char *name; /* PyTorch's; checkpoints keep it by this name */
    moment_use use;
} rule_moment;

typedef struct rule_row {
    elman_rule_info info;
    elman_optimizer_config defaults[2]; /* by flavour: what a zero means */
    bool decoupled; /* weight decay is subtracted from the weights directly in
                       PyTorch's flavour too, not added to the gradient */
    bool corrected; /* moments that began at 0 are divided by 1 - beta^step */
    rule_moment moments[RULE_MAX_MOMENTS];
    void (*move)(const weights_part *part);
} rule_row;

/* The row of a rule, or NULL if there is none. */
const rule_row *rule_find(elman_rule number);

/* elman_rule_read of elman.h. */
elman_status rule_read(elman_rule number, elman_rule_info *info);

/* Whether config's field of this name means something to the rule. */
bool rule_has(const rule_row *row, const char *field);

/* Whether a rule keeps its moment of this index under config. */
bool rule_keeps(const rule_row *row, const elman_optimizer_config *config,
                size_t moment);

#endif
