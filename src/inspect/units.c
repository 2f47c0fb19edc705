/*
 * units.c: every unit at every step, and the property that it tells most of.
 *
 * One forward in evaluation. A unit's score for a property is Pearson's
 * correlation over the steps where the property is known. The first half of
 * each sequence's steps chooses the best unit of all levels, the second half
 * says how good it is: the best of many hundred units looks good by chance
 * where it was chosen, and nowhere else. A property that is the same at all
 * steps of a sequence, as the class of a whole one, is halved by sequences
 * instead: of those with equal values every other one.
 *
 * Sums are chains in double over the sequences of the batch and, in each, its
 * steps; values are taken less their mean.
 */
#include "inspect/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "inspect/level.h"
#include "inspect/quiet.h"

/* A step that a property is known at. */
typedef struct known_step {
    size_t t, b;
    double value;
} known_step;

/* The steps of one half, and what the property is there on the whole. */
typedef struct known_half {
    size_t count;
    known_step *steps;    /* (T B) */
    double mean, squares; /* squares: about the mean */
} known_half;

typedef struct units_run {
    elman_units shown; /* first */
    const elman_model *model;
    const elman_batch *batch;
    const elman_property *properties;
    size_t property_count, next; /* property to match */
    elman_state *state;
    level_direction *where; /* (count) */
    elman_units_level *levels;
    elman_unit_match *matches;
    known_half halves[2];
    double *mean, *square, *both; /* (widest) of each unit */
    void *block;
} units_run;

/* ---- Halves ------------------------------------------------------------- */

/* The property at step t of sequence b; NaN where it is unknown. */
static float property_at(const units_run *run, size_t index, size_t t, size_t b)
{
    const elman_batch *in = run->batch;
    bool batch_first = run->model->config.batch_first;
    size_t row = batch_first ? b * in->T + t : t * in->B + b;
    return run->properties[index].values[row];
}

static size_t length_of(const units_run *run, size_t b)
{
    return run->batch->lengths ? run->batch->lengths[b] : run->batch->T;
}

/* Whether the property is known in sequence b and never changes there; if so,
 * value becomes what it is. */
static bool is_constant(const units_run *run, size_t index, size_t b,
                        float *value)
{
    *value = NAN;
    for (size_t t = 0; t < length_of(run, b); t++) {
        float here = property_at(run, index, t, b);
        if (isnan(here)) continue;
        if (isnan(*value)) *value = here;
        if (here != *value) return false;
    }
    return true;
}

/* Whether every sequence is constant, and some two have different values. */
static bool is_of_sequences(const units_run *run, size_t index)
{
    float first = NAN, value;
    bool differ = false;
    for (size_t b = 0; b < run->batch->B; b++) {
        if (!is_constant(run, index, b, &value)) return false;
        if (isnan(first)) first = value;
        else if (!isnan(value) && value != first) differ = true;
    }
    return differ;
}

/* Which half sequence b is in: of those with its value every other one. */
static size_t half_of(const units_run *run, size_t index, size_t b)
{
    size_t before = 0;
    float mine, other;
    (void)is_constant(run, index, b, &mine);
    for (size_t k = 0; k < b; k++) {
        (void)is_constant(run, index, k, &other);
        before += other == mine;
    }
    return before % 2;
}

/* Lists the steps of both halves. */
static void list_steps(units_run *run, size_t index)
{
    bool by_sequence = is_of_sequences(run, index);
    run->halves[0].count = run->halves[1].count = 0;
    for (size_t b = 0; b < run->batch->B; b++) {
        size_t length = length_of(run, b);
        size_t half = by_sequence ? half_of(run, index, b) : 0;
        for (size_t t = 0; t < length; t++) {
            float value = property_at(run, index, t, b);
            if (!isfinite(value)) continue;
            if (!by_sequence) half = t >= (length + 1) / 2;
            known_half *to = &run->halves[half];
            to->steps[to->count++] = (known_step){t, b, (double)value};
        }
    }

    /* the property's own sums */
    for (size_t i = 0; i < 2; i++) {
        known_half *half = &run->halves[i];
        half->mean = half->squares = 0;
        for (size_t n = 0; n < half->count; n++)
            half->mean += half->steps[n].value;
        half->mean /= (double)half->count;
        for (size_t n = 0; n < half->count; n++) {
            double off = half->steps[n].value - half->mean;
            half->squares += off * off;
        }
    }
}

