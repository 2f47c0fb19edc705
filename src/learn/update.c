/*
 * update.c: the numbers of one optimizer step; the arithmetic on weights is in
 * the kernels. See optimizer.h.
 */
#include "learn/optimizer.h"

#include "base/thread.h"
#include "kernel/kernel.h"

#include <float.h>
#include <math.h>

/* Weights that one thread moves at a time: with gradient and two moments what
 * a second-level cache holds. */
enum { MOVE_BLOCK = 1 << 14 };

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
                        double norm)
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
        .weight_decay = direct ? 0 : (float)c->weight_decay,
        .decay = direct ? (float)(1 - rate * c->weight_decay) : 1,
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
    const update *u;
    const float *gradients;
    float *weights;
} sweep;

/* How many elements the part from begin has: most, or what is left. */
static size_t part_size(const elman_optimizer *optimizer, size_t begin,
                        size_t most)
{
    size_t rest = optimizer->n - begin;
    return rest < most ? rest : most;
}

static void norm_part(void *context, size_t index)
{
    const sweep *at = context;
    size_t begin = index * OPTIMIZER_BLOCK;
    at->optimizer->squares[index] =
        at->k->sum_squares(part_size(at->optimizer, begin, OPTIMIZER_BLOCK),
                           at->gradients + begin);
}

static double norm_of(sweep *at, int threads)
{
    const elman_optimizer *optimizer = at->optimizer;
    thread_run(threads, optimizer->block_count, norm_part, at);

    double sum = 0;
    for (size_t block = 0; block < optimizer->block_count; block++)
        sum += optimizer->squares[block];
    return sqrt(sum);
}

/* Moves the weights of one part. */
static void move_part(void *context, size_t index)
{
    const sweep *at = context;
    const elman_optimizer *optimizer = at->optimizer;
    size_t begin = index * MOVE_BLOCK;
    weights_part part = {.k = at->k,
                         .u = at->u,
                         .n = part_size(optimizer, begin, MOVE_BLOCK),
                         .dp = at->gradients + begin,
                         .p = at->weights + begin};
    for (size_t i = 0; i < RULE_MAX_MOMENTS; i++)
        if (optimizer->moments[i])
            part.moments[i] = optimizer->moments[i] + begin;

    optimizer->rule->move(&part);
}

elman_status optimizer_update(elman_optimizer *optimizer, double learning_rate,
                              int threads, const float *gradients,
                              float *weights, double *norm)
{
    const elman_optimizer_config *c = &optimizer->config;
    double rate = learning_rate < 0 ? c->learning_rate : learning_rate;
    if (!isfinite(rate))
        return failure(ELMAN_BAD_VALUE,
                       "the learning rate is %g, expected a finite number",
                       learning_rate);

    /* first sweep: the norm; nothing has changed if it is not finite */
    sweep at = {.optimizer = optimizer,
                .k = kernels_here(),
                .gradients = gradients,
                .weights = weights};
    double total = norm_of(&at, threads);
    if (!isfinite(total))
        return failure(ELMAN_NOT_FINITE,
                       "the gradient's norm is %g after %llu steps", total,
                       (unsigned long long)optimizer->counters.step);

    /* second sweep: the move */
    optimizer->counters.step++;
    optimizer->counters.beta1_power *= c->beta1;
    optimizer->counters.beta2_power *= c->beta2;
    update u = update_of(optimizer, rate, total);
    at.u = &u;
    size_t parts = (optimizer->n + MOVE_BLOCK - 1) / MOVE_BLOCK;
    thread_run(threads, parts, move_part, &at);
    if (norm) *norm = total;
    return ELMAN_OK;
}
