/*
 * gates.c: what gates and units do over a batch: one forward in evaluation that
 * keeps every gate of every step, then one direction of one level at a time.
 *
 * A gate's histogram spans the range of its function, if it is bounded, and
 * else what occurs. Values within GATE_EDGE of the span of an end are low or
 * high: a sigmoid under 0.025 or over 0.975, a tanh under -0.95 or over 0.95,
 * where a tenth or less is left of the greatest derivative. Values that are not
 * finite are in no count. gates_units.c has the rest.
 */
#include "inspect/gates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "inspect/gates_parts.h"
#include "inspect/level.h"
#include "inspect/quiet.h"

typedef struct gates_run {
    elman_gates shown; /* first */
    const elman_batch *batch;
    elman_model *model; /* quiet */
    elman_state *state;
    size_t next; /* level to measure */
    elman_gates_level *levels;
    level_direction *where; /* (count) */
    void *block;            /* of all arrays but pairs */
} gates_run;

/* ---- One gate ----------------------------------------------------------- */

bool gates_range(const layer *l, size_t direction, size_t g, double span[2])
{
    int function = l->cell->gates[g].function;
    if (function == FUNCTION_IDENTITY) return false;

    elman_activation f =
        cell_activation(&l->config, direction, (size_t)function);
    double most =
        f.kind == ELMAN_ACTIVATION_SCALED_TANH ? fabs((double)f.alpha) : 1;
    switch (f.kind) {
    case ELMAN_ACTIVATION_SIGMOID:
    case ELMAN_ACTIVATION_HARD_SIGMOID:
        span[0] = 0, span[1] = 1;
        return true;
    case ELMAN_ACTIVATION_TANH:
    case ELMAN_ACTIVATION_SOFTSIGN:
    case ELMAN_ACTIVATION_SCALED_TANH:
        /* f = 1 - i of a coupled LSTM leaves that range */
        span[0] = -most, span[1] = most;
        return !(l->config.coupled && g == 1);
    default:
        return false;
    }
}

/* The least and the greatest finite value of gate g; 0 if there is none. */
static void read_extent(const gates_source *s, size_t g, double span[2])
{
    float least = INFINITY, most = -INFINITY;
    size_t H = s->l->H;
    for (size_t r = 0; r < s->count; r++) {
        const float *row = s->gate + s->rows[r] * s->l->G + g * H;
        for (size_t j = 0; j < H; j++) {
            if (!isfinite(row[j])) continue;
            if (row[j] < least) least = row[j];
            if (row[j] > most) most = row[j];
        }
    }
    span[0] = least <= most ? (double)least : 0;
    span[1] = least <= most ? (double)most : 0;
}

/* The arrays of a gate, for writing; counts become shares at the end. */
typedef struct gate_sums {
    elman_gate *gate;
    double *low, *high, *mean, *finite; /* (H) */
} gate_sums;

static void add_row(const gate_sums *to, const float *row, size_t H)
{
    elman_gate *g = to->gate;
    double span = g->most - g->least, edge = GATE_EDGE * span;
    double low = g->least + edge, high = g->most - edge;
    double scale = span > 0 ? (double)ELMAN_GATE_BINS / span : 0;

    for (size_t j = 0; j < H; j++) {
        double value = (double)row[j];
        if (!isfinite(value)) continue;

        /* the ends belong to the outer bins */
        double bin = (value - g->least) * scale;
        if (!(bin > 0)) bin = 0;
        if (bin > ELMAN_GATE_BINS - 1) bin = ELMAN_GATE_BINS - 1;
        g->histogram[(size_t)bin]++;

        to->low[j] += value < low;
        to->high[j] += value > high;
        to->mean[j] += value;
        to->finite[j]++;
    }
}

/* Makes shares and means of sums. Returns how many values were low or high,
 * and in all how many there were. */
static double divide(const gate_sums *sums, size_t H, double *all)
{
    elman_gate *g = sums->gate;
    double low = 0, high = 0, mean = 0;
    *all = 0;
    for (size_t j = 0; j < H; j++) {
        low += sums->low[j];
        high += sums->high[j];
        mean += sums->mean[j];
        *all += sums->finite[j];

        sums->low[j] /= sums->finite[j];
        sums->high[j] /= sums->finite[j];
        sums->mean[j] /= sums->finite[j];
    }
    g->low = low / *all;
    g->high = high / *all;
    g->mean = mean / *all;
    return low + high;
}

/* Measures gate number g of a level; adds to ends and all of the level's
 * saturation if the gate has ends. */
static void measure_gate(const gates_source *s, size_t g, double *finite,
                         elman_gate *gate, double *ends, double *all)
{
    size_t H = s->l->H;

    /* where it can be */
    double span[2];
    bool bounded = gates_range(s->l, s->direction, g, span);
    if (!bounded) read_extent(s, g, span);
    gate->least = span[0];
    gate->most = span[1];

    /* where it is */
    gate_sums sums = {gate, (double *)gate->unit_low, (double *)gate->unit_high,
                      (double *)gate->unit_mean, finite};
    for (size_t j = 0; j < H; j++)
        finite[j] = 0;
    for (size_t r = 0; r < s->count; r++)
        add_row(&sums, s->gate + s->rows[r] * s->l->G + g * H, H);

    double values, at_ends = divide(&sums, H, &values);
    if (!bounded) return;
    *ends += at_ends;
    *all += values;
}

