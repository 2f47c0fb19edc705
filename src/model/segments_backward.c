/*
 * segments_backward.c: the way back through the segments, part by part from the
 * last, in each the last segment first: forward again from a snapshot, then
 * back.
 */
#include <string.h>

#include "base/clock.h"
#include "layer/recurrent.h"
#include "model/segments_run.h"

/* A way back. */
typedef struct way {
    segment_run run;         /* of the part at hand */
    pass_training *training; /* of its segments */
    const segment_taker *taker;
    float *dx;    /* the caller's, or NULL */
    float *below; /* (T,B,I) that of a part that is not the first */
} way;

/* ---- Gradients in ------------------------------------------------------- */

/* Those at one vector per sequence, where the segment has the steps that it was
 * made of. */
static void ends_gradient(const way *w, size_t k)
{
    const segment_run *r = &w->run;
    const segments *g = &r->s->segments;
    const pass *p = &r->s->full;
    size_t i = r->part.end - 1, O = r->m->layers[i].O;
    size_t last = layer_last_features(r->m->layers + i);
    float *dy = r->s->layers[i].dy;

    memset(dy, 0, p->B * O * sizeof *dy);
    for (size_t b = 0; b < p->B; b++) {
        const float *from = g->dends + b * O;
        size_t end = k * g->plan.L + p->lengths[b];
        if (p->lengths[b] && end == g->lengths[b])
            memcpy(dy + b * O, from, last * sizeof *dy);
        if (k == 0 && p->lengths[b])
            memcpy(dy + b * O + last, from + last, (O - last) * sizeof *dy);
    }
}

/* Where in the gradient of a level's output that of entry (row) of its
 * direction is. */
static const float *merged_gradient(const way *w, size_t k, size_t row)
{
    const segment_run *r = &w->run;
    const segments *g = &r->s->segments;
    const layer *l = r->m->layers + r->part.begin;
    const float *all = segment_output_gradient(r->m, r->s, r->part.begin);
    size_t at = segment_row(r, k, row), rows = g->T * r->s->full.B;
    if (l->D == 2 && l->config.merge == ELMAN_MERGE_NONE)
        return all + (r->direction * rows + at) * l->R;
    if (l->D == 2 && l->config.merge == ELMAN_MERGE_CONCAT)
        return all + at * l->O + r->direction * l->R;
    return all + at * l->O;
}

/* What the other direction gave at the entries of segment k. */
static void other_output(const segment_run *r, size_t k)
{
    const pass *p = &r->s->full;
    size_t R = r->one.R;
    float *other = r->s->layers[r->part.begin].other;
    for (size_t n = 0; r->factors && n < p->row_count; n++) {
        size_t row = p->rows[n], at = 2 * segment_row(r, k, row);
        memcpy(other + row * R, r->factors + (at + 1 - r->direction) * R,
               R * sizeof *other);
    }
}

/* The gradient at the output y of segment k. */
static void output_gradient(const way *w, size_t k, const float *y)
{
    const segment_run *r = &w->run;
    const segments *g = &r->s->segments;
    const pass *p = &r->s->full;
    size_t i = r->part.end - 1, first = k * g->plan.L;
    size_t O = r->part.apart ? r->one.O : r->m->layers[i].O;
    float *dy = r->s->layers[i].dy;

    if (segment_reduces(r->m, i)) {
        ends_gradient(w, k);
        return;
    }
    other_output(r, k);
    const float *all = segment_output_gradient(r->m, r->s, i);
    if (!all) {
        size_t left = g->T - first;
        w->taker->take(w->taker->context, first,
                       left < g->plan.L ? left : g->plan.L, y, dy);
        return;
    }

    /* what the part after this one gave */
    for (size_t n = 0; n < p->row_count; n++) {
        size_t row = p->rows[n];
        const float *from = r->part.apart ? merged_gradient(w, k, row)
                                          : all + segment_row(r, k, row) * O;
        memcpy(dy + row * O, from, O * sizeof *dy);
    }
}

