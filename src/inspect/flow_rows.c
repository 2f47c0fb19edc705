/*
 * flow_rows.c: rows of losses back through the layers. Per layer a gradient
 * stands at its output: of each row at the row's own step alone, or, below the
 * first recurrent layer that they come to, at all steps (T).
 */
#include "inspect/flow_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/kind.h"
#include "base/thread.h"

enum {
    STEP_WORK = 1 << 27,   /* multiply-adds of a step: far below 0.1 s */
    SPREAD_BYTES = 1 << 26 /* of gradients at all steps that rows may fill */
};

/* What one row keeps while a direction goes back. */
typedef struct row_room {
    float *dh, *above, *direct_h;  /* (most,R) */
    float *dc, *dsaved, *direct_c; /* (most,H) */
    float *da;                     /* (most,G) */
} row_room;

struct flow_rows {
    const flow_forward *f;
    flow_sink sink;
    int threads;
    size_t most;          /* rows of a block */
    bool began;           /* with the first block */
    size_t first, M;      /* losses of the block at hand */
    size_t *low, *high;   /* (most) the steps that have a gradient */
    size_t *least, *last; /* (most) and those that this layer's input gets */
    bool *gone;           /* (most) nothing is left of it in this direction */
    bool spread;          /* and room for all of them, else for one */
    size_t layer;         /* that they go through */
    size_t direction;     /* recurrent: of it; */
    size_t left;          /* entries, or rows of another layer, still to do */
    const float *now;     /* (most,T or 1,O) at its output */
    float *below;         /* (most,T or 1,I) at its input, or NULL */
    float *at_all[2];     /* (most,T,.) */
    float *at_one[2];     /* (most,.) */
    unsigned turn;        /* which of the two is below */
    row_room room;
    void *block; /* of all arrays */
};

/* ---- Life --------------------------------------------------------------- */

/* Whether a layer only hands the gradient on: dropout, which is off. */
static bool is_plain(const layer *l)
{
    return kind_at(l->config.kind)->family == ELMAN_FAMILY_DROPOUT;
}

/* The widest numbers of a row. */
typedef struct widths {
    size_t one, all; /* gradients between layers, at one step and at all */
    size_t arrays;   /* how many at all steps are needed at a time */
    size_t R, H, G;
} widths;

static void widen(size_t *most, size_t n)
{
    if (n > *most) *most = n;
}

static widths widths_of(const flow_forward *f)
{
    widths w = {0};
    bool spread = f->spread;
    for (size_t i = f->top + 1; i-- > f->bottom;) {
        const layer *l = f->quiet->layers + i;
        if (l->cell) {
            widen(&w.R, l->R);
            widen(&w.H, l->H);
            widen(&w.G, l->G);
        }

        /* what it writes below */
        bool reads_all = spread && i < f->top;
        if (i == f->bottom || is_plain(l)) continue;
        spread |= l->cell != NULL;
        widen(spread ? &w.all : &w.one, l->I);
        if (spread) widen(&w.arrays, reads_all ? 2 : 1);
    }
    return w;
}

/* Rows whose gradients at all steps have room. */
static size_t rows_that_fit(const flow_forward *f, const widths *w, int threads)
{
    size_t most = CELL_ROWS * (size_t)threads, floats;
    if (!sizes_multiply(w->arrays * f->T, w->all, sizeof(float), &floats))
        return 1;
    if (floats && most > SPREAD_BYTES / floats) most = SPREAD_BYTES / floats;
    if (most > f->losses) most = f->losses;
    return most ? most : 1;
}

static void lay_out(const flow_forward *f, const widths *w, flow_rows *r,
                    arena *a)
{
    size_t most = r->most, row = sizeof(float);
    r->low = arena_take(a, most, sizeof *r->low);
    r->high = arena_take(a, most, sizeof *r->high);
    r->least = arena_take(a, most, sizeof *r->least);
    r->last = arena_take(a, most, sizeof *r->last);
    r->gone = arena_take(a, most, sizeof *r->gone);
    for (size_t i = 0; i < 2; i++) {
        r->at_one[i] = arena_take(a, most, w->one * row);
        r->at_all[i] =
            i < w->arrays ? arena_take(a, most * f->T, w->all * row) : NULL;
    }

    /* what a row carries through the cell of one entry */
    row_room *room = &r->room;
    room->dh = arena_take(a, most, w->R * row);
    room->above = arena_take(a, most, w->R * row);
    room->direct_h = arena_take(a, most, w->R * row);
    room->dc = arena_take(a, most, w->H * row);
    room->dsaved = arena_take(a, most, w->H * row);
    room->direct_c = arena_take(a, most, w->H * row);
    room->da = arena_take(a, most, w->G * row);
}