/* ---- One level ---------------------------------------------------------- */

static gates_source source_of(const gates_run *run, size_t i)
{
    const level_direction *at = run->where + i;
    const direction_state *d =
        &run->state->layers[at->index].directions[at->direction];
    const pass *p = &run->state->full;

    /* entry 0 of h and c is the initial state */
    const layer *l = at->l;
    const float *unit = l->config.proj_size ? d->c : d->h;
    return (gates_source){l,       at->direction, p->row_count,
                          p->rows, d->gate,       unit + p->B * l->H};
}

static elman_status measure_level(gates_run *run, size_t i)
{
    elman_gates_level *level = run->levels + i;
    gates_source s = source_of(run, i);
    double ends = 0, all = 0;

    /* the spread of units is written later, and has room until then */
    double *room = (double *)level->unit_spread;
    for (size_t g = 0; g < level->gate_count; g++)
        measure_gate(&s, g, room, (elman_gate *)level->gates + g, &ends, &all);
    level->saturation = all > 0 ? ends / all : 0;

    /* units */
    gates_measure_time(&s, (double *)level->time_constant, level->time_share);
    elman_status status = gates_measure_units(
        &s, room, (bool *)level->unit_dead, (elman_unit_pair **)&level->pairs,
        &level->duplicates);
    for (size_t j = 0; !status && j < level->H; j++)
        level->dead += level->unit_dead[j];
    return status;
}

/* ---- The measurement ---------------------------------------------------- */

static void lay_out_level(gates_run *run, arena *a, size_t i)
{
    const layer *l = run->where[i].l;
    size_t H = l->H, bytes = H * sizeof(double);
    elman_gate *gates = arena_take(a, l->cell->gate_count, sizeof *gates);
    const gates_source s = {.l = l};

    /* three numbers of each unit for each gate */
    for (size_t g = 0; g < l->cell->gate_count; g++) {
        double *low = arena_take(a, 3, bytes);
        if (!a->base) continue;
        gates[g] = (elman_gate){.name = l->cell->gates[g].name,
                                .unit_low = low,
                                .unit_high = low + H,
                                .unit_mean = low + 2 * H};
    }

    /* and those of the units themselves */
    double *spread = arena_take(a, 1, bytes);
    bool *dead = arena_take(a, H, sizeof *dead);
    double *time =
        gates_measure_time(&s, NULL, NULL) ? arena_take(a, 1, bytes) : NULL;
    if (!a->base) return;

    elman_gates_level *level = run->levels + i;
    *level = (elman_gates_level){.H = H,
                                 .gate_count = l->cell->gate_count,
                                 .gates = gates,
                                 .unit_spread = spread,
                                 .unit_dead = dead,
                                 .time_constant = time};
    memcpy(level->name, run->where[i].name, sizeof level->name);
}

static void lay_out(gates_run *run, arena *a)
{
    run->levels = arena_take(a, run->shown.count, sizeof *run->levels);
    for (size_t i = 0; i < run->shown.count; i++)
        lay_out_level(run, a, i);
}

static elman_status create_results(gates_run *run)
{
    run->where = malloc(run->shown.count * sizeof *run->where);
    if (!run->where)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu levels",
                       run->shown.count);
    levels_list(run->model, run->where);

    arena a = {0};
    lay_out(run, &a);
    run->block = a.overflow ? NULL : block_create(a.used);
    if (!run->block)
        return failure(ELMAN_NO_MEMORY, "no memory for the gates of %zu levels",
                       run->shown.count);
    a = (arena){.base = run->block};
    lay_out(run, &a);
    run->shown.levels = run->levels;
    return ELMAN_OK;
}

elman_status gates_begin(const elman_model *model, const elman_batch *batch,
                         elman_gates **gates)
{
    size_t count;
    TRY(levels_count(model, &count));
    gates_run *run = calloc(1, sizeof *run);
    if (!run) return failure(ELMAN_NO_MEMORY, "no memory for gates");
    run->shown.count = count;
    run->batch = batch;

    const elman_state_config config = {
        .T = batch->T, .B = batch->B, .training = true, .passes = 1};
    elman_status status = quiet_create(model, &run->model);
    if (!status) status = state_create(run->model, &config, &run->state);
    if (!status) status = create_results(run);
    if (status) gates_end(&run->shown);
    else *gates = &run->shown;
    return status;
}

elman_status gates_step(elman_gates *gates)
{
    gates_run *run = (gates_run *)gates;
    if (gates->done) return ELMAN_OK;

    if (!run->state->ran) {
        TRY(model_forward(run->model, run->state, run->batch, NULL));
        if (run->state->full.row_count == 0)
            return failure(ELMAN_BAD_VALUE,
                           "all lengths of the batch are 0, expected a step at "
                           "least");
    } else {
        TRY(measure_level(run, run->next));
        run->next++;
    }

    gates->done = run->next == gates->count;
    gates->progress = ((double)run->next + 1) / ((double)gates->count + 1);
    return ELMAN_OK;
}

void gates_end(elman_gates *gates)
{
    gates_run *run = (gates_run *)gates;
    if (!run) return;
    for (size_t i = 0; run->block && i < gates->count; i++)
        free((void *)run->levels[i].pairs);
    state_destroy(run->state);
    quiet_destroy(run->model);
    block_destroy(run->block);
    free(run->where);
    free(run);
}