/* ---- Gradients out ------------------------------------------------------ */

/* Where the part's gradient at what it reads goes, for entry (row) of segment
 * k; NULL if no one wants it. */
static float *input_gradient(const way *w, size_t k, size_t row)
{
    const segment_run *r = &w->run;
    size_t begin = r->part.begin, I = r->m->layers[begin].I;
    if (begin) return w->below + segment_row(r, k, row) * I;
    return w->dx ? w->dx + segment_caller_row(r, k, row) * I : NULL;
}

/* Room for that of a segment; the second direction adds to what is there. */
static float *begin_dx(const way *w, size_t k)
{
    const segment_run *r = &w->run;
    elman_state *s = r->s;
    size_t I = r->m->layers[r->part.begin].I;
    if (r->part.begin == 0 && !w->dx) return NULL;

    float *dx = r->part.begin ? s->segments.dx_part : s->dx;
    for (size_t n = 0; r->one.second && n < s->full.row_count; n++)
        memcpy(dx + s->full.rows[n] * I, input_gradient(w, k, s->full.rows[n]),
               I * sizeof *dx);
    return dx;
}

static void end_dx(const way *w, size_t k, const float *dx)
{
    const pass *p = &w->run.s->full;
    size_t I = w->run.m->layers[w->run.part.begin].I;
    for (size_t n = 0; dx && n < p->row_count; n++)
        memcpy(input_gradient(w, k, p->rows[n]), dx + p->rows[n] * I,
               I * sizeof *dx);
}

/* ---- A segment ---------------------------------------------------------- */

/* Back through the layers of the part, from x to dx. */
static void layers_back(const way *w, const float *x, float *dx)
{
    const segment_run *r = &w->run;
    elman_state *s = r->s;
    for (size_t i = r->part.end; i-- > r->part.begin;) {
        const layer *l = r->part.apart ? &r->one : r->m->layers + i;
        bool first = i == r->part.begin;
        double began = s->seconds ? clock_seconds() : 0;
        layer_backward(l, &s->full, s->layers + i,
                       first ? x : s->layers[i - 1].y,
                       first ? dx : s->layers[i - 1].dy);
        if (s->seconds) s->seconds[i].backward += clock_seconds() - began;
    }
}

/* Segment k again, from the memory before it, and back through it. */
static void go_back(way *w, size_t k)
{
    segment_run *r = &w->run;
    elman_state *s = r->s;
    segments *g = &s->segments;
    const float *x = segment_begin(r, k);
    const float *y = segment_forward(r, x, r->part.end);
    output_gradient(w, k, y);

    /* from the gradient at the memory after it to that before it */
    pass_share(r->m, s, true);
    w->training->sums.first = k == 0;
    float *dx = begin_dx(w, k);
    layers_back(w, x, dx);
    end_dx(w, k, dx);
    segment_copy(r, s->training.dh_0, s->training.dc_0, g->dh, g->dc);

    for (size_t i = 0; i < s->full.leaf_count; i++)
        g->rows[i] += s->full.leaf_begin[i + 1] - s->full.leaf_begin[i];
}

/* Forward again through segments low to before high. */
static void advance(way *w, size_t low, size_t high)
{
    segment_run *r = &w->run;
    for (size_t k = low; k < high && r->memory_end > r->part.begin; k++)
        (void)segment_forward(r, segment_begin(r, k), r->memory_end);
}

/* ---- Parts -------------------------------------------------------------- */

/* All segments of the part: the last one that is left is run from the last
 * snapshot, after more of them where there is room. */
static void part_back(way *w)
{
    segment_run *r = &w->run;
    elman_state *s = r->s;
    segments *g = &s->segments;
    size_t slots = segment_spine(g, r->count);
    memset(g->rows, 0, s->full.leaf_count * sizeof *g->rows);

    for (size_t high = r->count; high > 0;) {
        size_t low = g->at[slots - 1];
        segment_load(r, slots - 1, &g->memory);

        /* the one after the snapshot, which is then done with */
        if (low + 1 == high) {
            go_back(w, low);
            high = low;
            slots--;
            continue;
        }

        /* no room for another snapshot: this way each time */
        if (slots == g->plan.slots) {
            advance(w, low, high - 1);
            go_back(w, --high);
            continue;
        }
        size_t middle = segment_middle(low, high, g->plan.slots - slots);
        advance(w, low, middle);
        g->at[slots] = middle;
        segment_save(r, slots++, &g->memory);
    }
}

