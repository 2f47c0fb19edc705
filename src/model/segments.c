/*
 * segments.c: what a state with a budget keeps, how its parts go through the
 * segments, and the pass forward; budget.h has the idea.
 */
#include "model/budget.h"

#include <string.h>

#include "base/clock.h"
#include "model/segments_run.h"

/* ---- Parts -------------------------------------------------------------- */

/* The layers that read steps. */
static size_t step_layers(const elman_model *m)
{
    size_t end = 0;
    while (end < m->layer_count && !m->layers[end].per_sequence)
        end++;
    return end;
}

bool segment_part_next(const elman_model *m, segment_part *p)
{
    size_t end = step_layers(m);
    p->begin = p->end;
    if (p->begin >= end) return false;

    /* a level that reads backward by itself, others up to the next such */
    p->apart = recurrent_reverses(m->layers + p->begin);
    p->end = p->begin + 1;
    while (!p->apart && p->end < end && !recurrent_reverses(m->layers + p->end))
        p->end++;
    return true;
}

segment_part segment_part_before(const elman_model *m, const segment_part *p)
{
    segment_part before = {0};
    while (before.end < p->begin && segment_part_next(m, &before))
        ;
    return before;
}

segment_part segment_part_last(const elman_model *m)
{
    segment_part end = {.begin = step_layers(m)};
    return segment_part_before(m, &end);
}

size_t segment_directions(const elman_model *m, const segment_part *p)
{
    return p->apart ? m->layers[p->begin].D : 1;
}

static bool remembers(const layer *l) { return l->cell || l->memory_width; }

segment_run segment_run_of(const elman_model *m, elman_state *s,
                           const segment_part *part, size_t direction)
{
    const segments *g = &s->segments;
    const layer *l = m->layers + part->begin;
    segment_run r = {.m = m,
                     .s = s,
                     .count = (g->T + g->plan.L - 1) / g->plan.L,
                     .part = *part,
                     .y = segment_output(m, s, part->end - 1),
                     .factors = segment_factors(m, s, part->begin),
                     .memory_end = part->end,
                     .direction = direction};
    while (r.memory_end > part->begin &&
           !remembers(m->layers + r.memory_end - 1))
        r.memory_end--;
    if (!part->apart) return r;

    /* a direction by itself */
    r.one = recurrent_direction(l, direction);
    r.reversed = direction == 1 || l->config.reverse;
    return r;
}

/* ---- Layout ------------------------------------------------------------- */

/* Floats of the output of all steps of layer i, in whole cache lines. */
static size_t output_floats(const elman_model *m, const elman_state *s,
                            size_t i)
{
    size_t T = s->config.T, L = s->segments.plan.L, n;
    size_t rows = (T + L - 1) / L * L * s->config.B;
    if (!sizes_multiply(rows, m->layers[i].O, sizeof(float), &n))
        return SIZE_MAX;
    return (n / sizeof(float) + LANES - 1) / LANES * LANES;
}

/* Where parts meet the output of all steps is kept, and of a level at the end.
 * A part that reads forward is done with a step's output when it has its
 * gradient, so one array holds both; one that reads it in two directions is
 * not. */
typedef struct meeting {
    bool keeps, apart; /* y is kept, and dy has an array of its own */
} meeting;

static meeting meeting_of(const elman_model *m, const elman_state *s,
                          const segment_part *p)
{
    segment_part next = *p;
    bool more = segment_part_next(m, &next);
    return (meeting){more || p->apart,
                     s->config.training && more && next.apart};
}

float *segment_output(const elman_model *m, const elman_state *s, size_t i)
{
    float *y = s->segments.y;
    for (segment_part p = {0}; segment_part_next(m, &p);) {
        if (!meeting_of(m, s, &p).keeps) return NULL;
        if (p.end - 1 == i) return y;
        y += output_floats(m, s, p.end - 1);
    }
    return NULL;
}

float *segment_output_gradient(const elman_model *m, const elman_state *s,
                               size_t i)
{
    float *dy = s->segments.dy;
    for (segment_part p = {0}; segment_part_next(m, &p);) {
        bool apart = meeting_of(m, s, &p).apart;
        if (p.end - 1 == i) return apart ? dy : segment_output(m, s, i);
        if (apart) dy += output_floats(m, s, p.end - 1);
    }
    return NULL;
}

static bool multiplies(const layer *l)
{
    return l->cell && l->D == 2 && l->config.merge == ELMAN_MERGE_MUL;
}

float *segment_factors(const elman_model *m, const elman_state *s, size_t i)
{
    float *at = s->segments.factors;
    if (!multiplies(m->layers + i)) return NULL;
    for (size_t j = 0; j < i; j++)
        if (multiplies(m->layers + j)) at += 2 * output_floats(m, s, j);
    return at;
}

