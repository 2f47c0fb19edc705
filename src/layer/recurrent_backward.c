/*
 * recurrent_backward.c: a recurrent level back through time. Step by step for
 * the gradients at the sums; then the gradients of weights and input, each as
 * one product over all steps.
 */
#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "layer/recurrent.h"

/* ---- Steps -------------------------------------------------------------- */

void walk_add_output(const layer *l, const pass *p, const layer_state *s,
                     size_t direction, size_t row, const float *dy,
                     float *carry)
{
    size_t R = l->R;

    /* each merge's derivative; of one direction concat leaves what it is */
    switch (l->config.merge) {
    case ELMAN_MERGE_CONCAT:
        p->k->add(R, dy + direction * R, carry);
        break;
    case ELMAN_MERGE_NONE:
    case ELMAN_MERGE_SUM:
        p->k->add(R, dy, carry);
        break;
    case ELMAN_MERGE_AVERAGE:
        p->k->add_scaled(R, 0.5f, dy, carry);
        break;
    case ELMAN_MERGE_MUL: {
        /* the other direction's output at the same step */
        if (l->D == 1) {
            p->k->multiply_add(R, dy, s->other + row * R, carry);
            break;
        }
        size_t t = row / p->B, b = row % p->B;
        size_t entry = walk_row(l, p, 1 - direction, t, b) / p->B;
        const float *other =
            s->directions[1 - direction].h + ((entry + 1) * p->B + b) * R;
        p->k->multiply_add(R, dy, other, carry);
        break;
    }
    }
}

/* The same from the pass's own dy, for entry (s,b). */
static void add_output_gradient(const walk *w, size_t direction, size_t s,
                                size_t b, float *carry)
{
    const layer *l = w->l;
    size_t row = walk_row(l, w->p, direction, s, b), all = w->p->T * w->p->B;

    /* with merge none each direction has an output of its own */
    const float *dy = w->s->dy + row * l->O;
    if (l->D == 2 && l->config.merge == ELMAN_MERGE_NONE)
        dy = w->s->dy + (direction * all + row) * l->R;
    walk_add_output(l, w->p, w->s, direction, row, dy, carry);
}

/* walk_gather, and where a step backward reads and writes gradients. */
static void gather(const walk *w, const walk_part *part, size_t s, size_t *rows,
                   cell_rows *r)
{
    const direction_state *d = &w->s->directions[part->direction];
    size_t B = w->p->B, H = w->l->H, R = w->l->R, G = w->l->G;
    walk_gather(w, part, s, rows, r);

    for (size_t m = 0; m < r->M; m++) {
        size_t row = rows[m], sequence = row % B;
        r->dh[m] = d->backward.carry_h + sequence * R;
        r->dh_in[m] =
            d->dropout.dh_in ? d->dropout.dh_in + sequence * R : r->dh[m];
        r->da[m] = d->backward.da + row * G;
        if (d->c) r->dc[m] = d->backward.carry_c + sequence * H;
        if (d->backward.dsaved) r->dsaved[m] = d->backward.dsaved + row * H;
        if (d->kept.dgate) r->dgate[m] = d->kept.dgate + row * G;
    }
}

/* Splits the gradient at units that may zone out: carry keeps the part of the
 * new values, direct gets that of the old ones. */
static void split_zoneout(size_t n, const float *keep, float *carry,
                          float *direct)
{
    for (size_t j = 0; j < n; j++) {
        direct[j] = keep[j] * carry[j];
        carry[j] -= direct[j];
    }
}

/* Prepares row m for the cell's backward. */
static void before_cell(const walk *w, const walk_part *part,
                        const cell_weights *weights, const cell_rows *r,
                        size_t m, size_t row)
{
    const layer *l = w->l;
    const direction_state *d = &w->s->directions[part->direction];
    size_t R = l->R, H = l->H, b = row % w->p->B;

    /* the whole gradient at h */
    add_output_gradient(w, part->direction, row / w->p->B, b, r->dh[m]);
    if (d->kept.dh) memcpy(d->kept.dh + row * R, r->dh[m], R * sizeof(float));

    /* units that zoned out pass theirs around the cell */
    if (d->zoneout_h.direct)
        split_zoneout(R, d->zoneout_h.keep + row * R, r->dh[m],
                      d->zoneout_h.direct + b * R);
    if (d->zoneout_c.direct)
        split_zoneout(H, d->zoneout_c.keep + row * H, r->dc[m],
                      d->zoneout_c.direct + b * H);

    /* views show the gates before the cell overwrites da */
    if (d->kept.dgate)
        cell_gradients_for(&l->config)
            ->gate_gradients(w->p->k, weights, r, m,
                             d->kept.dc ? d->kept.dc + row * H : NULL);

    if (d->backward.dh_projected)
        memcpy(d->backward.dh_projected + row * R, r->dh[m], R * sizeof(float));
    if (d->dropout.dh_in) memset(r->dh_in[m], 0, R * sizeof(float));
}

