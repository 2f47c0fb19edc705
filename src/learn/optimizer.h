/*
 * optimizer.h: gradients in, new weights out, on flat arrays. Both arrays of
 * one model have the same layout; the gaps between parameters are 0 in both and
 * stay 0.
 */
#ifndef LEARN_OPTIMIZER_H
#define LEARN_OPTIMIZER_H

#include "base/deal.h"
#include "base/status.h"
#include "learn/groups.h"
#include "learn/rule.h"

/* The most moments a rule has, and how many gradients make one sum of squares:
 * the norm adds these sums in order (docs/NUMERICS.md). */
enum { OPTIMIZER_MAX_TENSORS = RULE_MAX_MOMENTS, OPTIMIZER_BLOCK = 1 << 16 };

/* What a checkpoint must keep. Each array is (slice), owned by the optimizer
 * and named as the rule's row says, which is PyTorch's name. */
typedef struct optimizer_tensor {
    const char *name;
    float *values;
} optimizer_tensor;

/* The counters: part of a checkpoint too, read and written in place. */
typedef struct optimizer_counters {
    uint64_t step;                   /* updates done */
    double beta1_power, beta2_power; /* beta^step, a running product */
} optimizer_counters;

struct elman_optimizer {
    const rule_row *rule;
    elman_optimizer_config config; /* completed; its groups are in groups */
    size_t n;
    weight_groups groups;
    float *memory;      /* of all arrays here */
    size_t bytes;       /* of that */
    weight_slice slice; /* those that it moves and keeps moments for: whole
                           blocks but for the end */
    float *moments[RULE_MAX_MOMENTS]; /* (slice) in the rule's order; NULL: not
                                         kept */
    size_t block_count;
    double *squares; /* (block_count) sums of squares of the gradient */
    optimizer_counters counters;
};

/* Checks config, fills its defaults in (PyTorch 2's, or Keras 3's) and starts
 * an optimizer for n weights. A field that the rule does not have must be 0,
 * and there are no groups, which need names. */
elman_status optimizer_create(const elman_optimizer_config *config, size_t n,
                              elman_optimizer **optimizer);

/* The same for the weights of a model. frozen, unless NULL, lists layers and
 * parameters that stay, besides those of frozen groups. */
elman_status optimizer_create_for(const elman_optimizer_config *config,
                                  const elman_model *model, const char *frozen,
                                  elman_optimizer **optimizer);

/* The same for a slice of them alone, of blocks of OPTIMIZER_BLOCK: it moves no
 * others. */
elman_status optimizer_create_slice(const elman_optimizer_config *config,
                                    const elman_model *model,
                                    const char *frozen,
                                    const weight_slice *slice,
                                    elman_optimizer **optimizer);
void optimizer_destroy(elman_optimizer *optimizer);

/* ELMAN_OK if it was made for a model with parameters like those of this one.
 */
elman_status optimizer_check(const elman_optimizer *optimizer,
                             const elman_model *model);

/* Whether a parameter of its model is frozen. */
bool optimizer_holds(const elman_optimizer *optimizer, const parameter *p);

/* The config with every default filled in. */
const elman_optimizer_config *
optimizer_config(const elman_optimizer *optimizer);

/* Makes the gradients (n) of frozen weights zero, so that they count in no
 * norm. */
void optimizer_hold(const elman_optimizer *optimizer, float *gradients);

/* Clips gradients (n) and moves weights (n) by them: elman_optimizer_step. A
 * negative learning_rate means the config's. norm, unless NULL, gets the
 * global norm before clipping. ELMAN_NOT_FINITE if that is NaN or infinite:
 * nothing has changed. Never allocates. Two sweeps, both on that many threads:
 * the norm reads the gradients, in blocks that are added in order, so that
 * threads change no bit; then one pass over weights, gradients and moments. */
elman_status optimizer_update(elman_optimizer *optimizer, double learning_rate,
                              int threads, const float *gradients,
                              float *weights, double *norm);

/* Writes the sums of squares of the blocks of its slice to squares; and the
 * norm from those of all blocks, as optimizer_norm. */
void optimizer_squares(const elman_optimizer *optimizer, int threads,
                       const float *gradients);
elman_status optimizer_norm_of_squares(const elman_optimizer *optimizer,
                                       double *norm);

/* The two sweeps by themselves. norm joins those before it: what it becomes is
 * the root of its square and the gradients'. move clips by that norm. */
elman_status optimizer_norm(const elman_optimizer *optimizer, int threads,
                            const float *gradients, double *norm);
elman_status optimizer_move(elman_optimizer *optimizer, double learning_rate,
                            int threads, double norm, const float *gradients,
                            float *weights);

/* What clipping by the norm multiplies a gradient of that norm by. */
double optimizer_scale(const elman_optimizer_config *config, double norm);

/* The bytes of what it remembers. */
size_t optimizer_bytes(const elman_optimizer *optimizer);

/* Fills tensors with the arrays of this rule and returns how many. */
size_t optimizer_tensors(const elman_optimizer *optimizer,
                         optimizer_tensor tensors[OPTIMIZER_MAX_TENSORS]);

/* The counters, read and written in place. */
optimizer_counters *optimizer_progress(elman_optimizer *optimizer);

#endif