elman_status flow_rows_create(const flow_forward *f, int threads,
                              const flow_sink *sink, flow_rows **rows)
{
    flow_rows *r = calloc(1, sizeof *r);
    if (!r) return failure(ELMAN_NO_MEMORY, "no memory for a measurement");

    const widths w = widths_of(f);
    r->f = f;
    r->sink = *sink;
    r->threads = threads ? threads : 1;
    r->most = rows_that_fit(f, &w, r->threads);

    /* once to measure, once to carve */
    arena a = {0};
    lay_out(f, &w, r, &a);
    if (!a.overflow) r->block = block_reserve(a.used);
    if (!r->block) {
        free(r);
        return failure(ELMAN_NO_MEMORY,
                       "no memory for the gradients of %zu steps", f->T);
    }
    a = (arena){.base = r->block};
    lay_out(f, &w, r, &a);

    *rows = r;
    return ELMAN_OK;
}

void flow_rows_destroy(flow_rows *r)
{
    if (!r) return;
    block_destroy(r->block);
    free(r);
}

size_t flow_rows_most(const flow_rows *r) { return r->most; }

double flow_rows_progress(const flow_rows *r)
{
    const flow_forward *f = r->f;
    if (r->first >= f->losses) return 1;
    double layers = (double)(f->top - f->bottom + 1);
    double through = (double)(f->top - r->layer) / layers;
    return ((double)r->first + (double)r->M * through) / (double)f->losses;
}

/* ---- From layer to layer ------------------------------------------------ */

static const layer *layer_now(const flow_rows *r)
{
    return r->f->quiet->layers + r->layer;
}

/* Where the next layer's gradients go, and how much there is to do. */
static void begin_layer(flow_rows *r)
{
    const layer *l = layer_now(r);
    bool last = r->layer == r->f->bottom;
    bool spreads = r->spread || l->cell;
    if (!is_plain(l)) r->turn = !r->turn;
    r->below = last                            ? NULL
               : !spreads                      ? r->at_one[r->turn]
               : r->at_all[1] || !r->at_all[0] ? r->at_all[r->turn]
                                               : r->at_all[0];

    r->direction = 0;
    r->left = l->cell ? r->f->T : r->M;
    for (size_t m = 0; m < r->M; m++) {
        r->least[m] = r->low[m];
        r->last[m] = r->high[m];
    }

    /* two directions add up */
    if (r->below && l->D == 2)
        memset(r->below, 0, r->M * r->f->T * l->I * sizeof *r->below);
}

static void begin_block(flow_rows *r, size_t first)
{
    const flow_forward *f = r->f;
    r->first = first;
    if (first >= f->losses) return;
    r->M = f->losses - first < r->most ? f->losses - first : r->most;

    r->spread = f->spread;
    for (size_t m = 0; m < r->M; m++) {
        r->low[m] = f->spread ? 0 : f->steps[first + m];
        r->high[m] = f->spread ? f->T - 1 : f->steps[first + m];
    }

    r->layer = f->top;
    r->now = f->dy + first * f->quiet->layers[f->top].O;
    begin_layer(r);
}

/* To the layer below, or to the next block. */
static void end_layer(flow_rows *r)
{
    const layer *l = layer_now(r);
    if (r->layer == r->f->bottom) {
        begin_block(r, r->first + r->M);
        return;
    }

    /* a direction takes gradients to the steps on its way */
    for (size_t m = 0; l->cell && m < r->M; m++) {
        r->low[m] = r->least[m];
        r->high[m] = r->last[m];
    }

    r->spread |= l->cell != NULL;
    if (!is_plain(l)) r->now = r->below;
    r->layer--;
    begin_layer(r);
}

/* The gradient of row m at a step, in an array of rows (.,n). */
static size_t place(const flow_rows *r, bool spread, size_t m, size_t step,
                    size_t n)
{
    return (spread ? m * r->f->T + step : m) * n;
}

