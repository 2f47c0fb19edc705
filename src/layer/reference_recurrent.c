/*
 * reference_recurrent.c: recurrent levels through time, in double.
 *
 *   h[-1] = h_0, and for s = 0, 1, ... in the order of reading
 *     h_in  = h[s-1], times the mask of recurrent dropout (Gal & Ghahramani)
 *     h~ c~ = one step of the cell from x[t], h[s-1], h_in, c[s-1]
 *     h[s]  = k h[s-1] + (1 - k) h~     k is zoneout's mask while training and
 *     c[s]  = k c[s-1] + (1 - k) c~     its chance otherwise (Krueger et al.)
 *   t is s, or length - 1 - s for a direction that reads backwards.
 */
#include "layer/reference.h"

#include "cell/cell.h"

#include <string.h>

void reference_direction_lay_out(reference_direction *d, arena *a, size_t T,
                                 size_t B)
{
    size_t R = d->cell.R * sizeof(double), H = d->cell.H * sizeof(double);
    size_t G = d->cell.G * sizeof(double);

    /* arrays of one width, for all steps and for the ends of a sequence */
    double **of_R[] = {&d->h, &d->new_h, &d->h_in, &d->keep_h, &d->dh};
    double **of_H[] = {&d->c, &d->new_c, &d->saved, &d->keep_c, &d->dc};
    double **of_G[] = {&d->sum, &d->gate, &d->da};
    double **ends_R[] = {&d->h_0,  &d->h_n,      &d->dh_n,
                         &d->dh_0, &d->carry_dh, &d->dropped};
    double **ends_H[] = {&d->c_0, &d->c_n, &d->dc_n, &d->dc_0, &d->carry_dc};

    for (size_t i = 0; i < sizeof of_R / sizeof *of_R; i++)
        *of_R[i] = arena_take(a, T * B, R);
    for (size_t i = 0; i < sizeof of_H / sizeof *of_H; i++)
        *of_H[i] = arena_take(a, T * B, H);
    for (size_t i = 0; i < sizeof of_G / sizeof *of_G; i++)
        *of_G[i] = arena_take(a, T * B, G);
    for (size_t i = 0; i < sizeof ends_R / sizeof *ends_R; i++)
        *ends_R[i] = arena_take(a, B, R);
    for (size_t i = 0; i < sizeof ends_H / sizeof *ends_H; i++)
        *ends_H[i] = arena_take(a, B, H);

    /* scratch of one step */
    d->new_dh = arena_take(a, 1, R);
    d->dh_in = arena_take(a, 1, R);
    d->new_dc = arena_take(a, 1, H);
    d->room = arena_take(a, 1, H);
}

/* The step that entry s of a sequence reads; it is its own inverse. */
static size_t step_of(const reference_direction *d, size_t length, size_t s)
{
    return d->reversed ? length - 1 - s : s;
}

static bool has_cell(const reference_direction *d)
{
    return cell_for(d->cell.config)->has_cell;
}

/* ---- Masks and initial states ------------------------------------------- */

/* Row (n) of zoneout's mask: the part of the old value that stays. */
static void draw_zoneout(const reference_layer *l, const reference_pass *p,
                         const reference_direction *d, mask_kind kind,
                         float chance, size_t t, size_t b, size_t n,
                         double *keep)
{
    reference_draw draw = {
        l->number, (uint32_t)(kind + d->direction), b, t, chance, 1};
    if (p->mask && chance > 0) {
        reference_draw_mask(p, &draw, n, keep);
        return;
    }

    for (size_t j = 0; j < n; j++)
        keep[j] = (double)chance;
}

static void draw_masks(const reference_layer *l, const reference_pass *p,
                       reference_direction *d, size_t b)
{
    const elman_layer *c = &l->config;
    size_t R = d->cell.R, H = d->cell.H;

    /* zoneout, step by step */
    for (size_t s = 0; s < p->lengths[b]; s++) {
        size_t t = step_of(d, p->lengths[b], s), row = s * p->B + b;
        draw_zoneout(l, p, d, MASK_ZONEOUT, c->zoneout, t, b, R,
                     d->keep_h + row * R);
        draw_zoneout(l, p, d, MASK_ZONEOUT_CELL, c->zoneout_cell, t, b, H,
                     d->keep_c + row * H);
    }

    /* recurrent dropout, one mask for all steps */
    double *dropped = d->dropped + b * R;
    float kept = 1 - c->recurrent_dropout;
    reference_draw draw = {l->number, (uint32_t)(MASK_RECURRENT + d->direction),
                           b,         MASK_EVERY_STEP,
                           kept,      kept > 0 ? 1 / kept : 0};

    if (p->mask && c->recurrent_dropout > 0)
        reference_draw_mask(p, &draw, R, dropped);
    else
        for (size_t j = 0; j < R; j++)
            dropped[j] = 1;
}

