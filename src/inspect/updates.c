/*
 * updates.c: what optimizer steps do to each parameter. A copy of the weights
 * before a step gives the change; the gradient, before clipping, is still in
 * the state's sums, and the gradients at the sums of gates in its arrays.
 * Norms of parameters are kernels->sum_squares; those of levels add that of
 * each valid row, rows ascending.
 */
#include "inspect/updates.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/gates_parts.h"
#include "inspect/level.h"
#include "layer/recurrent.h"
#include "learn/trainer.h"

typedef struct measuring_updates {
    elman_updates updates; /* first: it is what the caller holds */
    elman_trainer *trainer;
    float *before;      /* (weight_count) weights, then what they change by */
    elman_update *rows; /* (count) */
    double *ratios;     /* (count) to sort */
    elman_update_level *levels; /* (level_count) */
    level_direction *where;     /* (level_count) */
} measuring_updates;

static measuring_updates *measuring_of(elman_updates *updates)
{
    return (measuring_updates *)(void *)updates;
}

/* ---- Life --------------------------------------------------------------- */

elman_status updates_begin(elman_trainer *trainer, elman_updates **updates)
{
    const elman_model *m = trainer->model;
    size_t count = m->info.parameter_count, levels;
    if (trainer->alternate)
        return failure(ELMAN_BAD_VALUE,
                       "the trainer has a budget of %zu bytes, in which it "
                       "does not keep the steps that are measured: expected "
                       "one without",
                       trainer->config.budget);
    if (levels_count(m, &levels)) levels = 0; /* a model without any */
    measuring_updates *u = calloc(1, sizeof *u);
    if (u) {
        u->trainer = trainer;
        u->before = malloc(m->weight_count * sizeof *u->before);
        u->rows = calloc(count, sizeof *u->rows);
        u->ratios = calloc(count, sizeof *u->ratios);
        u->levels = calloc(levels + 1, sizeof *u->levels);
        u->where = calloc(levels + 1, sizeof *u->where);
    }
    if (!u || !u->before || !u->rows || !u->ratios || !u->levels || !u->where) {
        if (u) updates_end(&u->updates);
        return failure(ELMAN_NO_MEMORY, "no memory for updates");
    }

    const elman_optimizer_config *o = optimizer_config(trainer->optimizer);
    for (size_t i = 0; i < count; i++)
        u->rows[i].name = m->parameters[i].name;
    u->updates.limit = o->clip_norm;
    u->updates.value_limit = o->clip_value;
    u->updates.count = count;
    u->updates.updates = u->rows;
    levels_list(m, u->where);
    for (size_t i = 0; i < levels; i++)
        memcpy(u->levels[i].name, u->where[i].name, sizeof u->levels[i].name);
    u->updates.level_count = levels;
    u->updates.levels = u->levels;
    *updates = &u->updates;
    return ELMAN_OK;
}

void updates_end(elman_updates *updates)
{
    if (!updates) return;
    measuring_updates *u = measuring_of(updates);
    free(u->before);
    free(u->rows);
    free(u->ratios);
    free(u->levels);
    free(u->where);
    free(u);
}

