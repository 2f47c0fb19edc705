/*
 * rule.c: the optimizers, each as torch.optim documents it, and Lion, which it
 * does not have, as its paper (Chen et al. 2023) does. Keras 3 differs in
 * defaults, in where epsilon and the learning rate enter (kernel.def), in
 * weight decay, which it always subtracts from the weights directly, and in the
 * bound on the norm, which has no 1e-6.
 */
#include "learn/rule.h"

#include <string.h>

static void move_adam(const weights_part *at)
{
    kernels_train(at->k)->adam(at->n, at->u, at->dp, at->moments[0],
                               at->moments[1], at->moments[2], at->p);
}

static void move_sgd(const weights_part *at)
{
    kernels_train(at->k)->sgd(at->n, at->u, at->dp, at->moments[0], at->p);
}

static void move_adagrad(const weights_part *at)
{
    kernels_train(at->k)->adagrad(at->n, at->u, at->dp, at->moments[0], at->p);
}

static void move_rmsprop(const weights_part *at)
{
    kernels_train(at->k)->rmsprop(at->n, at->u, at->dp, at->moments[0],
                                  at->moments[1], at->moments[2], at->p);
}

static void move_lion(const weights_part *at)
{
    kernels_train(at->k)->lion(at->n, at->u, at->dp, at->moments[0], at->p);
}

#define FIELDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *const common_fields[] = {"learning_rate", "weight_decay",
                                            "maximize",      "clip_norm",
                                            "clip_value",    NULL};

static const rule_row rules[] = {
    [ELMAN_RULE_ADAM] =
        {
            .info = {.word = "adam",
                     .title = "Adam",
                     .fields = FIELDS("beta1", "beta2", "epsilon", "amsgrad",
                                      "no_beta1", "no_beta2", "no_epsilon")},
            .defaults = {[ELMAN_FLAVOUR_TORCH] = {.learning_rate = 1e-3,
                                                  .beta1 = 0.9,
                                                  .beta2 = 0.999,
                                                  .epsilon = 1e-8},
                         [ELMAN_FLAVOUR_KERAS] = {.learning_rate = 1e-3,
                                                  .beta1 = 0.9,
                                                  .beta2 = 0.999,
                                                  .epsilon = 1e-7}},
            .corrected = true,
            .moments = {{"exp_avg", MOMENT_ALWAYS},
                        {"exp_avg_sq", MOMENT_ALWAYS},
                        {"max_exp_avg_sq", MOMENT_AMSGRAD}},
            .move = move_adam,
        },
    [ELMAN_RULE_ADAMW] =
        {
            .info = {.word = "adamw",
                     .title = "AdamW",
                     .fields = FIELDS("beta1", "beta2", "epsilon",
                                      "no_weight_decay", "amsgrad", "no_beta1",
                                      "no_beta2", "no_epsilon")},
            .defaults = {[ELMAN_FLAVOUR_TORCH] = {.learning_rate = 1e-3,
                                                  .beta1 = 0.9,
                                                  .beta2 = 0.999,
                                                  .epsilon = 1e-8,
                                                  .weight_decay = 1e-2},
                         [ELMAN_FLAVOUR_KERAS] = {.learning_rate = 1e-3,
                                                  .beta1 = 0.9,
                                                  .beta2 = 0.999,
                                                  .epsilon = 1e-7,
                                                  .weight_decay = 4e-3}},
            .decoupled = true,
            .corrected = true,
            .moments = {{"exp_avg", MOMENT_ALWAYS},
                        {"exp_avg_sq", MOMENT_ALWAYS},
                        {"max_exp_avg_sq", MOMENT_AMSGRAD}},
            .move = move_adam,
        },
    [ELMAN_RULE_SGD] =
        {
            .info = {.word = "sgd",
                     .title = "SGD",
                     .fields = FIELDS("momentum", "dampening", "nesterov")},
            .defaults = {[ELMAN_FLAVOUR_TORCH] = {.learning_rate = 1e-3},
                         [ELMAN_FLAVOUR_KERAS] = {.learning_rate = 1e-2}},
            .moments = {{"momentum_buffer", MOMENT_MOMENTUM}},
            .move = move_sgd,
        },
    [ELMAN_RULE_ADAGRAD] =
        {
            .info = {.word = "adagrad",
                     .title = "Adagrad",
                     .fields =
                         FIELDS("epsilon", "lr_decay", "initial_accumulator",
                                "no_epsilon", "no_initial_accumulator")},
            .defaults = {[ELMAN_FLAVOUR_TORCH] = {.learning_rate = 1e-2,
                                                  .epsilon = 1e-10},
                         [ELMAN_FLAVOUR_KERAS] = {.learning_rate = 1e-3,
                                                  .epsilon = 1e-7,
                                                  .initial_accumulator = 0.1}},
            .moments = {{"sum", MOMENT_ALWAYS}},
            .move = move_adagrad,
        },
    [ELMAN_RULE_RMSPROP] =
        {
            .info = {.word = "rmsprop",
                     .title = "RMSprop",
                     .fields = FIELDS("momentum", "alpha", "epsilon",
                                      "centered", "no_alpha", "no_epsilon")},
            .defaults = {[ELMAN_FLAVOUR_TORCH] = {.learning_rate = 1e-2,
                                                  .alpha = 0.99,
                                                  .epsilon = 1e-8},
                         [ELMAN_FLAVOUR_KERAS] = {.learning_rate = 1e-3,
                                                  .alpha = 0.9,
                                                  .epsilon = 1e-7}},
            .moments = {{"square_avg", MOMENT_ALWAYS},
                        {"grad_avg", MOMENT_CENTERED},
                        {"momentum_buffer", MOMENT_MOMENTUM}},
            .move = move_rmsprop,
        },
    [ELMAN_RULE_LION] =
        {
            .info = {.word = "lion",
                     .title = "Lion",
                     .fields =
                         FIELDS("beta1", "beta2", "no_beta1", "no_beta2")},
            .defaults = {[ELMAN_FLAVOUR_TORCH] = {.learning_rate = 1e-4,
                                                  .beta1 = 0.9,
                                                  .beta2 = 0.99},
                         [ELMAN_FLAVOUR_KERAS] = {.learning_rate = 1e-3,
                                                  .beta1 = 0.9,
                                                  .beta2 = 0.99}},
            .decoupled = true,
            .moments = {{"exp_avg", MOMENT_ALWAYS}},
            .move = move_lion,
        },
};

enum { RULE_COUNT = sizeof rules / sizeof *rules };

const rule_row *rule_find(elman_rule number)
{
    return (unsigned)number < RULE_COUNT ? &rules[number] : NULL;
}

elman_status rule_read(elman_rule number, elman_rule_info *info)
{
    const rule_row *row = rule_find(number);
    if (!row)
        return failure(ELMAN_BAD_VALUE,
                       "optimizer rule is %d, expected 0 to %d", (int)number,
                       (int)RULE_COUNT - 1);
    *info = row->info;
    info->rule = number;
    return ELMAN_OK;
}

static bool is_in(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (!strcmp(*names, name)) return true;
    return false;
}

bool rule_has(const rule_row *row, const char *field)
{
    return is_in(common_fields, field) || is_in(row->info.fields, field);
}

bool rule_keeps(const rule_row *row, const elman_optimizer_config *c,
                size_t moment)
{
    const rule_moment *m = &row->moments[moment];
    switch (m->use) {
    case MOMENT_AMSGRAD:
        return c->amsgrad;
    case MOMENT_CENTERED:
        return c->centered;
    case MOMENT_MOMENTUM:
        return c->momentum > 0;
    default:
        return m->name != NULL;
    }
}
