/*
 * update.c: the numbers of one optimizer step; the arithmetic on weights is in
 * the kernels. See optimizer.h.
 */
#include "learn/optimizer.h"

#include "base/thread.h"
#include "kernel/kernel.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* What clip_grad_norm_ multiplies gradients by; Keras as tf.clip_by_global_norm
 * does. */
double optimizer_scale(const elman_optimizer_config *c, double norm)
{
    if (c->clip_norm == 0) return 1;
    double slack = c->flavour == ELMAN_FLAVOUR_KERAS ? 0 : 1e-6;
    double scale = c->clip_norm / (norm + slack);
    return scale < 1 ? scale : 1;
}

/* The numbers of this step, as the kernels want them. Without an epsilon they
 * get the smallest float: it is lost in every sum but that with zero, and 0 / 0
 * stays 0. */
static update update_of(const elman_optimizer *optimizer, double rate,
                        double weight_decay, double norm)
{
    const elman_optimizer_config *c = &optimizer->config;
    const optimizer_counters *at = &optimizer->counters;
    bool keras = c->flavour == ELMAN_FLAVOUR_KERAS;
    bool direct = keras || optimizer->rule->decoupled;
    double scale = optimizer_scale(c, norm), root = 1;

    /* Adagrad's decay of the rate; without one this is rate itself */
    double step_rate = rate / (1 + (double)(at->step - 1) * c->lr_decay);

    /* Adam's correction of moments that began at 0 */
    if (optimizer->rule->corrected) {
        double corrected = sqrt(1 - at->beta2_power);
        step_rate = rate / (1 - at->beta1_power);
        if (keras) step_rate *= corrected;
        else root = 1 / corrected;
    }

    return (update){
        .scale = (float)(c->maximize ? -scale : scale),
        .clip_value = c->clip_value > 0 ? (float)c->clip_value : INFINITY,
        .weight_decay = direct ? 0 : (float)weight_decay,
        .decay = direct ? (float)(1 - rate * weight_decay) : 1,
        .rate = (float)step_rate,
        .momentum = (float)c->momentum,
        .damped = at->step == 1 ? 1 : (float)(1 - c->dampening),
        .beta1 = (float)c->beta1,
        .beta2 = (float)c->beta2,
        .rest1 = (float)(1 - c->beta1),
        .rest2 = (float)(1 - c->beta2),
        .root = (float)root,
        .alpha = (float)c->alpha,
        .rest = (float)(1 - c->alpha),
        .epsilon = c->no_epsilon ? FLT_TRUE_MIN : (float)c->epsilon,
        .nesterov = c->nesterov && c->momentum > 0,
        .centered = c->centered,
        .keras = keras,
    };
}

/* What the parts of a sweep share. */
typedef struct sweep {
    const elman_optimizer *optimizer;
    const kernels *k;
    const float *gradients;
    float *weights;
} sweep;

/* ---- The norm ----------------------------------------------------------- */

/* The blocks of a stretch of the weights. */
static size_t blocks_of(stretch weights)
{
    size_t n = weights.end - weights.begin;
    return n / OPTIMIZER_BLOCK + (n % OPTIMIZER_BLOCK > 0);
}

/* Block number index of the slice. */
static void squares_part(void *context, size_t index)
{
    const sweep *at = context;
    const stretch *of = at->optimizer->slice.of;
    for (; index >= blocks_of(*of); of++)
        index -= blocks_of(*of);

    size_t begin = of->begin + index * OPTIMIZER_BLOCK;
    size_t rest = of->end - begin;
    size_t count = rest < OPTIMIZER_BLOCK ? rest : OPTIMIZER_BLOCK;
    at->optimizer->squares[begin / OPTIMIZER_BLOCK] =
        at->k->sum_squares(count, at->gradients + begin);
}

void optimizer_squares(const elman_optimizer *optimizer, int threads,
                       const float *gradients)
{
    sweep at = {
        .optimizer = optimizer, .k = kernels_here(), .gradients = gradients};
    const weight_slice *slice = &optimizer->slice;
    size_t blocks = 0;
    for (size_t i = 0; i < slice->count; i++)
        blocks += blocks_of(slice->of[i]);
    thread_run(threads, blocks, squares_part, &at);
}

elman_status optimizer_norm(const elman_optimizer *optimizer, int threads,
                            const float *gradients, double *norm)
{
    optimizer_squares(optimizer, threads, gradients);
    return optimizer_norm_of_squares(optimizer, norm);
}