/* The layers after the vectors per sequence, whose gradient becomes dends. */
static void rest_back(const elman_model *m, elman_state *s)
{
    segments *g = &s->segments;
    size_t end = segment_part_last(m).end, O = m->layers[end - 1].O;
    for (size_t i = m->layer_count; i-- > end;) {
        double began = s->seconds ? clock_seconds() : 0;
        layer_backward(m->layers + i, &s->tail, s->layers + i,
                       s->layers[i - 1].y, s->layers[i - 1].dy);
        if (s->seconds) s->seconds[i].backward += clock_seconds() - began;
    }
    memcpy(g->dends, s->layers[end - 1].dy, s->full.B * O * sizeof *g->dends);
}

/* What views show of vectors per sequence, where that is the model's output. */
static void restore_ends(const elman_model *m, elman_state *s)
{
    const segments *g = &s->segments;
    size_t end = segment_part_last(m).end, O = m->layers[end - 1].O;
    layer_state *at = s->layers + end - 1;
    at->y = at->own;
    memcpy(at->y, g->ends, s->full.B * O * sizeof *at->y);
    memcpy(at->dy, g->dends, s->full.B * O * sizeof *at->dy);
}

/* All parts, from the last one. */
static void all_back(way *w, const elman_model *m, elman_state *s)
{
    segments *g = &s->segments;
    segment_part p = segment_part_last(m);
    if (p.apart && p.end == m->layer_count)
        w->taker->take(w->taker->context, 0, g->T,
                       segment_output(m, s, p.begin),
                       segment_output_gradient(m, s, p.begin));

    for (;; p = segment_part_before(m, &p)) {
        for (size_t d = 0; d < segment_directions(m, &p); d++) {
            w->run = segment_run_of(m, s, &p, d);
            w->below =
                p.begin ? segment_output_gradient(m, s, p.begin - 1) : NULL;
            part_back(w);
        }
        if (p.begin == 0) return;
    }
}

/* Lets the passes of s go on from what segments hand on, or from the state's
 * own again. */
static void bind(elman_state *s, const pass_training *training)
{
    segments *g = &s->segments;
    bool own = !training;
    s->full.memory = own ? s->memory : g->memory;
    s->full.training = s->tail.training = own ? &s->training : training;
    s->full.open_rows = own ? s->training.sums.open_rows : g->rows;
    s->full.mirror = NULL;
}

elman_status segments_backward(const elman_model *m, elman_state *s,
                               const segment_taker *taker, float *dx)
{
    segments *g = &s->segments;
    size_t B = s->config.B, bytes_h = B * m->memory_h * sizeof(float),
           bytes_c = B * m->memory_c * sizeof(float);
    TRY(segments_check(m, s));
    TRY(gradients_begin(s));

    /* leaves stay open from segment to segment */
    pass_training training = s->training;
    training.sums.continues = training.sums.segment = true;
    training.dh_n = g->dh;
    training.dc_n = g->dc;
    memcpy(g->dh, s->training.dh_n, bytes_h);
    memcpy(g->dc, s->training.dc_n, bytes_c);
    bind(s, &training);
    if (dx) memset(dx, 0, g->T * s->full.B * m->config.input_size * sizeof *dx);

    way w = {.training = &training, .taker = taker, .dx = dx};
    if (m->info.per_sequence) rest_back(m, s);
    all_back(&w, m, s);
    if (m->info.per_sequence) restore_ends(m, s);

    bind(s, NULL);
    gradients_close(s);
    s->ready = false;
    return ELMAN_OK;
}