/* Where dx alone is wanted, what has become this small has vanished. On its way
 * to 0 it would be denormal for many steps, in which a product takes ten times
 * as long. */
static const float FAINT = 0x1p-90f;

static void clear_faint(size_t n, float *row)
{
    for (size_t j = 0; j < n; j++)
        row[j] = fabsf(row[j]) < FAINT ? 0 : row[j];
}

/* And afterwards adds the gradients that did not go through the cell. */
static void after_cell(const walk *w, const walk_part *part, const cell_rows *r,
                       size_t m, size_t row)
{
    const direction_state *d = &w->s->directions[part->direction];
    size_t R = w->l->R, H = w->l->H, b = row % w->p->B;

    if (d->dropout.dh_in)
        w->p->k->multiply_add(R, r->dh_in[m], d->dropout.mask + b * R,
                              r->dh[m]);
    if (d->zoneout_h.direct)
        w->p->k->add(R, d->zoneout_h.direct + b * R, r->dh[m]);
    if (d->zoneout_c.direct)
        w->p->k->add(H, d->zoneout_c.direct + b * H, r->dc[m]);

    if (!w->p->training->inputs_alone) return;
    clear_faint(R, r->dh[m]);
    if (d->c) clear_faint(H, r->dc[m]);
}

static void step(const walk *w, const cell_weights *weights,
                 const walk_part *part, size_t s)
{
    cell_rows r;
    size_t rows[CELL_ROWS];
    gather(w, part, s, rows, &r);
    for (size_t m = 0; m < r.M; m++)
        before_cell(w, part, weights, &r, m, rows[m]);

    if (r.M) cell_gradients_for(&w->l->config)->backward(w->p->k, weights, &r);
    for (size_t m = 0; m < r.M; m++)
        after_cell(w, part, &r, m, rows[m]);
}

static void steps_part(void *context, size_t index)
{
    const walk *w = context;
    walk_part part = walk_part_at(w, index);
    cell_weights weights = walk_weights(w->l, w->p, part.direction);

    for (size_t s = w->p->T; s-- > 0;)
        step(w, &weights, &part, s);
}

/* ---- Initial states ----------------------------------------------------- */

static void begin_direction(const layer *l, const pass *p, size_t direction,
                            direction_state *d)
{
    const direction_plan *at = &l->directions[direction];
    memcpy(d->backward.carry_h,
           p->training->dh_n + at->memory_h * p->memory.capacity,
           p->B * l->R * sizeof(float));
    if (d->c)
        memcpy(d->backward.carry_c,
               p->training->dc_n + at->memory_c * p->memory.capacity,
               p->B * l->H * sizeof(float));
}

/* What the sums of one direction's parameters read. */
typedef struct sums_job {
    const layer *l;
    const pass *p;
    size_t direction;
    const direction_state *d;
} sums_job;

/* Adds those rows (B,n) of carry whose sequences began with this pass. */
static void add_beginnings(const pass *p, size_t begin, size_t end, size_t n,
                           const float *carry, float *sums)
{
    for (size_t b = begin; b < end; b++)
        if (gradient_begins(p, b)) p->k->add(n, carry + b * n, sums);
}

static void add_h_0(const void *context, size_t begin, size_t end, float *sums)
{
    const sums_job *job = context;
    add_beginnings(job->p, begin, end, job->l->R, job->d->backward.carry_h,
                   sums);
}

static void add_c_0(const void *context, size_t begin, size_t end, float *sums)
{
    const sums_job *job = context;
    add_beginnings(job->p, begin, end, job->l->H, job->d->backward.carry_c,
                   sums);
}

void walk_state_gradients(const layer *l, const pass *p, size_t direction,
                          const direction_state *d)
{
    const direction_plan *at = &l->directions[direction];
    const sums_job job = {l, p, direction, d};
    if (at->h_0 != NOWHERE)
        gradient_run_sequences(p, (size_t)at->h_0, l->R, add_h_0, &job);
    if (at->c_0 != NOWHERE)
        gradient_run_sequences(p, (size_t)at->c_0, l->H, add_c_0, &job);
}

