/*
 * find_rate.c: see find_rate.h.
 */
#include "find_rate.h"
#include "record.h"
#include "screen.h"

#include <math.h>
#include <stdio.h>

enum { RAMP_STEPS = 100, SHOWN_STEPS = 5, WIDEST_BAR = 40 };
static const double LOWEST = 1e-6, HIGHEST = 10;
static const double SMOOTH = 0.9; /* of the loss before, in a running mean */

/* What each step gave. */
typedef struct ramp {
    size_t count;
    double rates[RAMP_STEPS], losses[RAMP_STEPS];
} ramp;

void find_rate_prepare(elman_trainer_config *config)
{
    config->optimizer.learning_rate = HIGHEST;
    config->schedule = (elman_schedule_config){
        .kind = ELMAN_SCHEDULE_RAMP, .period = RAMP_STEPS, .minimum = LOWEST};
    config->epochs = 0;
    config->steps = RAMP_STEPS;
    config->evaluate_every = RAMP_STEPS + 1;
    config->patience = config->patience_steps = 0;
}

/* Steps until the end, or until the loss is far beyond the lowest or is no
 * number any more, as it is meant to be. */
static int climb(elman_trainer *trainer, ramp *r)
{
    const elman_progress *progress = elman_trainer_progress(trainer);
    double mean = 0, weight = 0, lowest = INFINITY;
    while (!progress->done && r->count < RAMP_STEPS) {
        elman_status status = elman_trainer_step(trainer);
        if (status == ELMAN_NOT_FINITE) return 0;
        if (status != ELMAN_OK) return library_failed();

        /* a running mean that does not begin at 0 */
        mean = SMOOTH * mean + (1 - SMOOTH) * progress->last.loss;
        weight = SMOOTH * weight + (1 - SMOOTH);
        double loss = mean / weight;
        r->rates[r->count] = progress->learning_rate;
        r->losses[r->count++] = loss;
        lowest = fmin(lowest, loss);
        if (loss > 4 * lowest && r->count > RAMP_STEPS / 5) return 0;
    }
    return 0;
}

/* A tenth of the rate at which the loss was lowest, to one digit; 0 if it never
 * went down from the level of the first steps, whose mean is still of few. */
static double choose(const ramp *r)
{
    enum { FIRST = RAMP_STEPS / 10 };
    double level = 0;
    size_t best = FIRST;
    for (size_t n = 0; n < r->count; n++)
        if (n < FIRST) level += r->losses[n] / (double)FIRST;
        else if (r->losses[n] < r->losses[best]) best = n;
    if (r->count <= FIRST || r->losses[best] >= level) return 0;

    double rate = r->rates[best] / 10;
    double digit = pow(10, floor(log10(rate)));
    return round(rate / digit) * digit;
}

static void show_table(const ramp *r, double rate)
{
    double low = INFINITY, high = 0;
    for (size_t n = 0; n < r->count; n++) {
        low = fmin(low, r->losses[n]);
        high = fmax(high, r->losses[n]);
    }

    /* the loss of some steps, as a bar too */
    printf("%s%10s%12s%s\n", paint(stdout, BOLD), "rate", "loss",
           paint(stdout, PLAIN));
    for (size_t n = 0; n < r->count; n += SHOWN_STEPS) {
        double part = high > low ? (r->losses[n] - low) / (high - low) : 0;
        int width = (int)(part * (double)WIDEST_BAR + 0.5);
        printf("%10.1e%12s  %.*s\n", r->rates[n], significant(r->losses[n], 4),
               width, "########################################");
    }
    if (rate > 0)
        printf("\ntry  --lr %g: a tenth of the rate at which the loss was "
               "lowest\n",
               rate);
    else
        printf("\nthe loss did not go down at any rate: look at the data and "
               "its plan, see --plan\n");
}

static void show_record(const ramp *r, double rate)
{
    record out = record_begin(stdout);
    record_open(&out, "steps", '[');
    for (size_t n = 0; n < r->count; n++) {
        record_open(&out, NULL, '{');
        record_number(&out, "learning_rate", r->rates[n]);
        record_number(&out, "loss", r->losses[n]);
        record_close(&out, '}');
    }
    record_close(&out, ']');
    if (rate > 0) record_number(&out, "suggested", rate);
    record_end(&out);
}

int find_rate(elman_trainer *trainer)
{
    ramp r = {0};
    int code = climb(trainer, &r);
    if (code) return code;
    double rate = choose(&r);
    if (screen.json) show_record(&r, rate);
    else show_table(&r, rate);
    return EXIT_DONE;
}