static void lay_out_between(const elman_model *m, elman_state *s, arena *a)
{
    segments *g = &s->segments;
    size_t most = 0, y = 0, dy = 0, factors = 0, L = g->plan.L;
    for (segment_part p = {0}; segment_part_next(m, &p);) {
        size_t floats = output_floats(m, s, p.end - 1);
        meeting at = meeting_of(m, s, &p);
        if (p.begin && m->layers[p.begin].I > most) most = m->layers[p.begin].I;
        if (floats > SIZE_MAX / 64 - y - dy - factors) {
            a->overflow = true;
            return;
        }
        y += at.keeps ? floats : 0;
        dy += at.apart ? floats : 0;
        factors += multiplies(m->layers + p.begin) ? 2 * floats : 0;
    }
    g->y = arena_take(a, y, sizeof *g->y);
    g->dy = arena_take(a, dy, sizeof *g->dy);
    g->factors = arena_take(a, factors, sizeof *g->factors);

    /* one segment of what is between */
    size_t row = most * sizeof(float);
    g->x_part = arena_take(a, L * s->config.B, row);
    g->dx_part = arena_take(a, s->config.training ? L * s->config.B : 0, row);
}

static void lay_out(const elman_model *m, elman_state *s, arena *a)
{
    segments *g = &s->segments;
    size_t B = s->config.B, slots = g->plan.slots, h = 0, c = 0;
    g->lengths = arena_take(a, B, sizeof *g->lengths);
    g->before = arena_take(a, B, sizeof *g->before);
    g->mirror = arena_take(a, B, sizeof *g->mirror);

    /* one vector per sequence, or nothing */
    size_t ends = 0;
    for (size_t i = 0; i < m->layer_count; i++)
        if (segment_reduces(m, i)) ends = m->layers[i].O * sizeof(float);
    g->ends = arena_take(a, B, ends);
    lay_out_between(m, s, a);
    if (!s->config.training) return;

    /* the way back */
    g->dends = arena_take(a, B, ends);
    g->at = arena_take(a, slots, sizeof *g->at);
    if (!sizes_multiply(B, m->memory_h, sizeof(float), &h) ||
        !sizes_multiply(B, m->memory_c, sizeof(float), &c))
        a->overflow = true;
    g->h = arena_take(a, slots, h);
    g->c = arena_take(a, slots, c);
    g->memory = (pass_memory){
        .capacity = B, .h = arena_take(a, 1, h), .c = arena_take(a, 1, c)};
    g->dh = arena_take(a, 1, h);
    g->dc = arena_take(a, 1, c);
    g->rows = arena_take(a, state_blocks(&s->config, B), sizeof *g->rows);
    g->leaves = arena_take(a, B, sizeof *g->leaves);
}

/* ---- Memory ------------------------------------------------------------- */

void segment_copy(const segment_run *r, const float *h, const float *c,
                  float *to_h, float *to_c)
{
    size_t B = r->s->config.B;
    for (size_t i = r->part.begin; i < r->memory_end; i++) {
        const layer *l = r->part.apart ? &r->one : r->m->layers + i;
        const direction_plan *d = &l->directions[0];
        size_t at = l->cell ? d->memory_h : l->memory_h;
        size_t n = l->cell ? l->R : l->memory_width;
        memcpy(to_h + at * B, h + at * B, n * B * sizeof *h);
        if (l->cell && l->cell->has_cell)
            memcpy(to_c + d->memory_c * B, c + d->memory_c * B,
                   l->H * B * sizeof *c);
    }
}

/* A slot as memory. */
static pass_memory slot_memory(const segment_run *r, size_t slot)
{
    const segments *g = &r->s->segments;
    size_t B = r->s->config.B;
    return (pass_memory){.capacity = B,
                         .h = g->h + slot * B * r->m->memory_h,
                         .c = g->c + slot * B * r->m->memory_c};
}

void segment_save(const segment_run *r, size_t slot, const pass_memory *from)
{
    pass_memory to = slot_memory(r, slot);
    segment_copy(r, from->h, from->c, to.h, to.c);
}

void segment_load(const segment_run *r, size_t slot, pass_memory *to)
{
    pass_memory from = slot_memory(r, slot);
    segment_copy(r, from.h, from.c, to->h, to->c);
}

/* ---- A segment ---------------------------------------------------------- */

/* The step that an entry of segment k is. */
static size_t step_of(const segment_run *r, size_t k, size_t row)
{
    const segments *g = &r->s->segments;
    size_t B = r->s->full.B, entry = k * g->plan.L + row / B;
    return r->reversed ? g->lengths[row % B] - 1 - entry : entry;
}

