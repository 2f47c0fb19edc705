/* recurrent.c: parameters, packed weights and arrays of a recurrent level. */
#include "layer/recurrent.h"

#include "base/real.h"
#include "base/thread.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Plan --------------------------------------------------------------- */

static ptrdiff_t matrix(layer_plan *plan, const layer *l, const char *role,
                        const char *suffix, size_t rows, size_t columns,
                        size_t gates, elman_init init, double bound)
{
    return plan_parameter(plan, l, role, suffix, 2, (size_t[]){rows, columns},
                          gates, init, bound);
}

static ptrdiff_t vector(layer_plan *plan, const layer *l, const char *role,
                        const char *suffix, size_t n, elman_init init,
                        double bound)
{
    return plan_parameter(plan, l, role, suffix, 1, &n, n / l->H, init, bound);
}

/* weight_hh in the shape of the cell's recurrence; NOWHERE if it has none. */
static ptrdiff_t plan_recurrent_weight(layer_plan *plan, const layer *l,
                                       const char *suffix, double bound)
{
    elman_init init = l->config.init_hh;
    if (l->cell->recurrence == ELMAN_RECURRENCE_MATRIX)
        return matrix(plan, l, "weight_hh", suffix, l->G, l->R,
                      l->cell->gate_count, init, bound);
    if (l->cell->recurrence == ELMAN_RECURRENCE_NONE) return NOWHERE;

    /* a unit's factor is drawn between 0 and 1: it remembers (Li et al. 2018)
     */
    ptrdiff_t offset = vector(plan, l, "weight_hh", suffix, l->G, init, 0.5);
    if (plan->parameters)
        plan->parameters[plan->parameter_count - 1].mean = 0.5;
    return offset;
}

static void plan_direction(layer *l, layer_plan *plan, size_t direction)
{
    direction_plan *d = &l->directions[direction];
    const elman_layer *c = &l->config;
    const elman_init plain = {ELMAN_INIT_DEFAULT, 0};
    double bound = 1 / sqrt((double)l->H);
    size_t gates = l->cell->gate_count;
    char suffix[32];
    snprintf(suffix, sizeof suffix, "_l%zu%s", l->depth,
             direction ? "_reverse" : "");

    /* nothing is there unless planned below */
    *d = (direction_plan){.w_hh = NOWHERE,
                          .b_ih = NOWHERE,
                          .b_hh = NOWHERE,
                          .w_hr = NOWHERE,
                          .peephole = NOWHERE,
                          .h_0 = NOWHERE,
                          .c_0 = NOWHERE};

    /* weights and biases */
    d->w_ih = matrix(plan, l, "weight_ih", suffix, l->G, l->I, gates,
                     c->init_ih, bound);
    d->w_hh = plan_recurrent_weight(plan, l, suffix, bound);
    if (!c->no_bias) {
        d->b_ih = vector(plan, l, "bias_ih", suffix, l->G, c->init_bias, bound);
        /* the other bias belongs to a product with h */
        if (l->cell->recurrence == ELMAN_RECURRENCE_MATRIX)
            d->b_hh =
                vector(plan, l, "bias_hh", suffix, l->G, c->init_bias, bound);
    }

    /* extensions */
    if (c->proj_size)
        d->w_hr = matrix(plan, l, "weight_hr", suffix, l->R, l->H, 1,
                         c->init_hh, bound);
    if (c->peephole)
        d->peephole =
            matrix(plan, l, "peephole", suffix, 3, l->H, 1, plain, bound);
    if (c->learned_state) {
        d->h_0 = vector(plan, l, "h_0", suffix, l->R, plain, -1);
        if (l->cell->has_cell)
            d->c_0 = vector(plan, l, "c_0", suffix, l->H, plain, -1);
    }

    /* memory */
    d->memory_h = plan->h;
    d->memory_c = plan->c;
    plan->h += l->R;
    if (l->cell->has_cell) plan->c += l->H;
}