/* ---- Recurrent layers --------------------------------------------------- */

/* Some entries of a direction, for a part of the rows. */
typedef struct walk_job {
    flow_rows *r;
    cell_weights weights;
    packed ih_back;
    size_t begin, end; /* entries */
    size_t parts;
} walk_job;

static bool is_reversed(const layer *l, size_t direction)
{
    return direction == 1 || l->config.reverse;
}

/* Adds to dh what the layer above gives row m at a step. Returns that by
 * itself, if the cell has paths to tell apart; NULL if there is nothing. */
static const float *add_above(const flow_rows *r, size_t m, size_t step,
                              float *dh)
{
    const layer *l = layer_now(r);
    const pass *p = &r->f->state->full;
    const layer_state *s = r->f->state->layers + r->layer;
    if (step < r->low[m] || step > r->high[m]) return NULL;

    const float *dy = r->now + place(r, r->spread, m, step, l->O);
    if (l->D == 2 && l->config.merge == ELMAN_MERGE_NONE)
        dy += r->direction * l->R;
    walk_add_output(l, p, s, r->direction, step, dy, dh);
    if (!l->cell->has_cell || !r->sink.arrive) return NULL;

    float *above = r->room.above + m * l->R;
    memset(above, 0, l->R * sizeof *above);
    walk_add_output(l, p, s, r->direction, step, dy, above);
    return above;
}

/* Whether nothing is left of row m in the walk at hand. Below 2^-90 a gradient
 * is of no use to anybody, but on its way to numbers without leading digits,
 * which processors are slow with. */
static bool is_gone(const flow_rows *r, const layer *l, size_t m)
{
    const kernels *k = r->f->state->full.k;
    double left = k->sum_squares(l->R, r->room.dh + m * l->R);
    if (l->cell->has_cell) left += k->sum_squares(l->H, r->room.dc + m * l->H);
    return left < 0x1p-180;
}

/* Whether row m takes part in an entry, the first of which is top. */
static bool takes_part(const flow_rows *r, const layer *l, size_t m, size_t top,
                       size_t entry, size_t step)
{
    enum { LOOK = 8 }; /* entries */
    if (top == entry) r->gone[m] = false;
    if (top < entry || r->gone[m]) return false;

    bool fed = step >= r->low[m] && step <= r->high[m];
    if (!fed && entry % LOOK == 0) r->gone[m] = is_gone(r, l, m);
    return !r->gone[m];
}

/* Collects the rows of a part that have a gradient at an entry. */
static void gather(const walk_job *job, size_t part, size_t entry,
                   flow_visit *v)
{
    const flow_rows *r = job->r;
    const layer *l = layer_now(r);
    size_t T = r->f->T, H = l->H, R = l->R;
    bool reversed = is_reversed(l, r->direction);

    v->entry = entry;
    v->step = reversed ? T - 1 - entry : entry;
    v->M = 0;
    for (size_t m = part; m < r->M; m += job->parts) {
        size_t top = reversed ? T - 1 - r->low[m] : r->high[m];
        if (!takes_part(r, l, m, top, entry, v->step)) continue;
        if (v->step < r->least[m]) r->least[m] = v->step;
        if (v->step > r->last[m]) r->last[m] = v->step;

        size_t i = v->M++;
        v->row[i] = m;
        v->t[i] = r->f->spread ? T - 1 : r->f->steps[r->first + m];
        v->begins[i] = top == entry;
        v->dh[i] = r->room.dh + m * R;
        v->dc[i] = r->room.dc + m * H;
        v->da[i] = r->room.da + m * l->G;
        v->dsaved[i] = r->room.dsaved + m * H;

        /* a row begins here: nothing comes from later steps */
        if (v->begins[i]) {
            memset(v->dh[i], 0, R * sizeof(float));
            memset(v->dc[i], 0, H * sizeof(float));
        }
        v->above[i] = add_above(r, m, v->step, v->dh[i]);
    }
}

