/*
 * optimizer.c: rules, defaults, checks and memory. The step is in update.c.
 *
 * PyTorch's rules as torch.optim documents them. Keras 3 differs in defaults,
 * in where epsilon and the learning rate enter (kernel.def), in weight decay,
 * which it always subtracts from the weights directly, and in the bound on the
 * norm, which has no 1e-6.
 */
#include "learn/optimizer.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* ---- Rules: names, and what a zero in the config means ------------------ */

enum {
    ADAM = 1 << ELMAN_ADAM,
    ADAMW = 1 << ELMAN_ADAMW,
    SGD = 1 << ELMAN_SGD,
    ADAGRAD = 1 << ELMAN_ADAGRAD,
    RMSPROP = 1 << ELMAN_RMSPROP,
    RULES = ELMAN_RMSPROP + 1
};

static const char *const rule_names[RULES] = {
    [ELMAN_ADAM] = "Adam",       [ELMAN_ADAMW] = "AdamW",
    [ELMAN_SGD] = "SGD",         [ELMAN_ADAGRAD] = "Adagrad",
    [ELMAN_RMSPROP] = "RMSprop",
};

typedef struct defaults {
    double learning_rate, epsilon, weight_decay, initial_accumulator;
} defaults;

static const defaults defaults_of[2][RULES] = {
    [ELMAN_TORCH] =
        {
            [ELMAN_ADAM] = {1e-3, 1e-8, 0, 0},
            [ELMAN_ADAMW] = {1e-3, 1e-8, 1e-2, 0},
            [ELMAN_SGD] = {1e-3, 0, 0, 0},
            [ELMAN_ADAGRAD] = {1e-2, 1e-10, 0, 0},
            [ELMAN_RMSPROP] = {1e-2, 1e-8, 0, 0},
        },
    [ELMAN_KERAS] =
        {
            [ELMAN_ADAM] = {1e-3, 1e-7, 0, 0},
            [ELMAN_ADAMW] = {1e-3, 1e-7, 4e-3, 0},
            [ELMAN_SGD] = {1e-2, 0, 0, 0},
            [ELMAN_ADAGRAD] = {1e-3, 1e-7, 0, 0.1},
            [ELMAN_RMSPROP] = {1e-3, 1e-7, 0, 0},
        },
};

static void fill(double *field, double value)
{
    if (*field == 0) *field = value;
}

static void fill_defaults(elman_optimizer_config *config)
{
    const defaults *d = &defaults_of[config->flavour][config->rule];
    int rule = 1 << config->rule;

    fill(&config->learning_rate, d->learning_rate);
    fill(&config->epsilon, d->epsilon);
    fill(&config->initial_accumulator, d->initial_accumulator);
    if (!config->no_weight_decay) fill(&config->weight_decay, d->weight_decay);

    /* only where the rule has them: elsewhere they stay 0 */
    if (rule & (ADAM | ADAMW)) {
        fill(&config->beta1, 0.9);
        fill(&config->beta2, 0.999);
    }
    if (rule & RMSPROP)
        fill(&config->alpha, config->flavour == ELMAN_KERAS ? 0.9 : 0.99);
}

/* ---- Checks ------------------------------------------------------------- */

/* One field as the checks see it. */
typedef struct field {
    const char *name;
    double value;
    int rules;    /* that have it */
    double limit; /* must stay below it; INFINITY if there is none */
} field;

static elman_status check_field(const field *f, elman_rule rule)
{
    if (!(f->value >= 0 && f->value < f->limit)) {
        if (isfinite(f->limit))
            return failure(ELMAN_BAD_VALUE,
                           "the optimizer's %s is %g, expected 0 or more and "
                           "less than %g",
                           f->name, f->value, f->limit);
        return failure(ELMAN_BAD_VALUE,
                       "the optimizer's %s is %g, expected a finite number of "
                       "0 or more",
                       f->name, f->value);
    }

    if (f->value != 0 && !(f->rules & 1 << rule))
        return failure(ELMAN_BAD_VALUE, "%s is %g, but %s has no %s", f->name,
                       f->value, rule_names[rule], f->name);
    return ELMAN_OK;
}

static elman_status check_fields(const elman_optimizer_config *c)
{
    const int all = ADAM | ADAMW | SGD | ADAGRAD | RMSPROP;
    const field fields[] = {
        {"learning_rate", c->learning_rate, all, INFINITY},
        {"momentum", c->momentum, SGD | RMSPROP, INFINITY},
        {"dampening", c->dampening, SGD, INFINITY},
        {"nesterov", c->nesterov, SGD, INFINITY},
        {"beta1", c->beta1, ADAM | ADAMW, 1},
        {"beta2", c->beta2, ADAM | ADAMW, 1},
        {"alpha", c->alpha, RMSPROP, 1},
        {"epsilon", c->epsilon, all & ~SGD, INFINITY},
        {"weight_decay", c->weight_decay, all, INFINITY},
        {"lr_decay", c->lr_decay, ADAGRAD, INFINITY},
        {"initial_accumulator", c->initial_accumulator, ADAGRAD, INFINITY},
        {"centered", c->centered, RMSPROP, INFINITY},
        {"amsgrad", c->amsgrad, ADAM | ADAMW, INFINITY},
        {"clip_norm", c->clip_norm, all, INFINITY},
        {"clip_value", c->clip_value, all, INFINITY},
    };

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        TRY(check_field(&fields[i], c->rule));
    return ELMAN_OK;
}