size_t segment_row(const segment_run *r, size_t k, size_t row)
{
    size_t B = r->s->full.B;
    return step_of(r, k, row) * B + row % B;
}

size_t segment_caller_row(const segment_run *r, size_t k, size_t row)
{
    size_t B = r->s->full.B;
    return batch_row(state_batch_first(r->m, r->s), r->s->segments.T, B,
                     step_of(r, k, row), row % B);
}

static void set_pass(segment_run *r, size_t k)
{
    segments *g = &r->s->segments;
    pass *p = &r->s->full;
    size_t first = k * g->plan.L;
    for (size_t b = 0; b < p->B; b++) {
        size_t length = g->lengths[b], done = length < first ? length : first;
        size_t left = length - done;
        p->lengths[b] = left < g->plan.L ? left : g->plan.L;
        p->steps_before[b] = g->before[b] + done;
        g->mirror[b] = g->before[b] + left;
    }
    p->mirror = r->reversed ? g->mirror : NULL;
    pass_set(p);
}

const float *segment_begin(segment_run *r, size_t k)
{
    elman_state *s = r->s;
    const segments *g = &s->segments;
    pass *p = &s->full;
    size_t begin = r->part.begin, I = r->m->layers[begin].I;
    set_pass(r, k);

    /* what the model reads */
    if (begin == 0) {
        const int32_t *tokens = g->tokens;
        for (size_t i = 0; i < p->row_count; i++) {
            size_t row = p->rows[i], from = segment_caller_row(r, k, row);
            if (tokens) s->tokens[row] = tokens[from];
            else memcpy(s->x + row * I, g->x + from * I, I * sizeof *s->x);
        }
        p->tokens = s->tokens;
        return s->x;
    }

    /* or what the part before has made */
    const float *all = segment_output(r->m, s, begin - 1);
    if (!r->part.apart) return all + k * g->plan.L * p->B * I;
    for (size_t i = 0; i < p->row_count; i++)
        memcpy(g->x_part + p->rows[i] * I,
               all + segment_row(r, k, p->rows[i]) * I, I * sizeof *all);
    return g->x_part;
}

const float *segment_forward(segment_run *r, const float *x, size_t end)
{
    elman_state *s = r->s;
    pass_share(r->m, s, false);
    if (!r->part.apart) {
        for (size_t i = r->part.begin; i < end;)
            x = layers_forward(r->m, s, NULL, x, end, &i);
        return x;
    }

    /* a direction by itself */
    size_t i = r->part.begin;
    double began = s->seconds ? clock_seconds() : 0;
    r->one.kind->forward(&r->one, &s->full, s->layers + i, x);
    if (s->seconds) s->seconds[i].forward += clock_seconds() - began;
    return s->layers[i].y;
}

/* ---- Forward ------------------------------------------------------------ */

/* A direction's row of output, into that of the level. */
static void merge(const segment_run *r, size_t row, const float *from)
{
    const segments *g = &r->s->segments;
    const layer *l = r->m->layers + r->part.begin;
    float *all = r->y, *to = all + row * l->O;
    const kernels *k = r->s->full.k;
    size_t R = l->R, rows = g->T * r->s->full.B;
    if (r->factors) {
        float *both = r->factors + row * 2 * R;
        memcpy(both + r->direction * R, from, R * sizeof *from);
        if (r->direction == 1) k->multiply(R, both, from, to);
        return;
    }

    /* where the second one goes */
    if (r->direction == 1 && l->config.merge == ELMAN_MERGE_CONCAT) to += R;
    if (l->D == 2 && l->config.merge == ELMAN_MERGE_NONE)
        to = all + (r->direction * rows + row) * R;
    bool joins = r->direction == 1 && (l->config.merge == ELMAN_MERGE_SUM ||
                                       l->config.merge == ELMAN_MERGE_AVERAGE);
    if (!joins) {
        memcpy(to, from, R * sizeof *to);
        return;
    }
    k->add(R, from, to);
    for (size_t j = 0; l->config.merge == ELMAN_MERGE_AVERAGE && j < R; j++)
        to[j] *= 0.5f;
}

/* Keeps what segment k has of the vectors per sequence. */
static void keep_ends(const segment_run *r, size_t k, const float *y)
{
    const segments *g = &r->s->segments;
    const layer *l = r->m->layers + r->part.end - 1;
    const pass *p = &r->s->full;
    size_t O = l->O, last = layer_last_features(l);
    for (size_t b = 0; b < p->B; b++) {
        float *to = g->ends + b * O;
        if (!p->lengths[b]) continue;
        memcpy(to, y + b * O, last * sizeof *to);
        if (k == 0)
            memcpy(to + last, y + b * O + last, (O - last) * sizeof *to);
    }
}