/* What the cell reads: of all rows the same forward numbers. */
static void point(const flow_visit *v, cell_rows *c)
{
    const layer *l = v->l;
    const direction_state *d = v->d;
    size_t e = v->entry;
    c->M = v->M;
    c->threads = 1;
    c->has_x = false;
    c->has_sum = d->sum != NULL;

    for (size_t m = 0; m < v->M; m++) {
        c->h_prev[m] = c->h_in[m] = d->h + e * l->R;
        c->c_prev[m] = d->c ? d->c + e * l->H : NULL;
        c->gate[m] = d->gate + e * l->G;
        c->saved[m] = d->saved ? d->saved + e * l->H : NULL;
        c->sum[m] = d->sum ? d->sum + e * l->G : NULL;
        c->dh[m] = c->dh_in[m] = v->dh[m];
        c->dc[m] = v->dc[m];
        c->da[m] = v->da[m];
        c->dsaved[m] = v->dsaved[m];
    }
}

/* Zoneout: the part that goes around the cell is kept back in direct. */
static void split(size_t n, const float *keep, float *carry, float *direct)
{
    for (size_t j = 0; keep && j < n; j++) {
        direct[j] = keep[j] * carry[j];
        carry[j] -= direct[j];
    }
}

static void go_through_cell(const walk_job *job, const flow_visit *v)
{
    const flow_rows *r = job->r;
    const layer *l = v->l;
    const kernels *k = r->f->state->full.k;
    const float *keep_h = v->d->zoneout_h.keep, *keep_c = v->d->zoneout_c.keep;
    size_t e = v->entry, H = l->H, R = l->R;
    if (keep_h) keep_h += e * R;
    if (keep_c) keep_c += e * H;

    /* what zoneout kept goes around the cell */
    for (size_t m = 0; m < v->M; m++) {
        split(R, keep_h, v->dh[m], r->room.direct_h + v->row[m] * R);
        split(H, keep_c, v->dc[m], r->room.direct_c + v->row[m] * H);
    }

    cell_rows c;
    point(v, &c);
    cell_gradients_for(&l->config)->backward(k, &job->weights, &c);

    for (size_t m = 0; m < v->M; m++) {
        if (keep_h) k->add(R, r->room.direct_h + v->row[m] * R, v->dh[m]);
        if (keep_c) k->add(H, r->room.direct_c + v->row[m] * H, v->dc[m]);
    }
}

/* The gradient at what the step read. */
static void write_below(const walk_job *job, const flow_visit *v)
{
    const flow_rows *r = job->r;
    const float *da[CELL_ROWS];
    float *dx[CELL_ROWS];
    for (size_t m = 0; m < v->M; m++) {
        da[m] = v->da[m];
        dx[m] = r->below + place(r, true, v->row[m], v->step, v->l->I);
    }
    r->f->state->full.k->product(v->M, &job->ih_back,
                                 v->l->D == 2 ? NULL : zeros, da, dx);
}

static void walk_part_run(void *context, size_t part)
{
    const walk_job *job = context;
    const flow_rows *r = job->r;
    const layer *l = layer_now(r);
    flow_visit v = {.forward = r->f,
                    .l = l,
                    .d =
                        &r->f->state->layers[r->layer].directions[r->direction],
                    .weights = &job->weights,
                    .direction = r->direction,
                    .index = flow_forward_index(r->f, r->layer) + r->direction};

    for (size_t entry = job->end; entry-- > job->begin;) {
        gather(job, part, entry, &v);
        if (!v.M) continue;

        if (r->sink.arrive) r->sink.arrive(r->sink.context, &v);
        go_through_cell(job, &v);
        if (r->sink.leave) r->sink.leave(r->sink.context, &v);
        if (r->below) write_below(job, &v);
    }
}

static void walk_some(flow_rows *r)
{
    const layer *l = layer_now(r);
    const pass *p = &r->f->state->full;
    size_t work = l->G * (l->R + (r->below ? l->I : 0));
    size_t entries = STEP_WORK / (r->M * work + 1) + 1;
    if (entries > r->left) entries = r->left;

    /* at most as many parts as rows, none wider than the cell takes */
    walk_job job = {.r = r,
                    .weights = walk_weights(l, p, r->direction),
                    .ih_back =
                        pass_packed(p, &l->directions[r->direction].ih_back),
                    .begin = r->left - entries,
                    .end = r->left,
                    .parts = (size_t)r->threads};
    if (job.parts > r->M) job.parts = r->M;
    while (job.parts * CELL_ROWS < r->M)
        job.parts++;
    thread_run(r->threads, job.parts, walk_part_run, &job);

    r->left -= entries;
    if (r->left) return;
    r->left = r->f->T;
    if (++r->direction == l->D) end_layer(r);
}