static void begin(const reference_pass *p, reference_direction *d, size_t b)
{
    size_t R = d->cell.R, H = d->cell.H;
    if (p->given && p->given[b]) return;

    for (size_t j = 0; j < R; j++)
        d->h_0[b * R + j] =
            d->h_0_at < 0 ? 0 : p->weights[d->h_0_at + (ptrdiff_t)j];
    for (size_t j = 0; j < H; j++)
        d->c_0[b * H + j] =
            d->c_0_at < 0 ? 0 : p->weights[d->c_0_at + (ptrdiff_t)j];
}

/* ---- One sequence ------------------------------------------------------- */

/* Entry s of sequence b, as the cell sees it. */
static reference_step step_at(const reference_pass *p,
                              const reference_direction *d, const double *x,
                              size_t s, size_t b)
{
    size_t R = d->cell.R, H = d->cell.H, G = d->cell.G, B = p->B;
    size_t t = step_of(d, p->lengths[b], s), row = s * B + b;
    return (reference_step){
        .x = x + (t * B + b) * d->cell.I,
        .h_prev = s ? d->h + (row - B) * R : d->h_0 + b * R,
        .h_in = d->h_in + row * R,
        .c_prev = s ? d->c + (row - B) * H : d->c_0 + b * H,
        .sum = d->sum + row * G,
        .gate = d->gate + row * G,
        .saved = d->saved + row * H,
        .c = d->new_c + row * H,
        .h = d->new_h + row * R,
        .da = d->da + row * G,
        .room = d->room,
    };
}

static void walk_forward(const reference_pass *p, reference_direction *d,
                         const double *x, size_t b)
{
    size_t R = d->cell.R, H = d->cell.H, length = p->lengths[b];
    const double *h = d->h_0 + b * R, *c = d->c_0 + b * H;

    for (size_t s = 0; s < length; s++) {
        size_t row = s * p->B + b;
        reference_step step = step_at(p, d, x, s, b);

        /* the cell, under the mask of recurrent dropout */
        for (size_t j = 0; j < R; j++)
            d->h_in[row * R + j] = h[j] * d->dropped[b * R + j];
        reference_cell_forward(&d->cell, p->weights, &step);

        /* zoneout mixes old and new */
        for (size_t j = 0; j < R; j++) {
            double k = d->keep_h[row * R + j];
            d->h[row * R + j] = k * h[j] + (1 - k) * step.h[j];
        }
        for (size_t j = 0; j < H && has_cell(d); j++) {
            double k = d->keep_c[row * H + j];
            d->c[row * H + j] = k * c[j] + (1 - k) * step.c[j];
        }
        h = d->h + row * R;
        c = d->c + row * H;
    }

    /* the last ones are the final states */
    memcpy(d->h_n + b * R, h, R * sizeof *h);
    memcpy(d->c_n + b * H, c, H * sizeof *c);
}

/* h and c hold the gradient at h[s] and c[s] from later steps and outputs;
 * they become those at h[s-1] and c[s-1]. */
static void step_backward(const reference_pass *p, reference_direction *d,
                          const double *x, double *dx, size_t s, size_t b)
{
    size_t R = d->cell.R, H = d->cell.H, row = s * p->B + b;
    double *dh = d->carry_dh + b * R, *dc = d->carry_dc + b * H;
    memcpy(d->dh + row * R, dh, R * sizeof *dh);

    /* zoneout: one part goes to the cell, the other straight to the step before
     */
    for (size_t j = 0; j < R; j++) {
        double k = d->keep_h[row * R + j];
        d->new_dh[j] = (1 - k) * dh[j];
        dh[j] *= k;
        d->dh_in[j] = 0;
    }
    for (size_t j = 0; j < H && has_cell(d); j++) {
        double k = d->keep_c[row * H + j];
        d->new_dc[j] = (1 - k) * dc[j];
        dc[j] *= k;
    }

    /* the cell */
    reference_step step = step_at(p, d, x, s, b);
    step.dh = d->new_dh;
    step.dc = d->new_dc;
    step.dx = dx + (step.x - x);
    step.dh_prev = dh;
    step.dh_in = d->dh_in;
    step.dc_prev = dc;
    reference_cell_backward(&d->cell, p->weights, &step, p->gradients);

    /* recurrent dropout, and what views show */
    for (size_t j = 0; j < R; j++)
        dh[j] += d->dh_in[j] * d->dropped[b * R + j];
    memcpy(d->dc + row * H, d->new_dc, H * sizeof *dc);
}

