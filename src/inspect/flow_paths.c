/*
 * flow_paths.c: with e the gradient that enters at the output of a step from
 * the layer above, and d the whole one there,
 *
 *   whole at c    g = dc + gain d            dc: from the step after
 *   by c alone    p = carry p' + gain e      p' at the step after
 *   the rest      g - p
 *
 * where d and e are gradients at o tanh(c) (behind a projection, at h there),
 * gain is o tanh'(c) and what o's peephole adds, and carry is f and what the
 * peepholes of i and f add. Both are what the cell's own backward gives for
 * ones. With zoneout of c all are taken at the new c, before units kept the old
 * one; a part keep of the gradient goes around it.
 */
#include "inspect/flow_paths.h"

#include <math.h>
#include <string.h>

static void lay_out(size_t most, flow_paths *p, arena *a)
{
    size_t row = sizeof(float);
    p->carry = arena_take(a, p->T, p->H * row);
    p->gain = arena_take(a, p->T, p->H * row);
    p->path = arena_take(a, most, p->H * row);
    p->inner = arena_take(a, most, p->R * row);
    p->outer = arena_take(a, most, p->H * row);
    p->total = arena_take(a, most, p->H * row);
    p->around = arena_take(a, most, p->H * row);
    p->room = arena_take(a, 2, p->G * row);
}

elman_status flow_paths_create(const layer *l, size_t T, size_t most,
                               flow_paths *p)
{
    *p = (flow_paths){.T = T, .H = l->H, .R = l->R, .G = l->G};
    arena a = {0};
    lay_out(most, p, &a);
    if (!a.overflow) p->block = block_reserve(a.used);
    if (!p->block)
        return failure(ELMAN_NO_MEMORY, "no memory for the paths of %zu steps",
                       T);
    a = (arena){.base = p->block};
    lay_out(most, p, &a);
    return ELMAN_OK;
}

void flow_paths_destroy(flow_paths *p)
{
    block_destroy(p->block);
    p->block = NULL;
}

/* ---- Factors ------------------------------------------------------------ */

static void fill(size_t n, float value, float *to)
{
    for (size_t j = 0; j < n; j++)
        to[j] = value;
}

void flow_paths_fill(flow_paths *p, const flow_forward *f, size_t i,
                     size_t direction)
{
    const layer *l = f->quiet->layers + i;
    const direction_state *d = &f->state->layers[i].directions[direction];
    const kernels *k = f->state->full.k;
    size_t H = p->H;

    /* the cell alone: without its projection and its recurrent product */
    cell_weights w = walk_weights(l, &f->state->full, direction);
    w.hr.w = NULL;
    w.hh_back[0] = (packed){1, 1, 0, zeros};

    float *one = p->outer, *none = p->total;

    for (size_t e = 0; e < p->T; e++) {
        cell_rows r = {.M = 1, .threads = 1, .has_sum = d->sum != NULL};
        r.h_prev[0] = r.h_in[0] = d->h + e * l->R;
        r.c_prev[0] = d->c + e * H;
        r.gate[0] = d->gate + e * l->G;
        if (d->sum) r.sum[0] = d->sum + e * l->G;
        r.dh[0] = r.dh_in[0] = one;
        r.da[0] = p->room;
        r.dgate[0] = p->room + l->G;

        /* 1 at the output */
        r.dc[0] = none;
        fill(H, 1, one);
        fill(H, 0, none);
        cell_gradients_for(&l->config)
            ->gate_gradients(k, &w, &r, 0, p->gain + e * H);

        /* 1 at c */
        r.dc[0] = p->carry + e * H;
        fill(H, 0, one);
        fill(H, 1, r.dc[0]);
        cell_gradients_for(&l->config)->backward(k, &w, &r);
    }
}

/* ---- Rows --------------------------------------------------------------- */

static double norm(const kernels *k, size_t n, const float *x)
{
    return sqrt(k->sum_squares(n, x));
}

/* Takes from the rows d (n) what zoneout leads around the cell. */
static void take_kept(size_t n, const float *keep, float *d)
{
    for (size_t j = 0; keep && j < n; j++)
        d[j] -= keep[j] * d[j];
}