/* ---- Other layers ------------------------------------------------------- */

/* Some rows of another layer. */
typedef struct rows_job {
    flow_rows *r;
    size_t begin, end;
    size_t parts;
} rows_job;

static void linear_rows(const flow_rows *r, size_t begin, size_t end)
{
    const layer *l = layer_now(r);
    const pass *p = &r->f->state->full;
    const packed w = pass_packed(p, &l->packed_back);
    const float *dy[PRODUCT_ROWS];
    float *dx[PRODUCT_ROWS];
    size_t M = 0;

    for (size_t m = begin; m < end; m++)
        for (size_t step = r->low[m]; step <= r->high[m]; step++) {
            dy[M] = r->now + place(r, r->spread, m, step, l->O);
            dx[M++] = r->below + place(r, r->spread, m, step, l->I);

            /* as many rows as a product takes, or the last ones */
            bool done = m + 1 == end && step == r->high[m];
            if (M < PRODUCT_ROWS && !done) continue;
            p->k->product(M, &w, zeros, dy, dx);
            M = 0;
        }
}

static void norm_row(const flow_rows *r, size_t m)
{
    const layer *l = layer_now(r);
    const pass *p = &r->f->state->full;
    const train_kernels *train = kernels_train(p->k);
    const layer_state *s = r->f->state->layers + r->layer;

    for (size_t step = r->low[m]; step <= r->high[m]; step++) {
        size_t at = place(r, r->spread, m, step, l->I);
        train->norm_backward(l->I, s->rstd[step], s->x_hat + step * l->I,
                             pass_plain(p, &l->plain_weight), r->now + at,
                             r->below + at);
    }
}

/* A layer without weights goes back by itself: over the row's steps, as a pass
 * of their own. */
static void function_row(const flow_rows *r, size_t m)
{
    const layer *l = layer_now(r);
    const flow_forward *f = r->f;
    size_t low = r->low[m], at = place(r, r->spread, m, low, l->O);

    pass p = f->state->full;
    p.T = p.row_count = r->high[m] - low + 1;
    p.threads = 1;
    layer_state s = f->state->layers[r->layer];
    s.y += low * l->O;
    s.dy = (float *)r->now + at; /* only read */
    layer_backward(l, &p, &s, f->state->layers[r->layer - 1].y + low * l->I,
                   r->below + at);
}

static void rows_run_part(void *context, size_t part)
{
    const rows_job *job = context;
    const flow_rows *r = job->r;
    size_t rows = job->end - job->begin;
    size_t begin = job->begin + rows * part / job->parts;
    size_t end = job->begin + rows * (part + 1) / job->parts;
    elman_family family = kind_at(layer_now(r)->config.kind)->family;

    if (family == ELMAN_FAMILY_LINEAR) linear_rows(r, begin, end);
    for (size_t m = begin; m < end && family == ELMAN_FAMILY_NORM; m++)
        norm_row(r, m);
    for (size_t m = begin; m < end && (family == ELMAN_FAMILY_ACTIVATION ||
                                       family == ELMAN_FAMILY_SOFTMAX ||
                                       family == ELMAN_FAMILY_L2_NORM);
         m++)
        function_row(r, m);
}

static void pass_some(flow_rows *r)
{
    const layer *l = layer_now(r);
    size_t steps = r->spread ? r->f->T : 1;
    size_t rows = STEP_WORK / (steps * l->O * l->I + 1) + 1;
    if (rows > r->left) rows = r->left;

    rows_job job = {r, r->left - rows, r->left, (size_t)r->threads};
    if (job.parts > rows) job.parts = rows;
    thread_run(r->threads, job.parts, rows_run_part, &job);
    r->left -= rows;
    if (!r->left) end_layer(r);
}

bool flow_rows_step(flow_rows *r)
{
    if (!r->began) begin_block(r, 0); /* now forward has said how many */
    r->began = true;
    if (r->first >= r->f->losses) return false;
    const layer *l = layer_now(r);
    if (l->cell) walk_some(r);
    else if (is_plain(l)) end_layer(r);
    else pass_some(r);
    return r->first < r->f->losses;
}
