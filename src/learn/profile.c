/* profile.c: see profile.h. */
#include "learn/profile.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

elman_status profile_create(const elman_model *m, profile **out)
{
    /* forward and backward of each layer, the phases, and the rest */
    size_t layers = m->layer_count, rows = 2 * layers + PROFILE_PHASE_COUNT + 1;
    profile *p = calloc(1, sizeof *p);
    if (p) {
        p->model = m;
        p->layers = calloc(layers, sizeof *p->layers);
        p->rows = calloc(rows, sizeof *p->rows);
    }
    if (p && p->layers && p->rows) {
        *out = p;
        return ELMAN_OK;
    }

    profile_destroy(p);
    return failure(ELMAN_NO_MEMORY, "no memory for a profile of %zu layers",
                   layers);
}

void profile_destroy(profile *p)
{
    if (!p) return;
    free(p->layers);
    free(p->rows);
    free(p);
}

/* ---- Times -------------------------------------------------------------- */

void profile_start(profile *p)
{
    if (p) p->started = clock_seconds();
}

void profile_stop(profile *p, row_losses *losses)
{
    if (!p) return;
    p->total += clock_seconds() - p->started;
    p->phases[PROFILE_LOSS] += losses->seconds;
    losses->seconds = 0;
}

void profile_mark(profile *p)
{
    if (p) p->marked = clock_seconds();
}

void profile_lap(profile *p, profile_phase phase)
{
    if (!p) return;
    double now = clock_seconds();
    p->phases[phase] += now - p->marked;
    p->marked = now;
}

/* ---- The table ---------------------------------------------------------- */

static elman_profile_row *add_row(profile *p, double seconds)
{
    elman_profile_row *row = p->rows + p->table.count++;
    *row = (elman_profile_row){.seconds = seconds};
    return row;
}

static void add_phase(profile *p, const char *name, profile_phase phase)
{
    elman_profile_row *row = add_row(p, p->phases[phase]);
    snprintf(row->name, sizeof row->name, "%s", name);
}

/* Of several levels each is named with its number; dropout between two levels,
 * which has their name, with the number of the level that reads it. */
static void add_layer(profile *p, size_t i, bool backward)
{
    const elman_model *m = p->model;
    const layer *l = m->layers + i;
    const layer_seconds *spent = p->layers + i;
    elman_profile_row *row =
        add_row(p, backward ? spent->backward : spent->forward);
    uint64_t steps = backward ? p->backward_steps : p->forward_steps;
    row->flops = layer_flops(m, i, steps, backward);

    /* dropout between levels: no cell, and the next layer is not the first
     * level
     */
    const char *pass_name = backward ? "backward" : "forward";
    bool between = i + 1 < m->layer_count && !l->cell && l[1].depth > 0;
    size_t level = between ? l[1].depth : l->depth;
    bool many = between || (l->cell && l->config.num_layers > 1);
    if (many)
        snprintf(row->name, sizeof row->name, "%s level %zu%s %s",
                 l->config.name, level, between ? " dropout" : "", pass_name);
    else
        snprintf(row->name, sizeof row->name, "%s %s", l->config.name,
                 pass_name);
}

const elman_profile *profile_read(profile *p)
{
    p->table = (elman_profile){.seconds = p->total, .rows = p->rows};

    /* in the order of a step */
    add_phase(p, "data", PROFILE_DATA);
    for (size_t i = 0; i < p->model->layer_count; i++)
        add_layer(p, i, false);
    add_phase(p, "loss", PROFILE_LOSS);
    for (size_t i = p->model->layer_count; i-- > 0;)
        add_layer(p, i, true);
    if (p->phases[PROFILE_EXCHANGE] > 0)
        add_phase(p, "exchange", PROFILE_EXCHANGE);
    add_phase(p, "optimizer", PROFILE_OPTIMIZER);
    add_phase(p, "repack", PROFILE_REPACK);
    add_phase(p, "evaluation", PROFILE_EVALUATION);

    /* the rest, so that the rows add up to all seconds */
    double known = 0;
    for (size_t i = 0; i < p->table.count; i++)
        known += p->rows[i].seconds;
    elman_profile_row *rest = add_row(p, p->total - known);
    snprintf(rest->name, sizeof rest->name, "everything else");
    return &p->table;
}
