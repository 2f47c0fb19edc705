/* sampler.h: a token from logits. */
#ifndef LEARN_SAMPLER_H
#define LEARN_SAMPLER_H

#include "base/status.h"

/* elman_sampler_step of elman.h. The chance of token i is proportional to
 * exp(logits[i] / temperature); of equal logits the lower index counts as the
 * likelier. A logit of -inf is never drawn. ELMAN_NOT_FINITE if one is NaN or
 * +inf, or all are -inf. Never allocates. */
elman_status sampler_step(const elman_sampler *sampler, uint64_t draw, size_t V,
                          const float *logits, int32_t *token);

#endif
