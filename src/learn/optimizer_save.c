/*
 * optimizer_save.c: the file is safetensors. Notes: "format", "rule" and
 * "flavour". Tensors: counters, U64 (1): the steps; powers, F64 (2): beta1 and
 * beta2 to the power of that; settings, F64: what the moments depend on besides
 * the rule, as the table below lists it; groups, U64 (parameters): the group of
 * each from 1, 0 for none; and each moment of each parameter under PyTorch's
 * names, exp_avg.rnn.weight_ih_l0, in the parameter's shape.
 */
#include "learn/optimizer_save.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/own.h"

static const char *const flavours[] = {"torch", "keras"};

/* ---- What is kept ------------------------------------------------------- */

enum { SETTINGS = 6, POWERS = 2, NUMBERS = 4 };

static const char *const setting_names[SETTINGS] = {
    "beta1", "beta2", "amsgrad", "centered", "maximize", "momentum above 0"};

/* In the order of their names; a bool is 0 or 1. */
static void list_settings(const elman_optimizer_config *c,
                          double values[SETTINGS])
{
    const double list[SETTINGS] = {c->beta1,    c->beta2,    c->amsgrad,
                                   c->centered, c->maximize, c->momentum > 0};
    memcpy(values, list, sizeof list);
}

/* A tensor of the file. */
typedef struct entry {
    char name[ELMAN_MAX_NAME + 80];
    float *values; /* a moment, in the optimizer; NULL for numbers */
} entry;

/* All tensors of an optimizer, and the numbers that they point to. */
typedef struct contents {
    uint64_t step;
    double powers[POWERS], settings[SETTINGS];
    uint64_t *groups; /* (parameters) */
    size_t count;
    entry *entries;        /* (count) */
    named_tensor *tensors; /* (count) */
} contents;

static void release(contents *c)
{
    free(c->groups);
    free(c->entries);
    free(c->tensors);
}

static void add_numbers(contents *c, const char *name, element_type type,
                        size_t count, const void *data)
{
    entry *e = c->entries + c->count;
    snprintf(e->name, sizeof e->name, "%s", name);
    c->tensors[c->count++] = (named_tensor){.name = e->name,
                                            .type = type,
                                            .rank = 1,
                                            .shape = {count},
                                            .count = count,
                                            .data = data};
}

/* What a moment holds of one parameter. */
static void add_moment(contents *c, const optimizer_tensor *moment,
                       const parameter *p)
{
    entry *e = c->entries + c->count;
    e->values = moment->values + p->offset;
    snprintf(e->name, sizeof e->name, "%s.%s", moment->name, p->name);

    named_tensor *t = c->tensors + c->count++;
    *t = (named_tensor){.name = e->name,
                        .type = ELEMENT_F32,
                        .rank = p->rank,
                        .count = p->count,
                        .data = e->values};
    memcpy(t->shape, p->shape, p->rank * sizeof *p->shape);
}

static elman_status fill(const elman_optimizer *o, const elman_model *m,
                         contents *c)
{
    TRY(optimizer_check(o, m));
    size_t parameters = m->info.parameter_count;
    optimizer_tensor moments[OPTIMIZER_MAX_TENSORS];
    size_t moment_count = optimizer_tensors(o, moments);
    size_t most = NUMBERS + moment_count * parameters;
    c->groups = calloc(parameters + 1, sizeof *c->groups);
    c->entries = calloc(most, sizeof *c->entries);
    c->tensors = calloc(most, sizeof *c->tensors);
    if (!c->groups || !c->entries || !c->tensors)
        return failure(ELMAN_NO_MEMORY, "no memory to list an optimizer");

    /* numbers of its own */
    c->step = o->counters.step;
    c->powers[0] = o->counters.beta1_power;
    c->powers[1] = o->counters.beta2_power;
    list_settings(&o->config, c->settings);
    for (size_t i = 0; i < parameters; i++)
        c->groups[i] = groups_find(&o->groups, m->parameters[i].offset)->config;

    /* and all tensors */
    add_numbers(c, "counters", ELEMENT_U64, 1, &c->step);
    add_numbers(c, "powers", ELEMENT_F64, POWERS, c->powers);
    add_numbers(c, "settings", ELEMENT_F64, SETTINGS, c->settings);
    add_numbers(c, "groups", ELEMENT_U64, parameters, c->groups);
    for (size_t i = 0; i < moment_count; i++)
        for (size_t k = 0; k < parameters; k++)
            add_moment(c, moments + i, m->parameters + k);
    return ELMAN_OK;
}

/* ---- Saving ------------------------------------------------------------- */

/* The file of an optimizer, to path or, if that is NULL, to memory. */
static elman_status save(const elman_optimizer *o, const elman_model *m,
                         const char *path, size_t room, void *data,
                         size_t *size)
{
    contents c = {0};
    elman_status status = fill(o, m, &c);
    safetensors_note notes[] = {{OWN_KEY, own_format(OWN_OPTIMIZER)},
                                {"rule", o->rule->info.word},
                                {"flavour", flavours[o->config.flavour]}};
    safetensors file = {.tensor_count = c.count,
                        .tensors = c.tensors,
                        .note_count = sizeof notes / sizeof *notes,
                        .notes = notes};

    if (!status)
        status = path ? safetensors_save(&file, path)
                      : safetensors_save_memory(&file, room, data, size);
    release(&c);
    return status;
}

