/*
 * schedule.h: the learning rate over time. All a schedule has seen is in
 * elman_schedule, so a rate is a function of it and of the config.
 */
#ifndef LEARN_SCHEDULE_H
#define LEARN_SCHEDULE_H

#include "base/status.h"

/* Whether config makes sense; one sentence if not. */
elman_status schedule_check(const elman_schedule_config *config);

/* The learning rate of the step to come: elman_schedule_rate. NaN, with a
 * message, if config is bad. With s optimizer steps and e epochs done:
 *
 *   step         rate gamma^(e / period), integer division   StepLR
 *   exponential  rate gamma^e                                ExponentialLR
 *   cosine       minimum + (rate - minimum)(1 + cos(pi s' / period)) / 2, then
 *                minimum; s' = s - warmup                    CosineAnnealingLR
 *   plateau      rate gamma^cuts                             ReduceLROnPlateau
 *   ramp         minimum (rate / minimum)^(s / (period - 1)), then rate
 *
 * Never below minimum, if rate itself is above it. While s < warmup all of it
 * times (s + 1) / (warmup + 1), which may be below minimum. */
double schedule_rate(const elman_schedule_config *config,
                     const elman_schedule *schedule, double rate);

/* Gives a schedule the loss of an evaluation, which only plateau uses: a loss
 * below best (1 - 1e-4) is the new best; after more than patience others in a
 * row it cuts the rate and starts counting again. NaN is never better. */
void schedule_seen(const elman_schedule_config *config,
                   elman_schedule *schedule, double loss);

#endif