/* Row pointers to the gradients at o tanh(c), from those at h (R) in d; rows
 * without one are NULL and left out. Returns how many there are; which gets
 * their numbers. */
static size_t output_rows(const flow_paths *p, const flow_visit *v,
                          const float *const *d, const float **outer,
                          size_t *which)
{
    const kernels *k = v->forward->state->full.k;
    const float *keep = v->d->zoneout_h.keep, *in[CELL_ROWS];
    float *out[CELL_ROWS];
    size_t M = 0;

    for (size_t m = 0; m < v->M; m++) {
        if (!d[m]) continue;
        float *inner = p->inner + v->row[m] * p->R;
        in[M] = d[m];
        /* h that zoneout kept did not come by o tanh(c) */
        if (keep) {
            memcpy(inner, d[m], p->R * sizeof *inner);
            take_kept(p->R, keep + v->entry * p->R, inner);
            in[M] = inner;
        }
        out[M] = p->outer + v->row[m] * p->H;
        which[M++] = m;
    }

    if (M == 0) return 0;
    bool projected = v->weights->hr.w != NULL;
    if (projected) k->product(M, &v->weights->hr_back, zeros, in, out);
    for (size_t i = 0; i < M; i++)
        outer[i] = projected ? out[i] : in[i];
    return M;
}

/* The whole gradients at c. */
static void add_up(const flow_paths *p, const flow_visit *v)
{
    const kernels *k = v->forward->state->full.k;
    const float *outer[CELL_ROWS], *gain = p->gain + v->entry * p->H;
    const float *keep = v->d->zoneout_c.keep;
    size_t which[CELL_ROWS];
    if (keep) keep += v->entry * p->H;

    output_rows(p, v, (const float *const *)v->dh, outer, which);
    for (size_t m = 0; m < v->M; m++) {
        float *total = p->total + v->row[m] * p->H;
        memcpy(total, v->dc[m], p->H * sizeof *total);
        take_kept(p->H, keep, total);
        k->multiply_add(p->H, gain, outer[m], total);
    }
}

/* Takes the paths by c alone to the new c of this step; what goes around the
 * cell is kept in around. */
static void come_by_c(const flow_paths *p, const flow_visit *v)
{
    const kernels *k = v->forward->state->full.k;
    const float *outer[CELL_ROWS], *gain = p->gain + v->entry * p->H;
    size_t which[CELL_ROWS];

    for (size_t m = 0; m < v->M; m++)
        if (v->begins[m])
            memset(p->path + v->row[m] * p->H, 0, p->H * sizeof(float));

    /* c that zoneout kept goes around the cell */
    const float *keep = v->d->zoneout_c.keep;
    for (size_t m = 0; keep && m < v->M; m++) {
        float *path = p->path + v->row[m] * p->H;
        float *around = p->around + v->row[m] * p->H;
        k->multiply(p->H, keep + v->entry * p->H, path, around);
        for (size_t j = 0; j < p->H; j++)
            path[j] -= around[j];
    }

    size_t M = output_rows(p, v, v->above, outer, which);
    for (size_t i = 0; i < M; i++)
        k->multiply_add(p->H, gain, outer[i],
                        p->path + v->row[which[i]] * p->H);
}

void flow_paths_arrive(const flow_paths *p, const flow_visit *v, double *whole,
                       double *by_c, double *rest)
{
    const kernels *k = v->forward->state->full.k;
    const float *carry = p->carry + v->entry * p->H;
    add_up(p, v);
    come_by_c(p, v);

    for (size_t m = 0; m < v->M; m++) {
        float *total = p->total + v->row[m] * p->H;
        float *path = p->path + v->row[m] * p->H;
        whole[m] = norm(k, p->H, total);
        by_c[m] = norm(k, p->H, path);
        for (size_t j = 0; j < p->H; j++)
            total[j] -= path[j];
        rest[m] = norm(k, p->H, total);

        /* to the step before */
        k->multiply(p->H, carry, path, path);
        if (v->d->zoneout_c.keep)
            k->add(p->H, p->around + v->row[m] * p->H, path);
    }
}