static void end_backward(const reference_pass *p, reference_direction *d,
                         size_t b)
{
    size_t R = d->cell.R, H = d->cell.H;
    memcpy(d->dh_0 + b * R, d->carry_dh + b * R, R * sizeof(double));
    memcpy(d->dc_0 + b * H, d->carry_dc + b * H, H * sizeof(double));
    if (p->given && p->given[b]) return;
    for (size_t j = 0; j < R && d->h_0_at >= 0; j++)
        p->gradients[d->h_0_at + (ptrdiff_t)j] += d->dh_0[b * R + j];
    for (size_t j = 0; j < H && d->c_0_at >= 0; j++)
        p->gradients[d->c_0_at + (ptrdiff_t)j] += d->dc_0[b * H + j];
}

/* ---- Joining two directions --------------------------------------------- */

/* A direction's output at (t,b), and its place in the joined one. */
static double *output(reference_layer *l, const reference_pass *p,
                      size_t direction, size_t t, size_t b)
{
    reference_direction *d = &l->directions[direction];
    return d->h + (step_of(d, p->lengths[b], t) * p->B + b) * d->cell.R;
}

static double *joined(const reference_layer *l, const reference_pass *p,
                      double *y, size_t direction, size_t t, size_t b)
{
    size_t R = l->directions[0].cell.R, row = t * p->B + b;
    if (l->D == 2 && l->config.merge == ELMAN_MERGE_NONE)
        return y + (direction * p->T * p->B + row) * R;

    bool concatenated = l->config.merge == ELMAN_MERGE_CONCAT;
    return y + row * l->O + (concatenated ? direction * R : 0);
}

static void join(reference_layer *l, const reference_pass *p, size_t t,
                 size_t b)
{
    elman_merge merge = l->config.merge;
    for (size_t direction = 0; direction < l->D; direction++) {
        const double *h = output(l, p, direction, t, b);
        double *y = joined(l, p, l->y, direction, t, b);
        bool second = direction == 1;
        for (size_t j = 0; j < l->directions[direction].cell.R; j++)
            if (second && merge == ELMAN_MERGE_SUM) y[j] += h[j];
            else if (second && merge == ELMAN_MERGE_MUL) y[j] *= h[j];
            else if (second && merge == ELMAN_MERGE_AVERAGE)
                y[j] = (y[j] + h[j]) / 2;
            else y[j] = h[j];
    }
}

/* dh (R) += the gradient at a direction's output */
static void join_backward(reference_layer *l, const reference_pass *p,
                          size_t direction, size_t t, size_t b, double *dh)
{
    elman_merge merge = l->config.merge;
    const double *dy = joined(l, p, l->dy, direction, t, b);
    const double *other = l->D == 2 ? output(l, p, 1 - direction, t, b) : NULL;

    for (size_t j = 0; j < l->directions[direction].cell.R; j++)
        if (other && merge == ELMAN_MERGE_MUL) dh[j] += dy[j] * other[j];
        else if (other && merge == ELMAN_MERGE_AVERAGE) dh[j] += dy[j] / 2;
        else dh[j] += dy[j];
}

/* ---- The layer ---------------------------------------------------------- */

void reference_recurrent_forward(reference_layer *l, const reference_pass *p,
                                 const double *x)
{
    for (size_t b = 0; b < p->B; b++) {
        for (size_t direction = 0; direction < l->D; direction++) {
            begin(p, &l->directions[direction], b);
            draw_masks(l, p, &l->directions[direction], b);
            walk_forward(p, &l->directions[direction], x, b);
        }

        for (size_t t = 0; t < p->lengths[b]; t++)
            join(l, p, t, b);
    }
}

void reference_recurrent_backward(reference_layer *l, const reference_pass *p,
                                  const double *x, double *dx)
{
    for (size_t i = 0; i < l->D * p->B; i++) {
        size_t direction = i / p->B, b = i % p->B;
        reference_direction *d = &l->directions[direction];
        size_t R = d->cell.R, H = d->cell.H;
        memcpy(d->carry_dh + b * R, d->dh_n + b * R, R * sizeof(double));
        memcpy(d->carry_dc + b * H, d->dc_n + b * H, H * sizeof(double));

        for (size_t s = p->lengths[b]; s-- > 0;) {
            size_t t = step_of(d, p->lengths[b], s);
            join_backward(l, p, direction, t, b, d->carry_dh + b * R);
            step_backward(p, d, x, dx, s, b);
        }

        end_backward(p, d, b);
    }
}