/* ---- Correlation -------------------------------------------------------- */

/* The h of a level at a step. */
static const float *h_at(const units_run *run, const level_direction *at,
                         const known_step *step)
{
    const pass *p = &run->state->full;
    size_t s = level_entry(at, p->lengths[step->b], step->t);
    const float *h = run->state->layers[at->index].directions[at->direction].h;
    return h + ((s + 1) * p->B + step->b) * at->l->R;
}

/* Correlations of the units from begin to before end of a level, to square.
 * Those that do not change get 0. */
static void correlate(const units_run *run, const level_direction *at,
                      const known_half *half, size_t begin, size_t end)
{
    /* means */
    for (size_t j = begin; j < end; j++)
        run->mean[j] = run->square[j] = run->both[j] = 0;
    for (size_t n = 0; n < half->count; n++) {
        const float *h = h_at(run, at, half->steps + n);
        for (size_t j = begin; j < end; j++)
            run->mean[j] += (double)h[j];
    }
    for (size_t j = begin; j < end; j++)
        run->mean[j] /= (double)half->count;

    /* sums about them */
    for (size_t n = 0; n < half->count; n++) {
        const float *h = h_at(run, at, half->steps + n);
        double value = half->steps[n].value - half->mean;
        for (size_t j = begin; j < end; j++) {
            double off = (double)h[j] - run->mean[j];
            run->square[j] += off * off;
            run->both[j] += off * value;
        }
    }

    for (size_t j = begin; j < end; j++) {
        double norm = sqrt(run->square[j]) * sqrt(half->squares);
        run->square[j] = norm > 0 ? run->both[j] / norm : 0;
    }
}

/* Finds the unit for a property, and adds the match if one can be judged: if
 * the property is known and changes in both halves, and some unit does. */
static void match(units_run *run, size_t index)
{
    list_steps(run, index);
    const known_half *half = run->halves;
    if (!(half[0].squares > 0) || !(half[1].squares > 0)) return;

    /* the first half chooses */
    const level_direction *best = NULL;
    elman_unit_match m = {.correlation = 0};
    for (size_t i = 0; i < run->shown.count; i++) {
        const level_direction *at = run->where + i;
        correlate(run, at, half, 0, at->l->R);
        for (size_t j = 0; j < at->l->R; j++) {
            if (!(fabs(run->square[j]) > fabs(m.correlation))) continue;
            best = at;
            m.correlation = run->square[j];
            m.unit = j;
        }
    }
    if (!best) return;

    /* the second half judges */
    m.level = best->l->level;
    m.reverse = best->direction == 1;
    correlate(run, best, half + 1, m.unit, m.unit + 1);
    m.held_out = run->square[m.unit];
    snprintf(m.name, sizeof m.name, "%s", run->properties[index].name);
    run->matches[run->shown.match_count++] = m;
}

/* What a match is worth: held out in the direction that was chosen. */
static double worth(const elman_unit_match *m)
{
    return m->correlation < 0 ? -m->held_out : m->held_out;
}

/* The best first; equal ones as they came. */
static void sort_matches(units_run *run)
{
    for (size_t i = 1; i < run->shown.match_count; i++) {
        elman_unit_match m = run->matches[i];
        size_t k = i;
        for (; k > 0 && worth(&m) > worth(run->matches + k - 1); k--)
            run->matches[k] = run->matches[k - 1];
        run->matches[k] = m;
    }
}

/* ---- The measurement ---------------------------------------------------- */

/* h of the sequence shown, in the order of time. */
static void write_traces(units_run *run)
{
    for (size_t i = 0; i < run->shown.count; i++) {
        const level_direction *at = run->where + i;
        size_t R = at->l->R;
        for (size_t t = 0; t < run->shown.T; t++) {
            const known_step step = {t, run->shown.sequence, 0};
            memcpy((float *)run->levels[i].h + t * R, h_at(run, at, &step),
                   R * sizeof(float));
        }
    }
}