elman_status optimizer_save(const elman_optimizer *o, const elman_model *m,
                            const char *path)
{
    return save(o, m, path, 0, NULL, NULL);
}

elman_status optimizer_save_memory(const elman_optimizer *o,
                                   const elman_model *m, size_t room,
                                   void *data, size_t *size)
{
    return save(o, m, NULL, room, data, size);
}

/* ---- Loading ------------------------------------------------------------ */

static elman_status check_note(const safetensors *file, const char *key,
                               const char *wanted)
{
    const char *got = safetensors_text(file, key);
    if (got && !strcmp(got, wanted)) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE, "the %s is %.60s, expected %s", key,
                   got ? got : "not named", wanted);
}

static elman_status check_settings(const contents *c, const safetensors *file)
{
    double got[SETTINGS];
    memcpy(got, safetensors_find(file, "settings")->data, sizeof got);
    for (size_t i = 0; i < SETTINGS; i++)
        if (got[i] != c->settings[i])
            return failure(ELMAN_BAD_VALUE,
                           "%s was %g, now it is %g; what an optimizer "
                           "remembers goes on only with the same",
                           setting_names[i], got[i], c->settings[i]);
    return ELMAN_OK;
}

static elman_status check_groups(const contents *c, const elman_model *m,
                                 const safetensors *file)
{
    const named_tensor *t = safetensors_find(file, "groups");
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        uint64_t got;
        memcpy(&got, (const char *)t->data + i * sizeof got, sizeof got);
        if (got == c->groups[i]) continue;
        return failure(ELMAN_BAD_VALUE,
                       "%s was in group %llu, now it is in group %llu, where "
                       "groups[0] is group 1 and group 0 is none of them: "
                       "expected the same groups",
                       m->parameters[i].name, (unsigned long long)got,
                       (unsigned long long)c->groups[i]);
    }
    return ELMAN_OK;
}

/* A power is a product of so many betas, each below 1. */
static elman_status check_powers(const safetensors *file)
{
    uint64_t step;
    double powers[POWERS];
    memcpy(&step, safetensors_find(file, "counters")->data, sizeof step);
    memcpy(powers, safetensors_find(file, "powers")->data, sizeof powers);

    for (size_t i = 0; i < POWERS; i++) {
        bool fits = step ? powers[i] >= 0 && powers[i] < 1 : powers[i] == 1;
        if (!fits)
            return failure(ELMAN_BAD_FORMAT,
                           "beta%zu to the power of %llu is %g, expected %s",
                           i + 1, (unsigned long long)step, powers[i],
                           step ? "0 to below 1" : "1");
    }
    return ELMAN_OK;
}

static elman_status check_count(const elman_model *m, const safetensors *file)
{
    const named_tensor *got = safetensors_find(file, "groups");
    if (!got || got->count == m->info.parameter_count) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "there were %zu parameters, now there are %zu: expected the "
                   "model that it was saved with",
                   got->count, m->info.parameter_count);
}

/* Everything, before the first change. */
static elman_status check(const contents *c, const elman_optimizer *o,
                          const elman_model *m, const safetensors *file)
{
    TRY(own_expect(file, OWN_OPTIMIZER));
    TRY(check_note(file, "rule", o->rule->info.word));
    TRY(check_note(file, "flavour", flavours[o->config.flavour]));
    TRY(check_count(m, file));

    /* numbers first: settings say which moments there are */
    for (size_t i = 0; i < c->count; i++) {
        const named_tensor *want = c->tensors + i;
        const named_tensor *got = safetensors_find(file, want->name);
        if (i == NUMBERS) TRY(check_settings(c, file));
        if (!got)
            return failure(ELMAN_BAD_FORMAT, "the tensor %s is missing",
                           want->name);
        TRY(tensor_expect(got, want->type, want->rank, want->shape));
    }
    if (c->count == NUMBERS) TRY(check_settings(c, file));
    if (file->tensor_count != c->count)
        return failure(ELMAN_BAD_FORMAT, "there are %zu tensors, expected %zu",
                       file->tensor_count, c->count);

    TRY(check_powers(file));
    return check_groups(c, m, file);
}

static void restore(const contents *c, elman_optimizer *o,
                    const safetensors *file)
{
    for (size_t i = 0; i < c->count; i++) {
        const named_tensor *got = safetensors_find(file, c->tensors[i].name);
        if (c->entries[i].values)
            memcpy(c->entries[i].values, got->data,
                   got->count * sizeof *c->entries[i].values);
    }

    double powers[POWERS];
    optimizer_counters *to = optimizer_progress(o);
    memcpy(powers, safetensors_find(file, "powers")->data, sizeof powers);
    memcpy(&to->step, safetensors_find(file, "counters")->data,
           sizeof to->step);
    to->beta1_power = powers[0];
    to->beta2_power = powers[1];
}

elman_status optimizer_load(elman_optimizer *o, const elman_model *m,
                            const byte_source *source)
{
    contents c = {0};
    safetensors *file = NULL;
    elman_status status = fill(o, m, &c);
    if (!status) status = safetensors_read(source, &file);
    if (file) {
        status = check(&c, o, m, file);
        if (status) (void)failure_in(status, source->name);
        else restore(&c, o, file);
    }
    safetensors_close(file);
    release(&c);
    return status;
}
