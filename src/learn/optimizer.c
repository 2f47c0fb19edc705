/*
 * optimizer.c: checks, defaults and memory. The rules are in rule.c, the step
 * is in update.c.
 */
#include "learn/optimizer.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Defaults ----------------------------------------------------------- */

static void fill(double *field, double value, bool zero_is_meant)
{
    if (*field == 0 && !zero_is_meant) *field = value;
}

/* A rule has a default of 0 for what it does not have. */
static void fill_defaults(const rule_row *row, elman_optimizer_config *c)
{
    const elman_optimizer_config *d = &row->defaults[c->flavour];
    fill(&c->learning_rate, d->learning_rate, false);
    fill(&c->beta1, d->beta1, c->no_beta1);
    fill(&c->beta2, d->beta2, c->no_beta2);
    fill(&c->alpha, d->alpha, c->no_alpha);
    fill(&c->epsilon, d->epsilon, c->no_epsilon);
    fill(&c->weight_decay, d->weight_decay, c->no_weight_decay);
    fill(&c->initial_accumulator, d->initial_accumulator,
         c->no_initial_accumulator);
}

/* ---- Checks ------------------------------------------------------------- */

/* One field as the checks see it. */
typedef struct field {
    const char *name;
    double value;
    double limit; /* must stay below it; INFINITY if there is none */
} field;

static elman_status check_field(const field *f, const rule_row *row)
{
    /* its range */
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

    /* whether the rule heeds it */
    if (f->value != 0 && !rule_has(row, f->name))
        return failure(ELMAN_BAD_VALUE, "%s is %g, but %s has no %s", f->name,
                       f->value, row->info.title, f->name);
    return ELMAN_OK;
}

static elman_status check_fields(const rule_row *row,
                                 const elman_optimizer_config *c)
{
    const field fields[] = {
        {"learning_rate", c->learning_rate, INFINITY},
        {"momentum", c->momentum, INFINITY},
        {"dampening", c->dampening, INFINITY},
        {"nesterov", c->nesterov, INFINITY},
        {"beta1", c->beta1, 1},
        {"beta2", c->beta2, 1},
        {"alpha", c->alpha, 1},
        {"epsilon", c->epsilon, INFINITY},
        {"weight_decay", c->weight_decay, INFINITY},
        {"lr_decay", c->lr_decay, INFINITY},
        {"initial_accumulator", c->initial_accumulator, INFINITY},
        {"centered", c->centered, INFINITY},
        {"amsgrad", c->amsgrad, INFINITY},
        {"clip_norm", c->clip_norm, INFINITY},
        {"clip_value", c->clip_value, INFINITY},
    };

    /* the first that does not fit is named */
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        TRY(check_field(&fields[i], row));
    return ELMAN_OK;
}

static elman_status check_together(const rule_row *row,
                                   const elman_optimizer_config *c)
{
    bool keras = c->flavour == ELMAN_FLAVOUR_KERAS;

    /* what only PyTorch asks, and what only PyTorch has */
    if (c->nesterov && !keras && (c->momentum == 0 || c->dampening != 0))
        return failure(ELMAN_BAD_VALUE,
                       "nesterov with momentum %g and dampening %g: expected "
                       "momentum above 0 and no dampening",
                       c->momentum, c->dampening);
    if (keras && (c->dampening != 0 || c->lr_decay != 0))
        return failure(ELMAN_BAD_VALUE,
                       "%s belongs to the PyTorch flavour alone",
                       c->dampening != 0 ? "dampening" : "lr_decay");

    if (c->no_weight_decay && !rule_has(row, "no_weight_decay"))
        return failure(ELMAN_BAD_VALUE,
                       "no_weight_decay is set, but %s decays no weights by "
                       "default",
                       row->info.title);
    return ELMAN_OK;
}

/* The flags that say that a zero is meant: not beside another number, and only
 * where the rule has the field. */
static elman_status check_zeros(const rule_row *row,
                                const elman_optimizer_config *c)
{
    const struct {
        const char *flag;
        bool set;
        double value;
    } flags[] = {
        {"no_weight_decay", c->no_weight_decay, c->weight_decay},
        {"no_beta1", c->no_beta1, c->beta1},
        {"no_beta2", c->no_beta2, c->beta2},
        {"no_alpha", c->no_alpha, c->alpha},
        {"no_epsilon", c->no_epsilon, c->epsilon},
        {"no_initial_accumulator", c->no_initial_accumulator,
         c->initial_accumulator},
    };

    /* the first that does not fit is named */
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        const char *flag = flags[i].flag, *name = flag + strlen("no_");
        if (flags[i].set && flags[i].value != 0)
            return failure(ELMAN_BAD_VALUE,
                           "%s is %g and %s is set, expected one of them", name,
                           flags[i].value, flag);
        if (flags[i].set && !rule_has(row, name))
            return failure(ELMAN_BAD_VALUE, "%s is set, but %s has no %s", flag,
                           row->info.title, name);
    }
    return ELMAN_OK;
}

/* The kernels see a float, which must be above 0 as well, unless 0 is meant. */
static elman_status check_epsilon(const rule_row *row,
                                  const elman_optimizer_config *c)
{
    if (rule_has(row, "epsilon") && !c->no_epsilon && !((float)c->epsilon > 0))
        return failure(ELMAN_BAD_VALUE,
                       "the optimizer's epsilon is %g, expected 1e-45 or more, "
                       "or no_epsilon",
                       c->epsilon);
    return ELMAN_OK;
}

