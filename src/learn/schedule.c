/* schedule.c: PyTorch's learning-rate schedules as functions of counters. */
#include "learn/schedule.h"

#include "base/real.h"

#include <math.h>

static const double DEFAULT_GAMMA = 0.1;
static const size_t DEFAULT_PATIENCE = 10;
static const double THRESHOLD = 1e-4; /* relative, ReduceLROnPlateau's */

static double gamma_of(const elman_schedule_config *config)
{
    return config->gamma > 0 ? config->gamma : DEFAULT_GAMMA;
}

elman_status schedule_check(const elman_schedule_config *config)
{
    if (!config) return failure(ELMAN_BAD_VALUE, "the schedule config is NULL");
    elman_schedule_kind kind = config->kind;
    if ((unsigned)kind > ELMAN_SCHEDULE_RAMP)
        return failure(ELMAN_BAD_VALUE, "schedule kind is %d, expected 0 to %d",
                       (int)kind, ELMAN_SCHEDULE_RAMP);

    /* period */
    bool periodic = kind == ELMAN_SCHEDULE_STEP ||
                    kind == ELMAN_SCHEDULE_COSINE ||
                    kind == ELMAN_SCHEDULE_RAMP;
    if (periodic && config->period == 0)
        return failure(ELMAN_BAD_VALUE,
                       "the schedule's period is 0, expected the number of %s",
                       kind == ELMAN_SCHEDULE_STEP ? "epochs between two cuts"
                                                   : "steps it takes");

    /* gamma and minimum */
    if (!(config->gamma >= 0 && isfinite(config->gamma)))
        return failure(ELMAN_BAD_VALUE,
                       "the schedule's gamma is %g, expected a finite number "
                       "of 0 or more, where 0 means 0.1",
                       config->gamma);
    if (kind == ELMAN_SCHEDULE_PLATEAU && config->gamma >= 1)
        return failure(ELMAN_BAD_VALUE,
                       "the schedule's gamma is %g, expected less than 1 for "
                       "plateau",
                       config->gamma);
    if (!(config->minimum >= 0 && isfinite(config->minimum)))
        return failure(ELMAN_BAD_VALUE,
                       "the schedule's minimum is %g, expected a finite number "
                       "of 0 or more",
                       config->minimum);
    if (kind == ELMAN_SCHEDULE_RAMP && config->minimum == 0)
        return failure(ELMAN_BAD_VALUE,
                       "the schedule's minimum is 0, expected a ramp to begin "
                       "above it");
    return ELMAN_OK;
}

static double cosine(const elman_schedule_config *config, uint64_t step,
                     double rate)
{
    uint64_t done = step > config->warmup ? step - config->warmup : 0;
    if (done >= config->period) return config->minimum;
    double part = (double)done / (double)config->period;
    return config->minimum +
           (rate - config->minimum) * 0.5 * (1 + real_cos_pi(part));
}

/* Equal factors from minimum at the first step to rate at the last of period.
 */
static double ramp(const elman_schedule_config *config, uint64_t step,
                   double rate)
{
    uint64_t last = config->period - 1;
    if (step >= last) return rate;
    return config->minimum *
           real_power(rate / config->minimum, (double)step / (double)last);
}

double schedule_rate(const elman_schedule_config *config,
                     const elman_schedule *schedule, double rate)
{
    if (schedule_check(config) != ELMAN_OK) return NAN;
    double gamma = gamma_of(config), now = rate;

    switch (config->kind) {
    case ELMAN_SCHEDULE_CONSTANT:
        break;
    case ELMAN_SCHEDULE_STEP:
        now *= real_power(gamma, (double)(schedule->epoch / config->period));
        break;
    case ELMAN_SCHEDULE_EXPONENTIAL:
        now *= real_power(gamma, (double)schedule->epoch);
        break;
    case ELMAN_SCHEDULE_COSINE:
        now = cosine(config, schedule->step, rate);
        break;
    case ELMAN_SCHEDULE_PLATEAU:
        now *= real_power(gamma, (double)schedule->cuts);
        break;
    case ELMAN_SCHEDULE_RAMP:
        now = ramp(config, schedule->step, rate);
        break;
    }

    /* the minimum ends a descent; it does not lift a rate that began below */
    if (now < config->minimum)
        now = rate < config->minimum ? rate : config->minimum;

    /* warmup: a straight line to where the schedule begins */
    if (schedule->step < config->warmup)
        now *= ((double)schedule->step + 1) / ((double)config->warmup + 1);
    return now;
}

void schedule_seen(const elman_schedule_config *config,
                   elman_schedule *schedule, double loss)
{
    if (config->kind != ELMAN_SCHEDULE_PLATEAU) return;

    /* better than before */
    double bar = schedule->seen ? schedule->best * (1 - THRESHOLD) : INFINITY;
    if (loss < bar) {
        schedule->best = loss;
        schedule->seen = true;
        schedule->bad = 0;
        return;
    }

    /* not better for too long */
    size_t patience = config->patience ? config->patience : DEFAULT_PATIENCE;
    if (++schedule->bad > patience) {
        schedule->cuts++;
        schedule->bad = 0;
    }
}