elman_status optimizer_norm_of_squares(const elman_optimizer *optimizer,
                                       double *norm)
{
    double sum = *norm * *norm;
    for (size_t block = 0; block < optimizer->block_count; block++)
        sum += optimizer->squares[block];
    if (!isfinite(sum))
        return failure(ELMAN_NOT_FINITE,
                       "the gradient's norm is %g after %llu steps", sqrt(sum),
                       (unsigned long long)optimizer->counters.step);
    *norm = sqrt(sum);
    return ELMAN_OK;
}

/* ---- The move ----------------------------------------------------------- */

void optimizer_hold(const elman_optimizer *optimizer, float *gradients)
{
    const weight_groups *w = &optimizer->groups;
    for (size_t i = 0; i < w->run_count; i++)
        if (w->runs[i].group->frozen)
            memset(gradients + w->runs[i].begin, 0,
                   w->runs[i].count * sizeof *gradients);
}

/* A group's rate where that of the step is rate: its own changes in the same
 * proportion as the config's. */
static double rate_of(const elman_optimizer *optimizer, const weight_group *g,
                      double rate)
{
    double base = optimizer->config.learning_rate;
    if (g->learning_rate == 0) return rate;
    return rate == base ? g->learning_rate : rate / base * g->learning_rate;
}

/* The rate of a step, which every group can take; negative: the config's. */
static elman_status find_rate(const elman_optimizer *optimizer,
                              double learning_rate, double *found)
{
    const weight_groups *w = &optimizer->groups;
    double base = optimizer->config.learning_rate;
    double rate = learning_rate < 0 ? base : learning_rate;
    for (size_t i = 0; i < w->group_count; i++)
        if (!isfinite(rate_of(optimizer, w->groups + i, rate)))
            return failure(ELMAN_BAD_VALUE,
                           "the learning rate is %g, expected a finite number",
                           rate);
    *found = rate;
    return ELMAN_OK;
}

/* Moves the weights of one run that lie in a stretch of the slice, whose
 * moments begin at number first. */
static void move_stretch(const sweep *at, const weight_run *run,
                         stretch weights, size_t first)
{
    const elman_optimizer *optimizer = at->optimizer;
    size_t begin = run->begin, end = begin + run->count;
    if (begin < weights.begin) begin = weights.begin;
    if (end > weights.end) end = weights.end;
    if (begin >= end) return;

    weights_part part = {.k = at->k,
                         .u = &run->group->update,
                         .n = end - begin,
                         .dp = at->gradients + begin,
                         .p = at->weights + begin};
    for (size_t i = 0; i < RULE_MAX_MOMENTS; i++)
        if (optimizer->moments[i])
            part.moments[i] =
                optimizer->moments[i] + first + (begin - weights.begin);

    optimizer->rule->move(&part);
}

static void move_run(void *context, size_t index)
{
    const sweep *at = context;
    const weight_slice *slice = &at->optimizer->slice;
    const weight_run *run = at->optimizer->groups.runs + index;
    size_t first = 0;
    if (run->group->frozen) return;
    for (size_t i = 0; i < slice->count; i++) {
        move_stretch(at, run, slice->of[i], first);
        first += slice->of[i].end - slice->of[i].begin;
    }
}

elman_status optimizer_move(elman_optimizer *optimizer, double learning_rate,
                            int threads, double norm, const float *gradients,
                            float *weights)
{
    const elman_optimizer_config *c = &optimizer->config;
    weight_groups *w = &optimizer->groups;
    double rate;
    TRY(find_rate(optimizer, learning_rate, &rate));

    /* the numbers of each group */
    optimizer->counters.step++;
    optimizer->counters.beta1_power *= c->beta1;
    optimizer->counters.beta2_power *= c->beta2;
    for (size_t i = 0; i < w->group_count; i++) {
        weight_group *g = w->groups + i;
        g->update = update_of(optimizer, rate_of(optimizer, g, rate),
                              g->weight_decay, norm);
    }

    sweep at = {.optimizer = optimizer,
                .k = kernels_here(),
                .gradients = gradients,
                .weights = weights};
    thread_run(threads, w->run_count, move_run, &at);
    return ELMAN_OK;
}

elman_status optimizer_update(elman_optimizer *optimizer, double learning_rate,
                              int threads, const float *gradients,
                              float *weights, double *norm)
{
    double total = 0, rate;
    TRY(find_rate(optimizer, learning_rate, &rate));

    /* nothing has changed if the norm is not finite */
    TRY(optimizer_norm(optimizer, threads, gradients, &total));
    TRY(optimizer_move(optimizer, learning_rate, threads, total, gradients,
                       weights));
    if (norm) *norm = total;
    return ELMAN_OK;
}
