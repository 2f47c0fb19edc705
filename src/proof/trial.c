/* trial.c: draws inputs and compares outcomes. */
#include "proof/trial.h"

#include <math.h>
#include <string.h>

/* ---- Memory ------------------------------------------------------------- */

bool memory_slice_at(const elman_model *m, size_t index, size_t d,
                     size_t capacity, size_t b, memory_slice *slice)
{
    const layer *l = m->layers + index;
    if (!l->cell || d >= l->D) return false;

    /* the sequences of a direction are side by side, after its offset */
    const direction_plan *from = &l->directions[d];
    *slice =
        (memory_slice){.h = from->memory_h * capacity + b * l->R, .R = l->R};
    if (!l->cell->has_cell) return true;
    slice->c = from->memory_c * capacity + b * l->H;
    slice->H = l->H;
    return true;
}

/* ---- Trials ------------------------------------------------------------- */

elman_status trial_move_weights(elman_model *m, draws *d)
{
    TRY(model_check_own(m));
    TRY(model_make_flat(m));
    float *weights = model_flat(m);
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        for (size_t j = 0; j < p->count; j++)
            weights[p->offset + j] += draw_real(d, -0.3f, 0.3f);
    }
    model_repack(m, 1);
    return ELMAN_OK;
}

size_t trial_rows(const trial *t)
{
    const elman_model *m = t->model;
    return model_steps(m, m->layer_count - 1, t->T) * t->B;
}

static void lay_out_trial(trial *t, arena *a)
{
    size_t rows = t->T * t->B, row = sizeof(float);
    size_t h = t->B * t->model->memory_h, c = t->B * t->model->memory_c;

    t->lengths = arena_take(a, t->B, sizeof *t->lengths);
    t->ids = arena_take(a, t->B, sizeof *t->ids);
    t->x = arena_take(a, rows, t->I * row);
    t->tokens = arena_take(a, rows, sizeof *t->tokens);
    t->dy = arena_take(a, trial_rows(t), t->blocks * t->O * row);

    t->h_0 = arena_take(a, h, row);
    t->c_0 = arena_take(a, c, row);
    t->dh_n = arena_take(a, h, row);
    t->dc_n = arena_take(a, c, row);
}

static void draw_values(draws *d, size_t n, float high, float *values)
{
    for (size_t i = 0; i < n; i++)
        values[i] = draw_real(d, -high, high);
}

/* dy, which is never to be read past a sequence's end. */
static void draw_gradient(trial *t, draws *d)
{
    size_t rows = trial_rows(t);
    for (size_t r = 0; r < t->blocks * rows; r++) {
        size_t step = r % rows / t->B, b = r % t->B;
        bool valid = t->model->info.output_steps ? t->lengths[b] > 0
                                                 : step < t->lengths[b];
        for (size_t j = 0; j < t->O; j++)
            t->dy[r * t->O + j] = valid ? draw_real(d, -1, 1) : NAN;
    }
}

static void draw_inputs(trial *t, draws *d)
{
    size_t V = t->model->info.vocabulary;

    for (size_t b = 0; b < t->B; b++) {
        t->lengths[b] = t->ragged ? draw_size(d, 0, t->T) : t->T;
        t->ids[b] = draw_next(d);
    }

    /* what must not be read is NaN, or no token at all */
    for (size_t r = 0; r < t->T * t->B; r++) {
        bool valid = r / t->B < t->lengths[r % t->B];
        for (size_t i = 0; i < t->I; i++)
            t->x[r * t->I + i] = valid ? draw_real(d, -1.5f, 1.5f) : NAN;
        t->tokens[r] = valid && V ? (int32_t)draw_size(d, 0, V - 1) : -7;
    }
    draw_gradient(t, d);

    size_t h = t->B * t->model->memory_h, c = t->B * t->model->memory_c;
    draw_values(d, h, 1, t->h_0);
    draw_values(d, c, 1, t->c_0);
    draw_values(d, h, 1, t->dh_n);
    draw_values(d, c, 1, t->dc_n);
}

bool trial_learns_state(const elman_model *m)
{
    for (size_t i = 0; i < m->layer_count; i++)
        if (m->layers[i].config.learned_state) return true;
    return false;
}

elman_status trial_create(const elman_model *m, size_t T, size_t B, draws *d,
                          trial *made)
{
    const layer *last = m->layers + m->layer_count - 1;

    /* y of an unmerged last layer is a block for each direction */
    bool both =
        last->cell && last->D == 2 && last->config.merge == ELMAN_MERGE_NONE;
    trial t = {.model = m,
               .T = T,
               .B = B,
               .I = m->info.input_size,
               .blocks = both ? 2 : 1,
               .given = draw_chance(d, 50) && !trial_learns_state(m),
               .ragged = draw_chance(d, 60),
               .draw = draw_next(d) >> 60};
    t.O = m->info.output_size / t.blocks;

    /* laid out twice: to measure, then in memory */
    arena a = {0};
    lay_out_trial(&t, &a);
    t.block = a.overflow ? NULL : block_create(a.used);
    if (!t.block)
        return failure(ELMAN_NO_MEMORY,
                       "no memory for inputs of %zu steps of %zu sequences", T,
                       B);

    a = (arena){.base = t.block};
    lay_out_trial(&t, &a);

    draw_inputs(&t, d);
    *made = t;
    return ELMAN_OK;
}

void trial_destroy(trial *t) { block_destroy(t->block); }

/* ---- Outcomes ----------------------------------------------------------- */

elman_status outcome_create(const trial *t, outcome *made)
{
    const elman_model *m = t->model;
    size_t h = t->B * m->memory_h, c = t->B * m->memory_c;
    outcome o = {.count = {
                     [OUTCOME_Y] = t->blocks * trial_rows(t) * t->O,
                     [OUTCOME_H_N] = h,
                     [OUTCOME_C_N] = c,
                     [OUTCOME_DX] = t->T * t->B * t->I,
                     [OUTCOME_DH_0] = h,
                     [OUTCOME_DC_0] = c,
                     [OUTCOME_GRADIENTS] = m->weight_count,
                 }};

    /* one block for all parts */
    size_t total = 0;
    for (size_t i = 0; i < OUTCOME_PARTS; i++)
        total += o.count[i];

    float *next = o.block = block_create(total * sizeof *next);
    if (!next)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu results", total);

    for (size_t i = 0; i < OUTCOME_PARTS; i++) {
        o.values[i] = next;
        next += o.count[i];
    }

    *made = o;
    return ELMAN_OK;
}

void outcome_destroy(outcome *o) { block_destroy(o->block); }

const char *outcome_difference(const outcome *want, const outcome *got,
                               bool gradients)
{
    static const char *const names[OUTCOME_PARTS] = {
        "y", "h_n", "c_n", "dx", "dh_0", "dc_0", "a weight's gradient"};

    size_t parts = gradients ? OUTCOME_PARTS : OUTCOME_GRADIENTS;
    for (size_t i = 0; i < parts; i++)
        if (memcmp(want->values[i], got->values[i],
                   want->count[i] * sizeof(float)) != 0)
            return names[i];
    return NULL;
}