static elman_status check_together(const elman_optimizer_config *c)
{
    bool keras = c->flavour == ELMAN_KERAS;

    if (c->nesterov && !keras && (c->momentum == 0 || c->dampening != 0))
        return failure(ELMAN_BAD_VALUE,
                       "nesterov with momentum %g and dampening %g: expected "
                       "momentum above 0 and no dampening",
                       c->momentum, c->dampening);

    if (keras && (c->dampening != 0 || c->lr_decay != 0))
        return failure(ELMAN_BAD_VALUE,
                       "%s belongs to the PyTorch flavour alone",
                       c->dampening != 0 ? "dampening" : "lr_decay");

    if (c->no_weight_decay && c->weight_decay != 0)
        return failure(ELMAN_BAD_VALUE,
                       "weight_decay is %g and no_weight_decay is set, "
                       "expected one of them",
                       c->weight_decay);
    return ELMAN_OK;
}

/* The kernels see a float, which must be above 0 as well. */
static elman_status check_epsilon(const elman_optimizer_config *c)
{
    if (c->rule != ELMAN_SGD && !((float)c->epsilon > 0))
        return failure(ELMAN_BAD_VALUE,
                       "the optimizer's epsilon is %g, expected 1e-45 or more",
                       c->epsilon);
    return ELMAN_OK;
}

/* ---- Making ------------------------------------------------------------- */

static void name_tensors(elman_optimizer *optimizer)
{
    const elman_optimizer_config *c = &optimizer->config;
    optimizer_tensor *t = optimizer->tensors;

    switch (c->rule) {
    case ELMAN_ADAM:
    case ELMAN_ADAMW:
        t++->name = "exp_avg";
        t++->name = "exp_avg_sq";
        if (c->amsgrad) t++->name = "max_exp_avg_sq";
        break;
    case ELMAN_SGD:
        if (c->momentum > 0) t++->name = "momentum_buffer";
        break;
    case ELMAN_ADAGRAD:
        t++->name = "sum";
        break;
    case ELMAN_RMSPROP:
        t++->name = "square_avg";
        if (c->centered) t++->name = "grad_avg";
        if (c->momentum > 0) t++->name = "momentum_buffer";
        break;
    }

    optimizer->tensor_count = (size_t)(t - optimizer->tensors);
}

static elman_status take_memory(elman_optimizer *optimizer)
{
    /* once to measure, once to carve */
    for (int round = 0; round < 2; round++) {
        arena a = {(char *)optimizer->memory, 0, false};
        for (size_t i = 0; i < optimizer->tensor_count; i++)
            optimizer->tensors[i].values =
                arena_take(&a, optimizer->n, sizeof(float));
        optimizer->squares =
            arena_take(&a, optimizer->blocks, sizeof *optimizer->squares);

        if (round == 0 && !a.overflow) optimizer->memory = block_create(a.used);
        if (a.overflow || !optimizer->memory)
            return failure(ELMAN_NO_MEMORY,
                           "no memory for an optimizer of %zu weights",
                           optimizer->n);
    }
    return ELMAN_OK;
}

elman_status optimizer_create(const elman_optimizer_config *config, size_t n,
                              elman_optimizer **optimizer)
{
    /* what a caller may have wrong */
    if (!config || !optimizer)
        return failure(ELMAN_BAD_VALUE, "the optimizer's %s is NULL",
                       config ? "result" : "config");
    if ((unsigned)config->rule >= RULES)
        return failure(ELMAN_BAD_VALUE, "optimizer rule %d is unknown",
                       (int)config->rule);
    if ((unsigned)config->flavour > ELMAN_KERAS)
        return failure(ELMAN_BAD_VALUE, "optimizer flavour %d is unknown",
                       (int)config->flavour);
    TRY(check_fields(config));
    TRY(check_together(config));

    /* sizes, defaults, memory */
    elman_optimizer *made = calloc(1, sizeof *made);
    if (!made) return failure(ELMAN_NO_MEMORY, "no memory for an optimizer");
    made->config = *config;
    made->n = n;
    made->blocks = n / OPTIMIZER_BLOCK + (n % OPTIMIZER_BLOCK > 0);
    made->counters =
        (optimizer_counters){.step = 0, .beta1_power = 1, .beta2_power = 1};
    fill_defaults(&made->config);
    name_tensors(made);
    elman_status status = check_epsilon(&made->config);
    if (status == ELMAN_OK) status = take_memory(made);
    if (status != ELMAN_OK) {
        optimizer_destroy(made);
        return status;
    }

    /* Adagrad's sum may begin above 0 */
    if (config->rule == ELMAN_ADAGRAD)
        for (size_t i = 0; i < n; i++)
            made->tensors[0].values[i] =
                (float)made->config.initial_accumulator;
    *optimizer = made;
    return ELMAN_OK;
}

void optimizer_destroy(elman_optimizer *optimizer)
{
    if (!optimizer) return;
    block_destroy(optimizer->memory);
    free(optimizer);
}

size_t optimizer_size(const elman_optimizer *optimizer) { return optimizer->n; }

const elman_optimizer_config *optimizer_config(const elman_optimizer *optimizer)
{
    return &optimizer->config;
}

size_t optimizer_tensors(const elman_optimizer *optimizer,
                         optimizer_tensor tensors[OPTIMIZER_MAX_TENSORS])
{
    for (size_t i = 0; i < optimizer->tensor_count; i++)
        tensors[i] = optimizer->tensors[i];
    return optimizer->tensor_count;
}

optimizer_counters *optimizer_progress(elman_optimizer *optimizer)
{
    return &optimizer->counters;
}