static void end_direction(const layer *l, const pass *p, size_t direction,
                          const direction_state *d)
{
    const direction_plan *at = &l->directions[direction];
    memcpy(p->training->dh_0 + at->memory_h * p->memory.capacity,
           d->backward.carry_h, p->B * l->R * sizeof(float));
    if (d->c)
        memcpy(p->training->dc_0 + at->memory_c * p->memory.capacity,
               d->backward.carry_c, p->B * l->H * sizeof(float));

    walk_state_gradients(l, p, direction, d);
}

/* What a view shows is 0 after each sequence's end. */
static void clear_ends(const layer *l, const pass *p, const direction_state *d)
{
    rows_clear(p, l->G, d->backward.da);
    if (!d->kept.dgate) return;
    rows_clear(p, l->R, d->kept.dh);
    rows_clear(p, l->G, d->kept.dgate);
    if (d->kept.dc) rows_clear(p, l->H, d->kept.dc);
}

/* ---- Weights and input -------------------------------------------------- */

/* Fills pointers (row_count) to rows (.,n) of array in gradient order. */
static void point(const pass *p, const float *array, size_t n,
                  const float **pointers)
{
    for (size_t r = 0; r < p->row_count; r++)
        pointers[r] = array + p->order[r] * n;
}

/* Both biases have the same gradient, but for the n of a GRU that resets after
 * the product. */
static void input_gradient(const layer *l, const pass *p, size_t direction,
                           const direction_state *d, const float *x)
{
    const direction_plan *at = &l->directions[direction];
    const float **da = p->training->pointers,
                **xs = p->training->pointers + p->row_count;

    /* the gradient at each entry's sums, and the step of x that it read */
    point(p, d->backward.da, l->G, da);
    for (size_t r = 0; r < p->row_count; r++) {
        size_t s = p->order[r] / p->B, b = p->order[r] % p->B;
        xs[r] = x + walk_row(l, p, direction, s, b) * l->I;
    }

    product_gradient g = {
        .N = l->G,
        .K = l->I,
        .dw = at->w_ih,
        .db = at->b_ih,
        .db2 = at->b_hh,
        .shared = l->cell->dsaved_is_gradient ? l->cell->split * l->H : l->G};
    pointers_gradient(p, &g, da, xs);
}

/* weight_hh (G) of a cell whose units see only themselves. */
static void add_vector(const void *context, size_t begin, size_t end, float *dw)
{
    const sums_job *job = context;
    const layer *l = job->l;
    const direction_state *d = job->d;
    const float *h_in = d->dropout.h_in ? d->dropout.h_in : d->h;

    for (size_t r = begin; r < end; r++) {
        size_t row = job->p->order[r];
        for (size_t g = 0; g < l->G; g += l->H)
            job->p->k->multiply_add(l->H, d->backward.da + row * l->G + g,
                                    h_in + row * l->R, dw + g);
    }
}

/* weight_hh, a matrix. Called after input_gradient, whose row pointers to da it
 * uses. */
static void memory_gradient(const layer *l, const pass *p, size_t direction,
                            const direction_state *d)
{
    const direction_plan *at = &l->directions[direction];
    size_t R = l->R, split = l->cell->split * l->H;
    const float *h_in = d->dropout.h_in ? d->dropout.h_in : d->h;
    const float **da = p->training->pointers,
                **in = p->training->pointers + p->row_count;

    point(p, h_in, R, in);
    product_gradient g = {
        .N = split, .K = R, .dw = at->w_hh, .db = NOWHERE, .db2 = NOWHERE};
    pointers_gradient(p, &g, da, in);
    if (split == l->G) return;

    /* the rest of a GRU: q has its own gradient, or r h_in is the input */
    bool apart = l->cell->dsaved_is_gradient;
    if (apart) point(p, d->backward.dsaved, l->H, da);
    else point(p, d->backward.da + split, l->G, da);
    if (l->cell->saved_is_input) point(p, d->saved, l->H, in);

    g.N = l->G - split;
    g.dw += (ptrdiff_t)(split * R);
    if (apart && at->b_hh != NOWHERE) g.db = at->b_hh + (ptrdiff_t)split;
    pointers_gradient(p, &g, da, in);
}

/* dp_i += da_i c_prev, dp_f += da_f c_prev, dp_o += da_o c. With zoneout the
 * new cell is made again, from gates and c_prev. */
