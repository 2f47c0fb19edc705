/* frozen.c: see frozen.h. */
#include "learn/frozen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct frozen {
    const elman_model *model;
    bool *held;  /* (parameter_count) */
    float *kept; /* (weight_count) their weights, in their places */
};

/* Whether a name (bytes long) is that of parameter p or of its layer. */
static bool is_meant(const parameter *p, const char *name, size_t bytes)
{
    return !strncmp(p->name, name, bytes) &&
           (!p->name[bytes] || p->name[bytes] == '.');
}

static elman_status unknown(const elman_model *m, const char *name, int bytes)
{
    /* the layers that have weights, of which each parameter begins with one */
    char list[400] = "";
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const char *own = m->parameters[i].name;
        int length = (int)strcspn(own, ".");
        const char *before = i ? m->parameters[i - 1].name : "";
        if (!strncmp(before, own, (size_t)length + 1)) continue;
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%.*s", used ? ", " : "",
                 length, own);
    }
    return failure(ELMAN_BAD_VALUE,
                   "frozen names '%.*s', which is no layer or parameter of the "
                   "model; its layers with weights are %s",
                   bytes, name, list);
}

/* Marks all that a list names. */
static elman_status mark(frozen *f, const char *names)
{
    const elman_model *m = f->model;
    for (const char *at = names; *at;) {
        size_t bytes = strcspn(at, ","), found = 0;
        for (size_t i = 0; bytes && i < m->info.parameter_count; i++)
            if (is_meant(m->parameters + i, at, bytes)) {
                f->held[i] = true;
                found++;
            }
        if (!found) return unknown(m, at, bytes < 100 ? (int)bytes : 100);
        at += bytes + (at[bytes] == ',');
    }

    for (size_t i = 0; i < m->info.parameter_count; i++)
        if (!f->held[i]) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "frozen is '%.100s', which leaves no weight to train",
                   names);
}

elman_status frozen_create(const elman_model *model, const char *names,
                           frozen **out)
{
    *out = NULL;
    if (!names) return ELMAN_OK;
    frozen *f = calloc(1, sizeof *f);
    if (!f) return failure(ELMAN_NO_MEMORY, "no memory to freeze weights");

    f->model = model;
    f->held = calloc(model->info.parameter_count + 1, sizeof *f->held);
    f->kept = calloc(model->weight_count + 1, sizeof *f->kept);
    elman_status status =
        f->held && f->kept
            ? mark(f, names)
            : failure(ELMAN_NO_MEMORY, "no memory to freeze weights");
    if (status) frozen_destroy(f);
    else *out = f;
    return status;
}

void frozen_destroy(frozen *f)
{
    if (!f) return;
    free(f->held);
    free(f->kept);
    free(f);
}

void frozen_hold(frozen *f, const float *weights, float *gradients)
{
    for (size_t i = 0; f && i < f->model->info.parameter_count; i++) {
        const parameter *p = f->model->parameters + i;
        if (!f->held[i]) continue;
        memcpy(f->kept + p->offset, weights + p->offset,
               p->count * sizeof *f->kept);
        memset(gradients + p->offset, 0, p->count * sizeof *gradients);
    }
}

void frozen_restore(const frozen *f, float *weights)
{
    for (size_t i = 0; f && i < f->model->info.parameter_count; i++) {
        const parameter *p = f->model->parameters + i;
        if (f->held[i])
            memcpy(weights + p->offset, f->kept + p->offset,
                   p->count * sizeof *weights);
    }
}

bool frozen_holds(const frozen *f, size_t index) { return f && f->held[index]; }