/* ---- Parameters --------------------------------------------------------- */

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The median of what measure_parameters found. */
static double median(double *values, size_t count)
{
    if (count == 0) return NAN;
    qsort(values, count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* before becomes what the step changed. */
static void measure_parameters(measuring_updates *u)
{
    const elman_trainer *t = u->trainer;
    const elman_model *m = t->model;
    const kernels *k = kernels_here();
    const float *gradients = gradients_join(t->state);
    double all = t->progress.norm * t->progress.norm;
    size_t ratios = 0;

    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        float *change = u->before + p->offset;
        const float *weights = model_flat(m) + p->offset;
        double was = k->sum_squares(p->count, change);
        for (size_t j = 0; j < p->count; j++)
            change[j] = weights[j] - change[j];

        /* its share of the gradient, and how far it moved for its size */
        double square = k->sum_squares(p->count, gradients + p->offset);
        double moved = k->sum_squares(p->count, change);
        u->rows[i].norm = sqrt(square);
        u->rows[i].share = all > 0 ? square / all : 0;
        u->rows[i].ratio = was > 0 ? sqrt(moved) / sqrt(was) : NAN;
        if (was > 0 && !optimizer_holds(t->optimizer, p))
            u->ratios[ratios++] = u->rows[i].ratio;
    }
    u->updates.ratio = median(u->ratios, ratios);
}

/* Clipping by the norm, and then by value. */
static void measure_clipping(measuring_updates *u)
{
    elman_updates *updates = &u->updates;
    const elman_trainer *t = u->trainer;
    const elman_optimizer_config *o = optimizer_config(t->optimizer);
    updates->norm = t->progress.norm;
    updates->clipped = updates->limit > 0 && updates->norm > updates->limit;
    updates->limited = 0;
    if (!(updates->value_limit > 0)) return;

    float scale = (float)optimizer_scale(o, updates->norm);
    float limit = (float)updates->value_limit;
    const float *gradients = gradients_join(t->state);
    for (size_t i = 0; i < t->model->weight_count; i++)
        updates->limited += fabsf(scale * gradients[i]) > limit;
}

/* ---- Levels ------------------------------------------------------------- */

/* The share of a direction's gate values that are at an end. */
static double saturation_of(const layer *l, const pass *p, size_t direction,
                            const float *gate)
{
    uint64_t count = 0, at_end = 0;
    for (size_t g = 0; g < l->cell->gate_count; g++) {
        double span[2];
        if (!gates_range(l, direction, g, span)) continue;
        double edge = GATE_EDGE * (span[1] - span[0]);
        double low = span[0] + edge, high = span[1] - edge;
        for (size_t r = 0; r < p->row_count; r++)
            for (size_t j = 0; j < l->H; j++) {
                double value = (double)gate[p->rows[r] * l->G + g * l->H + j];
                at_end += value < low || value > high;
                count++;
            }
    }
    return count ? (double)at_end / (double)count : NAN;
}

/* Keeps the largest gradient of a row of a direction, if it is larger than any
 * before. */
static void find_largest(elman_updates *updates, const level_direction *at,
                         const pass *p, size_t row, const float *da)
{
    const layer *l = at->l;
    for (size_t j = 0; j < l->G; j++) {
        double size = fabs((double)da[j]);
        if (!(size > updates->largest)) continue;

        size_t b = row % p->B;
        size_t t = walk_row(l, p, at->direction, row / p->B, b) / p->B;
        updates->largest = size;
        updates->step = (size_t)p->steps_before[b] + t;
        updates->sequence = (size_t)p->ids[b];
        updates->unit = j % l->H;
        memcpy(updates->level, at->name, sizeof updates->level);
        snprintf(updates->gate, sizeof updates->gate, "%s",
                 l->cell->gates[j / l->H].name);
    }
}

static void measure_levels(measuring_updates *u)
{
    const elman_state *s = u->trainer->state;
    const pass *p = &s->full;
    u->updates.largest = 0;
    u->updates.level[0] = u->updates.gate[0] = '\0';
    u->updates.step = u->updates.unit = u->updates.sequence = 0;

    for (size_t i = 0; i < u->updates.level_count; i++) {
        const level_direction *at = u->where + i;
        const direction_state *d =
            s->layers[at->index].directions + at->direction;
        double sum = 0;
        for (size_t r = 0; r < p->row_count; r++) {
            const float *da = d->backward.da + p->rows[r] * at->l->G;
            sum += p->k->sum_squares(at->l->G, da);
            find_largest(&u->updates, at, p, p->rows[r], da);
        }
        u->levels[i].norm = sqrt(sum);
        u->levels[i].saturation =
            saturation_of(at->l, p, at->direction, d->gate);
    }
}

/* ---- A step ------------------------------------------------------------- */

/* How near the first limit is that the trainer's config names. */
static double progress_of(const elman_trainer *t)
{
    const elman_progress *p = &t->progress;
    double part = p->done ? 1 : 0;
    double epochs = (double)p->epoch;
    if (p->batches) epochs += (double)p->batch / (double)p->batches;
    if (t->config.steps && (double)p->step / (double)t->config.steps > part)
        part = (double)p->step / (double)t->config.steps;
    if (t->config.epochs && epochs / (double)t->config.epochs > part)
        part = epochs / (double)t->config.epochs;
    return part < 1 ? part : 1;
}

elman_status updates_step(elman_updates *updates)
{
    measuring_updates *u = measuring_of(updates);
    const elman_model *m = u->trainer->model;
    memcpy(u->before, model_flat(m), m->weight_count * sizeof *u->before);
    TRY(trainer_step(u->trainer));

    measure_parameters(u);
    measure_clipping(u);
    measure_levels(u);
    updates->done = u->trainer->progress.done;
    updates->progress = progress_of(u->trainer);
    return ELMAN_OK;
}