/* Gives the output y of segment k to who needs it. */
static void hand_out(const segment_run *r, size_t k, const float *y,
                     float *caller)
{
    const pass *p = &r->s->full;
    size_t i = r->part.end - 1, O = r->m->layers[i].O;
    if (segment_reduces(r->m, i)) {
        keep_ends(r, k, y);
        return;
    }

    for (size_t n = 0; n < p->row_count; n++) {
        size_t row = p->rows[n], to = segment_row(r, k, row);
        if (r->part.apart) merge(r, to, y + row * r->one.O);
        else if (r->y) memcpy(r->y + to * O, y + row * O, O * sizeof *y);
        else
            memcpy(caller + segment_caller_row(r, k, row) * O, y + row * O,
                   O * sizeof *y);
    }
}

/* A part through all segments, from the state's memory on; y (caller's) is
 * NULL if no one wants it. */
static void forward_part(segment_run *r, float *y)
{
    elman_state *s = r->s;
    const segments *g = &s->segments;
    size_t i = r->part.end - 1;
    bool wanted = y || r->y || segment_reduces(r->m, i);
    size_t end = wanted ? r->part.end : r->memory_end, slot = 0;
    size_t snapshots = s->config.training ? segment_spine(g, r->count) : 0;
    if (end == r->part.begin) return;

    for (size_t k = 0; k < r->count; k++) {
        if (slot < snapshots && g->at[slot] == k)
            segment_save(r, slot++, &s->memory);
        const float *out = segment_forward(r, segment_begin(r, k), end);
        if (wanted) hand_out(r, k, out, y);
    }
}

/* The layers after the vectors per sequence, whose masks are those of the whole
 * pass. */
static void forward_rest(const elman_model *m, elman_state *s)
{
    size_t i = segment_part_last(m).end, O = m->layers[i - 1].O;
    layer_state *at = s->layers + i - 1;
    memcpy(s->tail.steps_before, s->segments.before,
           s->full.B * sizeof *s->segments.before);
    at->y = at->own;
    memcpy(at->y, s->segments.ends, s->full.B * O * sizeof *at->y);
    for (const float *x = at->y; i < m->layer_count;)
        x = layers_forward(m, s, NULL, x, m->layer_count, &i);
}

/* All steps that a level at the end has made, to the caller. */
static void copy_all(const elman_model *m, const elman_state *s, float *y)
{
    const segments *g = &s->segments;
    const float *all = segment_output(m, s, m->layer_count - 1);
    size_t T = g->T, B = s->full.B, blocks = model_outputs(m);
    size_t O = m->layers[m->layer_count - 1].O / blocks;
    bool first = state_batch_first(m, s);
    for (size_t i = 0; i < blocks; i++)
        for (size_t t = 0; t < T; t++)
            for (size_t b = 0; b < B; b++)
                memcpy(y + (i * T * B + batch_row(first, T, B, t, b)) * O,
                       all + (i * T * B + t * B + b) * O, O * sizeof *y);
}

/* Keeps what the way back needs of a batch. */
static void keep_batch(const elman_model *m, elman_state *s,
                       const elman_batch *in)
{
    segments *g = &s->segments;
    g->T = in->T;
    g->x = m->info.vocabulary ? NULL : in->x;
    g->tokens = m->info.vocabulary ? in->tokens : NULL;
    for (size_t b = 0; b < in->B; b++) {
        g->lengths[b] = in->lengths ? in->lengths[b] : in->T;
        g->before[b] = s->position[b];
    }
}

void segments_run(const elman_model *m, elman_state *s, const elman_batch *in,
                  float *y)
{
    segments *g = &s->segments;
    keep_batch(m, s, in);
    if (m->info.per_sequence) {
        size_t O = m->layers[segment_part_last(m).end - 1].O;
        memset(g->ends, 0, in->B * O * sizeof *g->ends);
    }

    /* part by part; what stands between two is 0 past the ends */
    segment_part p = {0};
    while (segment_part_next(m, &p)) {
        bool last = p.end == m->layer_count;
        size_t rows = g->T * in->B, O = m->layers[p.end - 1].O;
        float *all = segment_output(m, s, p.end - 1);
        if (all) memset(all, 0, rows * O * sizeof *all);
        for (size_t d = 0; d < segment_directions(m, &p); d++) {
            segment_run r = segment_run_of(m, s, &p, d);
            forward_part(&r, last && !p.apart ? y : NULL);
        }
        if (last && p.apart && y) copy_all(m, s, y);
    }
    s->full.mirror = NULL;
    if (m->info.per_sequence) forward_rest(m, s);
}

const segment_way elman__segment_way = {segments_plan, lay_out, segments_pass};