static void add_peephole(const void *context, size_t begin, size_t end,
                         float *dp)
{
    const sums_job *job = context;
    const pass *p = job->p;
    const direction_state *d = job->d;
    size_t H = job->l->H, G = job->l->G;

    for (size_t r = begin; r < end; r++) {
        size_t row = p->order[r];
        const float *c_prev = d->c + row * H, *gate = d->gate + row * G;
        const float *da = d->backward.da + row * G,
                    *c = d->c + (row + p->B) * H;

        /* c as the cell made it, before units zoned out */
        if (d->zoneout_c.direct) {
            p->k->multiply(H, gate, gate + 2 * H, d->zoneout_c.direct);
            p->k->multiply_add(H, gate + H, c_prev, d->zoneout_c.direct);
            c = d->zoneout_c.direct;
        }

        p->k->multiply_add(H, da, c_prev, dp);
        p->k->multiply_add(H, da + H, c_prev, dp + H);
        p->k->multiply_add(H, da + 3 * H, c, dp + 2 * H);
    }
}

static void projection_gradient(const layer *l, const pass *p, size_t direction,
                                const direction_state *d)
{
    const float **dh = p->training->pointers;
    const float **projected = p->training->pointers + p->row_count;

    point(p, d->backward.dh_projected, l->R, dh);
    point(p, d->saved, l->H, projected);
    product_gradient g = {.N = l->R,
                          .K = l->H,
                          .dw = l->directions[direction].w_hr,
                          .db = NOWHERE,
                          .db2 = NOWHERE};
    pointers_gradient(p, &g, dh, projected);
}

void walk_weight_gradients(const layer *l, const pass *p, size_t direction,
                           const direction_state *d, const float *x)
{
    const direction_plan *at = &l->directions[direction];
    const sums_job job = {l, p, direction, d};

    input_gradient(l, p, direction, d, x);
    if (l->cell->recurrence == ELMAN_RECURRENCE_MATRIX)
        memory_gradient(l, p, direction, d);
    if (l->cell->recurrence == ELMAN_RECURRENCE_VECTOR)
        gradient_run(p, (size_t)at->w_hh, l->G, add_vector, &job);

    if (l->config.proj_size) projection_gradient(l, p, direction, d);
    if (at->peephole != NOWHERE)
        gradient_run(p, (size_t)at->peephole, 3 * l->H, add_peephole, &job);
}

/* dx of some rows; the second direction adds to the first. */
typedef struct input_job {
    const walk *w;
    size_t direction;
    packed w_ih; /* transposed */
    float *dx;
} input_job;

static void input_rows(const void *context, size_t begin, size_t end)
{
    const input_job *job = context;
    const layer *l = job->w->l;
    const pass *p = job->w->p;
    const float *da[PRODUCT_ROWS];
    float *dx[PRODUCT_ROWS];

    for (size_t r = begin; r < end; r += PRODUCT_ROWS) {
        /* from each entry's da to the step that it read */
        size_t M = end - r < PRODUCT_ROWS ? end - r : PRODUCT_ROWS;
        for (size_t m = 0; m < M; m++) {
            size_t row = p->rows[r + m], s = row / p->B, b = row % p->B;
            da[m] =
                job->w->s->directions[job->direction].backward.da + row * l->G;
            dx[m] = job->dx + walk_row(l, p, job->direction, s, b) * l->I;
        }

        bool adds = job->direction > 0 || l->second;
        p->k->product(M, &job->w_ih, adds ? NULL : zeros, da, dx);
    }
}

void recurrent_backward(const layer *l, const pass *p, layer_state *s,
                        const float *x, float *dx)
{
    walk_sharing sharing = walk_choose(l, p, s, true);
    walk w = walk_begin(l, p, s, x, sharing);

    /* step by step from the last */
    for (size_t direction = 0; direction < l->D; direction++)
        begin_direction(l, p, direction, &s->directions[direction]);
    walk_run(&w, sharing, steps_part);
    walk_done(p, s, true);

    /* then each gradient as one product over all steps */
    if (dx) rows_clear(p, l->I, dx);
    for (size_t direction = 0; direction < l->D; direction++) {
        const direction_state *d = &s->directions[direction];
        end_direction(l, p, direction, d);
        clear_ends(l, p, d);

        walk_weight_gradients(l, p, direction, d, x);
        input_job job = {&w, direction,
                         pass_packed(p, &l->directions[direction].ih_back), dx};
        if (dx) rows_run(p, l->G * l->I, input_rows, &job);
    }
}