static void lay_out(units_run *run, arena *a)
{
    size_t widest = 0, B = run->batch->B, rows = run->batch->T * B;
    run->levels = arena_take(a, run->shown.count, sizeof *run->levels);
    for (size_t i = 0; i < run->shown.count; i++) {
        size_t R = run->where[i].l->R;
        if (R > widest) widest = R;
        float *h = arena_take(a, run->shown.T, R * sizeof *h);
        if (!a->base) continue;
        run->levels[i] = (elman_units_level){.R = R, .h = h};
        memcpy(run->levels[i].name, run->where[i].name,
               sizeof run->levels[i].name);
    }

    /* nothing to match needs no room */
    if (run->property_count == 0) rows = widest = 0;
    run->matches = arena_take(a, run->property_count, sizeof *run->matches);
    run->mean = arena_take(a, widest, sizeof *run->mean);
    run->square = arena_take(a, widest, sizeof *run->square);
    run->both = arena_take(a, widest, sizeof *run->both);
    for (size_t i = 0; i < 2; i++)
        run->halves[i].steps =
            arena_take(a, rows, sizeof *run->halves[i].steps);
    run->shown.levels = run->levels;
    run->shown.matches = run->matches;
}

static elman_status create_arrays(units_run *run)
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
        return failure(ELMAN_NO_MEMORY,
                       "no memory for the units of %zu levels over %zu steps",
                       run->shown.count, run->shown.T);
    a = (arena){.base = run->block};
    lay_out(run, &a);
    return ELMAN_OK;
}

static elman_status check(const elman_batch *batch, size_t sequence)
{
    if (sequence >= batch->B)
        return failure(ELMAN_BAD_VALUE,
                       "sequence is %zu, expected less than the batch's B %zu",
                       sequence, batch->B);
    size_t length = batch->lengths ? batch->lengths[sequence] : batch->T;
    if (length > 0 && length <= batch->T) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "sequence %zu has %zu steps, expected 1 to the batch's T "
                   "%zu",
                   sequence, length, batch->T);
}

elman_status units_begin(const elman_model *model, const elman_batch *batch,
                         size_t sequence, const elman_property *properties,
                         size_t count, elman_units **units)
{
    size_t levels;
    TRY(inspect_check(model));
    TRY(levels_count(model, &levels));
    TRY(check(batch, sequence));
    if (count && !properties)
        return failure(ELMAN_BAD_VALUE,
                       "count is %zu, but properties is NULL, expected both or "
                       "none",
                       count);

    units_run *run = calloc(1, sizeof *run);
    if (!run) return failure(ELMAN_NO_MEMORY, "no memory for units");
    *run = (units_run){.model = model,
                       .batch = batch,
                       .properties = properties,
                       .property_count = count};
    run->shown.sequence = sequence;
    run->shown.T = batch->lengths ? batch->lengths[sequence] : batch->T;
    run->shown.count = levels;

    /* a state that evaluates keeps h of every step */
    const elman_state_config room = {
        .T = batch->T, .B = batch->B, .keep_steps = true};
    elman_status status = state_create(model, &room, &run->state);
    if (!status) status = create_arrays(run);
    if (status) units_end(&run->shown);
    else *units = &run->shown;
    return status;
}

elman_status units_step(elman_units *units)
{
    units_run *run = (units_run *)units;
    if (units->done) return ELMAN_OK;

    if (!run->state->ran) {
        TRY(model_forward(run->model, run->state, run->batch, NULL));
        write_traces(run);
    } else {
        match(run, run->next);
        run->next++;
    }

    units->done = run->next == run->property_count;
    units->progress =
        ((double)run->next + 1) / ((double)run->property_count + 1);
    if (units->done) sort_matches(run);
    return ELMAN_OK;
}

void units_end(elman_units *units)
{
    units_run *run = (units_run *)units;
    if (!run) return;
    state_destroy(run->state);
    block_destroy(run->block);
    free(run->where);
    free(run);
}