/* ---- Making ------------------------------------------------------------- */

static elman_status take_memory(elman_optimizer *optimizer)
{
    size_t kept = slice_size(&optimizer->slice);

    /* once to measure, once to carve */
    for (int round = 0; round < 2; round++) {
        arena a = {(char *)optimizer->memory, 0, false};
        for (size_t i = 0; i < RULE_MAX_MOMENTS; i++)
            if (rule_keeps(optimizer->rule, &optimizer->config, i))
                optimizer->moments[i] = arena_take(&a, kept, sizeof(float));
        optimizer->squares =
            arena_take(&a, optimizer->block_count, sizeof *optimizer->squares);

        optimizer->bytes = a.used;
        if (round == 0 && !a.overflow) optimizer->memory = block_create(a.used);
        if (a.overflow || !optimizer->memory)
            return failure(ELMAN_NO_MEMORY,
                           "no memory for an optimizer of %zu weights",
                           optimizer->n);
    }
    return ELMAN_OK;
}

/* What a caller may have wrong, but for groups. */
static elman_status check_config(const elman_optimizer_config *config)
{
    elman_rule_info info;
    TRY(rule_read(config->rule, &info)); /* which names the range */
    const rule_row *row = rule_find(config->rule);
    if ((unsigned)config->flavour > ELMAN_FLAVOUR_KERAS)
        return failure(ELMAN_BAD_VALUE,
                       "optimizer flavour is %d, expected 0 to %d",
                       (int)config->flavour, ELMAN_FLAVOUR_KERAS);
    TRY(check_fields(row, config));
    TRY(check_zeros(row, config));
    return check_together(row, config);
}

/* Defaults, groups and memory of an optimizer that has a rule and sizes. */
static elman_status fill_optimizer(elman_optimizer *made,
                                   const elman_model *model, const char *frozen)
{
    elman_optimizer_config *c = &made->config;
    fill_defaults(made->rule, c);
    TRY(check_epsilon(made->rule, c));
    TRY(take_memory(made));
    TRY(groups_init(c, made->n, model, frozen, &made->groups));
    c->groups = NULL; /* they were borrowed */

    /* Adagrad's sum may begin above 0 */
    float first = (float)c->initial_accumulator;
    size_t kept = slice_size(&made->slice);
    for (size_t i = 0; first > 0 && i < kept; i++)
        made->moments[0][i] = first;
    return ELMAN_OK;
}

static elman_status create(const elman_optimizer_config *config, size_t n,
                           const elman_model *model, const char *frozen,
                           const weight_slice *slice,
                           elman_optimizer **optimizer)
{
    if (!config || !optimizer)
        return failure(ELMAN_BAD_VALUE, "the optimizer's %s is NULL",
                       config ? "result" : "config");
    TRY(check_config(config));

    elman_optimizer *made = calloc(1, sizeof *made);
    if (!made) return failure(ELMAN_NO_MEMORY, "no memory for an optimizer");
    made->rule = rule_find(config->rule);
    made->config = *config;
    made->n = n;
    made->slice = *slice;
    made->block_count = n / OPTIMIZER_BLOCK + (n % OPTIMIZER_BLOCK > 0);
    made->counters =
        (optimizer_counters){.step = 0, .beta1_power = 1, .beta2_power = 1};

    elman_status status = fill_optimizer(made, model, frozen);
    if (status) optimizer_destroy(made);
    else *optimizer = made;
    return status;
}

elman_status optimizer_create(const elman_optimizer_config *config, size_t n,
                              elman_optimizer **optimizer)
{
    weight_slice all = slice_of_all(n);
    return create(config, n, NULL, NULL, &all, optimizer);
}

elman_status optimizer_create_for(const elman_optimizer_config *config,
                                  const elman_model *model, const char *frozen,
                                  elman_optimizer **optimizer)
{
    weight_slice all = slice_of_all(model->weight_count);
    return optimizer_create_slice(config, model, frozen, &all, optimizer);
}

elman_status optimizer_create_slice(const elman_optimizer_config *config,
                                    const elman_model *model,
                                    const char *frozen,
                                    const weight_slice *slice,
                                    elman_optimizer **optimizer)
{
    return create(config, model->weight_count, model, frozen, slice, optimizer);
}

void optimizer_destroy(elman_optimizer *optimizer)
{
    if (!optimizer) return;
    block_destroy(optimizer->memory);
    groups_release(&optimizer->groups);
    free(optimizer);
}

elman_status optimizer_check(const elman_optimizer *optimizer,
                             const elman_model *model)
{
    return groups_check(&optimizer->groups, model);
}

bool optimizer_holds(const elman_optimizer *optimizer, const parameter *p)
{
    return groups_find(&optimizer->groups, p->offset)->frozen;
}

const elman_optimizer_config *optimizer_config(const elman_optimizer *optimizer)
{
    return &optimizer->config;
}

size_t optimizer_bytes(const elman_optimizer *optimizer)
{
    return optimizer->bytes;
}

size_t optimizer_tensors(const elman_optimizer *optimizer,
                         optimizer_tensor tensors[OPTIMIZER_MAX_TENSORS])
{
    size_t count = 0;
    for (size_t i = 0; i < RULE_MAX_MOMENTS; i++)
        if (optimizer->moments[i])
            tensors[count++] = (optimizer_tensor){
                optimizer->rule->moments[i].name, optimizer->moments[i]};
    return count;
}

optimizer_counters *optimizer_progress(elman_optimizer *optimizer)
{
    return &optimizer->counters;
}