/* What is read as it is, or summed up to what sums start from. */
static void plan_vectors(const layer *l, layer_plan *plan, direction_plan *d)
{
    const struct {
        ptrdiff_t from;
        size_t count;
        packed_copy *to;
    } vectors[] = {
        {l->cell->recurrence == ELMAN_RECURRENCE_VECTOR ? d->w_hh : NOWHERE,
         l->G, &d->plain_hh},
        {d->b_ih, l->G, &d->plain_b_ih},
        {d->b_hh, l->G, &d->plain_b_hh},
        {d->peephole, 3 * l->H, &d->plain_peephole},
        {d->h_0, l->R, &d->plain_h_0},
        {d->c_0, l->H, &d->plain_c_0},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (vectors[i].from != NOWHERE)
            *vectors[i].to =
                plan_plain(plan, vectors[i].count, vectors[i].from, false);
}

/* A fused cell reads its weights by gates, but fewer units than a panel has
 * side by side, except those of a GRU, whose n has a sum of its own; backward,
 * and the other cells, read them as they are. */
static void plan_copies(const layer *l, layer_plan *plan, direction_plan *d)
{
    size_t H = l->H, R = l->R, gates = l->cell->gate_count,
           split = l->cell->split;
    bool by_matrix = l->cell->recurrence == ELMAN_RECURRENCE_MATRIX;
    if (plan->overflow) return; /* sizes that do not even add up */

    /* weights for the sums; of the input also transposed, for backward */
    bool by_gates = l->fused && H >= PANEL;
    d->ih = by_gates ? plan_packed(plan, gates, H, l->I, d->w_ih)
                     : plan_packed(plan, 1, l->G, l->I, d->w_ih);
    if (l->fused)
        d->hh[0] = by_gates || split < gates
                       ? plan_packed(plan, gates, H, R, d->w_hh)
                       : plan_packed(plan, 1, l->G, R, d->w_hh);
    if (recurrent_direct_fits(l) && H < PANEL && gates > 1) {
        if (!packed_is_narrow(&d->ih.shape))
            d->few_ih = plan_packed_again(plan, gates, H, l->I, d->w_ih);
        if (split == gates)
            d->few_hh = plan_packed_again(plan, gates, H, R, d->w_hh);
    }
    d->ih_back = plan_transposed(plan, l->I, l->G, d->w_ih);

    /* the recurrent weight, part by part */
    size_t rows[CELL_PARTS] = {split * H, (gates - split) * H};
    ptrdiff_t first = d->w_hh;
    for (size_t i = 0; i < CELL_PARTS && by_matrix; i++) {
        if (rows[i] == 0) continue;
        if (!l->fused) d->hh[i] = plan_packed(plan, 1, rows[i], R, first);
        d->hh_back[i] = plan_transposed(plan, R, rows[i], first);
        first += (ptrdiff_t)(rows[i] * R);
    }

    /* the projection, and what sums start from */
    if (l->config.proj_size) {
        d->hr = plan_packed(plan, 1, R, H, d->w_hr);
        d->hr_back = plan_transposed(plan, H, R, d->w_hr);
    }

    plan_vectors(l, plan, d);
    d->start = plan_room(plan, l->G);
    d->hushed = plan_room(plan, 1);
    d->bias_hn = l->cell->dsaved_is_gradient ? plan_room(plan, H) : d->start;
}

static elman_status check_plan(const layer_plan *plan, const elman_layer *c)
{
    if (plan->per_sequence)
        return failure(ELMAN_BAD_VALUE,
                       "a recurrent layer needs a sequence, but the layer "
                       "before gives one vector per sequence");
    if (c->hidden_size == 0)
        return failure(ELMAN_BAD_VALUE,
                       "hidden_size is 0, expected at least 1");
    if (c->proj_size >= c->hidden_size)
        return failure(ELMAN_BAD_VALUE,
                       "proj_size is %zu, expected less than hidden_size %zu",
                       c->proj_size, c->hidden_size);
    return ELMAN_OK;
}

/* What the layers after l read. */
static void plan_output(layer *l, layer_plan *plan)
{
    const elman_layer *c = &l->config;
    bool concatenated =
        c->merge == ELMAN_MERGE_CONCAT || c->merge == ELMAN_MERGE_NONE;
    l->O = concatenated ? l->D * l->R : l->R;

    /* sum, product and average mix both directions in each feature */
    if (l->D == 1) plan->forward_features = c->reverse ? 0 : l->R;
    else plan->forward_features = concatenated ? l->R : SIZE_MAX;

    if (c->reverse || l->D == 2) plan->streams = false;
    if (l->D == 2 && c->merge == ELMAN_MERGE_NONE) plan->ended = true;
}

static elman_status plan(layer *l, layer_plan *plan)
{
    const elman_layer *c = &l->config;
    TRY(check_plan(plan, c));

    /* sizes, and what the cell can do */
    l->cell = cell_for(c);
    l->H = c->hidden_size;
    l->R = c->proj_size ? c->proj_size : l->H;
    l->D = c->bidirectional ? 2 : 1;
    l->level = plan->level_count++;
    l->custom = cell_needs_sums(c);
    l->fused = l->cell->step && !l->custom;

    if (!sizes_multiply(l->cell->gate_count, l->H, 1, &l->G) ||
        l->G > MOST_FEATURES) {
        plan->overflow = true;
        return ELMAN_OK;
    }

    for (size_t direction = 0; direction < l->D; direction++) {
        plan_direction(l, plan, direction);
        plan_copies(l, plan, &l->directions[direction]);
    }

    plan_output(l, plan);
    return ELMAN_OK;
}

/* ---- Packed weights ----------------------------------------------------- */

/* Inputs of a step that are looked at whether a sum hears them. */
enum { HUSHED_INPUTS = 8 };

/* Where steps go the direct way, the bound on a few inputs below which no sum
 * changes: all that they add is less than a quarter of the last bit of what the
 * sum starts from. 0 where a start is 0 or almost, or a weight not finite. */
static float least_heard(const layer *l, const direction_plan *d,
                         const float *copies)
{
    const packed_copy *w = d->few_ih.shape.K ? &d->few_ih : &d->ih;
    const packed *s = &w->shape;
    double least = INFINITY, most = 0x1p-100;
    if (!recurrent_direct_fits(l) || l->I > HUSHED_INPUTS) return 0;

    for (size_t j = 0; j < l->G; j++)
        least = real_min(least, fabs((double)copies[d->start + j]));
    if (!(least > 0x1p-60)) return 0;

    for (size_t i = 0; i < packed_size(s->gates, s->H, s->K); i++) {
        double size = fabs((double)copies[w->to + i]);
        if (!(size < INFINITY)) return 0;
        most = real_max(most, size);
    }
    return (float)real_min(least / most / (double)l->I * 0x1p-27, 0x1p-30);
}

static void pack_direction(const layer *l, const direction_plan *d,
                           float *copies)
{
    const float *b_ih = copies + d->plain_b_ih.to,
                *b_hh = copies + d->plain_b_hh.to;
    size_t split = l->cell->split * l->H;
    if (d->b_ih == NOWHERE) return;

    /* both biases start a sum, but the n of a GRU that resets after the
     * product has its recurrent one inside that product */
    bool apart = l->cell->dsaved_is_gradient;
    for (size_t j = 0; j < l->G; j++)
        copies[d->start + j] =
            d->b_hh == NOWHERE ? b_ih[j]
                               : b_ih[j] + (apart && j >= split ? 0 : b_hh[j]);

    if (apart) memcpy(copies + d->bias_hn, b_hh + split, l->H * sizeof *copies);
    copies[d->hushed] = least_heard(l, d, copies);
}

static void pack_weights(const layer *l, float *copies)
{
    for (size_t direction = 0; direction < l->D; direction++)
        pack_direction(l, &l->directions[direction], copies);
}

cell_weights walk_weights(const layer *l, const pass *p, size_t direction)
{
    const direction_plan *d = &l->directions[direction];
    cell_weights w = {.H = l->H,
                      .R = l->R,
                      .fused = l->fused,
                      .start = p->packed + d->start,
                      .bias_hn = p->packed + d->bias_hn};

    /* functions, and what else the config changes in the cell */
    w.custom = l->custom;
    for (size_t k = 0; k < 3; k++)
        w.f[k] = cell_activation(&l->config, direction, k);
    w.clip = l->config.clip > 0 ? l->config.clip : INFINITY;
    w.variant.clip = w.clip;
    w.variant.coupled = l->config.coupled;
    if (d->peephole != NOWHERE)
        w.variant.peephole = pass_plain(p, &d->plain_peephole);

    /* packed weights; a vector is read as it is */
    w.ih = pass_packed(p, &d->ih);
    for (size_t i = 0; i < CELL_PARTS; i++) {
        w.hh[i] = pass_packed(p, &d->hh[i]);
        w.hh_back[i] = pass_packed(p, &d->hh_back[i]);
    }
    if (l->cell->recurrence == ELMAN_RECURRENCE_VECTOR)
        w.recurrent = pass_plain(p, &d->plain_hh);
    if (l->config.proj_size) {
        w.hr = pass_packed(p, &d->hr);
        w.hr_back = pass_packed(p, &d->hr_back);
    }
    return w;
}

/* ---- Arrays ------------------------------------------------------------- */

/* Rows of sums that are worked on at once: as many as stay in the
 * second-level cache until their step, but enough for a good product on each of
 * two threads. */
static size_t rows_at_once(const layer *l)
{
    enum { FLOATS = 1 << 16 };
    size_t rows = l->G * l->I > WEIGHTS_FIT ? PRODUCT_ROWS : CELL_ROWS;
    return FLOATS / l->G > 2 * rows ? FLOATS / l->G : 2 * rows;
}

size_t walk_block(const layer *l, size_t B)
{
    size_t steps = rows_at_once(l) / B;
    return steps ? steps : 1;
}

/* Rows of gates. Without training, those of a step that is done are not read
 * again. Grows with T and with B: a state has room for all smaller passes. */
static size_t gate_rows(const layer *l, size_t T, size_t B, bool training)
{
    size_t most = rows_at_once(l) > B ? rows_at_once(l) : B;

    return training || T * B < most ? T * B : most;
}

/* Floats from one row of gates to the next. Rows of a large power of two apart
 * share sets of the first cache: a line between them, where no one but the cell
 * reads them. */
static size_t gate_row(const layer *l, bool training)
{
    enum { APART = 256 };
    return training || l->G % APART ? l->G : l->G + LANES;
}

static void lay_out_forward(const layer *l, arena *a, size_t T, size_t B,
                            bool training, direction_state *d)
{
    const elman_layer *c = &l->config;
    size_t row = sizeof(float), mask_rows = training ? T * B : 1;
    bool has_saved = l->cell->has_saved || c->proj_size;

    /* the memory after each step, and before the first unless that is read
     * where it is */
    d->h = arena_take(a, (T + 1) * B, l->R * row);
    if (l->cell->has_cell) d->c = arena_take(a, (T + 1) * B, l->H * row);
    if (d->h) d->step_h = d->h + (T ? B * l->R : 0);
    if (d->c) d->step_c = d->c + (T ? B * l->H : 0);
    if (!T) T = 1;

    /* gates, of all steps or of a block, and what goes with them */
    size_t gates = gate_rows(l, T, B, training), block = walk_block(l, B);
    d->gate_steps = training || T < block ? T : block;
    d->gate_row = gate_row(l, training);
    d->gate = arena_take(a, gates, d->gate_row * row);
    if (has_saved) d->saved = arena_take(a, gates, l->H * row);
    if (l->custom && training) d->sum = arena_take(a, gates, l->G * row);

    /* masks */
    if (c->zoneout > 0)
        d->zoneout_h.keep = arena_take(a, mask_rows, l->R * row);
    if (c->zoneout_cell > 0)
        d->zoneout_c.keep = arena_take(a, mask_rows, l->H * row);
    if (c->recurrent_dropout > 0 && training) {
        d->dropout.mask = arena_take(a, B, l->R * row);
        d->dropout.h_in = arena_take(a, T * B, l->R * row);
    }
}

static void lay_out_backward(const layer *l, arena *a, size_t T, size_t B,
                             bool keep, direction_state *d)
{
    const elman_layer *c = &l->config;
    size_t row = sizeof(float);
    bool has_cell = l->cell->has_cell;

    /* gradients of each step */
    d->backward.da = arena_take(a, T * B, l->G * row);
    if (l->cell->dsaved_is_gradient || l->cell->saved_is_input || c->proj_size)
        d->backward.dsaved = arena_take(a, T * B, l->H * row);
    if (c->proj_size)
        d->backward.dh_projected = arena_take(a, T * B, l->R * row);

    /* gradients that go from step to step */
    d->backward.carry_h = arena_take(a, B, l->R * row);
    d->backward.carry_c = arena_take(a, B, (has_cell ? l->H : 0) * row);

    /* and those that go around the cell */
    if (c->zoneout > 0) d->zoneout_h.direct = arena_take(a, B, l->R * row);
    if (c->zoneout_cell > 0) d->zoneout_c.direct = arena_take(a, B, l->H * row);
    if (c->recurrent_dropout > 0)
        d->dropout.dh_in = arena_take(a, B, l->R * row);

    if (!keep) return;
    d->kept.dh = arena_take(a, T * B, l->R * row);
    if (has_cell) d->kept.dc = arena_take(a, T * B, l->H * row);
    d->kept.dgate = arena_take(a, T * B, l->G * row);
}

static void lay_out(const layer *l, arena *a, size_t T, size_t B, bool training,
                    bool keep, layer_state *s)
{
    for (size_t direction = 0; direction < l->D; direction++) {
        direction_state *d = &s->directions[direction];
        lay_out_forward(l, a, T, B, training, d);
        if (training) {
            lay_out_backward(l, a, T, B, keep, d);
            continue;
        }
        d->stream = arena_take(a, 1, stream_steps_size(B));
        if (T) recurrent_direct_lay_out(l, a, d);
    }
}

/* ---- A direction by itself ---------------------------------------------- */

bool recurrent_reverses(const layer *l)
{
    return l->cell && (l->D == 2 || l->config.reverse);
}

layer recurrent_direction(const layer *l, size_t direction)
{
    layer one = *l;
    one.D = 1;
    one.O = l->R;
    one.second = direction > 0;
    one.directions[0] = l->directions[direction];

    /* its part of the merged output is its own, but for half of an average's,
     * and what it is multiplied by */
    elman_layer *c = &one.config;
    c->bidirectional = c->reverse = false;
    if (c->merge != ELMAN_MERGE_AVERAGE && c->merge != ELMAN_MERGE_MUL)
        c->merge = ELMAN_MERGE_CONCAT;
    memcpy(c->activations[0], l->config.activations[direction],
           sizeof c->activations[0]);
    return one;
}

/* ---- Walks -------------------------------------------------------------- */

walk walk_begin(const layer *l, const pass *p, layer_state *s, const float *x,
                walk_sharing sharing)
{
    size_t most = (p->B + CELL_ROWS - 1) / CELL_ROWS, threads = 1;
    if (sharing == WALK_ROWS)
        threads = (size_t)p->threads < p->B ? (size_t)p->threads : p->B;

    return (walk){.l = l,
                  .p = p,
                  .s = s,
                  .x = x,
                  .groups = (most + threads - 1) / threads * threads,
                  .threads = sharing == WALK_UNITS ? p->threads : 1};
}

void walk_run(const walk *w, walk_sharing sharing,
              void (*part)(void *context, size_t index))
{
    thread_run(sharing == WALK_ROWS ? w->p->threads : 1, w->l->D * w->groups,
               part, (void *)w);
}

walk_part walk_part_at(const walk *w, size_t index)
{
    size_t group = index % w->groups, B = w->p->B;
    return (walk_part){
        .direction = index / w->groups,
        .begin = B * group / w->groups,
        .end = B * (group + 1) / w->groups,
    };
}

size_t walk_row(const layer *l, const pass *p, size_t direction, size_t s,
                size_t b)
{
    bool reversed = direction == 1 || l->config.reverse;
    return (reversed ? p->lengths[b] - 1 - s : s) * p->B + b;
}

void walk_gather(const walk *w, const walk_part *part, size_t s, size_t *rows,
                 cell_rows *r)
{
    const layer *l = w->l;
    const direction_state *d = &w->s->directions[part->direction];
    r->has_x = false;
    r->has_sum = d->sum != NULL;
    r->threads = w->threads;
    r->M = 0;

    /* sequences that are shorter than s have no such entry */
    for (size_t b = part->begin; b < part->end; b++) {
        if (w->p->lengths[b] <= s) continue;

        /* memory of the step before */
        size_t m = r->M++, row = s * w->p->B + b;
        rows[m] = row;
        r->h_prev[m] = d->h + row * l->R;
        r->h_in[m] =
            d->dropout.h_in ? d->dropout.h_in + row * l->R : r->h_prev[m];

        /* gates of this step; without training rows are used again */
        size_t at = s % d->gate_steps * w->p->B + b;
        r->gate[m] = d->gate + at * d->gate_row;
        if (d->c) r->c_prev[m] = d->c + row * l->H;
        if (d->saved) r->saved[m] = d->saved + at * l->H;
        if (d->sum) r->sum[m] = d->sum + at * l->G;
    }
}

const layer_kind layer_recurrent = {
    .plan = plan,
    .pack = pack_weights,
    .lay_out = lay_out,
    .steps = recurrent_steps,
    .prepare = recurrent_prepare,
    .aim = recurrent_aim,
    .step = recurrent_step,
    .direct_rows = recurrent_direct_rows,
    .prepare_direct = recurrent_prepare_direct,
    .forward = recurrent_forward,
};
